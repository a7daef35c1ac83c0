// Package page is what the pages of every noun have in common: the call, which is one
// request with its reader and his language; the route, which binds an address to an
// operation and a handler; the frame, which authenticates, authorizes and reads the form
// before a handler runs and makes a page of the error after it; and the parts of which
// most pages consist. It knows no noun.
//
// Every page is a Route in the routes of its noun, with a handler of the form
//
//	func (f *face) returnSubmission(c *page.Call) error {
//		in := app.ReturnInput{ID: c.Param("id"), Version: c.Version(), Reason: c.Form("reason"), Key: c.Key()}
//		_, _, err := f.app.ReturnSubmission(c.Context(), c.Actor, in)
//		if errs := c.Errors(err); errs != nil {
//			return c.ShowStatus(http.StatusUnprocessableEntity, returnForm(c.Page("selfcheck.return.title"), in, errs))
//		}
//		if err != nil {
//			return err
//		}
//		return c.Go("/submissions", "selfcheck.returned")
//	}
//
// A handler returns an error and the frame makes the page of it: 404, 403, 409
// and so on, in the reader's language, with the request id. Posts must come
// from our own pages: net/http's cross-origin check and a token of the session
// in the form, both before the handler is called.
package page
