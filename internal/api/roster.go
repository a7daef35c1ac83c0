package api

import (
	"context"
	"io"

	"plumbline/internal/app/casework"
	"plumbline/internal/app/people"
	apprecusal "plumbline/internal/app/recusal"
	"plumbline/internal/fault"
	"plumbline/internal/roster"
)

// RosterForm is an upload: file; sheet, as_of, dry_run, leave_columns (optional).
type RosterForm struct{}

// RosterView says what an import did, or would do.
type RosterView struct {
	Table     string          `json:"table"`
	DryRun    bool            `json:"dry_run"`
	Rows      int             `json:"rows"`
	Created   int             `json:"created"`
	Updated   int             `json:"updated"`
	Ended     int             `json:"ended"`
	Unchanged int             `json:"unchanged"`
	Rejected  int             `json:"rejected"`
	Nothing   bool            `json:"nothing_changed"`
	Errors    []RosterProblem `json:"errors" doc:"The first 1,000 rejected rows"`
	Flagged   int             `json:"flagged" doc:"Rows taken though something about them is odd"`
	Flags     []RosterProblem `json:"flags" doc:"What is odd about the rows taken, the first 1,000"`
	Ignored   []string        `json:"ignored_columns,omitempty"`
	Proposed  int             `json:"proposed" doc:"Rows that change the past: they wait for an approval"`
	Proposal  string          `json:"proposal_id,omitempty"`
	Receipt   *ReceiptView    `json:"receipt,omitempty"`
}

// RosterProblem is a row that was not imported, or was imported with a remark.
type RosterProblem struct {
	Row    int    `json:"row"`
	Column string `json:"column,omitempty"`
	Value  string `json:"value,omitempty"`
	Code   string `json:"code"`
	Detail string `json:"detail"`
}

// problemsAtMost bounds the rejected rows named in one answer.
const problemsAtMost = 1000

func rosterImport(r *registry, table people.RosterTable, summary string) {
	handle(r, table.ImportOp(), func(ctx context.Context, c *Call, _ *RosterForm) (RosterView, error) {
		form, err := readForm(c)
		if err != nil {
			return RosterView{}, err
		}
		if err := form.Only("sheet", "as_of", "dry_run", "leave_columns"); err != nil {
			return RosterView{}, err
		}
		for _, name := range []string{"dry_run", "leave_columns"} {
			if v := form.Values[name]; v != "" && v != "true" && v != "false" {
				return RosterView{}, fault.Shape("shape", name)
			}
		}
		res, err := r.f.App.ImportRoster(ctx, c.Actor, people.RosterImport{Table: table, Name: form.Name, Data: form.Data,
			Sheet: form.Values["sheet"],
			AsOf:  roster.Date(form.Values["as_of"]), DryRun: form.Values["dry_run"] == "true", Leave: form.Values["leave_columns"] == "true"})
		if err != nil {
			return RosterView{}, err
		}
		return rosterView(c, res), nil
	}, Upload, Summary(summary))
}

func rosterView(c *Call, res *people.RosterResult) RosterView {
	v := RosterView{Table: string(res.Table), DryRun: res.DryRun, Rows: res.Rows, Created: res.Created, Updated: res.Updated,
		Ended:     res.Ended,
		Unchanged: res.Unchanged, Rejected: res.Rejected, Nothing: res.Nothing(), Proposed: res.Proposed, Proposal: res.Proposal, Ignored: res.Ignored,
		Errors: problems(c, res.Errors), Flagged: res.Flagged, Flags: problems(c, res.Flags)}
	if !res.DryRun && !res.Nothing() {
		got := receipt(res.Last)
		v.Receipt = &got
	}
	return v
}

func problems(c *Call, rows []people.RowError) []RosterProblem {
	out := []RosterProblem{}
	for _, e := range rows[:min(len(rows), problemsAtMost)] {
		out = append(out, RosterProblem{e.Row, e.Column, e.Value, e.Fault.Code, text(c.Lang, e.Fault)})
	}
	return out
}

// rosterRow registers the operation that saves one row of a table.
func rosterRow(r *registry, table people.RosterTable, summary string) {
	handle(r, table.RowOp(), func(ctx context.Context, c *Call, in *struct {
		Body struct {
			Row  map[string]string `json:"row" doc:"Cells by the field names of the import's template; what is not named stays as it is, and an empty cell empties it"`
			AsOf string            `json:"as_of,omitempty" doc:"From when it counts; today if absent"`
		}
	}) (RosterView, error) {
		res, err := r.f.App.SaveRosterRow(ctx, c.Actor, people.RosterRow{Table: table, Cells: in.Body.Row, AsOf: roster.Date(in.Body.AsOf)})
		if err != nil {
			return RosterView{}, err
		}
		return rosterView(c, res), nil
	}, Summary(summary))
}

func registerRelations(r *registry) {
	a := r.f.App
	handle(r, "relation.own", func(ctx context.Context, c *Call, _ *struct{}) (Paged[apprecusal.RelationView], error) {
		rows, err := a.OwnRelations(ctx, c.Actor)
		return Paged[apprecusal.RelationView]{Items: rows}, err
	}, Summary("Relatives and interested persons that I declared"))
	handle(r, "relation.declare", func(ctx context.Context, c *Call, in *struct{ Body apprecusal.RelationInput }) (Done, error) {
		in.Body.Key = c.Key
		id, rc, err := a.Declare(ctx, c.Actor, in.Body)
		return done(rc, id), err
	}, Summary("Declare a relative or interested person"))
	handle(r, "relation.list", func(ctx context.Context, c *Call, in *ByID) (Paged[apprecusal.RelationView], error) {
		rows, _, err := a.Relations(ctx, c.Actor, in.ID)
		return Paged[apprecusal.RelationView]{Items: rows}, err
	}, Summary("A person's declared relations, from either side"))
	made(r, "relation.create", "Record a relation of a person", func(in *apprecusal.RelationInput, id string, c *Call) {
		in.PersonID,
			in.Key = id, c.Key
	}, a.Declare)
	made(r, "relation.end", "Propose to end a relation; the id is that of the proposal", func(in *apprecusal.RelationEnd, id string, c *Call) {
		in.ID, in.Key, in.Version = id, c.Key, c.Version(in.Version)
	}, a.EndRelation)
	voids := func(in *apprecusal.VoidInput, id string, c *Call) {
		in.ID, in.Key, in.Version = id, c.Key, c.Version(in.Version)
	}
	made(r, "relation.void", "Propose to void a relation recorded by mistake; the id is that of the proposal", voids, a.VoidRelation)
	made(r, "issue.party_void", "Propose to void a party to an issue recorded by mistake; the id is that of the proposal", voids,
		a.VoidIssueParty, Versionless)
	made(r, "case.party_void", "Propose to void a recusal recorded by mistake; the id is that of the proposal", voids, a.VoidCaseParty,
		Versionless)
	made(r, "issue.party", "Record a complainant, witness or other party on an issue", func(in *casework.IssuePartyInput, id string, c *Call) {
		in.IssueID, in.Key = id, c.Key
	}, a.AddIssueParty)
}

func registerRoster(r *registry) {
	a := r.f.App
	registerRelations(r)
	rosterRow(r, people.UnitTable, "Make, change, merge or close one unit")
	rosterRow(r, people.PeopleTable, "Make or change one person")
	rosterRow(r, people.PostingTable, "Make, change or end one posting")
	rosterRow(r, people.LinkTable, "Make, change or end one command link")
	rosterImport(r, people.UnitTable, "Import units from CSV or XLSX")
	rosterImport(r, people.PeopleTable, "Import people from CSV or XLSX")
	rosterImport(r, people.PostingTable, "Import postings from CSV or XLSX")
	rosterImport(r, people.LinkTable, "Import command links from CSV or XLSX")
	download(r, "roster.template", func(ctx context.Context, c *Call, in *struct {
		Table  string `path:"table" enum:"units,people,postings,links"`
		Format string `query:"format" enum:"csv,xlsx" default:"csv"`
	}) (*File, error) {
		body, err := a.RosterTemplate(c.Actor, people.RosterTable(in.Table), c.Lang, in.Format)
		if err != nil {
			return nil, err
		}
		return &File{Name: in.Table + "." + in.Format, Type: people.SheetType(in.Format), Rows: 0, Write: func(w io.Writer) error {
			_, err := w.Write(body)
			return err
		}}, nil
	}, Summary("An empty table to fill in"))
	handle(r, "unit.list", func(ctx context.Context, c *Call, _ *struct{}) (Paged[people.UnitView], error) {
		rows, err := a.Units(ctx, c.Actor)
		return Paged[people.UnitView]{Items: rows}, err
	}, Summary("The units in scope, parents before children"))
	handle(r, "unit.read", func(ctx context.Context, c *Call, in *ByID) (*people.UnitPage, error) {
		return a.Unit(ctx, c.Actor, in.ID)
	}, Summary("One unit with who commands it"))
	handle(r, "person.search", func(ctx context.Context, c *Call, in *struct {
		Body struct {
			Query  string `json:"query,omitempty" maxLength:"200" doc:"Characters, pinyin, initials or a number"`
			UnitID string `json:"unit_id,omitempty"`
			State  string `json:"state,omitempty" enum:"serving,left"`
			Kind   string `json:"kind,omitempty" enum:"officer,auxiliary"`
			Cursor string `json:"cursor,omitempty"`
			Limit  int    `json:"limit,omitempty" minimum:"1" maximum:"200"`
		}
	}) (Paged[people.PersonView], error) {
		b := in.Body
		rows, next, err := a.SearchPeople(ctx, c.Actor, people.PeopleQuery{Query: b.Query, UnitID: b.UnitID, State: b.State,
			Kind: roster.PersonKind(b.Kind), Cursor: b.Cursor, Limit: b.Limit})
		return Paged[people.PersonView]{rows, next}, err
	}, Summary("Find people in scope; names never stand in an address"))
	handle(r, "person.read", func(ctx context.Context, c *Call, in *ByID) (*people.PersonPage, error) {
		return a.Person(ctx, c.Actor, in.ID)
	}, Summary("One person's roster facts"))
	handle(r, "person.edit", func(ctx context.Context, c *Call, in *struct {
		ID   string `path:"id"`
		Body struct {
			Version int64  `json:"version,omitempty"`
			Pinyin  string `json:"pinyin" maxLength:"120" doc:"Syllables with blanks between them"`
		}
	}) (Done, error) {
		rec, err := a.CorrectNameKeys(ctx, c.Actor, people.NameKeysInput{ID: in.ID, Version: c.Version(in.Body.Version),
			Pinyin: in.Body.Pinyin})
		return done(rec, in.ID), err
	}, Summary("Correct how a name is read"))
	handle(r, "own.name_keys", func(ctx context.Context, c *Call, in *struct {
		Body struct {
			Pinyin string `json:"pinyin" maxLength:"120" doc:"Syllables with blanks between them"`
		}
	}) (Done, error) {
		rec, err := a.CorrectNameKeys(ctx, c.Actor, people.NameKeysInput{Pinyin: in.Body.Pinyin})
		return done(rec, c.Actor.Person), err
	}, Summary("Correct how my own name is read"))
}
