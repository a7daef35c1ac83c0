package people

import (
	"context"
	"fmt"
	"strings"

	"plumbline/internal/app/accounts"
	"plumbline/internal/app/desk"
	"plumbline/internal/fault"
	"plumbline/internal/kinds"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
	"plumbline/internal/selfcheck"
	"plumbline/internal/store"
	"plumbline/internal/verbs"
)

// Bureau is a whole organisation, to be set up at once. Units come parents first;
// all ids are given, because rows refer to each other.
type Bureau struct {
	Units    []*roster.Unit
	People   []Recruit
	Links    []*roster.CommandLink
	Demo     string // marks the site as an invented one, "" for none
	Progress func(done, total int)
}

// Recruit is a person and what begins with his service. An empty Account.ID means no
// account.
type Recruit struct {
	Person   *roster.Person
	Numbers  []*roster.Identifier
	Postings []*roster.Posting
	Account  *roster.Account
}

// recruitChunk is the number of people per write, about ten milliseconds.
const recruitChunk = 100

// Establish sets up an organisation on an empty site: units, then people with
// numbers, postings and inactive accounts, then command links. Only the program
// itself may do it.
func (a *Personnel) Establish(ctx context.Context, who *roster.Actor, b Bureau) error {
	if who == nil || !who.Program {
		return fault.Forbidden("not_allowed")
	}
	if len(b.Units) == 0 {
		return fault.Invalid("required", "units")
	}
	fact := ledger.Fact{Verb: verbs.RosterEstablish, Kind: kinds.Unit, ID: b.Units[0].ID, Unit: b.Units[0].ID}
	write := func(fn func(ctx context.Context, tx *store.Tx) error) error {
		_, err := a.Write(ctx, who, desk.Write{Op: verbs.RosterEstablish}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
			return []ledger.Fact{fact}, "", fn(ctx, tx)
		})
		return err
	}
	err := write(func(ctx context.Context, tx *store.Tx) error {
		have, err := tx.Units(ctx)
		if err != nil {
			return err
		}
		if len(have) > 0 {
			return fault.Conflict("already_exists")
		}
		if b.Demo != "" {
			if err := tx.SetSiteFact(ctx, "demo", b.Demo); err != nil {
				return err
			}
		}
		links := make([]*roster.UnitLink, len(b.Units))
		for i, u := range b.Units {
			links[i] = &roster.UnitLink{UnitID: u.ID, ParentID: u.ParentID, FromOn: u.FromOn}
		}
		if err := tx.Insert(ctx, b.Units, links); err != nil {
			return err
		}
		return tx.Bump(ctx, store.GenerationTree)
	})
	if err != nil {
		return fmt.Errorf("set up units: %w", err)
	}
	for from := 0; from < len(b.People); from += recruitChunk {
		part := b.People[from:min(from+recruitChunk, len(b.People))]
		err := write(func(ctx context.Context, tx *store.Tx) error { return recruit(ctx, tx, part) })
		if err != nil {
			return fmt.Errorf("set up people: %w", err)
		}
		if b.Progress != nil {
			b.Progress(from+len(part), len(b.People))
		}
	}
	if len(b.Links) == 0 {
		return nil
	}
	return write(func(ctx context.Context, tx *store.Tx) error {
		if err := tx.Insert(ctx, b.Links); err != nil {
			return err
		}
		return tx.Bump(ctx, store.GenerationAuthority)
	})
}

func recruit(ctx context.Context, tx *store.Tx, part []Recruit) error {
	var people []*roster.Person
	var numbers []*roster.Identifier
	var postings []*roster.Posting
	var opened []*roster.Account
	for _, r := range part {
		p := *r.Person // a run that failed leaves nothing behind
		k := roster.Keys(p.Name)
		p.NameFolded, p.Pinyin, p.Initials, p.SortKey = k.Folded, k.Pinyin, k.Initials, k.SortKey
		people = append(people, &p)
		numbers, postings = append(numbers, r.Numbers...), append(postings, r.Postings...)
		if r.Account != nil {
			acc := *r.Account
			acc.Login, acc.LoginFolded, acc.State = strings.TrimSpace(acc.Login), roster.FoldLogin(acc.Login), roster.AccountNew
			if err := accounts.JudgeLogin(acc.Login); err != nil {
				return err
			}
			opened = append(opened, &acc)
		}
	}
	if err := tx.Insert(ctx, people, numbers, postings, opened); err != nil {
		return err
	}
	return tx.Bump(ctx, store.GenerationAuthority)
}

// SiteFact reads one fact about this installation; "" if it was never set.
func (a *Personnel) SiteFact(ctx context.Context, name string) (value string, err error) {
	err = a.Store.View(ctx, func(ctx context.Context, v *store.View) error {
		value, err = v.SiteFact(ctx, name)
		return err
	})
	return value, err
}

// Snapshot returns the lists that a unit owes in a campaign, for the program's own
// work.
func (a *Personnel) Snapshot(ctx context.Context, who *roster.Actor, campaign, unit string) (rows []selfcheck.Submission, err error) {
	if who == nil || !who.Program {
		return nil, fault.Forbidden("not_allowed")
	}
	err = a.Store.View(ctx, func(ctx context.Context, v *store.View) error {
		rows, err = v.RosterOf(ctx, campaign, unit, selfcheck.States, roster.Scope{All: true})
		return err
	})
	return rows, err
}
