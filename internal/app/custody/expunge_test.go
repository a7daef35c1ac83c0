package custody_test

import (
	"context"
	"errors"
	"os"
	"testing"

	"plumbline/internal/app/casework"
	appcustody "plumbline/internal/app/custody"
	"plumbline/internal/apptest"
	"plumbline/internal/apptest/story"
	"plumbline/internal/custody"
	"plumbline/internal/store"
	"plumbline/internal/store/keys"
)

// TestAnExpungementHasItsGuards: open matters, periods, holds and the other
// two people, each on its own.
func TestAnExpungementHasItsGuards(t *testing.T) {
	s := apptest.SQLite(t)
	ctx := context.Background()
	id := story.TheIssue(t, s)
	if _, err := story.ProposeExpungement(s, "records", id, custody.GroundRetention); story.CodeOf(err) != "expungement_open" {
		t.Errorf("an open matter: %v", err)
	}
	if _, err := story.ProposeExpungement(s, "records", "nowhere", custody.GroundCourt); story.CodeOf(err) != "record_unknown" {
		t.Errorf("%v", err)
	}
	if _, err := story.ProposeExpungement(s, "inspector", id, custody.GroundCourt); err == nil {
		t.Error("an inspector proposed")
	}
	e, err := story.ProposeExpungement(s, "records", id, custody.GroundCourt)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := story.ProposeExpungement(s, "records", id, custody.GroundCourt); story.CodeOf(err) != "expungement_pending" {
		t.Errorf("%v", err)
	}
	if _, err := s.App.ApproveExpungement(ctx, s.Actor("records"),
		appcustody.ExpungementInput{ID: e, Version: 1}); story.CodeOf(err) != "guard_same_person" {
		t.Errorf("one person did both: %v", err)
	}
	h, _, err := s.App.PlaceHold(ctx, s.Actor("body"), appcustody.HoldInput{RecordInput: appcustody.RecordInput{Kind: custody.IssueRecord,
		Record: id}, Reason: "诉讼"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.App.ApproveExpungement(ctx, s.Actor("body"),
		appcustody.ExpungementInput{ID: e, Version: 1}); story.CodeOf(err) != "legal_hold" {
		t.Errorf("under a hold: %v", err)
	}
	if d, err := s.App.Issue(ctx, s.Actor("inspector"), casework.IssueInput{ID: id}); err != nil ||
		d.Narrative != "narrative of one" || d.Erased {
		t.Fatalf("the refused approval erased: %+v %v", d, err)
	}
	if _, _, err := s.App.LiftHold(ctx, s.Actor("body"),
		appcustody.LiftInput{ID: h, Version: 1, Reason: "结束"}); story.CodeOf(err) != "guard_same_person" {
		t.Errorf("%v", err)
	}
	lift := func(hold string) {
		t.Helper()
		id, _, err := s.App.LiftHold(ctx, s.Actor("records"), appcustody.LiftInput{ID: hold, Version: 1, Reason: "结束"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.App.ApproveExpungement(ctx, s.Actor("body"),
			appcustody.ExpungementInput{ID: e, Version: 1}); story.CodeOf(err) != "legal_hold" {
			t.Errorf("one person lifted a hold: %v", err)
		}
		story.New(t, s).Agree(id, "body2")
	}
	lift(h)
	approve := func(who string) error {
		_, err := s.App.ApproveExpungement(ctx, s.Actor(who), appcustody.ExpungementInput{ID: e, Version: 1})
		return err
	}
	if err := approve("body"); err != nil {
		t.Fatal(err)
	}
	if d, err := s.App.Issue(ctx, s.Actor("inspector"), casework.IssueInput{ID: id}); err != nil ||
		d.Narrative != "narrative of one" || d.Erased {
		t.Fatalf("one approval erased: %+v %v", d, err)
	}
	if x, err := s.App.Expungement(ctx, s.Actor("body"), e); err != nil || x.Approvals != 1 || !x.Approved ||
		x.Can["expungement.approve"] || x.State != custody.ExpungementProposed {
		t.Errorf("after one approval: %+v %v", x, err)
	}
	if err := approve("body"); story.CodeOf(err) != "expungement_approved" {
		t.Errorf("one person approved twice: %v", err)
	}
	if err := approve("records"); story.CodeOf(err) != "guard_same_person" {
		t.Errorf("the proposer approved as the second: %v", err)
	}
	again, _, err := s.App.PlaceHold(ctx, s.Actor("body"),
		appcustody.HoldInput{RecordInput: appcustody.RecordInput{Kind: custody.IssueRecord, Record: id}, Reason: "诉讼"})
	if err != nil {
		t.Fatal(err)
	}
	if err := approve("body2"); story.CodeOf(err) != "legal_hold" {
		t.Errorf("a hold placed between the approvals: %v", err)
	}
	id2, _, err := s.App.LiftHold(ctx, s.Actor("records"), appcustody.LiftInput{ID: again, Version: 1, Reason: "结束"})
	if err != nil {
		t.Fatal(err)
	}
	story.New(t, s).Agree(id2, "body2")
	if err := approve("body2"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.App.ApproveExpungement(ctx, s.Actor("body2"),
		appcustody.ExpungementInput{ID: e, Version: 2}); story.CodeOf(err) != "expungement_state" {
		t.Errorf("approved when it is done: %v", err)
	}
	if d, err := s.App.Issue(ctx, s.Actor("inspector"), casework.IssueInput{ID: id}); err != nil || d.Narrative != "" || !d.Erased {
		t.Errorf("%+v %v", d, err)
	}
	if _, err := story.ProposeExpungement(s, "records", id, custody.GroundCourt); story.CodeOf(err) != "expunged_already" {
		t.Errorf("%v", err)
	}
}

// TestAKeyStoreFromACopyForgetsAgain brings back the key store of before an
// expungement: opening the site destroys the keys again.
func TestAKeyStoreFromACopyForgetsAgain(t *testing.T) {
	ctx := context.Background()
	s := apptest.SQLite(t)
	id := story.TheIssue(t, s)
	copied, _, err := s.Store.BackupKeys(ctx, t.TempDir(), 1<<60)
	if err != nil {
		t.Fatal(err)
	}
	e, err := story.ProposeExpungement(s, "records", id, custody.GroundCourt)
	if err == nil {
		_, err = s.App.ApproveExpungement(ctx, s.Actor("body"), appcustody.ExpungementInput{ID: e, Version: 1})
	}
	if err == nil {
		_, err = s.App.ApproveExpungement(ctx, s.Actor("body2"), appcustody.ExpungementInput{ID: e, Version: 1})
	}
	if err != nil {
		t.Fatal(err)
	}
	var stone custody.Tombstone
	if stone, err = tombstone(ctx, s.Store, id); err != nil || stone.Texts != 1 || stone.Keys == "" {
		t.Fatalf("%+v %v", stone, err)
	}
	path := s.Store.KeyPath()
	if err := s.Store.Close(); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.Rename(copied, path), os.RemoveAll(path+"-wal"), os.RemoveAll(path+"-shm")); err != nil {
		t.Fatal(err)
	}
	if n := holding(t, path, stone); n != 1 {
		t.Fatalf("the copy holds %d of the keys, so this test shows nothing", n)
	}
	if again, err := store.Open(ctx, s.DSN, store.Options{Clock: s.Clock.Now}); !errors.Is(err, store.ErrKeysOlder) {
		t.Fatalf("an older copy of the key store: %v %v", again, err)
	}
	again, err := store.Open(ctx, s.DSN, store.Options{Clock: s.Clock.Now, OlderKeys: true})
	if err != nil {
		t.Fatal(err)
	}
	verdict, err := again.Verify(ctx, nil)
	if err = errors.Join(err, again.Close()); err != nil || !verdict.OK() {
		t.Errorf("%+v %v", verdict, err)
	}
	if n := holding(t, path, stone); n != 0 {
		t.Error("the key came back")
	}
}

func tombstone(ctx context.Context, st *store.Store, record string) (stone custody.Tombstone, err error) {
	err = st.View(ctx, func(ctx context.Context, v *store.View) error {
		stone, err = v.Tombstone(ctx, record)
		return err
	})
	return stone, err
}

// holding counts the keys of the tombstone that the store at path still has.
func holding(t *testing.T, path string, stone custody.Tombstone) int {
	t.Helper()
	ctx := context.Background()
	k, err := keys.Open(ctx, path, false)
	if err != nil {
		t.Fatal(err)
	}
	have, err := k.Get(ctx, store.KeyNumbers(stone.Keys)...)
	if err = errors.Join(err, k.Close()); err != nil {
		t.Fatal(err)
	}
	return len(have)
}

// TestProposalsAreExpungedWithTheirMatter: what was proposed about an issue and
// its case, and why somebody refused it, are texts about the matter too.
func TestProposalsAreExpungedWithTheirMatter(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		ctx, st := context.Background(), story.New(t, s)
		caseID := st.Opened("body")
		refused, err := st.EndTrack("body", caseID)
		st.Must(err)
		st.Must(st.Refuse("body2", refused))
		pending, err := st.EndTrack("body", caseID)
		st.Must(err)
		before, err := s.App.Proposal(ctx, s.Actor("body2"), refused)
		st.Must(err)
		if before.Reason == "" || len(before.Votes) != 1 || before.Votes[0].Note == "" || len(before.Lines) == 0 {
			t.Fatalf("nothing to expunge: %+v", before)
		}
		e, err := story.ProposeExpungement(s, "records", st.See("body", caseID).IssueID, custody.GroundCourt)
		st.Must(err)
		for _, who := range []string{"body", "body2"} {
			_, err = s.App.ApproveExpungement(ctx, s.Actor(who), appcustody.ExpungementInput{ID: e, Version: 1})
			st.Must(err)
		}
		after, err := s.App.Proposal(ctx, s.Actor("body2"), refused)
		st.Must(err)
		if after.Reason != "" || after.Votes[0].Note != "" || len(after.Lines) != 0 {
			t.Errorf("the proposal still says %q, the vote %q, its lines %v", after.Reason, after.Votes[0].Note, after.Lines)
		}
		story.WantCode(t, "a proposal whose input is gone", st.Approve("body2", pending), "proposal_stale")
		if v, err := s.Store.Verify(ctx, nil); err != nil || !v.OK() {
			t.Errorf("%+v %v", v, err)
		}
	})
}
