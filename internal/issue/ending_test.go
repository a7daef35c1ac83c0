package issue

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"

	"plumbline/internal/fault"
)

// take does an act the way an operation does, in somebody's name.
func take(i *Issue, a Act, severity int, e Ending) error {
	switch a {
	case ActTriage:
		return i.Triage(severity, i.Category, "", e.By, e, review, noon)
	case ActCorrect:
		return i.CorrectOnSpot(true, e, review, noon)
	case ActRectify:
		return i.Rectify(review, noon)
	case ActRefer:
		return i.Refer(noon)
	case ActMerge:
		_, err := i.Merge(&Issue{PersonID: i.PersonID, UnitID: i.UnitID, Source: i.Source, State: Registered,
			Received: i.Received}, e, noon)
		return err
	case ActReject:
		return i.Reject(e.By, e, noon)
	case ActWithdraw:
		return i.Withdraw(e, noon)
	case ActClose:
		return i.Close(e, noon)
	case ActReopen:
		return i.Reopen("new evidence", noon)
	}
	return fmt.Errorf("no act %q", a)
}

// TestTheGuardLooksAtTheEndAndThePeak tries every act in every state, for every
// severity that the issue has and had: an end that two people must want is
// refused to one, or to one who asks twice, and open to two.
func TestTheGuardLooksAtTheEndAndThePeak(t *testing.T) {
	tried := 0
	for _, from := range States {
		for _, a := range Acts {
			next := from.Next(a)
			if next == "" || !next.Settled() {
				continue
			}
			for severity := 0; severity <= MaxSeverity; severity++ {
				for peak := 0; peak <= MaxSeverity; peak++ {
					if a == ActCorrect && severity > review.SpotCorrectMaxSeverity {
						continue // refused whoever asks
					}
					for _, first := range []string{"", "one", "two"} {
						i := declared("d", "2025-11-02", "2026-01-05")
						i.State, i.Severity = from, severity
						if a == ActReject {
							i.RejectBy = first
						}
						err := take(i, a, 0, Ending{Peak: peak, Limit: review.ClueMinSeverity, By: "one", First: first})
						want := max(severity, peak) < review.ClueMinSeverity || first == "two"
						if (i.State == next) != want {
							t.Errorf("%s %s at S%d, once S%d, asked before by %q: now %s, %v", from, a, severity, peak, first, i.State, err)
						}
						tried++
					}
				}
			}
		}
	}
	if tried < 1500 {
		t.Errorf("only %d ways were tried", tried)
	}
}

// TestNoPathOfOneEndsWhatWasSevere walks every sequence of acts that one person
// can take with an issue that comes in at S3 to S5, lowering it on the way as he
// likes: the issue is never settled. The same walk settles a slight one.
func TestNoPathOfOneEndsWhatWasSevere(t *testing.T) {
	for _, source := range Sources {
		for start := 0; start <= MaxSeverity; start++ {
			ends := walk(source, start, 5)
			if severe := start >= review.ClueMinSeverity; severe && len(ends) > 0 {
				t.Errorf("%s at S%d: one person came to an end by %v", source, start, ends[0])
			} else if !severe && len(ends) == 0 {
				t.Errorf("%s at S%d: nothing ends it", source, start)
			}
		}
	}
}

// walk gives the ways by which one person settled an issue, breadth first; two
// issues in the same place with the same peak go on alike.
func walk(source Source, start, depth int) (ends [][]string) {
	type place struct {
		State    State
		Severity int
		Proposed bool
	}
	type node struct {
		i    Issue
		peak int
		path []string
	}
	first := declared("d", "2025-11-02", "2026-01-05")
	first.Source, first.Severity = source, start
	todo, seen := []node{{*first, start, nil}}, map[place]bool{}
	for len(todo) > 0 {
		n := todo[0]
		todo = todo[1:]
		at := place{n.i.State, n.i.Severity, n.i.RejectBy != ""}
		if seen[at] || len(n.path) > depth {
			continue
		}
		seen[at] = true
		if n.i.State.Settled() {
			ends = append(ends, n.path)
			continue
		}
		e := Ending{Peak: n.peak, Limit: review.ClueMinSeverity, By: "one"}
		step := func(name string, do func(i *Issue) error) {
			i := n.i
			if do(&i) == nil {
				todo = append(todo, node{i, max(n.peak, i.Severity), append(append([]string{}, n.path...), name)})
			}
		}
		for _, a := range Acts {
			for severity := 0; severity <= MaxSeverity && (severity == 0 || a == ActTriage); severity++ {
				step(fmt.Sprint(a, severity), func(i *Issue) error { return take(i, a, severity, e) })
			}
		}
		for _, decision := range []Act{ActCorrect, ActRectify, ActRefer, ActReject} {
			for severity := 0; severity <= MaxSeverity; severity++ {
				step(fmt.Sprint("triage ", severity, " and ", decision), func(i *Issue) error {
					return i.Triage(severity, i.Category, decision, e.By, e, review, noon)
				})
			}
		}
	}
	return ends
}

// TestOnlyStepMovesAnIssue reads the sources: no other line gives an issue its
// state, so no way to an end goes round the guard.
func TestOnlyStepMovesAnIssue(t *testing.T) {
	set := token.NewFileSet()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(set, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			ast.Inspect(fn, func(n ast.Node) bool {
				as, ok := n.(*ast.AssignStmt)
				if !ok {
					return true
				}
				for _, left := range as.Lhs {
					s, ok := left.(*ast.SelectorExpr)
					if !ok || s.Sel.Name != "State" {
						continue
					}
					if x, ok := s.X.(*ast.Ident); ok && x.Name == "i" {
						found++
						if fn.Name.Name != "step" {
							t.Errorf("%s: %s moves an issue", set.Position(as.Pos()), fn.Name.Name)
						}
					}
				}
				return true
			})
		}
	}
	if found != 1 {
		t.Errorf("%d lines move an issue, step alone does", found)
	}
}

// TestTheHeadCorrectsOnlyWhatHisStaffDeclared: what an audit or an inspection
// found is not his, nor what stands on a list that nobody accepted.
func TestTheHeadCorrectsOnlyWhatHisStaffDeclared(t *testing.T) {
	for _, source := range Sources {
		for _, accepted := range []bool{false, true} {
			for severity := 0; severity <= MaxSeverity; severity++ {
				i := declared("d", "2025-11-02", "2026-01-05")
				i.Source, i.Severity = source, severity
				err := i.CorrectOnSpot(accepted, Ending{Limit: 3, By: "head"}, review, noon)
				if want := source == Self && accepted && severity <= 1; (err == nil) != want || err != nil &&
					!fault.Is(err, fault.InvalidKind) {
					t.Errorf("%s, accepted %t, S%d: %v", source, accepted, severity, err)
				}
			}
		}
	}
}
