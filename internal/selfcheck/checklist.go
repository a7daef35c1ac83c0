package selfcheck

import (
	"plumbline/internal/fault"
	"plumbline/internal/ledger"
)

// Audience says whose checklist it is.
type Audience string

// The two audiences.
const (
	Officers Audience = "officers" // owed by every person on the roster
	Leaders  Audience = "leaders"  // owed by members of a team and by each unit for its team
)

// ChecklistState is the state of one checklist version.
type ChecklistState string

// The states: draft → published → superseded (by the next published version).
const (
	ChecklistDraft      ChecklistState = "draft"
	ChecklistPublished  ChecklistState = "published"
	ChecklistSuperseded ChecklistState = "superseded"
)

// ItemCount is how many items each of the two checklists has.
const ItemCount = 50

// MaxSeverity is the highest default severity of an item; triage may go beyond.
const MaxSeverity = 3

// Checklist is one version of the officers' or the leaders' list.
type Checklist struct {
	ledger.Stamp
	UnitID   string         `bun:"unit_id"` // the unit that publishes it
	Audience Audience       `bun:"audience"`
	Edition  int64          `bun:"edition"` // 1, 2, … per audience
	State    ChecklistState `bun:"state"`
	TitleZH  string         `bun:"title_zh"`
	TitleEN  string         `bun:"title_en"`
}

// Title gives the title in the language ("en" or Chinese).
func (c *Checklist) Title(lang string) string { return pick(lang, c.TitleZH, c.TitleEN) }

// ChecklistItem is one question of a checklist version. It never changes once
// published.
type ChecklistItem struct {
	ledger.Stamp
	ChecklistID string `bun:"checklist_id"`
	No          int64  `bun:"no"`
	Category    string `bun:"category"`
	Severity    int64  `bun:"severity"` // default of a declared issue, 0 to 3
	TextZH      string `bun:"text_zh"`
	TextEN      string `bun:"text_en"`
	HelpZH      string `bun:"help_zh"`
	HelpEN      string `bun:"help_en"`
}

// Text gives the question in the language.
func (i *ChecklistItem) Text(lang string) string { return pick(lang, i.TextZH, i.TextEN) }

// Help gives the short help in the language.
func (i *ChecklistItem) Help(lang string) string { return pick(lang, i.HelpZH, i.HelpEN) }

func pick(lang, zh, en string) string {
	if lang == "en" {
		return en
	}
	return zh
}

// CheckItems judges a checklist before it is published: numbered 1 to n without
// gaps, every item with a category, a severity in range and both languages, and
// never fewer items than ItemCount (a unit may refine items, never drop them).
func CheckItems(items []ChecklistItem, knownCategory func(string) bool) error {
	if len(items) < ItemCount {
		return fault.Invalid("checklist_too_short", "items", "Count", len(items), "Least", ItemCount)
	}
	for i := range items {
		it := &items[i]
		if it.No != int64(i+1) || it.TextZH == "" || it.TextEN == "" || it.Severity < 0 || it.Severity > MaxSeverity ||
			!knownCategory(it.Category) {
			return fault.Invalid("checklist_item_invalid", itemField(i+1), "Item", i+1)
		}
	}
	return nil
}

// A Respondent is who owes a list, as of the roster date of a campaign.
type Respondent struct {
	PersonID string // "" for the unit's own list
	UnitID   string // unit of the posting
	Tier     int64  // of that unit
	Team     bool   // member of the unit's leadership team, or its head
}

// Owed is one list that a respondent owes.
type Owed struct {
	Audience     Audience
	PersonID     string
	UnitID       string
	ReviewUnitID string
}

// Owes gives the lists of one respondent (rules, section 4.1): everybody the
// officers' list, a member of a leadership team the leaders' list as well, a
// unit the leaders' list. The superior authority is outside the rosters.
// parent is the unit above.
func (r Respondent) Owes(parent string) []Owed {
	if r.Tier == 0 {
		return nil
	}
	review := r.ReviewUnit(parent)
	if r.PersonID == "" {
		return []Owed{{Leaders, "", r.UnitID, review}}
	}
	owed := []Owed{{Officers, r.PersonID, r.UnitID, review}}
	if r.Team {
		owed = append(owed, Owed{Leaders, r.PersonID, r.UnitID, review})
	}
	return owed
}

// ReviewUnit is the unit whose head reviews the respondent's lists (rules,
// section 4.3): staff's by their own unit; a head's, a team member's and a
// unit's by the unit above; the bureau's by the superior authority, which is
// the unit above it.
func (r Respondent) ReviewUnit(parent string) string {
	if r.PersonID == "" || r.Team {
		return parent
	}
	return r.UnitID
}

// A Leader is somebody whom an item names, with the unit that he leads.
type Leader struct {
	PersonID string `bun:"person_id"`
	Name     string `bun:"name"`
	UnitID   string `bun:"unit_id"`
	Parent   string `bun:"parent"` // unit above, where the item goes
	Tier     int64  `bun:"tier"`   // of the leader's unit
}
