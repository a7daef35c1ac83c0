package store

import (
	"context"

	"github.com/uptrace/bun"

	"plumbline/internal/consent"
	"plumbline/internal/inquiry"
)

// BodyMatter is an open track, reduced to what decides how many members may
// vote on it.
type BodyMatter struct {
	Matter
	Pack string   `bun:"pack"` // rules of its case
	Part []string `bun:"-"`    // who may not: those working on the case, and those who dissented from a proposal that was not carried
}

// BodyMatters lists the open tracks on which some members of the body may not
// decide: those about one of the people, those belonging to one of the objects,
// those with one of the members at work on the case, and those with a proposal
// that was not carried. It applies no scope.
func (v *View) BodyMatters(ctx context.Context, people, objects, members []string) (_ []BodyMatter, err error) {
	defer doing(&err, "list the tracks before a body", "")
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
	if err := q.OrderExpr("t.id").Scan(ctx, &rows); err != nil || len(rows) == 0 {
		return nil, err
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
	return rows, nil
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
