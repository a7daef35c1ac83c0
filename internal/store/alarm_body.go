package store

import (
	"context"

	"github.com/uptrace/bun"

	"plumbline/internal/consent"
	"plumbline/internal/inquiry"
	"plumbline/internal/store/engine"
)

// BodyMatter is an open track, or a case that only the body may close, reduced to
// what decides how many members may vote on it.
type BodyMatter struct {
	Matter
	Pack string   `bun:"pack"` // rules of its case
	Part []string `bun:"-"`    // who may not: those working on the track's case, those who dissented from a proposal that was not carried, and the opener of a case who ended a track of it
}

// BodyMatters lists the open tracks on which some members of the body may not
// decide: those about one of the people, those belonging to one of the objects,
// those with one of the members at work on the case, and those with a proposal
// that was not carried. It applies no scope.
func (v *View) BodyMatters(ctx context.Context, people, objects, members []string) (_ []BodyMatter, err error) {
	defer engine.Doing(&err, "list the tracks before a body", "")
	dissents, err := v.dissents(ctx)
	if err != nil {
		return nil, err
	}
	tracks := []string{"-"}
	for id := range dissents {
		tracks = append(tracks, id)
	}
	people, objects, members = append(people, "-"), append(objects, "-"), append(members, "-")
	var rows []BodyMatter
	q := v.db.NewSelect().TableExpr("tracks AS t").Join("JOIN cases AS c ON c.id = t.case_id").
		ColumnExpr("'track' AS kind, 'decision.decide' AS duty, t.id AS id").
		ColumnExpr("t.unit_id AS unit_id, t.branch_id AS branch_id, t.person_id AS person_id").
		ColumnExpr("t.event_on AS event_on, t.case_id AS case_id, t.decide_tier AS decide_tier, c.pack AS pack").
		Where("t.state IN (?)", bun.List([]inquiry.TrackState{inquiry.TrackOpen, inquiry.TrackAssigned, inquiry.TrackFound})).
		Where("(t.person_id IN (?) OR t.case_id IN (?) OR t.id IN (?) OR t.id IN (?) OR "+
			"t.case_id IN (SELECT m.case_id FROM track_members AS m WHERE m.member_id IN (?)))",
			bun.List(people), bun.List(objects), bun.List(objects), bun.List(tracks), bun.List(members))
	if err := q.OrderExpr("t.id").Scan(ctx, &rows); err != nil {
		return nil, err
	}
	ended, err := v.endedCases(ctx, people, objects)
	if err != nil || len(rows) == 0 {
		return ended, err
	}
	cases := make([]string, len(rows))
	for i, r := range rows {
		cases[i] = r.CaseID
	}
	var team []inquiry.TrackMember
	if err := v.db.NewSelect().Model(&team).Where("case_id IN (?)", bun.List(cases)).
		Where("member_id IN (?)", bun.List(members)).Scan(ctx); err != nil {
		return nil, err
	}
	at := map[string][]string{}
	for _, m := range team {
		at[m.CaseID] = append(at[m.CaseID], m.MemberID)
	}
	for i := range rows {
		rows[i].Part = append(append(rows[i].Part, at[rows[i].CaseID]...), dissents[rows[i].ID]...)
	}
	return append(rows, ended...), nil
}

// endedCases lists the open cases whose every track ended without a finding, on
// which some members of the body may not vote: those about one of the people, those
// that are one of the objects, and those whose opener ended a track.
func (v *View) endedCases(ctx context.Context, people, objects []string) ([]BodyMatter, error) {
	var rows []struct {
		BodyMatter
		Excluded string `bun:"excluded"`
	}
	ender := v.db.NewSelect().TableExpr("proposals AS p").Join("JOIN tracks AS e ON e.id = p.object_id").ColumnExpr("1").
		Where("e.case_id = c.id AND p.op = 'track.end' AND p.state = ?", consent.Approved).
		Where("(p.proposed_by = c.opened_by OR p.settled_by = c.opened_by)")
	err := v.db.NewSelect().TableExpr("cases AS c").
		ColumnExpr("'case' AS kind, 'case.close' AS duty, c.id AS id").
		ColumnExpr("c.unit_id AS unit_id, c.branch_id AS branch_id, c.person_id AS person_id").
		ColumnExpr("c.event_on AS event_on, c.id AS case_id, -1 AS decide_tier, c.pack AS pack").
		ColumnExpr("CASE WHEN EXISTS (?) THEN c.opened_by ELSE '' END AS excluded", ender).
		Where("c.state <> ?", inquiry.CaseClosed).
		Where("EXISTS (SELECT 1 FROM tracks AS t WHERE t.case_id = c.id)").
		Where("NOT EXISTS (SELECT 1 FROM tracks AS t WHERE t.case_id = c.id AND t.state <> ?)", inquiry.TrackEnded).
		Where("(c.person_id IN (?) OR c.id IN (?) OR EXISTS (?))", bun.List(people), bun.List(objects), ender).
		OrderExpr("c.id").Scan(ctx, &rows)
	var out []BodyMatter
	for _, r := range rows {
		if r.Excluded != "" {
			r.Part = []string{r.Excluded}
		}
		out = append(out, r.BodyMatter)
	}
	return out, err
}

// dissents returns, for each track, who dissented from the latest proposed
// decision if the named members did not carry it.
func (v *View) dissents(ctx context.Context) (map[string][]string, error) {
	var rows []struct {
		TrackID  string `bun:"track_id"`
		PersonID string `bun:"person_id"`
	}
	err := v.db.NewSelect().TableExpr("decisions AS d").
		Join("JOIN proposals AS p ON p.object_id = d.id AND p.state = ?", consent.Refused).
		Join("JOIN votes AS w ON w.proposal_id = p.id AND w.choice = ?", consent.Dissent).
		ColumnExpr("d.track_id AS track_id, w.person_id AS person_id").
		Where("d.state = 'proposed'"). // matches the partial index
		Where("p.op = 'decision.decide'").
		Where("NOT EXISTS (SELECT 1 FROM decisions AS e WHERE e.track_id = d.track_id AND e.state = 'proposed' AND e.id > d.id)").
		Scan(ctx, &rows)
	out := map[string][]string{}
	for _, r := range rows {
		out[r.TrackID] = append(out[r.TrackID], r.PersonID)
	}
	return out, err
}
