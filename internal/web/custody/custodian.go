package custody

import (
	"fmt"
	"net/http"
	"strconv"

	appcustody "plumbline/internal/app/custody"
	"plumbline/internal/web/page"
	"plumbline/internal/web/ui"
)

func (f *face) custodianList(c *page.Call) error { return f.showCustodians(c, nil, http.StatusOK) }

func (f *face) showCustodians(c *page.Call, errs ui.Errors, status int) error {
	sets, err := f.app.Custody(c.Context(), c.Actor)
	if err != nil {
		return err
	}
	p := c.Page("custody.title")
	p.Lead = c.T("custody.lead")
	v := page.ListActsView{Path: "/custodians"}
	v.Table.Cols = []ui.Col{{Text: c.T("custody.custodians")}, {Text: c.T("field.state")}, {Text: c.T("custody.threshold")},
		{Text: c.T("custody.sealed")}, {Text: c.T("field.time")}}
	for _, s := range sets {
		state := ui.State(c.Lang, "custody", string(s.State))
		for i, k := range s.Custodians {
			row := []ui.Cell{{Text: k.Login, Sub: k.Print}, {}, {}, {}, {}}
			if i == 0 {
				row = []ui.Cell{{Text: k.Login, Sub: k.Print}, {Tag: &state},
					{Text: c.T("custody.of", "N", s.Threshold, "All", len(s.Custodians))},
					{Text: ui.Number(s.Sealed)}, {Text: c.When(s.Since)}}
			}
			v.Table.Rows = append(v.Table.Rows, row)
		}
		if s.MaySettle {
			hidden := [][2]string{{"version", strconv.FormatInt(s.Version, 10)}}
			v.Acts = append(v.Acts,
				c.Fill(page.ActForm{ID: "approve", Title: c.T("custody.approve"), Help: c.T("custody.approve.help"),
					Action: "/custodians/" + s.ID + "/approve", Button: "custody.approve", Hidden: hidden, Open: true}, errs),
				c.Fill(page.ActForm{ID: "refuse", Title: c.T("custody.refuse"), Action: "/custodians/" + s.ID + "/refuse",
					Button: "custody.refuse", Hidden: hidden}, errs))
		}
	}
	if c.May("custody.propose") {
		a := page.ActForm{ID: "propose", Title: c.T("custody.propose"), Help: c.T("custody.propose.help"), Action: "/custodians",
			Button: "custody.propose"}
		for i := 1; i <= f.app.Pack().Retention.Custodians; i++ {
			a.Inputs = append(a.Inputs,
				ui.Input{Name: fmt.Sprintf("login%d", i), Label: c.T("custody.login", "N", i), Required: true, Max: 64},
				ui.Input{Name: fmt.Sprintf("key%d", i), Label: c.T("custody.key", "N", i), Required: true, Max: 200,
					Placeholder: "PLUMBLINE-CUSTODIAN-1 …"})
		}
		v.Acts = append(v.Acts, c.Fill(a, errs))
	}
	return c.ShowStatus(status, page.ListActsPage(p, errs, v))
}

func (f *face) proposeCustodians(c *page.Call) error {
	in := appcustody.ProposeCustodyInput{Key: c.Key()}
	for i := 1; i <= f.app.Pack().Retention.Custodians; i++ {
		in.Custodians = append(in.Custodians, appcustody.CustodianInput{Login: c.Form(fmt.Sprintf("login%d", i)),
			PublicKey: c.Form(fmt.Sprintf("key%d", i))})
	}
	_, _, err := f.app.ProposeCustody(c.Context(), c.Actor, in)
	return f.custodiansDone(c, err)
}

func (f *face) approveCustodians(c *page.Call) error {
	_, err := f.app.ApproveCustody(c.Context(), c.Actor, appcustody.CustodyInput{ID: c.Param("id"), Key: c.Key(), Version: c.Version()})
	return f.custodiansDone(c, err)
}

func (f *face) refuseCustodians(c *page.Call) error {
	_, err := f.app.RefuseCustody(c.Context(), c.Actor, appcustody.CustodyInput{ID: c.Param("id"), Key: c.Key(), Version: c.Version()})
	return f.custodiansDone(c, err)
}

func (f *face) custodiansDone(c *page.Call, err error) error {
	if errs := c.InPlace(err); errs != nil {
		return f.showCustodians(c, errs, page.StatusOf(err))
	}
	if err != nil {
		return err
	}
	return c.Go("/custodians", "custody.flash")
}
