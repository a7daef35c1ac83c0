package api

import (
	"context"
	"net/url"

	"plumbline/internal/app/casework"
	"plumbline/internal/app/desk"
	"plumbline/internal/inquiry"
	"plumbline/internal/roster"
)

// ListQuery holds the filters that the lists of cases, tracks, questions and tasks
// share. The pages and the report's links use the same names.
type ListQuery struct {
	State  string `query:"state"`
	Unit   string `query:"unit" doc:"This unit and all below it"`
	From   string `query:"from" doc:"Month, 2006-01: of opening, raising or dispatch"`
	To     string `query:"to"`
	Cursor string `query:"cursor"`
}

func (q ListQuery) values(more ...string) url.Values {
	return roster.QueryValues(append([]string{"state", q.State, "unit", q.Unit, "from", q.From, "to", q.To}, more...)...)
}

// opened names an object and, for leadership readers, the purpose of opening it.
type opened struct {
	ID      string `path:"id"`
	Purpose string `query:"purpose" doc:"Asked of leadership readers; logged"`
}

// made registers an operation whose body concerns the object in the path and which
// creates or changes something. set copies path, key and version into the input.
func made[B any](r *registry, op, summary string,
	set func(in *B, id string, c *Call), do func(ctx context.Context, who *roster.Actor, in B) (string, desk.Receipt, error), options ...Option) {
	handle(r, op, func(ctx context.Context, c *Call, in *struct {
		ID   string `path:"id"`
		Body B
	}) (Done, error) {
		set(&in.Body, in.ID, c)
		id, rc, err := do(ctx, c.Actor, in.Body)
		if id == "" {
			id = in.ID
		}
		return Done{id, receipt(rc)}, err
	}, append(options, Summary(summary))...)
}

// begun registers an operation that creates something and has no id in its path.
func begun[B any](r *registry, op, summary string,
	set func(in *B, c *Call), do func(ctx context.Context, who *roster.Actor, in B) (string, desk.Receipt, error)) {
	handle(r, op, func(ctx context.Context, c *Call, in *struct{ Body B }) (Done, error) {
		set(&in.Body, c)
		id, rc, err := do(ctx, c.Actor, in.Body)
		return Done{id, receipt(rc)}, err
	}, Summary(summary))
}

// stepped is made for an act without a new id.
func stepped[B any](do func(ctx context.Context, who *roster.Actor, in B) (desk.Receipt, error)) func(context.Context, *roster.Actor, B) (string, desk.Receipt, error) {
	return func(ctx context.Context, who *roster.Actor, in B) (string, desk.Receipt, error) {
		rc, err := do(ctx, who, in)
		return "", rc, err
	}
}

func registerInquiry(r *registry) {
	a := r.f.App
	handle(r, "case.list", func(ctx context.Context, c *Call, in *struct {
		ListQuery
		Category string `query:"category"`
		Overdue  string `query:"overdue" doc:"1: past the due day"`
	}) (casework.CasePage, error) {
		f, err := inquiry.ParseCaseFilter(in.values("category", in.Category, "overdue", in.Overdue))
		if err != nil {
			return casework.CasePage{}, err
		}
		return a.Cases(ctx, c.Actor, f, in.Cursor)
	}, Summary("Cases in reach, newest first"))
	handle(r, "case.get", func(ctx context.Context, c *Call, in *opened) (casework.CaseView, error) {
		return a.Case(ctx, c.Actor, in.ID, in.Purpose)
	}, Summary("One case with its tracks, and what is missing to close it"))
	download(r, "case.export", func(ctx context.Context, c *Call, in *struct {
		ID   string `path:"id" maxLength:"64"`
		Body struct {
			Purpose string `json:"purpose,omitempty" maxLength:"200"`
		}
	}) (*File, error) {
		e, _, err := a.ExportCase(ctx, c.Actor, casework.CaseExportInput{ID: in.ID, Purpose: in.Body.Purpose, Key: c.Key})
		if err != nil {
			return nil, err
		}
		return fileOf(e), nil
	}, Summary("A case with its proofs, as a file that verifies alone"))
	made(r, "case.open", "Open a case on a clue", func(in *casework.OpenCaseInput, id string, c *Call) {
		in.IssueID, in.Key, in.Version = id, c.Key, c.Version(in.Version)
	}, a.OpenCase)
	made(r, "case.close", "Close a case in which nothing is missing; where no track has a finding the id is that of the proposal that the body decides", func(in *casework.CloseCaseInput, id string, c *Call) {
		in.ID, in.Key, in.Version = id, c.Key, c.Version(in.Version)
	}, a.CloseCase)
	made(r, "case.party", "Record a recusal", func(in *casework.PartyInput, id string, c *Call) {
		in.CaseID, in.Key = id,
			c.Key
	}, a.AddParty)

	handle(r, "track.list", func(ctx context.Context, c *Call, in *struct {
		ListQuery
		Side string `query:"side" doc:"officer, leader"`
		Form string `query:"form" doc:"1 to 4: decided; the months are then those of the decision"`
	}) (casework.TrackPage, error) {
		f, err := inquiry.ParseTrackFilter(in.values("side", in.Side, "form", in.Form))
		if err != nil {
			return casework.TrackPage{}, err
		}
		return a.Tracks(ctx, c.Actor, f, in.Cursor)
	}, Summary("Tracks in reach, newest first"))
	made(r, "track.assign", "Put a person on a track", func(in *casework.AssignInput, id string, c *Call) {
		in.TrackID, in.Key = id,
			c.Key
	}, a.AssignMember)
	back := func(in *casework.BackInput, id string, c *Call) {
		in.ID, in.Key, in.Version = id, c.Key, c.Version(in.Version)
	}
	made(r, "track.release", "Take a member off a track", back, stepped(a.ReleaseMember))
	made(r, "allegation.reopen", "Propose to reopen a found allegation on new evidence, in a closed case as well; the id is that of the proposal", back, a.ReopenAllegation)
	made(r, "finding.quash", "Propose to quash a final finding; the id is that of the proposal", back, a.QuashFinding)
	made(r, "track.prove", "Settle the four proofs of a leader track", func(in *casework.ProveInput, id string, c *Call) {
		in.TrackID, in.Key, in.Version = id, c.Key, c.Version(in.Version)
	}, stepped(a.ProveTrack))
	made(r, "track.end", "Propose to end a track without a finding; the id is that of the proposal", func(in *casework.EndTrackInput, id string, c *Call) {
		in.TrackID, in.Key, in.Version = id, c.Key, c.Version(in.Version)
	}, a.EndTrack)
	made(r, "allegation.add", "Add an allegation to a track", func(in *casework.AllegationInput, id string, c *Call) {
		in.TrackID,
			in.Key = id, c.Key
	}, a.AddAllegation)

	made(r, "finding.recommend", "Recommend a finding", func(in *casework.RecommendInput, id string, c *Call) {
		in.AllegationID,
			in.Key = id, c.Key
	}, a.Recommend)
	made(r, "finding.serve", "Serve a finding on its subject", func(in *casework.FindingInput, id string, c *Call) {
		in.ID, in.Key, in.Version = id, c.Key, c.Version(in.Version)
	}, stepped(a.ServeFinding))
	made(r, "finding.answer", "Answer the subject's reply", func(in *casework.AnswerInput, id string, c *Call) {
		in.ID, in.Key, in.Version = id, c.Key, c.Version(in.Version)
	}, stepped(a.AnswerReply))
	made(r, "finding.confirm", "Confirm a finding as adjudicator", func(in *casework.ConfirmInput, id string, c *Call) {
		in.ID, in.Key, in.Version = id, c.Key, c.Version(in.Version)
	}, stepped(a.ConfirmFinding))
	handle(r, "finding.mine", func(ctx context.Context, c *Call, _ *struct{}) (Paged[casework.ServedFinding], error) {
		rows, err := a.MyFindings(ctx, c.Actor)
		return Paged[casework.ServedFinding]{Items: rows}, err
	}, Summary("Findings served on me"))
	made(r, "finding.reply", "Reply to a finding served on me, or waive", func(in *casework.ReplyInput, id string, c *Call) {
		in.ID, in.Key, in.Version = id, c.Key, c.Version(in.Version)
	}, a.Reply)

	made(r, "decision.propose", "Propose a decision on a track", func(in *casework.ProposeInput, id string, c *Call) {
		in.TrackID,
			in.Key = id, c.Key
	}, a.ProposeDecision)
	made(r, "decision.decide", "Record the deciding body's decision: the members named confirm it, each for himself; the id is that of the proposal", func(in *casework.ResolveInput, id string, c *Call) {
		in.ID, in.Key, in.Version = id, c.Key, c.Version(in.Version)
	}, a.ResolveTrack)

	handle(r, "question.list", func(ctx context.Context, c *Call, in *struct {
		ListQuery
		Issue   string `query:"issue" doc:"Raised on this issue"`
		Open    string `query:"open" doc:"1: not answered yet"`
		Overdue string `query:"overdue" doc:"1: past the due day"`
	}) (casework.QuestionPage, error) {
		f, err := inquiry.ParseQuestionFilter(in.values("issue", in.Issue, "open", in.Open, "overdue", in.Overdue))
		if err != nil {
			return casework.QuestionPage{}, err
		}
		return a.Questions(ctx, c.Actor, f, in.Cursor)
	}, Summary("Leader questions in reach, newest first"))
	handle(r, "question.get", func(ctx context.Context, c *Call, in *opened) (casework.QuestionView, error) {
		return a.Question(ctx, c.Actor, in.ID, in.Purpose)
	}, Summary("One leader question"))
	question := func(in *casework.QuestionInput, id string, c *Call) {
		in.ID, in.Key, in.Version = id, c.Key, c.Version(in.Version)
	}
	made(r, "question.track", "Answer with a leader track", question, a.OpenLeaderTrack)
	made(r, "question.refuse", "Answer with a reason for no track", question, stepped(a.RefuseQuestion))
	made(r, "question.approve", "Approve the refusal, one tier above the leader", question, stepped(a.ApproveRefusal))
	made(r, "question.reject", "Send the question back", question, stepped(a.RejectRefusal))
}
