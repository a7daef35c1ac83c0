package casework

import (
	"context"
	"slices"
	"strings"
	"time"

	"plumbline/internal/app/desk"
	"plumbline/internal/app/readlog"
	"plumbline/internal/fault"
	"plumbline/internal/intake"
	"plumbline/internal/issue"
	"plumbline/internal/kinds"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
	"plumbline/internal/store"
	"plumbline/internal/verbs"
)

// FileLine is one issue on a person's file, with the four facts apart.
type FileLine struct {
	ID          string            `json:"id"`
	Ref         string            `json:"ref"`
	Source      issue.Source      `json:"source"`
	SourceCode  string            `json:"source_code"`
	Category    string            `json:"category"`
	ItemNo      int               `json:"item_no"`
	EventOn     roster.Date       `json:"event_on"`
	Received    roster.Date       `json:"received_on"`
	UnitName    string            `json:"unit_name"`
	State       issue.State       `json:"state"`
	Severity    int               `json:"severity"`
	Disclosure  issue.Disclosure  `json:"disclosure"`
	Finding     string            `json:"finding"` // "" is no finding yet
	Form        int               `json:"form"`
	Counts      bool              `json:"counts"` // only a sustained finding does
	Concealment issue.Concealment `json:"concealment"`
	Narrative   string            `json:"narrative"`
	NoticedAt   *time.Time        `json:"noticed_at"`
	CaseID      string            `json:"case_id"`
	MaySpeak    bool              `json:"may_speak"` // the subject may answer or ask for correction
	Statements  []StatementDetail `json:"statements"`
}

// File is everything linked to a person, earliest event first.
type File struct {
	PersonID   string     `json:"person_id"`
	PersonName string     `json:"person_name"`
	UnitName   string     `json:"unit_name"`
	Lines      []FileLine `json:"lines"`
	Counting   int        `json:"counting"` // lines that count
	Open       int        `json:"open"`
	Tasks      []FileTask `json:"rectifications"`
	Lists      []FileList `json:"submissions"`
	MayTake    bool       `json:"may_take"` // out of the site, with its proofs
}

// OwnFile is the actor's own file: his declarations at once, everything else after
// notice, and nothing that reveals a record of which he was not notified.
func (a *Casework) OwnFile(ctx context.Context, who *roster.Actor) (*File, error) {
	var f *File
	err := a.Read(ctx, who, "file.own", func(ctx context.Context, v *store.View) (err error) {
		f, err = a.ownFile(ctx, v, who)
		return err
	})
	return f, err
}

func (a *Casework) ownFile(ctx context.Context, v *store.View, who *roster.Actor) (*File, error) {
	if who.Person == "" {
		return nil, fault.NotFound()
	}
	issues, err := v.IssuesOfPerson(ctx, who.Person, roster.Scope{Own: who.Person})
	if err != nil {
		return nil, err
	}
	issues = slices.DeleteFunc(issues, func(i *issue.Issue) bool { return !i.VisibleToSubject() })
	return a.fileOf(ctx, v, who, who.Person, issues, true)
}

// FileInput asks for somebody's file. Leadership readers must state a purpose.
type FileInput struct {
	Person  string
	Purpose string
}

// PersonFile opens somebody else's file. The read log records the opening before it
// returns.
func (a *Casework) PersonFile(ctx context.Context, who *roster.Actor, in FileInput) (*File, error) {
	var f *File
	err := a.Read(ctx, who, "file.read", func(ctx context.Context, v *store.View) (err error) {
		f, err = a.openFile(ctx, v, who, roster.ActRead, in)
		return err
	})
	if err != nil {
		return nil, err
	}
	return f, a.LogReading(ctx, who, string(roster.KindFile), in.Person, in.Person, in.Purpose)
}

// openFile decides who may open somebody else's file, and for what purpose, and
// reads it. The act is reading or exporting.
func (a *Casework) openFile(ctx context.Context, v *store.View, who *roster.Actor, act roster.Act, in FileInput) (*File, error) {
	sc, err := a.Scope(ctx, v, who, act, roster.KindFile)
	if err != nil {
		return nil, err
	}
	named, err := a.NamedScope(ctx, v, who, act, roster.KindFile)
	if err != nil {
		return nil, err
	}
	issues, err := v.IssuesOfPerson(ctx, in.Person, sc)
	if err != nil {
		return nil, err
	}
	if issues, err = confirmedOnly(ctx, v, issues); err != nil {
		return nil, err
	}
	// Somebody who has left the reach keeps there what happened there.
	_, err = v.PersonInScope(ctx, in.Person, sc)
	if fault.Is(err, fault.NotFoundKind) && len(issues) > 0 {
		err = nil
	}
	if err != nil {
		return nil, err
	}
	asked := len(issues) == 0 || slices.ContainsFunc(issues, func(i *issue.Issue) bool { return !named.Admits(desk.Target(i)) })
	if len(issues) == 0 {
		_, err := v.PersonInScope(ctx, in.Person, named)
		if asked = fault.Is(err, fault.NotFoundKind); err != nil && !asked {
			return nil, err
		}
	}
	if asked || in.Purpose != "" {
		if err := readlog.CheckPurpose(in.Purpose); err != nil {
			return nil, err
		}
	}
	return a.fileOf(ctx, v, who, in.Person, issues, false)
}

// confirmedOnly omits issues that only ever rested on a match that was undone or a
// batch that was withdrawn: nobody stands behind such an allegation any more,
// perhaps it concerns somebody else, and the match keeps its trace. A case that was
// opened on it keeps it on the file.
func confirmedOnly(ctx context.Context, v *store.View, issues []*issue.Issue) ([]*issue.Issue, error) {
	undone := func(i *issue.Issue) bool {
		return i.Source == issue.Audit && i.State == issue.Withdrawn && i.CaseID == ""
	}
	var records []string
	for _, i := range issues {
		if undone(i) {
			records = append(records, i.RecordID)
		}
	}
	matches, err := v.MatchesOfRecords(ctx, records)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(issues, func(i *issue.Issue) bool {
		m := matches[i.RecordID]
		return undone(i) && (m == nil || m.State != intake.StateMatched || m.IssueID != i.ID)
	}), nil
}

func (a *Casework) fileOf(ctx context.Context, v *store.View, who *roster.Actor, person string, issues []*issue.Issue,
	own bool) (*File, error) {
	f := &File{PersonID: person, Lines: []FileLine{}, MayTake: a.May(who, takeOp(own))}
	names, err := v.PersonNames(ctx, []string{person})
	if err != nil {
		return nil, err
	}
	f.PersonName = names[person]
	var ids, units []string
	for _, i := range issues {
		ids = append(ids, i.ID)
		units = append(units, i.UnitID)
	}
	unitNames, err := v.UnitsByID(ctx, units)
	if err != nil {
		return nil, err
	}
	said, err := v.Statements(ctx, ids...)
	if err != nil {
		return nil, err
	}
	if own { // what officials wrote to each other is not his to read
		said = slices.DeleteFunc(said, func(s *issue.Statement) bool { return s.Kind == issue.Reason })
	}
	records := slices.Clone(ids)
	byIssue := make(map[string][]*issue.Statement)
	for _, s := range said {
		records = append(records, s.ID)
		byIssue[s.IssueID] = append(byIssue[s.IssueID], s)
	}
	texts, err := v.Texts(ctx, records...)
	if err != nil {
		return nil, err
	}
	for _, i := range issues {
		l := FileLine{ID: i.ID, Ref: i.Ref, Source: i.Source, SourceCode: i.SourceCode, Category: i.Category, ItemNo: i.ItemNo,
			EventOn: i.EventOn, Received: i.Received, UnitName: desk.UnitName(who.Lang,
				unitNames[i.UnitID]), State: i.State, Severity: i.Severity,
			Disclosure: i.Disclosure, Finding: i.Finding, Form: i.Form, Counts: i.Counts(), Concealment: i.Concealment,
			Narrative: issue.Narrative(texts[i.ID]), NoticedAt: i.NoticedAt, CaseID: i.CaseID, Statements: statements(byIssue[i.ID], texts)}
		if err := a.corrections(ctx, v, i, l.Statements); err != nil { // few requests are ever granted
			return nil, err
		}
		if own {
			l.CaseID = ""
			if i.Source != issue.Self {
				l.Narrative = "" // may name who complained; the notice itself says what is alleged
			}
			l.MaySpeak = i.State != issue.Withdrawn && i.State != issue.Merged
		}
		if l.Counts {
			f.Counting++
		}
		if i.State.Open() {
			f.Open++
		}
		f.Lines = append(f.Lines, l)
	}
	return f, a.fileLines(ctx, v, who, person, ids, own, f)
}

// StatementInput is what a subject says about an issue on his own file.
type StatementInput struct {
	Issue string              `json:"issue"`
	Kind  issue.StatementKind `json:"kind"` // answer, correction
	Text  string              `json:"text"`
	Key   string              `json:"-"`
}

// Validate judges the input by itself.
func (in StatementInput) Validate() error {
	if in.Kind != issue.Answer && in.Kind != issue.Correction {
		return fault.Invalid("statement_text", "kind")
	}
	return desk.CheckText(in.Text, "statement_text", "text", true)
}

// MakeStatement answers an issue on the actor's own file, or asks for its
// correction. Answering never makes anything worse.
func (a *Casework) MakeStatement(ctx context.Context, who *roster.Actor, in StatementInput) (string, desk.Receipt, error) {
	receipt, err := a.Write(ctx, who, desk.Write{Op: "file.reply", Key: in.Key, Body: in}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		if who.Person == "" {
			return nil, "", fault.NotFound()
		}
		i, err := tx.Issue(ctx, in.Issue, roster.Scope{Own: who.Person})
		if err != nil {
			return nil, "", err
		}
		if !i.VisibleToSubject() {
			return nil, "", fault.NotFound()
		}
		if i.State == issue.Withdrawn || i.State == issue.Merged {
			return nil, "", fault.Conflict("statement_closed")
		}
		s := &issue.Statement{IssueID: i.ID, PersonID: i.PersonID, UnitID: i.UnitID, EventOn: i.EventOn, Kind: in.Kind,
			State: issue.Noted, SaidBy: who.Account, AnswerC: ledger.Commitment{}}
		if in.Kind == issue.Correction {
			s.State = issue.Asked
		}
		s.ID = tx.NewID()
		if s.TextC, err = tx.PutText(ctx, s.ID, "text", strings.TrimSpace(in.Text)); err != nil {
			return nil, "", err
		}
		if err := tx.Insert(ctx, s); err != nil {
			return nil, "", err
		}
		return []ledger.Fact{{Verb: verbs.StatementMake, Kind: kinds.Statement, ID: s.ID, Unit: s.UnitID}}, s.ID, nil
	})
	return receipt.ResultID, receipt, err
}

// AskedCorrection is a request for correction that is waiting for an answer.
type AskedCorrection struct {
	StatementDetail
	IssueID    string      `json:"issue_id"`
	IssueRef   string      `json:"issue_ref"` // as it stands on the file of whoever asks
	EventOn    roster.Date `json:"event_on"`
	PersonName string      `json:"person_name"`
	UnitName   string      `json:"unit_name"`
}

// AskedCorrections lists the requests for correction within the actor's reach.
func (a *Casework) AskedCorrections(ctx context.Context, who *roster.Actor) ([]AskedCorrection, error) {
	out := []AskedCorrection{}
	err := a.Read(ctx, who, "statement.list", func(ctx context.Context, v *store.View) error {
		sc, err := a.statementScope(ctx, v, who)
		if err != nil {
			return err
		}
		rows, err := v.AskedCorrections(ctx, sc, 200)
		if err != nil {
			return err
		}
		var ids, about, people, units []string
		for _, s := range rows {
			ids, about, people, units = append(ids, s.ID), append(about, s.IssueID), append(people, s.PersonID), append(units, s.UnitID)
		}
		// Nothing of the issue but what names it: its content is not his to read.
		issues, err := v.IssuesByID(ctx, about, roster.Scope{All: true})
		if err != nil {
			return err
		}
		ref := make(map[string]string, len(issues))
		for _, i := range issues {
			ref[i.ID] = i.Ref
		}
		texts, err := v.Texts(ctx, ids...)
		if err != nil {
			return err
		}
		names, err := v.PersonNames(ctx, people)
		if err != nil {
			return err
		}
		unitNames, err := v.UnitsByID(ctx, units)
		if err != nil {
			return err
		}
		for n, d := range statements(rows, texts) {
			out = append(out, AskedCorrection{StatementDetail: d, IssueID: rows[n].IssueID, IssueRef: ref[rows[n].IssueID],
				EventOn:    rows[n].EventOn,
				PersonName: names[rows[n].PersonID], UnitName: desk.UnitName(who.Lang, unitNames[rows[n].UnitID])})
		}
		return nil
	})
	return out, err
}

// statementScope is where the actor answers requests. Own files are not a barred
// kind, so the bars of files are added, and he never answers his own.
func (a *Casework) statementScope(ctx context.Context, v *store.View, who *roster.Actor) (roster.Scope, error) {
	sc, err := a.Scope(ctx, v, who, roster.ActAnswer, roster.KindOwnFile)
	if err != nil {
		return sc, err
	}
	sc.Own = ""
	sc.BarPeople = append(append([]string{who.Person}, who.Superiors...), who.Relatives...)
	sc.BarDated, sc.BarObjects = who.Dated, who.PartyTo
	return sc, nil
}

// AnswerStatementInput grants or refuses a request for correction.
type AnswerStatementInput struct {
	ID      string               `json:"id"`
	Version int64                `json:"version"`
	State   issue.StatementState `json:"state"` // granted, refused
	Text    string               `json:"text"`
	Key     string               `json:"-"`
}

// Validate judges the input by itself.
func (in AnswerStatementInput) Validate() error {
	if in.Version <= 0 {
		return fault.VersionRequired()
	}
	if in.State != issue.Granted && in.State != issue.Refused {
		return fault.Invalid("statement_text", "state")
	}
	return desk.CheckText(in.Text, "statement_text", "text", true)
}

// AnswerStatement answers a request for correction. A granted correction is then
// made by the act that it requires: triage, withdrawal or reopening.
func (a *Casework) AnswerStatement(ctx context.Context, who *roster.Actor, in AnswerStatementInput) (desk.Receipt, error) {
	return a.Write(ctx, who, desk.Write{Op: verbs.StatementAnswer, Key: in.Key, Body: in}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		sc, err := a.statementScope(ctx, &tx.View, who)
		if err != nil {
			return nil, "", err
		}
		before, err := tx.Statement(ctx, in.ID, sc)
		if err != nil {
			return nil, "", err
		}
		if before.Version != in.Version {
			return nil, "", fault.Conflict("stale_version", "Current", before.Version)
		}
		if before.State != issue.Asked {
			return nil, "", fault.Conflict("statement_state")
		}
		after := *before
		after.State, after.AnswerBy = in.State, who.Account
		if after.AnswerC, err = tx.PutText(ctx, after.ID, "answer", strings.TrimSpace(in.Text)); err != nil {
			return nil, "", err
		}
		if err := tx.Save(ctx, before, &after); err != nil {
			return nil, "", err
		}
		return []ledger.Fact{{Verb: verbs.StatementAnswer, Kind: kinds.Statement, ID: after.ID, Unit: after.UnitID}}, after.ID, nil
	})
}
