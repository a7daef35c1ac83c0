package selfcheck

import (
	"strings"

	"plumbline/internal/fault"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
)

// DetailsMax is how many details one unit adds under one item at most.
const DetailsMax = 10

// ChecklistDetail refines an item for one unit and those below it: it is read
// with the item and answered with it. A unit adds details; it never drops or
// rewords an item.
type ChecklistDetail struct {
	ledger.Stamp
	ChecklistID string      `bun:"checklist_id"`
	UnitID      string      `bun:"unit_id"`
	ItemNo      int64       `bun:"item_no"`
	TextZH      string      `bun:"text_zh"`
	TextEN      string      `bun:"text_en"` // "" where the unit gave none
	AddedBy     string      `bun:"added_by"`
	AddedOn     roster.Date `bun:"added_on"`
}

// Text gives the detail in the language, in Chinese where there is no other.
func (d *ChecklistDetail) Text(lang string) string {
	if lang == "en" && d.TextEN != "" {
		return d.TextEN
	}
	return d.TextZH
}

// Refine adds a detail under an item of a published checklist.
func (c *Checklist) Refine(items []ChecklistItem, unit string, no int64, zh, en string, have []ChecklistDetail) (*ChecklistDetail, error) {
	if c.State != ChecklistPublished {
		return nil, fault.Conflict("checklist_superseded")
	}
	if findItem(items, no) == nil {
		return nil, fault.Invalid("answer_unknown_item", "item", "Item", no)
	}
	zh, en = strings.TrimSpace(zh), strings.TrimSpace(en)
	for _, t := range []struct{ field, text string }{{"text_zh", zh}, {"text_en", en}} {
		if len([]rune(t.text)) > 300 {
			return nil, fault.Invalid("too_long", t.field, "Max", 300)
		}
		if f := checkControl(t.text, t.field); f != nil {
			return nil, f
		}
	}
	if zh == "" {
		return nil, fault.Invalid("required", "text_zh")
	}
	own := 0
	for _, d := range have {
		if d.UnitID == unit && d.ItemNo == no {
			own++
			if d.TextZH == zh {
				return nil, fault.Conflict("detail_exists")
			}
		}
	}
	if own >= DetailsMax {
		return nil, fault.Invalid("details_full", "item", "Max", DetailsMax)
	}
	return &ChecklistDetail{ChecklistID: c.ID, UnitID: unit, ItemNo: no, TextZH: zh, TextEN: en}, nil
}

// CertificationUndo takes a certification back, with a reason.
type CertificationUndo struct {
	ledger.Stamp
	CertificationID string            `bun:"certification_id"`
	UnitID          string            `bun:"unit_id"`
	UndoneBy        string            `bun:"undone_by"` // person
	ReasonC         ledger.Commitment `bun:"reason_c"`
}

// Undo takes a certification back while the campaign runs, from the top down:
// not below a unit that has certified on the strength of it. above says whether
// one has.
func (c *Certification) Undo(campaign *Campaign, above bool, by, reason string) (*CertificationUndo, error) {
	if err := CheckReason(reason); err != nil {
		return nil, err
	}
	if !campaign.Running() {
		return nil, fault.Conflict("campaign_not_open", "State", string(campaign.State))
	}
	if above {
		return nil, fault.Conflict("certified_above")
	}
	return &CertificationUndo{CertificationID: c.ID, UnitID: c.UnitID, UndoneBy: by}, nil
}

// Restore takes an excuse back: the list is owed again, as far as it had come.
func (s Submission) Restore(c *Campaign, certified bool, reason string) (Submission, error) {
	if err := CheckReason(reason); err != nil {
		return s, err
	}
	n, err := s.Move("restore")
	if err != nil {
		return s, err
	}
	if c.State != CampaignOpen { // it could never be filed
		return s, fault.Conflict("campaign_not_open", "State", string(c.State))
	}
	if certified {
		return s, fault.Conflict("unit_certified")
	}
	if s.Round > 0 {
		n.State = Returned
	}
	return n, nil
}
