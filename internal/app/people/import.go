package people

import (
	"context"
	"slices"
	"strings"

	"plumbline/internal/app/desk"
	"plumbline/internal/fault"
	"plumbline/internal/kinds"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
	"plumbline/internal/store"
)

// RosterImport asks for the import of one table.
type RosterImport struct {
	Table    RosterTable
	Name     string // of the file; its ending says how it is read
	Data     []byte
	Sheet    string
	AsOf     roster.Date // from when changes count; "" is today
	DryRun   bool
	Leave    bool // the importer has said that columns which nobody knows are left out
	Progress func(done, total int)
}

// RosterResult is what an import did, or would do.
type RosterResult struct {
	Table     RosterTable
	DryRun    bool
	Rows      int // in the file
	Created   int // rows that made something
	Updated   int // rows that changed something
	Ended     int // dated things that were ended
	Unchanged int // rows that say what is already there
	Rejected  int
	Flagged   int    // rows that were taken though something about them is odd
	Proposed  int    // rows that change the past: they wait for an approval
	Proposal  string // its id
	Errors    []RowError
	Flags     []RowError   // of the rows taken; a row may have several
	Ignored   []string     // headers that nobody knows
	Last      desk.Receipt // of the last write
}

// Nothing reports that the file says what is already there.
func (r *RosterResult) Nothing() bool { return r.Created+r.Updated+r.Ended+r.Proposed == 0 }

// change is what the file asks for about one person, unit or target. It is written
// as a whole.
type change struct {
	inserts []any
	saves   []saved
	state   []string // accounts whose sessions end: their people left
	unit    string
	moved   *unitMove

	from    []*rosterRow // that ask for it
	fresh   bool         // about somebody or something without a past
	renamed any          // the former name that a new one leaves behind today

	unserved []span // of postings that end the day before they begin, as the file says

	superiors []string // whose open matters it takes from somebody who handles them

	rows, created, updated, ended int // as counted by add
}

type saved struct{ before, after ledger.Row }

type unitMove struct{ unit, from, to string }

func (c *change) empty() bool { return len(c.inserts)+len(c.saves) == 0 }

// rosterPlan is what an import will do.
type rosterPlan struct {
	*RosterResult
	changes []*change
	past    []*change // those that wait for an approval: for the past, or for whom they bar
	asOf    roster.Date
	scope   roster.Scope
	tree    *roster.Tree
	partial bool   // one row, which says nothing of what it does not name
	self    string // the person who imports, "" for a program
	setup   bool   // the operator loads the roster while there is no matter yet
}

// add appends a change to the plan and counts its rows: how many create something
// and how many change something.
func (p *rosterPlan) add(c *change, rows, created, updated, ended int) {
	p.Unchanged += rows - created - updated
	p.Created += created
	p.Updated += updated
	p.Ended += ended
	c.rows, c.created, c.updated, c.ended = rows, created, updated, ended
	if !c.empty() {
		p.changes = append(p.changes, c)
	}
}

// addOne appends the change of a single row.
func (p *rosterPlan) addOne(c *change, fresh bool, ended int) {
	switch {
	case c.empty():
		p.add(c, 1, 0, 0, ended)
	case fresh:
		p.add(c, 1, 1, 0, ended)
	default:
		p.add(c, 1, 0, 1, ended)
	}
}

// reaches reports whether a unit is within the actor's own reach.
func (p *rosterPlan) reaches(unit string) bool {
	return p.scope.All && unit == "" || p.scope.Admits(roster.Target{Unit: unit, Branch: p.tree.Branch(unit)})
}

// concernsSelf reports whether a change creates, alters or ends a posting or command
// link of the person who requests it. Where somebody served and for whom he answered
// decides what he may see and which questions he is asked, so another records
// officer must enter it.
func (p *rosterPlan) concernsSelf(c *change) bool {
	if p.self == "" {
		return false
	}
	own := func(row any) bool {
		switch x := row.(type) {
		case *roster.Posting:
			return x.PersonID == p.self
		case *roster.CommandLink:
			return x.PersonID == p.self || x.OverPersonID == p.self
		}
		return false
	}
	return slices.ContainsFunc(c.inserts, own) ||
		slices.ContainsFunc(c.saves, func(s saved) bool { return own(s.after) })
}

// refuses returns why a change may not be made, or nil.
func (p *rosterPlan) refuses(c *change) *fault.Error {
	if p.concernsSelf(c) {
		return fault.Forbidden("roster_own")
	}
	backwards := func(row any) bool {
		if x, ok := row.(*roster.Posting); ok && slices.Contains(c.unserved, span{x.FromOn, x.ToOn}) {
			return false
		}
		from, to, dated := datesOf(row)
		return dated && to != "" && to < from
	}
	// Nothing ends before it begins: not even what has not begun, which no end
	// would tell from a slip of the pen. A file may hold postings in which nobody
	// served.
	if slices.ContainsFunc(c.inserts, backwards) || slices.ContainsFunc(c.saves, func(s saved) bool { return backwards(s.after) }) {
		return fault.Invalid("period_reversed", "to")
	}
	return nil
}

// changesAtOnce is the number of changes per write, under 20 ms.
const changesAtOnce = 50

// ImportRoster imports one table of the roster. Rows that cannot be taken are
// named and do not stop the others. What is in the file is made or updated;
// what the file no longer says about the people, units or targets that it names
// is ended; nothing is deleted, and who is not named is not touched. The same
// file again changes nothing and says so. The work is done in small writes, so
// an import that was broken off is finished by importing the file again.
func (a *Personnel) ImportRoster(ctx context.Context, who *roster.Actor, in RosterImport) (*RosterResult, error) {
	op, ok := rosterOps[in.Table]
	if !ok {
		return nil, fault.NotFound()
	}
	route, err := a.Authorize(who, op)
	if err != nil {
		return nil, err
	}
	if in.AsOf == "" {
		in.AsOf = a.Today()
	} else if _, err := roster.ParseDate(string(in.AsOf)); err != nil {
		return nil, fault.As(err).WithField("as_of")
	}
	rows, ignored, err := a.readRoster(ctx, who, in)
	if err != nil {
		return nil, err
	}
	if len(ignored) > 0 && !in.DryRun && !in.Leave { // a question, never a silent loss
		return nil, fault.Invalid("roster_columns_unanswered", "leave_columns", "Columns", strings.Join(ignored, ", "))
	}
	p := &rosterPlan{RosterResult: &RosterResult{Table: in.Table, DryRun: in.DryRun, Rows: len(rows), Ignored: ignored}, asOf: in.AsOf,
		self: who.Person}
	err = a.Store.View(ctx, func(ctx context.Context, v *store.View) error {
		var err error
		if p.tree, err = a.Tree(ctx, v); err != nil {
			return err
		}
		if p.scope, err = a.Scope(ctx, v, who, route.Act, route.Kind); err != nil {
			return err
		}
		if err := a.planRoster(ctx, v, p, rows); err != nil {
			return err
		}
		return a.holdPast(ctx, v, p)
	})
	if err != nil {
		return nil, err
	}
	p.judged(rows)
	if in.DryRun {
		return p.RosterResult, nil
	}
	if err := a.applyRoster(ctx, who, op, p, in.Progress); err != nil {
		return p.RosterResult, err
	}
	return p.RosterResult, a.proposeRewrite(ctx, who, op, p)
}

// judged counts the rows that were rejected or flagged, and says why.
func (p *rosterPlan) judged(rows []*rosterRow) {
	for _, r := range rows {
		switch {
		case r.bad != nil:
			p.Rejected++
			p.Errors = append(p.Errors, *r.bad)
		case len(r.flags) > 0:
			p.Flagged++
			p.Flags = append(p.Flags, r.flags...)
		}
	}
	byRow := func(x, y RowError) int { return x.Row - y.Row }
	slices.SortStableFunc(p.Errors, byRow)
	slices.SortStableFunc(p.Flags, byRow)
}

func (a *Personnel) planRoster(ctx context.Context, v *store.View, p *rosterPlan, rows []*rosterRow) error {
	if p.self == "" {
		some, err := v.AnyMatter(ctx)
		if err != nil {
			return err
		}
		p.setup = !some
	}
	switch p.Table {
	case UnitTable:
		return a.planUnits(ctx, v, p, rows)
	case PeopleTable:
		return a.planPeople(ctx, v, p, rows)
	case PostingTable:
		return a.planPostings(ctx, v, p, rows)
	default:
		return a.planLinks(ctx, v, p, rows)
	}
}

// applyRoster writes the plan in small writes. A row that somebody else has changed
// meanwhile is a conflict; the import can simply be repeated.
func (a *Personnel) applyRoster(ctx context.Context, who *roster.Actor, op string, p *rosterPlan, progress func(done, total int)) error {
	id, done := store.NewID(), 0
	for part := range slices.Chunk(p.changes, changesAtOnce) {
		rec, err := a.Write(ctx, who, desk.Write{Op: op}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
			if err := a.applyChanges(ctx, tx, part); err != nil {
				return nil, "", err
			}
			if p.Table == UnitTable {
				if err := tx.Bump(ctx, store.GenerationTree); err != nil {
					return nil, "", err
				}
			}
			if err := tx.Bump(ctx, store.GenerationAuthority); err != nil {
				return nil, "", err
			}
			return []ledger.Fact{{Verb: op, Kind: kinds.RosterImport, ID: id, Unit: part[0].unit}}, id, nil
		})
		if err != nil {
			return err
		}
		p.Last = rec
		done += len(part)
		if progress != nil {
			progress(done, len(p.changes))
		}
	}
	return nil
}

// applyChanges makes changes in their order. Rows that no number or code has to wait
// for are inserted together at the end: whoever is new to a roster is a row among
// hundreds, with a dozen postings.
func (a *Personnel) applyChanges(ctx context.Context, tx *store.Tx, changes []*change) error {
	var postings []*roster.Posting
	var numbers []*roster.Identifier
	var links []*roster.CommandLink
	for len(changes) > 0 {
		n := 1
		for !changes[0].alters() && n < len(changes) && !changes[n].alters() {
			n++
		}
		var now []any
		for _, c := range changes[:n] {
			for _, row := range c.inserts {
				switch row := row.(type) {
				case *roster.Posting:
					postings = append(postings, row)
				case *roster.Identifier:
					numbers = append(numbers, row)
				case *roster.CommandLink:
					links = append(links, row)
				default:
					now = append(now, row)
				}
			}
		}
		if err := tx.Insert(ctx, now...); err != nil {
			return err
		}
		if err := a.alter(ctx, tx, changes[0]); err != nil {
			return err
		}
		changes = changes[n:]
	}
	return tx.Insert(ctx, postings, numbers, links)
}

// alters reports whether the change does more than insert.
func (c *change) alters() bool { return len(c.saves)+len(c.state) > 0 || c.moved != nil }

// alter makes the changes to rows that there are.
func (a *Personnel) alter(ctx context.Context, tx *store.Tx, c *change) error {
	for _, s := range c.saves { // one statement per changed row: each names its version
		if err := tx.Save(ctx, s.before, s.after); err != nil {
			return err
		}
	}
	for _, account := range c.state {
		if err := tx.EndSessions(ctx, account, ""); err != nil {
			return err
		}
	}
	if c.moved != nil {
		return tx.MoveUnit(ctx, c.moved.unit, c.moved.from, c.moved.to)
	}
	return nil
}

// endOn is the last day of something that the file of a day no longer names.
func endOn(from, asOf roster.Date) roster.Date { return max(from, asOf.AddDays(-1)) }
