package insider

import (
	"context"
	"errors"
	"fmt"

	appcustody "plumbline/internal/app/custody"
	appintake "plumbline/internal/app/intake"
	"plumbline/internal/seal"
)

// custodians hold the keys of the sealed fields.
var custodians = []string{"demo-records", "demo-body", "demo-adjudicator"}

// ripeCustody puts custodians in office, proposes others, and leaves reveals at
// each step: one asked for, one released and one shown.
func (p *planter) ripeCustody() {
	ctx := context.Background()
	a := p.s.app
	p.w.keys = map[string]*seal.PrivateKey{}
	set := func(logins []string) appcustody.ProposeCustodyInput {
		var in appcustody.ProposeCustodyInput
		for _, l := range logins {
			k, err := seal.NewPrivateKey()
			p.must(err)
			if p.w.keys[l] == nil {
				p.w.keys[l] = k
			}
			in.Custodians = append(in.Custodians, appcustody.CustodianInput{Login: l, PublicKey: k.Public().String()})
		}
		return in
	}
	id, _, err := a.ProposeCustody(ctx, p.as("demo-security"), set(custodians))
	p.must(err)
	_, err = a.ApproveCustody(ctx, p.as("demo-security-2"), appcustody.CustodyInput{ID: id, Version: 1})
	p.must(err)
	p.must(a.DrainJobs(ctx))

	for n := range 4 {
		row := fmt.Sprintf("李某%d,999999,推诿拖延,2026-05-%02d,2026-06-10,较重,群众反映的情况,举报人某某%d\n", n, 10+n, n)
		_, _, err = a.ImportAudit(ctx, p.as("demo-inspector"),
			appintake.ImportInput{AuditFile: appintake.AuditFile{Name: fmt.Sprintf("密件%d.csv", n), Source: "petition",
				Data: []byte("姓名,警号,问题类别,发生时间,受理日期,程度,问题描述,举报人\n" + row), Columns: map[string]string{"举报人": "complainant"}}})
		p.must(err)
	}
	p.must(a.DrainJobs(ctx))
	sealed := p.all("SELECT m.id FROM matches m JOIN sealed_fields f ON f.record_id = m.record_id ORDER BY m.id", 1)
	if len(sealed) < 4 {
		p.t.Fatalf("%d records with a sealed complainant", len(sealed))
	}
	p.ripe("reveal.ask", sealed[0][0])
	for n, m := range sealed[1:4] {
		id, _, err := a.AskReveal(ctx, p.as("demo-inspector"), appcustody.AskRevealInput{Match: m[0], Reason: "核实举报人安全"})
		p.must(err)
		if n == 0 {
			p.ripe("share.release", id)
			p.ripe("share.refuse", id)
			continue
		}
		for _, login := range custodians[:2] {
			p.release(login, id)
		}
		p.ripe("reveal.show", id)
		if n == 2 {
			_, _, err := a.ShowReveal(ctx, p.as("demo-inspector"), appcustody.RevealInput{ID: id, Version: 3})
			p.must(err)
			p.ripe("reveal.note", id)
		}
	}
	id, _, err = a.ProposeCustody(ctx, p.as("demo-security"), set([]string{"demo-body-2", "demo-adjudicator-2", "demo-clue"}))
	p.must(err)
	p.ripe("custody.approve", id)
	p.ripe("custody.refuse", id)
}

// release hands in what a custodian's machine makes of a request.
func (p *planter) release(login, reveal string) {
	p.t.Helper()
	ctx := context.Background()
	v, err := p.s.app.Share(ctx, p.as(login), reveal)
	p.must(err)
	text, err := p.w.response(login, v.Request)
	p.must(err)
	_, err = p.s.app.ReleaseShare(ctx, p.as(login), appcustody.RevealInput{ID: reveal, Response: text})
	p.must(err)
}

// response is what the machine of a custodian makes of a request.
func (w *world) response(login, request string) (string, error) {
	q, err := seal.ParseRequest(request)
	if err != nil {
		return "", err
	}
	if w.keys[login] == nil {
		return "", errors.New("no custodian")
	}
	r, err := q.Release(w.keys[login])
	if err != nil {
		return "", err
	}
	return r.Text(), nil
}
