package custody_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"plumbline/internal/app"
	appcustody "plumbline/internal/app/custody"
	"plumbline/internal/app/desk"
	appintake "plumbline/internal/app/intake"
	"plumbline/internal/apptest"
	"plumbline/internal/apptest/story"
	"plumbline/internal/custody"
	"plumbline/internal/seal"
	"plumbline/internal/store"
)

const whistle = "吹哨人某某某"

// custodians are three people of the office with keys of their own.
type custodians struct {
	names []string
	keys  map[string]*seal.PrivateKey
}

// office puts a set of custodians in office: proposed by one security
// administrator, approved by the other.
func office(t *testing.T, s *apptest.Site, names ...string) custodians {
	t.Helper()
	ctx := context.Background()
	c := custodians{names, map[string]*seal.PrivateKey{}}
	in := appcustody.ProposeCustodyInput{}
	for _, n := range names {
		k, err := seal.NewPrivateKey()
		if err != nil {
			t.Fatal(err)
		}
		c.keys[n] = k
		in.Custodians = append(in.Custodians, appcustody.CustodianInput{Login: n, PublicKey: k.Public().String()})
	}
	id, _, err := s.App.ProposeCustody(ctx, s.Actor("security"), in)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.App.ApproveCustody(ctx, s.Actor("security"),
		appcustody.CustodyInput{ID: id, Version: 1}); story.CodeOf(err) != "guard_same_person" {
		t.Fatalf("one person proposed and approved: %v", err)
	}
	if _, err := s.App.ApproveCustody(ctx, s.Actor("security2"), appcustody.CustodyInput{ID: id, Version: 1}); err != nil {
		t.Fatal(err)
	}
	s.Jobs()
	return c
}

func withComplainant(t *testing.T, s *apptest.Site, name, who string) appintake.MatchRow {
	t.Helper()
	f := story.PetitionFile("姓名,警号,问题类别,发生时间,受理日期,问题描述,举报人\n" + name + ",999999,态度生硬,2026.2.1,2026年2月28日,推诿 " + name + "," + who + "\n")
	f.Classes = map[string]string{"态度生硬": "public_conduct"}
	f.Columns = map[string]string{"举报人": "complainant"}
	story.ImportFile(t, s, f)
	return story.MatchNamed(t, s, "inspector", name)
}

func release(t *testing.T, s *apptest.Site, c custodians, who, reveal string) error {
	t.Helper()
	ctx := context.Background()
	view, err := s.App.Share(ctx, s.Actor(who), reveal)
	if err != nil {
		t.Fatal(err)
	}
	q, err := seal.ParseRequest(view.Request)
	if err != nil {
		t.Fatalf("%s has no request: %v", who, err)
	}
	r, err := q.Release(c.keys[who])
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.App.ReleaseShare(ctx, s.Actor(who), appcustody.RevealInput{ID: reveal, Response: r.Text()})
	return err
}

func TestTwoCustodiansRevealOnce(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		ctx := context.Background()
		var said bytes.Buffer
		a, err := app.New(app.Config{Store: s.Store, Secret: apptest.Secret,
			Log: slog.New(slog.NewTextHandler(&said, &slog.HandlerOptions{Level: slog.LevelDebug}))})
		if err != nil {
			t.Fatal(err)
		}
		s.App = a
		inspector := s.Actor("inspector")

		// Before there are custodians the identity waits, readable; then a job seals it.
		early := withComplainant(t, s, "先来人", whistle+"先")
		if v, err := a.Match(ctx, inspector, early.ID); err != nil || v.Complainant != whistle+"先" || v.Sealed == nil ||
			v.Sealed.Custodians {
			t.Fatalf("%+v %v", v.Sealed, err)
		}
		if _, err := a.CustodyBundle(ctx, desk.Program("test")); story.CodeOf(err) != "custodians_none" {
			t.Errorf("a bundle without custodians: %v", err)
		}
		if _, _, err := a.AskReveal(ctx, inspector, appcustody.AskRevealInput{Match: early.ID,
			Reason: "核实"}); story.CodeOf(err) != "no_custodians" {
			t.Errorf("%v", err)
		}
		c := office(t, s, "records", "body", "adjudicator")
		m := withComplainant(t, s, "后来人", whistle)
		for _, id := range []string{early.ID, m.ID} {
			v, err := a.Match(ctx, inspector, id)
			if err != nil || v.Complainant != "" || v.Sealed == nil || !v.Sealed.Custodians || !v.Sealed.MayReveal ||
				strings.Contains(fmt.Sprintf("%+v", v), whistle) {
				t.Fatalf("not sealed: %+v %v", v, err)
			}
		}
		serverCannotRead(t, s)

		id, _, err := a.AskReveal(ctx, inspector, appcustody.AskRevealInput{Match: m.ID, Reason: "核实举报人安全"})
		if err != nil {
			t.Fatal(err)
		}
		if list, err := a.Shares(ctx, s.Actor("body")); err != nil || len(list) != 1 {
			t.Errorf("%v %v", list, err)
		}
		if _, err := a.Share(ctx, s.Actor("inspector2"), id); story.CodeOf(err) != "not_found" {
			t.Errorf("one who is no custodian: %v", err)
		}
		if n, err := a.Reveals(ctx, s.Actor("records"), true, ""); err != nil || n.Total != 1 {
			t.Errorf("the records officer was not told: %+v %v", n, err)
		}
		if err := release(t, s, c, "body", id); err != nil {
			t.Fatal(err)
		}
		if _, _, err := a.ShowReveal(ctx, inspector, appcustody.RevealInput{ID: id, Version: 2}); story.CodeOf(err) != "reveal_waits" {
			t.Errorf("one custodian was enough: %v", err)
		}
		other, _, err := a.AskReveal(ctx, inspector, appcustody.AskRevealInput{Match: early.ID, Reason: "另一件"})
		if err != nil {
			t.Fatal(err)
		}
		misled(t, s, c, other, id)
		if err := release(t, s, c, "adjudicator", id); err != nil {
			t.Fatal(err)
		}
		if _, _, err := a.ShowReveal(ctx, s.Actor("inspector2"),
			appcustody.RevealInput{ID: id, Version: 3}); story.CodeOf(err) != "reveal_not_yours" {
			t.Errorf("shown to another: %v", err)
		}
		out, _, err := a.ShowReveal(ctx, inspector, appcustody.RevealInput{ID: id, Version: 3, Key: "show"})
		if err != nil || out.Text != whistle || fmt.Sprint(out) != "(revealed)" {
			t.Fatalf("%v %v", out, err)
		}
		for _, key := range []string{"show", "again"} {
			if out, _, err := a.ShowReveal(ctx, inspector, appcustody.RevealInput{ID: id, Version: 3, Key: key}); err == nil ||
				out.Text != "" {
				t.Errorf("shown twice with key %s", key)
			}
		}
		if _, err := a.NoteReveal(ctx, s.Actor("records"), appcustody.RevealInput{ID: id, Version: 4}); err != nil {
			t.Error(err)
		}
		entriesOf(t, s, id, "reveal.ask", "share.release", "share.release", "reveal.show", "reveal.note")

		// What is not released in time lapses, and leaves nothing.
		s.Clock.Add(73 * time.Hour)
		if err := a.LapseReveals(ctx); err != nil {
			t.Fatal(err)
		}
		if v, err := a.Reveal(ctx, inspector, other); err != nil || v.State != custody.RevealLapsed {
			t.Errorf("%+v %v", v.State, err)
		}
		if verdict, err := s.Store.Verify(ctx, nil); err != nil || !verdict.OK() {
			t.Fatalf("%+v %v", verdict, err)
		}
		if strings.Contains(said.String(), whistle) {
			t.Error("it was logged")
		}
		if found, files := filesHolding(t, dataFolder(t, s), whistle); len(found) > 0 {
			t.Errorf("in the %d files: %v", files, found)
		}
	})
}

// serverCannotRead reads every text that the server can, as it would.
func serverCannotRead(t *testing.T, s *apptest.Site) {
	t.Helper()
	err := s.Store.View(context.Background(), func(ctx context.Context, v *store.View) error {
		sets, err := v.SetsInState(ctx, custody.SetActive)
		if err != nil || len(sets) != 1 {
			return fmt.Errorf("%d sets in office: %w", len(sets), err)
		}
		fields, err := v.SealedInSet(ctx, sets[0].ID, "", 10)
		if err != nil || len(fields) != 2 {
			return fmt.Errorf("%d sealed: %w", len(fields), err)
		}
		for _, f := range fields {
			texts, err := v.Texts(ctx, f.ID, f.RecordID)
			if err != nil {
				return err
			}
			if len(texts[f.ID]) != 2 || len(texts[f.RecordID]) == 0 || strings.Contains(fmt.Sprint(texts), whistle) {
				t.Errorf("the server reads it: %v", texts)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// misled hands in a response where it does not belong.
func misled(t *testing.T, s *apptest.Site, c custodians, right, wrong string) {
	t.Helper()
	ctx := context.Background()
	view, err := s.App.Share(ctx, s.Actor("adjudicator"), right)
	if err != nil {
		t.Fatal(err)
	}
	q, err := seal.ParseRequest(view.Request)
	if err != nil {
		t.Fatal(err)
	}
	r, err := q.Release(c.keys["adjudicator"])
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.App.ReleaseShare(ctx, s.Actor("adjudicator"),
		appcustody.RevealInput{ID: wrong, Response: r.Text()}); story.CodeOf(err) != "reveal_response" {
		t.Errorf("a response to another request was taken: %v", err)
	}
	if _, err := s.App.ReleaseShare(ctx, s.Actor("records"),
		appcustody.RevealInput{ID: right, Response: r.Text()}); story.CodeOf(err) != "reveal_response" {
		t.Errorf("another custodian's response was taken: %v", err)
	}
	if _, err := s.App.ReleaseShare(ctx, s.Actor("records"),
		appcustody.RevealInput{ID: right, Response: "-----"}); story.CodeOf(err) != "reveal_response" {
		t.Errorf("%v", err)
	}
}

func entriesOf(t *testing.T, s *apptest.Site, object string, verbs ...string) {
	t.Helper()
	err := s.Store.View(context.Background(), func(ctx context.Context, v *store.View) error {
		entries, err := v.EntriesOf(ctx, object)
		var got []string
		for _, e := range entries {
			got = append(got, e.Verb)
			if strings.Contains(string(e.Body), whistle) {
				t.Error("an entry holds the text")
			}
		}
		if strings.Join(got, " ") != strings.Join(verbs, " ") {
			t.Errorf("entries %v, want %v", got, verbs)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestWhoMayBeACustodian(t *testing.T) {
	s := apptest.SQLite(t)
	ctx := context.Background()
	line := func() string {
		k, err := seal.NewPrivateKey()
		if err != nil {
			t.Fatal(err)
		}
		return k.Public().String()
	}
	same := line()
	for code, list := range map[string][]appcustody.CustodianInput{
		"custodian_number": {{Login: "body", PublicKey: line()}, {Login: "records", PublicKey: line()}},
		"custodian_twice":  {{Login: "body", PublicKey: same}, {Login: "records", PublicKey: same}, {Login: "anna", PublicKey: line()}},
		"custodian_key": {{Login: "body", PublicKey: "PLUMBLINE-CUSTODIAN-1 AAAA"}, {Login: "records", PublicKey: line()},
			{Login: "anna", PublicKey: line()}},
		"custodian_account": {{Login: "nobody-at-all", PublicKey: line()}, {Login: "records", PublicKey: line()},
			{Login: "anna", PublicKey: line()}},
		"custodian_admin": {{Login: "system", PublicKey: line()}, {Login: "records", PublicKey: line()},
			{Login: "anna", PublicKey: line()}},
	} {
		if _, _, err := s.App.ProposeCustody(ctx, s.Actor("security"),
			appcustody.ProposeCustodyInput{Custodians: list}); story.CodeOf(err) != code {
			t.Errorf("want %s: %v", code, err)
		}
	}
}

// TestCustodiansHandOver changes the custodians: a ceremony with two of the old
// keys, a job that is killed between its chunks, and then the new ones open and
// the old ones do not.
func TestCustodiansHandOver(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		ctx := context.Background()
		old := office(t, s, "records", "body", "adjudicator")
		const n = 230 // more than two chunks
		file := "姓名,警号,问题类别,发生时间,受理日期,问题描述,举报人\n"
		for i := range n {
			file += fmt.Sprintf("人%d,999999,态度生硬,2026.2.1,2026年2月28日,推诿%d,%s%d\n", i, i, whistle, i)
		}
		f := story.PetitionFile(file)
		f.Classes, f.Columns = map[string]string{"态度生硬": "public_conduct"}, map[string]string{"举报人": "complainant"}
		story.ImportFile(t, s, f)
		m := story.MatchNamed(t, s, "inspector", "人229")
		fresh := office(t, s, "body2", "adjudicator2", "clue")
		b, err := s.App.CustodyBundle(ctx, desk.Program("test"))
		if err != nil || len(b.Records) != n {
			t.Fatalf("%d records: %v", len(b.Records), err)
		}
		if b, err = seal.ParseBundle(b.JSON()); err != nil {
			t.Fatal(err)
		}
		if _, err := b.Rewrap([]*seal.PrivateKey{old.keys["body"]}); err == nil {
			t.Fatal("one old key was enough")
		}
		if got, err := b.Recover([]*seal.PrivateKey{old.keys["body"]}, nil); err != nil || got != 0 {
			t.Errorf("one of three recovers %d", got)
		}
		if got, err := b.Recover([]*seal.PrivateKey{old.keys["records"], old.keys["adjudicator"]}, nil); err != nil || got != n {
			t.Errorf("two of three recover %d of %d: %v", got, n, err)
		}
		result, err := b.Rewrap([]*seal.PrivateKey{old.keys["body"], old.keys["adjudicator"]})
		if err != nil {
			t.Fatal(err)
		}
		forged := *result
		forged.Records = append([]seal.BundledRecord(nil), result.Records...)
		wrong := *forged.Records[0].Wrapping
		wrong.Check = make([]byte, 32)
		forged.Records[0].Wrapping = &wrong
		if _, err := s.App.Rewrap(ctx, desk.Program("test"), forged.JSON()); err != nil {
			t.Fatal(err)
		}
		_ = s.App.DrainJobs(ctx) // it stops at the first chunk
		if left, err := s.App.CustodyBundle(ctx, desk.Program("test")); err != nil || left.From != b.From || len(left.Records) != n {
			t.Fatalf("a forged result was put in place: %v", err)
		}
		r, err := s.App.Rewrap(ctx, desk.Program("test"), result.JSON())
		if err != nil {
			t.Fatal(err)
		}
		err = s.Store.View(ctx, func(ctx context.Context, v *store.View) error {
			job, err := v.JobOf(ctx, r.ResultID)
			if err != nil {
				return err
			}
			done, err := s.App.RewrapStep(ctx, job) // a chunk, and then the process is gone
			if done || job.Position == 0 || job.Position >= n {
				t.Errorf("done %v at %d", done, job.Position)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		again, err := app.New(app.Config{Store: s.Store, Secret: apptest.Secret})
		if err != nil {
			t.Fatal(err)
		}
		s.Clock.Add(time.Hour) // the lease of the dead worker has run out
		if err := again.DrainJobs(ctx); err != nil {
			t.Fatal(err)
		}
		s.App = again
		sets, err := again.Custody(ctx, s.Actor("security"))
		if err != nil || len(sets) != 2 || sets[0].Sealed != n || sets[1].Sealed != 0 || sets[1].State != custody.SetRetired {
			t.Fatalf("%+v %v", sets, err)
		}
		id, _, err := again.AskReveal(ctx, s.Actor("inspector"), appcustody.AskRevealInput{Match: m.ID, Reason: "核实"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := again.Share(ctx, s.Actor("body"), id); story.CodeOf(err) != "not_found" {
			t.Errorf("an old custodian is asked: %v", err)
		}
		for _, who := range []string{"body2", "clue"} {
			if err := release(t, s, fresh, who, id); err != nil {
				t.Fatal(err)
			}
		}
		if out, _, err := again.ShowReveal(ctx, s.Actor("inspector"), appcustody.RevealInput{ID: id, Version: 3}); err != nil ||
			out.Text != whistle+"229" {
			t.Fatalf("%q %v", out.Text, err)
		}
		if verdict, err := s.Store.Verify(ctx, nil); err != nil || !verdict.OK() {
			t.Fatalf("%+v %v", verdict, err)
		}
	})
}
