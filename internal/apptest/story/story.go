// Package story holds what many tests begin with: an issue that came to be known, a case
// on its way, a list filed, an account opened. Each step must work, or the test ends.
package story

import (
	"context"
	"fmt"
	"net/url"
	"testing"
	"time"

	"plumbline/internal/app/accounts"
	"plumbline/internal/app/approval"
	"plumbline/internal/app/casework"
	appcustody "plumbline/internal/app/custody"
	"plumbline/internal/app/desk"
	"plumbline/internal/app/heads"
	appintake "plumbline/internal/app/intake"
	apprecusal "plumbline/internal/app/recusal"
	"plumbline/internal/app/reports"
	appselfcheck "plumbline/internal/app/selfcheck"
	"plumbline/internal/apptest"
	"plumbline/internal/custody"
	"plumbline/internal/fault"
	"plumbline/internal/inquiry"
	"plumbline/internal/issue"
	"plumbline/internal/ledger"
	"plumbline/internal/rectify"
	"plumbline/internal/report"
	"plumbline/internal/roster"
	"plumbline/internal/selfcheck"
	"plumbline/internal/slip"
	"plumbline/internal/store"
)

const Password = "correct horse 42"

// Activate gives an account of the small bureau a password, as its holder
// would: by a code, and then a password of his own.
func Activate(t *testing.T, s *apptest.Site, key string) *accounts.SignedIn {
	t.Helper()
	ctx := context.Background()
	code, _, _, err := s.App.IssueCode(ctx, desk.Program("operator"), s.Account[key])
	if err != nil {
		t.Fatal(err)
	}
	in, err := s.App.SignIn(ctx, accounts.SignInInput{Login: key, Password: code, Source: "10.0.0.9"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.App.SetPassword(ctx, in.Actor, accounts.PasswordInput{New: Password}); err != nil {
		t.Fatal(err)
	}
	return in
}

// CodeOf is the code of a refusal, "" for none.
func CodeOf(err error) string {
	if err == nil {
		return ""
	}
	return fault.As(err).Code
}

// Decidable is a case with a found track about anna.
func (st Story) Decidable() (caseID, track string) {
	st.Helper()
	caseID = st.Opened("clue")
	track = st.See("body", caseID).Tracks[0].ID
	st.Must(st.Assign(track, "investigator1", inquiry.DutyInvestigator))
	st.Must(st.Assign(track, "investigator2", inquiry.DutyInvestigator))
	st.Must(st.Assign(track, "adjudicator", inquiry.DutyAdjudicator))
	st.Find(caseID, track, "investigator1", "investigator2", "adjudicator", "anna", inquiry.Sustained)
	return caseID, track
}

// Sweep runs the watch and says how many alarms it raised or ended.
func Sweep(t *testing.T, s *apptest.Site, why string, want int) {
	t.Helper()
	n, err := s.App.WatchMatters(ctx)
	if err != nil || n != want {
		t.Errorf("%s: %d alarms changed, want %d, %v", why, n, want, err)
	}
}

// Verify recomputes the site.
func Verify(t *testing.T, s *apptest.Site) *store.Verdict {
	t.Helper()
	v, err := s.Store.Verify(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// Uphold lets the superior authority uphold a challenge.
func Uphold(t *testing.T, s *apptest.Site, id string) {
	t.Helper()
	if _, err := s.App.DecideChallenge(ctx, s.Actor("authority"), apprecusal.ChallengeInput{ID: id, Version: 1, Decision: "uphold", Reason: "关系属实"}); err != nil {
		t.Fatal(err)
	}
}

// TheIssue is the id of the only issue of the site.
func TheIssue(t *testing.T, s *apptest.Site) string {
	t.Helper()
	return s.Issues(apptest.IssueSeed{Name: "one", Source: issue.Self, Person: "anna", Unit: "east1", Category: "interview", Severity: 1, Event: "2026-02-01"})["one"]
}

// ProposeExpungement proposes it as somebody, and gives the id of the proposal.
func ProposeExpungement(s *apptest.Site, who, id string, g custody.Ground) (string, error) {
	e, _, err := s.App.ProposeExpungement(context.Background(), s.Actor(who), appcustody.ProposeExpungementInput{
		RecordInput: appcustody.RecordInput{Kind: custody.IssueRecord, Record: id}, Ground: g, Reason: "理由"})
	return e, err
}

// Number is the personnel number of a named person.
func Number(t *testing.T, s *apptest.Site, key string) string {
	t.Helper()
	var no string
	err := s.Store.View(context.Background(), func(ctx context.Context, v *store.View) error {
		names, err := v.NamesOf(ctx, []string{s.People[key]})
		no = names[s.People[key]].PersonnelNo
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return no
}

// Audited registers an audit issue of a person and gives it back.
func Audited(t *testing.T, s *apptest.Site, person, unit string, tier int, on roster.Date) *issue.Issue {
	t.Helper()
	i := issue.NewAudit(issue.Found{ID: store.NewID(), SourceCode: "petition", Person: s.People[person], Unit: s.Units[unit], Tier: tier,
		Category: "interview", Severity: 1, EventOn: on, ReceivedOn: on, At: s.Clock.Now()})
	_, err := s.Store.Update(context.Background(), store.Call{Account: "program:test", Op: "test.issue"}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		return []ledger.Fact{{Verb: "test.issue", Kind: "issue", ID: i.ID}}, "", tx.AddIssues(ctx, []*issue.Issue{i}, issue.TimingOf(s.App.Pack()))
	})
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// Triage takes an issue on to what comes next.
func Triage(t *testing.T, s *apptest.Site, id string, severity int, next issue.Act) casework.IssueResult {
	t.Helper()
	r, _, err := s.App.TriageIssue(context.Background(), s.Actor("inspector"), casework.TriageIssueInput{Step: casework.Step{ID: id, Version: 1}, Severity: severity, Category: "interview", Decision: next})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// WantCode ends the test where a step was not refused by the code.
func WantCode(t *testing.T, what string, err error, want string) {
	t.Helper()
	if err == nil || fault.As(err).Code != want {
		t.Fatalf("%s: got %v, want %s", what, err, want)
	}
}

// QuestionsOn lists the questions of an issue as the bureau's body sees them.
func QuestionsOn(t *testing.T, s *apptest.Site, issueID string) []casework.QuestionRow {
	t.Helper()
	p, err := s.App.Questions(context.Background(), s.Actor("body"), inquiry.QuestionFilter{IssueID: issueID}, "")
	if err != nil {
		t.Fatal(err)
	}
	return p.Rows
}

// Story is one on a site.
type Story struct {
	*testing.T
	Site *apptest.Site
}

// New begins one on a site.
func New(t *testing.T, s *apptest.Site) Story { return Story{t, s} }

// Must ends the test where a step did not work.
func (st Story) Must(err error) {
	st.Helper()
	if err != nil {
		st.Fatal(err)
	}
}

// See opens the case as somebody sees it.
func (st Story) See(who, id string) casework.CaseView {
	st.Helper()
	c, err := st.Site.App.Case(context.Background(), st.Site.Actor(who), id)
	st.Must(err)
	return c
}

// Assign makes somebody a member of a track.
func (st Story) Assign(track, who string, duty inquiry.MemberDuty) error {
	_, _, err := st.Site.App.AssignMember(context.Background(), st.Site.Actor("body"), casework.AssignInput{TrackID: track, Person: Number(st.T, st.Site, who), Duty: duty})
	return err
}

// Find takes one track from assigned to a confirmed finding of its only allegation.
func (st Story) Find(caseID, trackID, one, two, adjudicator, subject string, v inquiry.Verdict) {
	st.Helper()
	ctx, s := context.Background(), st.Site
	track := func() casework.TrackView {
		for _, t := range st.See(one, caseID).Tracks {
			if t.ID == trackID {
				return t
			}
		}
		st.Fatalf("%s does not see his track", one)
		return casework.TrackView{}
	}
	id, _, err := s.App.Recommend(ctx, s.Actor(one), casework.RecommendInput{AllegationID: track().Allegations[0].ID, Verdict: v, Standard: inquiry.ClearConvincing, Reason: "statements agree"})
	st.Must(err)
	_, err = s.App.ServeFinding(ctx, s.Actor(one), casework.FindingInput{ID: id, Version: 1})
	WantCode(st.T, "the same investigator serves", err, "guard_same_person")
	if fs, err := s.App.MyFindings(ctx, s.Actor(subject)); err != nil || len(fs) != 0 {
		st.Errorf("a draft shows to its subject: %v, %v", fs, err)
	}
	_, err = s.App.ServeFinding(ctx, s.Actor(two), casework.FindingInput{ID: id, Version: 1})
	st.Must(err)
	fs, err := s.App.MyFindings(ctx, s.Actor(subject))
	if err != nil || len(fs) != 1 || fs[0].Reason != "statements agree" || !fs[0].MayReply {
		st.Fatalf("served %+v, %v", fs, err)
	}
	_, _, err = s.App.Reply(ctx, s.Actor("dong"), casework.ReplyInput{ID: id, Version: 2, Text: "not me"})
	if !fault.Is(err, fault.NotFoundKind) {
		st.Errorf("somebody else replies: %v", err)
	}
	_, _, err = s.App.Reply(ctx, s.Actor(subject), casework.ReplyInput{ID: id, Version: 2, Text: "I was elsewhere"})
	st.Must(err)
	_, err = s.App.ConfirmFinding(ctx, s.Actor(adjudicator), casework.ConfirmInput{ID: id, Version: 3, Verdict: v, Reason: "agreed"})
	WantCode(st.T, "reply unanswered", err, "reply_unanswered")
	_, err = s.App.AnswerReply(ctx, s.Actor(one), casework.AnswerInput{ID: id, Version: 3, Answer: "the duty log says otherwise"})
	st.Must(err)
	_, err = s.App.ConfirmFinding(ctx, s.Actor(one), casework.ConfirmInput{ID: id, Version: 3, Verdict: v, Reason: "agreed"})
	if err == nil {
		st.Error("an investigator confirmed")
	}
	_, err = s.App.ConfirmFinding(ctx, s.Actor(adjudicator), casework.ConfirmInput{ID: id, Version: 3, Verdict: v, Reason: "agreed"})
	st.Must(err)
}

// Decide proposes and decides on a track.
func (st Story) Decide(trackID string, form int, sanction string) {
	st.Helper()
	ctx, s := context.Background(), st.Site
	id, _, err := s.App.ProposeDecision(ctx, s.Actor("body"), casework.ProposeInput{TrackID: trackID, Form: form, Sanction: sanction, Reason: "facts and grounds"})
	st.Must(err)
	members := []string{Number(st.T, s, "body"), Number(st.T, s, "body2"), Number(st.T, s, "authority")}
	_, _, err = s.App.ResolveTrack(ctx, s.Actor("body"), casework.ResolveInput{ID: id, Version: 1, Members: members})
	WantCode(st.T, "the proposer decides", err, "guard_same_person")
	_, _, err = s.App.ResolveTrack(ctx, s.Actor("body2"), casework.ResolveInput{ID: id, Version: 1, Members: members[:2]})
	WantCode(st.T, "no quorum", err, "body_quorum")
	confirm, _, err := s.App.ResolveTrack(ctx, s.Actor("body2"), casework.ResolveInput{ID: id, Version: 1, Members: members})
	st.Must(err)
	st.Agree(confirm, "body", "authority")
}

// Agree lets people agree to a proposal, each on his own account.
func (st Story) Agree(proposal string, keys ...string) {
	st.Helper()
	for _, key := range keys {
		p, err := st.Site.App.Proposal(context.Background(), st.Site.Actor(key), proposal)
		st.Must(err)
		_, err = st.Site.App.ApproveProposal(context.Background(), st.Site.Actor(key), approval.ProposalInput{ID: proposal, Version: p.Version})
		st.Must(err)
	}
}

// NumbersOpenLists opens the report's numbers on cases, tracks, questions and
// tasks: each list has as many rows as the number says.
func (st Story) NumbersOpenLists(key string) {
	st.Helper()
	ctx, who := context.Background(), st.Site.Actor(key)
	r, err := st.Site.App.Report(ctx, who, reports.ReportInput{})
	st.Must(err)
	some := int64(0)
	for _, sec := range r.Sections {
		for _, l := range sec.Lines {
			for _, v := range l.Values {
				q, err := url.ParseQuery(v.Query)
				st.Must(err)
				total := int64(-1)
				switch v.List {
				case report.Cases:
					f, err := inquiry.ParseCaseFilter(q)
					st.Must(err)
					p, err := st.Site.App.Cases(ctx, who, f, "")
					if total = p.Total; err != nil {
						continue // no list for this reader's roles
					}
				case report.Tracks:
					f, err := inquiry.ParseTrackFilter(q)
					st.Must(err)
					p, err := st.Site.App.Tracks(ctx, who, f, "")
					if total = p.Total; err != nil {
						continue
					}
				case report.Questions:
					f, err := inquiry.ParseQuestionFilter(q)
					st.Must(err)
					p, err := st.Site.App.Questions(ctx, who, f, "")
					if total = p.Total; err != nil {
						continue
					}
				case report.Rectifications:
					f, err := rectify.ParseFilter(q)
					st.Must(err)
					p, err := st.Site.App.Rectifications(ctx, who, f, "")
					if total = p.Total; err != nil {
						continue
					}
				default:
					continue
				}
				some += v.N
				if total != v.N {
					st.Errorf("%s: %s/%s says %d, its list has %d (%s)", key, sec.Key, l.Code, v.N, total, v.Query)
				}
			}
		}
	}
	if some == 0 && key != "easthead" {
		st.Errorf("%s counts nothing", key)
	}
}

// Refind finds the only allegation of a track again; the subject waives.
func (st Story) Refind(caseID, trackID string, v inquiry.Verdict) {
	st.Helper()
	s := st.Site
	al := st.See("investigator1", caseID).Tracks[0].Allegations[0].ID
	id, _, err := s.App.Recommend(ctx, s.Actor("investigator1"), casework.RecommendInput{AllegationID: al, Verdict: v, Standard: inquiry.ClearConvincing, Reason: "new"})
	st.Must(err)
	_, err = s.App.ServeFinding(ctx, s.Actor("investigator2"), casework.FindingInput{ID: id, Version: 1})
	st.Must(err)
	_, _, err = s.App.Reply(ctx, s.Actor("cara"), casework.ReplyInput{ID: id, Version: 2, Waive: true})
	st.Must(err)
	_, err = s.App.ConfirmFinding(ctx, s.Actor("adjudicator"), casework.ConfirmInput{ID: id, Version: 3, Verdict: v, Reason: "agreed"})
	st.Must(err)
}

// Petitions is a list as an office would send it. The numbers are those of the
// small bureau: 100000 and on in the order of its people.
const Petitions = "2026年信访问题汇总\n\n" +
	"姓名,警号,单位,问题类别,发生时间,受理日期,问题描述\n" +
	"林甲,100011,单位east1,态度生硬,2026.2.1,2026年2月10日,窗口态度生硬\n" + // exact: anna
	"林乙,,单位east1,态度生硬,20260202,2026/2/10,推诿\n" + // probable: ben
	"林丙,100013,单位east2,态度生硬,46055,2026-02-10,与警号不符\n" + // ambiguous: name of cara, number of cara? set below
	"无此人,,单位west1,态度生硬,2026-02-03,2026-02-10,查无此人\n" + // unmatched
	"林丁,3.3E+17,单位west1,态度生硬,2026-02-03,2026-02-10,警号被改\n" + // rejected
	"林甲,100011,单位east1,态度生硬,2026.2.1,2026年2月8日,窗口态度生硬\n" // duplicate of the first, received earlier

// PetitionFile is an upload of complaints.
func PetitionFile(text string) appintake.AuditFile {
	return appintake.AuditFile{Name: "petitions.csv", Data: []byte(text), Source: "petition"}
}

// ImportFile imports it to its end and gives the batch.
func ImportFile(t *testing.T, s *apptest.Site, f appintake.AuditFile) string {
	t.Helper()
	out, _, err := s.App.ImportAudit(context.Background(), s.Actor("inspector"), appintake.ImportInput{AuditFile: f})
	if err != nil || out.Unchanged {
		t.Fatalf("import: %+v %v", out, err)
	}
	s.Jobs()
	return out.BatchID
}

// MatchNamed is the record about a name, as somebody finds it in his queue.
func MatchNamed(t *testing.T, s *apptest.Site, actor, name string) appintake.MatchRow {
	t.Helper()
	rows, _, _, err := s.App.Matches(context.Background(), s.Actor(actor), appintake.MatchFilter{}, "", 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		if r.Named == name && r.State != "duplicate" {
			return r
		}
	}
	t.Fatalf("%s sees no match of %s in %+v", actor, name, rows)
	return appintake.MatchRow{}
}

// Seed describes an issue that is to be planted.
func Seed(name string, source issue.Source, person, unit, category string, severity int, event roster.Date) apptest.IssueSeed {
	return apptest.IssueSeed{Name: name, Source: source, Person: person, Unit: unit, Category: category, Severity: severity, Event: event}
}

// WantFault says that a step should have been refused by a kind and a code.
func WantFault(t *testing.T, what string, err error, kind fault.Kind, code string) {
	t.Helper()
	if !fault.Is(err, kind) || (code != "" && fault.As(err).Code != code) {
		t.Errorf("%s: %v, want %s", what, err, code)
	}
}

// Opened is a case on a clue of severity 3 about anna, opened by who, with both
// leader questions answered by refusals.
func (st Story) Opened(who string) (caseID string) {
	st.Helper()
	ctx := context.Background()
	i := Audited(st.T, st.Site, "anna", "east1", 3, "2026-01-10")
	version := Triage(st.T, st.Site, i.ID, 3, issue.ActRefer).Version
	caseID, _, err := st.Site.App.OpenCase(ctx, st.Site.Actor(who), casework.OpenCaseInput{IssueID: i.ID, Version: version, Rule: "art. 7", Facts: "struck a detainee"})
	st.Must(err)
	for _, q := range st.See("body", caseID).Questions {
		_, err = st.Site.App.RefuseQuestion(ctx, st.Site.Actor("body"), casework.QuestionInput{ID: q.ID, Version: q.Version, Reason: "no visit was due"})
		st.Must(err)
		_, err = st.Site.App.ApproveRefusal(ctx, st.Site.Actor("body2"), casework.QuestionInput{ID: q.ID, Version: q.Version + 1})
		st.Must(err)
	}
	return caseID
}

// Approve agrees to a proposal.
func (st Story) Approve(who, proposal string) error {
	st.Helper()
	p, err := st.Site.App.Proposal(context.Background(), st.Site.Actor(who), proposal)
	if err != nil {
		return err
	}
	_, err = st.Site.App.ApproveProposal(context.Background(), st.Site.Actor(who), approval.ProposalInput{ID: proposal, Version: p.Version})
	return err
}

// Refuse refuses it.
func (st Story) Refuse(who, proposal string) error {
	st.Helper()
	p, err := st.Site.App.Proposal(context.Background(), st.Site.Actor(who), proposal)
	if err != nil {
		return err
	}
	_, err = st.Site.App.RefuseProposal(context.Background(), st.Site.Actor(who), approval.ProposalInput{ID: proposal, Version: p.Version, Note: "the file says otherwise"})
	return err
}

// EndTrack proposes to end the officer's track of the case.
func (st Story) EndTrack(who, caseID string) (proposal string, err error) {
	t := st.See(who, caseID).Tracks[0]
	proposal, _, err = st.Site.App.EndTrack(context.Background(), st.Site.Actor(who), casework.EndTrackInput{TrackID: t.ID, Version: t.Version, Ground: "died", Reason: "certificate in the file"})
	return proposal, err
}

// ReceiptOf waits for the receipt and checks that it holds.
func ReceiptOf(t *testing.T, s *apptest.Site, who string, ask heads.ReceiptAsk) heads.ReceiptView {
	t.Helper()
	ask.Wait = time.Minute
	v, err := s.App.Receipt(ctx, s.Actor(who), ask)
	if err != nil || v.Signed == nil {
		t.Fatalf("receipt %d of %s: %+v, %v", ask.Seq, who, v.Signed, err)
	}
	if j := ledger.Judge(v.Signed.Marshal(), Trust(t, s)); j.Problem != ledger.Holds || j.Receipt.Leaf != v.Leaf || j.Opened.Digits() != v.Opened.Digits() {
		t.Fatalf("receipt %d of %s: %q", ask.Seq, who, j.Problem)
	}
	return v
}

// SlipOf reads the slip as its holder's file and checks it against the receipt.
func SlipOf(t *testing.T, s *apptest.Site, who string, r heads.ReceiptView) (*slip.Slip, *slip.Verdict) {
	t.Helper()
	made, _, err := s.App.Slip(ctx, s.Actor(who), r.Seq)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := made.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	read, err := slip.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	verdict, err := read.Check(r.Signed.Seq, r.Signed.Leaf)
	if err != nil {
		t.Fatalf("slip of %s: %v", r.Verb, err)
	}
	if verdict.Missing != 0 {
		t.Errorf("slip of %s: %d rows are missing", r.Verb, verdict.Missing)
	}
	return read, verdict
}

// PlantIssues writes issues about several people of several units, in states and
// months that differ.
func PlantIssues(t *testing.T, s *apptest.Site) int {
	t.Helper()
	people := []struct{ person, unit string }{
		{"anna", "east1"}, {"ben", "east1"}, {"cara", "east2"}, {"dong", "west1"}, {"erin", "west2"}, {"chief", "bureau"}, {"easthead", "east"}, {"inspector", "office"},
	}
	tiers := map[string]int{"bureau": 1, "east": 2, "west": 2, "office": 2}
	n := 0
	_, err := s.Store.Update(context.Background(), store.Call{Account: "program:test", Op: "test.plant"}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		var rows []*issue.Issue
		for k, p := range people {
			for i := range 4 + k {
				id := tx.NewID()
				tier := tiers[p.unit]
				if tier == 0 {
					tier = 3
				}
				row := &issue.Issue{Stamp: ledger.Stamp{ID: id}, Ref: fmt.Sprintf("R%d-%d", k, i), Source: issue.Self, Category: []string{"duty_discipline", "gifts_business", "interview"}[i%3],
					Severity: i % 6, PersonID: s.People[p.person], UnitID: s.Units[p.unit], Tier: tier, EventOn: roster.Date(fmt.Sprintf("2026-0%d-11", 1+i%2)),
					Month: fmt.Sprintf("2026-0%d", 1+i%2), Received: "2026-02-20", State: issue.States[(i+k)%len(issue.States)], NarrativeC: ledger.Commitment{}}
				if i%2 == 1 {
					row.Source, row.SourceCode, row.Disclosure = issue.Audit, "petition", issue.NotDisclosed
					if i%4 == 1 {
						row.Disclosure = issue.BeforeRecord
					}
				}
				rows = append(rows, row)
				n++
			}
		}
		earliest := make(map[string]*issue.Issue) // of each person and category, what the comparison calls the first
		for _, r := range rows {
			key := r.PersonID + r.Category
			if e := earliest[key]; r.State.Live() && (e == nil || r.EventOn < e.EventOn) {
				earliest[key] = r
			}
		}
		for _, r := range earliest {
			r.FirstOfKey = true
		}
		return []ledger.Fact{{Verb: "test.plant", Kind: "issue", ID: "plant"}}, "", tx.Insert(ctx, rows)
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// Behind opens the list behind a number that is not one of issues and counts
// its rows page by page.
func Behind(t *testing.T, s *apptest.Site, who *roster.Actor, list report.List, q url.Values) (n int64, ok bool) {
	t.Helper()
	switch list {
	case report.Lists:
		in := appselfcheck.OwedInput{Limit: 3, OwedFilter: selfcheck.OwedFilter{CampaignID: q.Get("campaign"), UnitID: q.Get("unit"), Only: q.Get("only") == "1", Of: selfcheck.Owing(q.Get("of"))}}
		for {
			page, err := s.App.Owed(ctx, who, in)
			if fault.Is(err, fault.ForbiddenKind) {
				return 0, false
			}
			if err != nil {
				t.Fatal(err)
			}
			n += int64(len(page.Rows))
			if in.Cursor = page.Next; in.Cursor == "" {
				if n != page.Total {
					t.Errorf("%d rows of %d", n, page.Total)
				}
				return n, true
			}
		}
	case report.Completion:
		l, err := s.App.CompletionOf(ctx, who, appselfcheck.CompletionInput{ID: q.Get("campaign"), Near: q.Get("unit"), Only: q.Get("only") == "1", Certified: q.Get("certified") == "1"})
		if err != nil {
			t.Fatal(err)
		}
		return int64(len(l.Units)), true
	case report.Untouched:
		in := reports.PeopleWithoutIssuesInput{ReconInput: reports.ReconInput{Unit: q.Get("unit"), From: q.Get("from"), To: q.Get("to")}, Category: q.Get("category")}
		page, err := s.App.PeopleWithoutIssues(ctx, who, in)
		if fault.Is(err, fault.ForbiddenKind) {
			return 0, false
		}
		if err != nil {
			t.Fatal(err)
		}
		return int64(len(page.Rows)), page.Next == ""
	case report.Categories:
		r, err := s.App.Reconciliation(ctx, who, reports.ReconInput{Unit: q.Get("unit"), From: q.Get("from"), To: q.Get("to")})
		if fault.Is(err, fault.ForbiddenKind) {
			return 0, false
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range r.ByCategory {
			n += l.Cells.Neither
		}
		return n, true
	}
	return 0, false
}

// Campaign opens a campaign on the test site and writes its roster.
func Campaign(t *testing.T, s *apptest.Site) string {
	t.Helper()
	manager := s.Actor("manager")
	for _, a := range []selfcheck.Audience{selfcheck.Officers, selfcheck.Leaders} {
		if _, _, err := s.App.PublishChecklist(ctx, manager, appselfcheck.SeedChecklist(a)); err != nil {
			t.Fatal(err)
		}
	}
	id, _, err := s.App.CreateCampaign(ctx, manager, appselfcheck.CampaignInput{Title: "自查自纠", OpensOn: "2026-03-01", ClosesOn: "2026-03-31", PeriodFrom: "2024-01-01", PeriodTo: "2026-02-28"})
	if err != nil {
		t.Fatal(err)
	}
	Step(t, s, id, "open")
	return id
}

// Step takes a campaign on.
func Step(t *testing.T, s *apptest.Site, id, name string) {
	t.Helper()
	manager := s.Actor("manager")
	c, err := s.App.Campaign(ctx, manager, id)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.App.MoveCampaign(ctx, manager, appselfcheck.CampaignStep{ID: id, Version: c.Version, Step: name}); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	s.Jobs()
}

// List gives the actor's list of the audience, his own or his unit's.
func List(t *testing.T, s *apptest.Site, who string, a selfcheck.Audience, body bool) *appselfcheck.SubmissionView {
	t.Helper()
	lists, err := s.App.MyLists(ctx, s.Actor(who))
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range lists {
		if l.Audience == a && (l.PersonID == "") == body {
			v, err := s.App.List(ctx, s.Actor(who), l.ID)
			if err != nil {
				t.Fatal(err)
			}
			return v
		}
	}
	t.Fatalf("%s owes no list of %s among %d", who, a, len(lists))
	return nil
}

// Says declares the texts under an item.
func Says(item int64, texts ...string) selfcheck.ItemAnswer {
	a := selfcheck.ItemAnswer{ItemNo: item}
	for _, x := range texts {
		a.Issues = append(a.Issues, selfcheck.Declared{EventOn: "2025-06-15", Text: x})
	}
	return a
}

// Submit files a list in which everything else is answered by nothing to declare.
func Submit(t *testing.T, s *apptest.Site, who string, l *appselfcheck.SubmissionView, given ...selfcheck.ItemAnswer) desk.Receipt {
	t.Helper()
	r, err := s.App.Submit(ctx, s.Actor(who), appselfcheck.SubmitInput{ID: l.ID, Version: l.Version, Answers: Answers(given...)})
	if err != nil {
		t.Fatalf("submit as %s: %v", who, err)
	}
	return r
}

// Sound asks that the whole ledger verifies.
func Sound(t *testing.T, s *apptest.Site) {
	t.Helper()
	if v, err := s.Store.Verify(ctx, nil); err != nil || !v.OK() {
		t.Errorf("%+v %v", v, err)
	}
}

var ctx = context.Background()

// Trust is whom a holder of the site's keys believes.
func Trust(t *testing.T, s *apptest.Site) ledger.Trust {
	t.Helper()
	keys, err := s.App.VerifierKeys(ctx)
	if err != nil {
		t.Fatal(err)
	}
	out, err := ledger.ParseTrust(keys)
	if err != nil || len(out.Log) == 0 {
		t.Fatalf("%q: %v", keys, err)
	}
	return out
}

// Answers is a whole list: what is given, and nothing to declare elsewhere.
func Answers(given ...selfcheck.ItemAnswer) []selfcheck.ItemAnswer {
	out := make([]selfcheck.ItemAnswer, selfcheck.ItemCount)
	for i := range out {
		out[i] = selfcheck.ItemAnswer{ItemNo: int64(i + 1), Nil: true}
	}
	for _, g := range given {
		out[g.ItemNo-1] = g
	}
	return out
}
