package recusal_test

import (
	"context"
	"testing"

	"plumbline/internal/app/accounts"
	"plumbline/internal/app/casework"
	apprecusal "plumbline/internal/app/recusal"
	appselfcheck "plumbline/internal/app/selfcheck"
	"plumbline/internal/apptest"
	"plumbline/internal/apptest/story"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
	"plumbline/internal/selfcheck"
	"plumbline/internal/store"
)

var ctx = context.Background()

// grant gives somebody a role at a unit, as if two had agreed to it.
func grant(t *testing.T, s *apptest.Site, key string, role roster.Role, unit string) {
	t.Helper()
	_, err := s.Store.Update(ctx, store.Call{Account: "program:test"}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		g := &roster.Grant{AccountID: s.Account[key], Role: role, UnitID: s.Units[unit], FromOn: "2024-01-01", State: roster.GrantLive,
			GrantedBy: "program:test"}
		if err := tx.Insert(ctx, g); err != nil {
			return nil, "", err
		}
		return []ledger.Fact{{Verb: "test.grant", Kind: "account", ID: g.AccountID}}, "", tx.Bump(ctx, store.GenerationAuthority)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// revoke takes every role from somebody.
func revoke(t *testing.T, s *apptest.Site, key string) {
	t.Helper()
	grants, _, err := s.App.Grants(ctx, s.Actor("security"), accounts.GrantQuery{})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, g := range grants {
		if g.AccountID == s.Account[key] && g.State == roster.GrantLive {
			n++
			if _, err := s.App.RevokeGrant(ctx, s.Actor("security"), g.ID, g.Version); err != nil {
				t.Fatal(err)
			}
		}
	}
	if n == 0 {
		t.Fatalf("%s has no grant to revoke", key)
	}
}

// related lets somebody declare that he is a relative of another.
func related(t *testing.T, s *apptest.Site, key, to, name string) {
	t.Helper()
	if _, _, err := s.App.Declare(ctx, s.Actor(key), apprecusal.RelationInput{Number: story.Number(t, s, to), Name: name,
		Kind: "relative"}); err != nil {
		t.Fatal(err)
	}
}

// only is the one alarm that somebody is told of.
func only(t *testing.T, s *apptest.Site, key string) apprecusal.AlarmView {
	t.Helper()
	rows := alarms(t, s, key)
	if len(rows) != 1 {
		t.Fatalf("%s is told %+v, want one alarm", key, rows)
	}
	return rows[0]
}

func silent(t *testing.T, s *apptest.Site, why string, keys ...string) {
	t.Helper()
	for _, key := range keys {
		if rows := alarms(t, s, key); len(rows) != 0 {
			t.Errorf("%s: %s is told %+v", why, key, rows)
		}
	}
}

// The only head who may review a list is the respondent's relative: nobody above
// may review it in his place, so the next tier is told that the unit needs
// another head.
func TestAnAlarmWhenAListHasNoReviewer(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		story.Campaign(t, s)
		related(t, s, "east1head", "anna", "林甲")
		story.Sweep(t, s, "nothing is filed yet", 0)
		l := story.List(t, s, "anna", selfcheck.Officers, false)
		story.Submit(t, s, "anna", l)
		story.Submit(t, s, "ben", story.List(t, s, "ben", selfcheck.Officers, false))
		story.Sweep(t, s, "the only reviewer is a relative", 1)
		story.Sweep(t, s, "again", 0)
		for _, key := range []string{"eastinspector", "inspector"} {
			if r := only(t, s, key); r.What != "submission" || r.Duty != "review.accept" || r.Unit.ID != s.Units["east1"] || !r.Blank ||
				r.Object != "" {
				t.Errorf("%s is told %+v", key, r)
			}
		}
		if r := only(t, s, "security"); r.What != "" || r.Unit.ID != "" || r.Duty != "review.accept" {
			t.Errorf("the administrator is told %+v", r)
		}
		grant(t, s, "anna", roster.RoleInspector, "bureau")
		grant(t, s, "east1head", roster.RoleInspector, "bureau")
		silent(t, s, "the respondent and his relative", "anna", "east1head")

		related(t, s, "eastinspector", "anna", "林甲")
		story.Sweep(t, s, "the tier above is barred too, and the one above it is told", 2)
		silent(t, s, "barred", "eastinspector")
		only(t, s, "inspector")

		grant(t, s, "cara", roster.RoleUnitHead, "east1")
		story.Sweep(t, s, "the unit has another head", 1)
		v, err := s.App.Review(ctx, s.Actor("cara"), l.ID)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.App.AcceptList(ctx, s.Actor("cara"), appselfcheck.AcceptInput{ID: l.ID, Version: v.Version}); err != nil {
			t.Error(err)
		}
		story.Sound(t, s)
	})
}

// A head cannot review the list that he signed for a unit below, where he is the
// head of both.
func TestAnAlarmWhenTheSignerIsTheReviewer(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		story.Campaign(t, s)
		story.Submit(t, s, "east1head", story.List(t, s, "east1head", selfcheck.Leaders, true))
		story.Sweep(t, s, "the head above reviews it", 0)
		revoke(t, s, "easthead")
		grant(t, s, "east1head", roster.RoleUnitHead, "east")
		story.Sweep(t, s, "the signer is the only head above", 1)
		if r := only(t, s, "inspector"); r.What != "submission" || r.Unit.ID != s.Units["east"] {
			t.Errorf("told %+v", r)
		}
	})
}

// The tier above a leader whom an item names is barred from him, or from who
// named him. Neither of the two learns that something waits.
func TestAnAlarmWhenANamedItemHasNoReviewer(t *testing.T) {
	for _, x := range []struct{ of, name string }{{"east1head", "东二"}, {"anna", "林甲"}} {
		t.Run(x.of, func(t *testing.T) {
			apptest.Each(t, func(t *testing.T, s *apptest.Site) {
				story.Campaign(t, s)
				l := story.List(t, s, "anna", selfcheck.Officers, false)
				named := story.Says(49, "所长要求不予登记")
				named.LeaderID = s.People["east1head"]
				story.Submit(t, s, "anna", l, named)
				story.Sweep(t, s, "the head above reviews it", 0)
				related(t, s, "easthead", x.of, x.name)
				story.Sweep(t, s, "the only reviewer is a relative", 1)
				story.Sweep(t, s, "again", 0)
				if r := only(t, s, "inspector"); r.What != "named" || r.Duty != "named.accept" || r.Unit.ID != s.Units["east"] ||
					r.Object != "" {
					t.Errorf("the next tier is told %+v", r)
				}
				if r := only(t, s, "security"); r.What != "" || r.Duty != "review.accept" {
					t.Errorf("the administrator is told %+v", r)
				}
				for _, key := range []string{"east1head", "anna"} {
					grant(t, s, key, roster.RoleInspector, "bureau")
				}
				silent(t, s, "the leader named, the respondent and the relative", "east1head", "anna")
				silent(t, s, "not its tier", "eastinspector")
				related(t, s, "inspector2", "anna", "林甲") // nothing bars him from the leader
				silent(t, s, "a relative of the respondent", "inspector2")

				grant(t, s, "cara", roster.RoleUnitHead, "east")
				story.Sweep(t, s, "another head of the unit may", 1)
				if _, err := s.App.AcceptNamed(ctx, s.Actor("cara"), appselfcheck.NamedDecision{ID: l.ID + ".49"}); err != nil {
					t.Fatal(err)
				}
				revoke(t, s, "cara")
				story.Sweep(t, s, "nothing waits", 0)
				story.Sound(t, s)
			})
		})
	}
}

// An administrator about whom the alarm is learns nothing of it either.
func TestABlankAlarmIsNotShownToItsSubject(t *testing.T) {
	s := apptest.SQLite(t)
	story.Campaign(t, s)
	story.Submit(t, s, "security2", story.List(t, s, "security2", selfcheck.Officers, false))
	related(t, s, "officehead", "security2", "安全乙")
	story.Sweep(t, s, "the only reviewer is a relative", 1)
	silent(t, s, "the respondent", "security2")
	only(t, s, "security")
}

// A unit without a head: the alarm names the unit alone, and stands as long as
// lists are to be reviewed there, however long ago the role was revoked.
func TestAnAlarmWhenAUnitHasNoReviewer(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		story.Campaign(t, s)
		revoke(t, s, "east1head")
		story.Sweep(t, s, "no list waits there", 0)
		story.Submit(t, s, "anna", story.List(t, s, "anna", selfcheck.Officers, false))
		story.Submit(t, s, "ben", story.List(t, s, "ben", selfcheck.Officers, false))
		story.Sweep(t, s, "two lists wait at a unit without a head", 1)
		for _, key := range []string{"eastinspector", "inspector", "security"} {
			if r := only(t, s, key); r.What != "unit" || r.Unit.ID != s.Units["east1"] || r.Duty != "review.accept" {
				t.Errorf("%s is told %+v", key, r)
			}
		}
		revoke(t, s, "easthead") // the lists of the units below and the items that name their heads come here
		story.Sweep(t, s, "nor has the unit above", 1)
		grant(t, s, "cara", roster.RoleUnitHead, "east1")
		story.Sweep(t, s, "the unit has a head again", 1)
	})
}

// Some may still decide, but fewer than the quorum: no decision can be recorded.
func TestAnAlarmWhenTooFewMayDecide(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		caseID, _ := story.New(t, s).Decidable()
		story.Sweep(t, s, "three of three may", 0)
		related(t, s, "body2", "anna", "林甲")
		story.Sweep(t, s, "two of three may", 1)
		story.Sweep(t, s, "again", 0)
		for _, key := range []string{"body", "inspector", "authority"} {
			if r := only(t, s, key); r.What != "track" || r.Duty != "decision.decide" || r.Members != 2 || r.Quorum != 3 || !r.Blank {
				t.Errorf("%s is told %+v", key, r)
			}
		}
		if r := only(t, s, "body"); r.Object != caseID {
			t.Errorf("a member is not told which case: %+v", r)
		}
		if r := only(t, s, "security"); r.What != "" || r.Object != "" || r.Quorum != 3 {
			t.Errorf("the administrator is told %+v", r)
		}
		grant(t, s, "anna", roster.RoleDecidingBody, "bureau")
		silent(t, s, "the subject and who is barred", "anna", "body2")
		story.Sweep(t, s, "the subject counts for nothing", 0)
		grant(t, s, "investigator1", roster.RoleDecidingBody, "bureau")
		story.Sweep(t, s, "nor does who investigated", 0)
		grant(t, s, "manager", roster.RoleDecidingBody, "bureau")
		story.Sweep(t, s, "the body has another member", 1)
		story.Sound(t, s)
	})
}

// A case whose every track ended without a finding is closed by the body alone, so
// that too few for its quorum are told of as well.
func TestAnAlarmWhenTooFewMayClose(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		st := story.New(t, s)
		caseID := st.Opened("body")
		end, err := st.EndTrack("body2", caseID)
		st.Must(err)
		st.Must(st.Approve("authority", end))
		story.Sweep(t, s, "three of three may", 0)
		related(t, s, "body2", "anna", "林甲")
		story.Sweep(t, s, "two of three may", 1)
		if r := only(t, s, "body"); r.What != "case" || r.Duty != "case.close" || r.Object != caseID || r.Members != 2 || r.Quorum != 3 {
			t.Errorf("told %+v", r)
		}
		grant(t, s, "manager", roster.RoleDecidingBody, "bureau")
		story.Sweep(t, s, "the body has another member", 1)
		story.Sound(t, s)
	})
}

// Whoever opened a case and ended a track of it does not close it: of three members
// two are left.
func TestAnAlarmWhenTheOpenerEndedATrack(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		st := story.New(t, s)
		caseID := st.Opened("body")
		end, err := st.EndTrack("body", caseID)
		st.Must(err)
		st.Must(st.Approve("authority", end))
		story.Sweep(t, s, "two of three may close it", 1)
		if r := only(t, s, "inspector"); r.What != "case" || r.Duty != "case.close" || r.Members != 2 || r.Quorum != 3 {
			t.Errorf("told %+v", r)
		}
	})
}

// A body that is smaller than its quorum decides nothing at all: said once.
func TestAnAlarmWhenABodyIsTooSmall(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		story.Sweep(t, s, "three of three", 0)
		revoke(t, s, "body2")
		story.Sweep(t, s, "two of three", 1)
		for _, key := range []string{"body", "inspector", "security"} {
			if r := only(t, s, key); r.What != "unit" || r.Unit.ID != s.Units["bureau"] || r.Members != 2 || r.Quorum != 3 {
				t.Errorf("%s is told %+v", key, r)
			}
		}
		grant(t, s, "manager", roster.RoleDecidingBody, "bureau")
		story.Sweep(t, s, "three again", 1)
	})
}

// Where all who may decide are needed, one dissent stops the decision: those who
// are left are fewer than the quorum until somebody joins them, or the dissenter
// agrees to what is proposed.
func TestAnAlarmWhenADissentStopsTheDecision(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		st := story.New(t, s)
		_, track := st.Decidable()
		d, _, err := s.App.ProposeDecision(ctx, s.Actor("body"), casework.ProposeInput{TrackID: track, Form: 2, Sanction: "demerit",
			Reason: "facts and grounds"})
		st.Must(err)
		record := func() string {
			id, _, err := s.App.ResolveTrack(ctx, s.Actor("body2"), casework.ResolveInput{ID: d, Version: 1,
				Members: []string{story.Number(t, s, "body"), story.Number(t, s, "body2"), story.Number(t, s, "authority")}})
			st.Must(err)
			return id
		}
		confirm := record()
		st.Must(st.Refuse("authority", confirm))
		story.Sweep(t, s, "not all have spoken", 0)
		st.Must(st.Approve("body", confirm))
		story.Sweep(t, s, "not carried", 1)
		if r := only(t, s, "inspector"); r.What != "track" || r.Members != 2 || r.Quorum != 3 {
			t.Errorf("told %+v", r)
		}
		grant(t, s, "manager", roster.RoleDecidingBody, "bureau")
		story.Sweep(t, s, "a fourth member may join the other two", 1)
		revoke(t, s, "manager")
		story.Sweep(t, s, "and is gone", 1)
		st.Agree(record(), "body", "authority")
		story.Sweep(t, s, "the dissenter has agreed, and it is decided", 1)
	})
}

// The body is not asked again until a dissenter is out of it: who dissented from a
// record of a decision is named in the next one, unless he has left the body. A
// refused decision gives way to another form.
func TestADissenterIsNotLeftOut(t *testing.T) {
	s := apptest.SQLite(t)
	st := story.New(t, s)
	_, track := st.Decidable()
	first, _, err := s.App.ProposeDecision(ctx, s.Actor("body"), casework.ProposeInput{TrackID: track, Form: 2, Sanction: "demerit",
		Reason: "facts and grounds"})
	st.Must(err)
	grant(t, s, "manager", roster.RoleDecidingBody, "bureau")
	resolve := func(id string, members ...string) (string, error) {
		var numbers []string
		for _, m := range members {
			numbers = append(numbers, story.Number(t, s, m))
		}
		p, _, err := s.App.ResolveTrack(ctx, s.Actor("body2"), casework.ResolveInput{ID: id, Version: 1, Members: numbers})
		return p, err
	}
	confirm, err := resolve(first, "body", "body2", "authority")
	st.Must(err)
	_, _, err = s.App.ProposeDecision(ctx, s.Actor("body"), casework.ProposeInput{TrackID: track, Form: 1, Reason: "facts and grounds"})
	story.WantCode(t, "another form while the members are asked", err, "decision_exists")
	st.Must(st.Refuse("authority", confirm))
	st.Must(st.Approve("body", confirm))
	_, err = resolve(first, "body", "body2", "manager")
	story.WantCode(t, "the dissenter is left out", err, "members_dissenter")

	preview, err := s.App.PreviewDecision(ctx, s.Actor("body"), casework.ProposeInput{TrackID: track, Form: 1, Reason: "facts and grounds"})
	if err != nil || preview.Form != 1 {
		t.Errorf("another form is previewed as %+v, %v", preview, err)
	}
	second, _, err := s.App.ProposeDecision(ctx, s.Actor("body"), casework.ProposeInput{TrackID: track, Form: 1,
		Reason: "facts and grounds"})
	st.Must(err)
	_, err = resolve(first, "body", "body2", "authority", "manager")
	if err == nil {
		t.Error("the decision that gave way was put to the members")
	}
	confirm, err = resolve(second, "body", "body2", "manager")
	st.Must(err)
	st.Agree(confirm, "body", "manager")
}
