// Package rules owns rule packs: every trigger, threshold, share and window of
// the procedure, as data with a version. The program never writes such a number
// anywhere else, and a case keeps the version that it started under.
//
// A pack is a JSON file under policies/packs. It is read strictly (an unknown
// field is an error) and judged whole before anything uses it, because a pack
// that is half right would change people's cases in silence. Values that come
// from a reading of a norm which a lawyer has not checked are marked verify.
package rules

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"plumbline/policies"
)

// Pack is one version of the rules. It is shared and must not be changed.
type Pack struct {
	Version       string `json:"version"`
	EffectiveFrom string `json:"effective_from"` // civil date
	Norm          string `json:"norm"`           // where the values come from

	Matching       Matching         `json:"matching"`
	Reconciliation Reconciliation   `json:"reconciliation"`
	Disclosure     Disclosure       `json:"disclosure"`
	Review         Review           `json:"review"`
	Triggers       Triggers         `json:"triggers"`
	Dual           Dual             `json:"dual"`
	Clocks         map[string]Clock `json:"clocks"`
	ClockWarnings  []int            `json:"clock_warnings_percent"` // rising, the last 100
	Inspection     Inspection       `json:"inspection"`
	Suppression    Suppression      `json:"suppression"`
	Outcomes       Outcomes         `json:"outcomes"`
	Retention      Retention        `json:"retention"`
	Recusal        Recusal          `json:"recusal"`
	Budgets        []Budget         `json:"budgets"`

	hash string
}

// Fact is one identifying column of an audit record.
type Fact string

// The facts that identifier sets may name.
const (
	PoliceNo   Fact = "police_no"
	BadgeNo    Fact = "badge_no"
	NationalID Fact = "national_id"
	Name       Fact = "name"
	BirthDate  Fact = "birth_date"
	BirthYear  Fact = "birth_year"
	Sex        Fact = "sex"
	Rank       Fact = "rank"
	Unit       Fact = "unit"
	FormerUnit Fact = "former_unit"
)

// Facts lists every fact, in the order in which a page shows them.
var Facts = []Fact{Name, PoliceNo, BadgeNo, NationalID, BirthDate, BirthYear, Sex, Rank, Unit, FormerUnit}

// Matching says when a record attaches to a person by itself (domain.md §5).
type Matching struct {
	Sufficient []IdentifierSet `json:"sufficient"`
	Posterior  Posterior       `json:"posterior"`
	Reviewers  struct {
		Probable  int `json:"probable"`  // persons who must confirm, 1 or 2
		Ambiguous int `json:"ambiguous"` // persons who must confirm, 2
	} `json:"reviewers"`
}

// Posterior says when the weight of all evidence attaches a record by itself.
type Posterior struct {
	AtLeastPPM int `json:"at_least_ppm"` // probability that it is he, in millionths
	TimesNext  int `json:"times_next"`   // how many times likelier than the next candidate
}

// IdentifierSet is sufficient when all of All agree as of the event date, More
// further facts agree as well, and one person alone satisfies it.
type IdentifierSet struct {
	All  []Fact `json:"all"`
	More int    `json:"more"`
}

// Satisfied reports whether the agreeing facts fill the set. A birth year adds
// nothing to a birth date that it is part of.
func (s IdentifierSet) Satisfied(agree []Fact) bool {
	for _, f := range s.All {
		if !slices.Contains(agree, f) {
			return false
		}
	}
	more := 0
	for i, f := range agree {
		if slices.Contains(s.All, f) || slices.Contains(agree[:i], f) {
			continue
		}
		if f == BirthYear && slices.Contains(agree, BirthDate) {
			continue
		}
		more++
	}
	return more >= s.More
}

// SufficientFor gives the first set that the agreeing facts fill.
func (m *Matching) SufficientFor(agree []Fact) (IdentifierSet, bool) {
	for _, s := range m.Sufficient {
		if s.Satisfied(agree) {
			return s, true
		}
	}
	return IdentifierSet{}, false
}

// Reconciliation compares what was declared with what was found.
type Reconciliation struct {
	WindowDays int `json:"window_days"` // days either side of the event, 1 to 366
}

// Disclosure says what first contact is: the earliest of these events of the
// matching audit issue.
type Disclosure struct {
	FirstContact []string `json:"first_contact"` // triaged, noticed
}

// Review holds the limits of the quick ways to deal with an issue.
type Review struct {
	BulkCorrectMaxSeverity int `json:"bulk_correct_max_severity"` // a head corrects up to this in bulk, after a preview
	BulkCorrectMaxRows     int `json:"bulk_correct_max_rows"`
	SpotCorrectMaxSeverity int `json:"spot_correct_max_severity"` // corrected on the spot up to this
	ClueMinSeverity        int `json:"clue_min_severity"`         // from this on, triage must end in a clue
}

// Triggers are the thresholds of dual investigation (domain.md §7).
type Triggers struct {
	SeverityAtLeast    int  `json:"severity_at_least"`
	RepeatSeverity     int  `json:"repeat_severity"` // this severity or above, same unit and category
	RepeatCount        int  `json:"repeat_count"`    // this many, the present one included
	RepeatMonths       int  `json:"repeat_months"`
	Concealment        bool `json:"concealment"`
	ClusterOfficers    int  `json:"cluster_officers"` // this many persons of one unit
	ClusterDays        int  `json:"cluster_days"`
	ClusterSeverity    int  `json:"cluster_severity"` // counting only issues of this severity or above
	OverdueBeforeEvent bool `json:"overdue_before_event"`
	LeaderNamed        bool `json:"leader_named"`
}

// Dual holds the composition rules of a dual investigation.
type Dual struct {
	InvestigatorsPerTrack int      `json:"investigators_per_track"`
	LeaderTeamTiersAbove  int      `json:"leader_team_tiers_above"` // between the leader's unit and the team's, at least
	RefusalTiersAbove     int      `json:"refusal_tiers_above"`
	QuestionLinks         []string `json:"question_links"`    // command links whose holders are asked about
	Quorum                int      `json:"quorum"`            // members of a deciding body
	TrackEndGrounds       []string `json:"track_end_grounds"` // codes on which a track may end without a finding (domain rules, section 8, "no finding")
}

// ClockUnit is what a clock counts.
type ClockUnit string

// The units of clocks.
const (
	Day        ClockUnit = "day"
	WorkingDay ClockUnit = "working_day"
	Month      ClockUnit = "month"
)

// Clock is one statutory period. Working days need a calendar; until a site has
// one, Due counts Monday to Friday.
type Clock struct {
	Amount int       `json:"amount"`
	Unit   ClockUnit `json:"unit"`
	Verify bool      `json:"verify"` // from a reading of the norm that a lawyer has not checked
}

// Due is the last civil day of the clock that starts on the day from; the start
// day does not count. A month that has no such day ends on its last.
func (c Clock) Due(from time.Time) time.Time {
	switch c.Unit {
	case Month:
		y, m, d := from.Date()
		first := time.Date(y, m+time.Month(c.Amount), 1, 0, 0, 0, 0, from.Location())
		last := first.AddDate(0, 1, -1).Day()
		return first.AddDate(0, 0, min(d, last)-1)
	case WorkingDay:
		for left := c.Amount; left > 0; {
			from = from.AddDate(0, 0, 1)
			if wd := from.Weekday(); wd != time.Saturday && wd != time.Sunday {
				left--
			}
		}
		return from
	default:
		return from.AddDate(0, 0, c.Amount)
	}
}

// The clocks that every pack must hold.
var clockNames = []string{
	"clue_opinion", "clue_verification", "clue_transfer", "parked_review", "investigation",
	"question_answer", "rectification", "reply", "review_request", "review_decision",
}

// Inspection holds the values of two-level inspection (domain.md §6).
type Inspection struct {
	SampleSharePercent int `json:"sample_share_percent"` // 1 to 100
	CoolingOffMonths   int `json:"cooling_off_months"`   // nobody inspects where he served within
}

// Suppression holds the limits on small numbers (domain.md §9).
type Suppression struct {
	SmallCellUnder int `json:"small_cell_under"` // a count of people below this is hidden
	IntervalMin    int `json:"interval_min"`     // and cannot be narrowed down to fewer possible steps than this
}

// Recusal says from when on challenges by one person are unusually many (§3).
// Those who decide them see it; the challenges are decided all the same.
type Recusal struct {
	OpenMost   int `json:"open_most"`   // undecided at a time
	RecentMost int `json:"recent_most"` // filed within Days
	Days       int `json:"days"`
}

// Bound is what every published number reaches, or is 0: a sum of that size
// hides each of its parts by as much.
func (s Suppression) Bound() int64 { return int64(max(s.SmallCellUnder, s.IntervalMin)) }

// Budget is what a role may open and take out on one civil day before a second
// person has to agree to as much again (§3).
type Budget struct {
	Role     string `json:"role"`
	Openings int    `json:"openings"` // people's files, and rows opened for a purpose
	Exports  int    `json:"exports"`
}

// Outcomes holds the usual handling by severity and the sanction periods (§8).
type Outcomes struct {
	SeverityForms     [][]int    `json:"severity_forms"` // by severity 0 to 5
	Sanctions         []Sanction `json:"sanctions"`
	SanctionCapMonths int        `json:"sanction_cap_months"`
}

// Sanction is one sanction with its period; 0 months has no end.
type Sanction struct {
	Code   string `json:"code"`
	Form   int    `json:"form"`
	Months int    `json:"months"`
}

// SanctionOf finds a sanction by its code.
func (o *Outcomes) SanctionOf(code string) (Sanction, bool) {
	for _, s := range o.Sanctions {
		if s.Code == code {
			return s, true
		}
	}
	return Sanction{}, false
}

// Hash is the SHA-256 of the pack's bytes, in hex; ledger entries name it.
func (p *Pack) Hash() string { return p.hash }

// Clock gives the named clock; every pack that parses has all of them.
func (p *Pack) Clock(name string) Clock { return p.Clocks[name] }

// Parse reads and judges a pack.
func Parse(raw []byte) (*Pack, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	var p Pack
	if err := d.Decode(&p); err != nil {
		return nil, fmt.Errorf("rules: read pack: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("rules: something follows the pack")
	}
	if err := p.check(); err != nil {
		return nil, fmt.Errorf("rules: pack %q: %w", p.Version, err)
	}
	sum := sha256.Sum256(raw)
	p.hash = hex.EncodeToString(sum[:])
	return &p, nil
}

var embedded = sync.OnceValues(func() (map[string]*Pack, *Pack) {
	packs := map[string]*Pack{}
	var newest *Pack
	names, err := fs.Glob(policies.Packs, "packs/*.json")
	if err != nil || len(names) == 0 {
		panic("rules: no pack is compiled in")
	}
	for _, name := range names {
		raw, err := policies.Packs.ReadFile(name)
		if err != nil {
			panic(err)
		}
		p, err := Parse(raw)
		if err != nil {
			panic(err) // a broken pack is a broken build
		}
		if p.Version != strings.TrimSuffix(path.Base(name), ".json") {
			panic("rules: " + name + " holds version " + p.Version)
		}
		packs[p.Version] = p
		if newest == nil || p.EffectiveFrom > newest.EffectiveFrom {
			newest = p
		}
	}
	return packs, newest
})

// Current is the pack that new things start under.
func Current() *Pack {
	_, p := embedded()
	return p
}

// Version finds the pack that an older case keeps.
func Version(v string) (*Pack, error) {
	packs, _ := embedded()
	if p := packs[v]; p != nil {
		return p, nil
	}
	return nil, fmt.Errorf("rules: no pack of version %q is compiled in", v)
}
