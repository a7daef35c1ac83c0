package web

import (
	"context"
	"database/sql"
	"go/ast"
	"go/parser"
	"go/token"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"plumbline/internal/app/casework"
	"plumbline/internal/apptest"
	"plumbline/internal/inquiry"
	"plumbline/internal/words"
)

// foundTrack takes a case about anna to a sustained finding and gives the case
// and its officer track.
func foundTrack(t *testing.T, s *apptest.Site) (caseID, track string) {
	t.Helper()
	ctx := context.Background()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	caseID, _, err := s.App.OpenCase(ctx, s.Actor("body"), casework.OpenCaseInput{IssueID: clue(t, s), Version: 2, Rule: "art. 7", Facts: "struck a detainee"})
	must(err)
	c, err := s.App.Case(ctx, s.Actor("body"), caseID)
	must(err)
	track = c.Tracks[0].ID
	for _, m := range []struct {
		who  string
		duty inquiry.MemberDuty
	}{{"investigator1", inquiry.DutyInvestigator}, {"investigator2", inquiry.DutyInvestigator}, {"adjudicator", inquiry.DutyAdjudicator}} {
		_, _, err := s.App.AssignMember(ctx, s.Actor("body"), casework.AssignInput{TrackID: track, Person: personnelNo(t, s, m.who), Duty: m.duty})
		must(err)
	}
	id, _, err := s.App.Recommend(ctx, s.Actor("investigator1"), casework.RecommendInput{AllegationID: c.Tracks[0].Allegations[0].ID,
		Verdict: inquiry.Sustained, Standard: inquiry.ClearConvincing, Reason: "statements agree"})
	must(err)
	_, err = s.App.ServeFinding(ctx, s.Actor("investigator2"), casework.FindingInput{ID: id, Version: 1})
	must(err)
	_, _, err = s.App.Reply(ctx, s.Actor("anna"), casework.ReplyInput{ID: id, Version: 2, Waive: true})
	must(err)
	_, err = s.App.ConfirmFinding(ctx, s.Actor("adjudicator"), casework.ConfirmInput{ID: id, Version: 3, Verdict: inquiry.Sustained, Reason: "agreed"})
	must(err)
	return caseID, track
}

// decisionOf is the decision on the track.
func decisionOf(t *testing.T, s *apptest.Site, caseID, track string) *casework.DecisionView {
	t.Helper()
	c, err := s.App.Case(context.Background(), s.Actor("body"), caseID)
	if err != nil {
		t.Fatal(err)
	}
	for _, tr := range c.Tracks {
		if tr.ID == track {
			return tr.Decision
		}
	}
	return nil
}

// TestDecisionFormRecordsWhatWasChosen sends the form of the page with all its
// fields, as a browser does, and then the page that asks for confirmation: what
// was chosen is shown, in both languages, and is what is recorded.
func TestDecisionFormRecordsWhatWasChosen(t *testing.T) {
	for _, x := range []struct {
		form, sanction string
		status         int
		en, zh         []string
	}{
		{"1", "", 200, []string{"No sanction", "facts and grounds"}, []string{"拟办"}},
		{"2", "demerit", 200, []string{"Demerit", ">12<", "facts and grounds"}, []string{"记过", ">12<"}},
		{"0", "", 200, []string{"No action", "although a finding"}, []string{"不作处理", "已有认定属实"}},
		{"", "", 422, nil, nil}, {"two", "", 422, nil, nil},
	} {
		t.Run(x.form+x.sanction, func(t *testing.T) {
			s := apptest.SQLite(t)
			caseID, track := foundTrack(t, s)
			body := visit(t, s, "body")
			action := "/tracks/" + track + "/decisions"
			form := fieldsOf(t, body.get("/cases/"+caseID, 200), action)
			form.Add("form", x.form)
			form.Add("sanction", x.sanction)
			form.Add("reason", "facts and grounds")
			page := body.post(action, form, x.status)
			d := decisionOf(t, s, caseID, track)
			if d != nil {
				t.Fatalf("recorded without confirmation: %+v", d)
			}
			if x.status == 200 {
				holds(t, page, x.en...)
				holds(t, body.in(words.ZH).post(action, form, 200), x.zh...)
				body.post(action, fieldsOf(t, page, action), 303)
				d = decisionOf(t, s, caseID, track)
				holds(t, body.as("body2").get("/cases/"+caseID, 200), "To be decided:")
			}
			switch {
			case x.status == 200 && (d == nil || strconv.Itoa(d.Form) != x.form || d.Sanction != x.sanction):
				t.Errorf("chosen form %s %s, recorded %+v", x.form, x.sanction, d)
			}
		})
	}
}

// TestAFieldSentTwiceIsRefused: nobody can tell which of two values was meant.
func TestAFieldSentTwiceIsRefused(t *testing.T) {
	s := apptest.SQLite(t)
	caseID, track := foundTrack(t, s)
	page := visit(t, s, "body").post("/tracks/"+track+"/decisions", url.Values{"case": {caseID}, "form": {"0", "1"}, "reason": {"x"}}, 400)
	holds(t, page, "sent two values for one field")
	if d := decisionOf(t, s, caseID, track); d != nil {
		t.Errorf("recorded %+v", d)
	}
}

var namedInTemplate = regexp.MustCompile(`name="([^"{]+)"`)

// TestNoFieldBearsANameOfTheFrame reads the sources of the pages: only ui.Token
// and fill write the fields of the frame, and no field of the trade begins with
// an underscore. FormFaults says the same of every page that a test is shown.
func TestNoFieldBearsANameOfTheFrame(t *testing.T) {
	ours := map[string]string{"form_token": "ui/form.templ", "request_key": "ui/form.templ"}
	check := func(file, name string) {
		if strings.HasPrefix(name, "_") || slices.Contains(apptest.FrameFields, name) && ours[name] != filepath.ToSlash(file) {
			t.Errorf("%s: a field is named %q, as a field of the frame", file, name)
		}
	}
	fields := 0
	for _, pattern := range []string{"*.templ", "ui/*.templ", "*.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %d files, %v", pattern, len(files), err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range namedInTemplate.FindAllStringSubmatch(string(raw), -1) {
				if !strings.HasSuffix(file, ".go") {
					check(file, m[1])
				}
			}
			if !strings.HasSuffix(file, ".go") {
				continue
			}
			for _, name := range namesInGo(t, file) {
				fields++
				check(file, name)
			}
		}
	}
	if fields < 150 {
		t.Errorf("only %d fields were read in the sources", fields)
	}
}

// namesInGo are the names of fields that a Go file writes: the Name of an
// ui.Input, the first text of a hidden pair, and the name given to ui.Hidden.
func namesInGo(t *testing.T, file string) (names []string) {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	text := func(e ast.Expr) {
		if l, ok := e.(*ast.BasicLit); ok && l.Kind == token.STRING {
			name, _ := strconv.Unquote(l.Value) // the parser has read it
			names = append(names, name)
		}
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.KeyValueExpr:
			if k, ok := n.Key.(*ast.Ident); ok && k.Name == "Name" {
				text(n.Value)
			}
		case *ast.CompositeLit:
			if len(n.Elts) == 2 {
				text(n.Elts[0])
			}
		case *ast.CallExpr:
			if s, ok := n.Fun.(*ast.SelectorExpr); ok && s.Sel.Name == "Hidden" && len(n.Args) > 0 {
				text(n.Args[0])
			}
		}
		return true
	})
	return names
}

// TestDoubtfulDecisionsAreShown: a decision of no handling on a sustained finding
// that no member of the body confirmed waits on the body's home until it is
// revoked; a proposed one, or one with a form, does not.
func TestDoubtfulDecisionsAreShown(t *testing.T) {
	for _, x := range []struct {
		form    int
		decided bool
		want    bool
	}{{0, true, true}, {0, false, false}, {1, true, false}} {
		s := apptest.SQLite(t)
		caseID, track := foundTrack(t, s)
		ctx := context.Background()
		_, _, err := s.App.ProposeDecision(ctx, s.Actor("body"), casework.ProposeInput{TrackID: track, Form: x.form, Reason: "facts and grounds"})
		if err != nil {
			t.Fatal(err)
		}
		if x.decided { // as a version did in which one member was enough
			db, err := sql.Open("sqlite", s.DSN)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := db.Exec("UPDATE decisions SET state = 'decided'"); err != nil {
				t.Fatal(err)
			}
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
		}
		body := visit(t, s, "body")
		shown := func() bool { return strings.Contains(body.get("/", 200), "recorded: please check") }
		if list := body.get("/tracks?check=1", 200); strings.Contains(list, "/cases/"+caseID) != x.want || shown() != x.want {
			t.Errorf("%+v: on the home %t, in the list %s", x, shown(), plainText(list))
		}
	}
}
