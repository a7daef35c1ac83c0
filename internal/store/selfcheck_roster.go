package store

import (
	"context"

	"github.com/uptrace/bun"

	"plumbline/internal/roster"
	"plumbline/internal/selfcheck"
)

// belowUnit names a unit and all below it, for the query that follows it.
const belowUnit = `WITH RECURSIVE below(id) AS (
  SELECT id FROM units WHERE id = ?
  UNION ALL
  SELECT u.id FROM units AS u JOIN below AS b ON u.parent_id = b.id
)
`

// RosterToWrite reads the next respondents of a campaign's snapshot who have no
// list yet: people below the given unit, by id after the given one, with their
// main posting on the date. The holder of a head link over their own unit
// counts as a member of its team. CROSS JOIN makes SQLite read people in id
// order, so that the cost of a chunk depends on its own rows only. An
// interrupted snapshot resumes where it stopped. The condition person_id <> ”
// matches the partial index.
func (v *View) RosterToWrite(ctx context.Context, campaignID, underUnit string, on roster.Date, after string,
	limit int) ([]RosterRow, error) {
	rows := []RosterRow{}
	err := v.db.NewRaw(belowUnit+`SELECT p.person_id AS person_id, p.unit_id AS unit_id, u.tier AS tier, u.parent_id AS parent_id,
  CASE WHEN p.team OR EXISTS (SELECT 1 FROM command_links AS l WHERE l.person_id = p.person_id AND l.kind = 'head'
    AND l.over_unit_id = p.unit_id AND l.from_on <= ? AND (l.to_on = '' OR l.to_on >= ?)) THEN 1 ELSE 0 END AS team
FROM people AS h CROSS JOIN postings AS p CROSS JOIN units AS u
WHERE h.id > ? AND h.state = 'serving' AND p.person_id = h.id AND u.id = p.unit_id
  AND p.main AND p.from_on <= ? AND (p.to_on = '' OR p.to_on >= ?) AND u.tier > 0
  AND p.unit_id IN (SELECT id FROM below)
  AND NOT EXISTS (SELECT 1 FROM submissions AS s WHERE s.person_id = h.id AND s.person_id <> '' AND s.campaign_id = ?)
ORDER BY h.id, p.unit_id, 5 DESC LIMIT ?`, underUnit, on, on, after, on, on, campaignID, limit).Scan(ctx, &rows)
	return rows, err
}

// RosterRow is one respondent of a snapshot.
type RosterRow struct {
	PersonID string `bun:"person_id"`
	UnitID   string `bun:"unit_id"`
	ParentID string `bun:"parent_id"`
	Tier     int64  `bun:"tier"`
	Team     int64  `bun:"team"`
}

// Respondent converts the row to the self-check's type.
func (r RosterRow) Respondent() selfcheck.Respondent {
	return selfcheck.Respondent{PersonID: r.PersonID, UnitID: r.UnitID, Tier: r.Tier, Team: r.Team != 0}
}

// UnitsToWrite reads the active units at or below the given one that have no
// list of their own in the campaign yet.
func (v *View) UnitsToWrite(ctx context.Context, campaignID, underUnit string, limit int) ([]RosterRow, error) {
	rows := []RosterRow{}
	err := v.db.NewRaw(belowUnit+`SELECT '' AS person_id, u.id AS unit_id, u.parent_id AS parent_id, u.tier AS tier, 0 AS team
FROM units AS u
WHERE u.id IN (SELECT id FROM below) AND u.tier > 0 AND u.state = 'active'
  AND NOT EXISTS (SELECT 1 FROM submissions AS s WHERE s.person_id = '' AND s.unit_id = u.id AND s.campaign_id = ?)
ORDER BY u.id LIMIT ?`, underUnit, campaignID, limit).Scan(ctx, &rows)
	return rows, err
}

// RosterEntry reads one person's current roster row. It returns nil if the
// person has no main posting below the unit on the date.
func (v *View) RosterEntry(ctx context.Context, personID, underUnit string, on roster.Date) (*RosterRow, error) {
	rows := []RosterRow{}
	err := v.db.NewRaw(belowUnit+`SELECT p.person_id AS person_id, p.unit_id AS unit_id, u.tier AS tier, u.parent_id AS parent_id,
  CASE WHEN p.team OR EXISTS (SELECT 1 FROM command_links AS l WHERE l.person_id = p.person_id AND l.kind = 'head'
    AND l.over_unit_id = p.unit_id AND l.from_on <= ? AND (l.to_on = '' OR l.to_on >= ?)) THEN 1 ELSE 0 END AS team
FROM postings AS p JOIN units AS u ON u.id = p.unit_id
WHERE p.person_id = ? AND p.main AND p.from_on <= ? AND (p.to_on = '' OR p.to_on >= ?) AND u.tier > 0
  AND p.unit_id IN (SELECT id FROM below)
ORDER BY p.from_on DESC, p.id LIMIT 1`, underUnit, on, on, personID, on, on).Scan(ctx, &rows)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	return &rows[0], nil
}

// LeadersAbove lists the leaders responsible for a unit or person on the date:
// holders of a command link over the unit, any unit above it, or the person.
// Each comes with the unit that receives items naming them, the one above the
// leader's own.
func (v *View) LeadersAbove(ctx context.Context, personID, unitID string, on roster.Date) ([]selfcheck.Leader, error) {
	rows := []selfcheck.Leader{}
	err := v.db.NewRaw(`WITH RECURSIVE above(id, parent_id) AS (
  SELECT id, parent_id FROM units WHERE id = ?
  UNION ALL
  SELECT u.id, u.parent_id FROM units AS u JOIN above AS a ON u.id = a.parent_id
)
SELECT DISTINCT h.id AS person_id, h.name AS name, h.unit_id AS unit_id, u.parent_id AS parent, u.tier AS tier
FROM command_links AS l JOIN people AS h ON h.id = l.person_id JOIN units AS u ON u.id = h.unit_id
WHERE (l.over_unit_id IN (SELECT id FROM above) OR (l.over_person_id <> '' AND l.over_person_id = ?))
  AND l.from_on <= ? AND (l.to_on = '' OR l.to_on >= ?) AND h.id <> ? AND u.parent_id <> ''
ORDER BY u.tier DESC, h.id`, unitID, personID, on, on, personID).Scan(ctx, &rows)
	return rows, err
}

// NameRow is what pages show of a person beside a list.
type NameRow struct {
	ID          string `bun:"id"`
	PersonnelNo string `bun:"personnel_no"`
	Name        string `bun:"name"`
}

// NamesOf reads names and personnel numbers by person id.
func (v *View) NamesOf(ctx context.Context, ids []string) (map[string]NameRow, error) {
	out := make(map[string]NameRow, len(ids))
	if len(ids) == 0 {
		return out, nil
	}
	var rows []NameRow
	err := v.db.NewSelect().TableExpr("people").Column("id", "personnel_no", "name").Where("id IN (?)", bun.List(ids)).Scan(ctx, &rows)
	for _, r := range rows {
		out[r.ID] = r
	}
	return out, err
}

// PersonByNumber looks up a person by personnel number. It returns a not-found
// fault if no row matched.
func (v *View) PersonByNumber(ctx context.Context, no string) (*roster.Person, error) {
	p := &roster.Person{}
	if err := v.db.NewSelect().Model(p).Where("personnel_no = ?", no).Scan(ctx); err != nil {
		return nil, err
	}
	return p, nil
}
