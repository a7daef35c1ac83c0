package page

import (
	"net/http"
	"slices"
	"strings"

	"plumbline/internal/fault"
	"plumbline/internal/web/ui"
	"plumbline/internal/words"
)

// Fields that belong to the proof and not to the form that it is asked for.
const (
	ProofField = "_proof"
	ProofBack  = "_proof_back" // the page that the form stood on
)

// proofView is a form that waits for the password of its sender, with everything he
// typed.
type proofView struct {
	Action string
	What   string // what the form does, "" where it has no name
	Fields []ui.Pair
	Back   string
	Proof  ui.Input
}

// Proves returns the password field if the operation would ask for it, for forms
// where that is better than a page of its own.
func (c *Call) Proves(op string) (in ui.Input, due bool) {
	return c.proofInput(""), c.frame.Site.ProofDue(c.Actor, op)
}

func (c *Call) proofInput(wrong string) ui.Input {
	return ui.Input{Name: ProofField, Label: c.T("proof.password"), Kind: "password", Complete: "current-password", Max: 500,
		Required: true,
		Help:     c.T("proof.help", "Minutes", c.frame.Site.ProofMinutes()), Error: wrong}
}

// prove removes the password from the form fields and checks it.
func (c *Call) prove() error {
	if c.R.PostForm == nil {
		return nil
	}
	typed := c.R.PostForm.Get(ProofField)
	c.came = c.R.PostForm.Get(ProofBack)
	for _, name := range []string{ProofField, ProofBack} {
		c.R.PostForm.Del(name)
		c.R.Form.Del(name)
	}
	if typed == "" || c.Actor == nil {
		return nil
	}
	err := c.frame.Site.Prove(c.Context(), c.Actor, typed, c.Device())
	if fault.Is(err, fault.InvalidKind) || fault.Is(err, fault.TooManyKind) {
		return c.askProof(err)
	}
	c.Actor.ProvedAt = c.frame.Site.Now()
	return err
}

// askProof shows the page that asks for the password and carries the form along,
// field by field: nothing is stored and nothing is lost. Forms that require a proof
// have no files; a test holds that.
func (c *Call) askProof(err error) error {
	v := proofView{Action: c.R.URL.RequestURI(), Back: c.came}
	if v.Back == "" {
		v.Back = back(c.R)
	}
	if key := "verb." + c.route.Op; words.Has(key) {
		v.What = c.T(key)
	}
	for name, values := range c.R.PostForm {
		if name == "form_token" {
			continue
		}
		for _, value := range values {
			v.Fields = append(v.Fields, ui.Pair{Name: name, Value: value})
		}
	}
	slices.SortStableFunc(v.Fields, func(a, b ui.Pair) int { return strings.Compare(a.Name, b.Name) })
	status, errs := http.StatusForbidden, ui.Errors(nil)
	if err != nil {
		f := fault.As(err)
		status, errs = f.Kind.Status(), ui.Errors{ProofField: ui.Message(c.Lang, f)}
	}
	v.Proof = c.proofInput(errs.Of(ProofField))
	p := c.Door("proof.title")
	p.Keys, p.Path = nil, Local(v.Back) // the form's own key goes along
	return c.ShowStatus(status, proofPage(p, v, errs))
}
