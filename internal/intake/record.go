package intake

import (
	"encoding/json"
	"strconv"
	"time"

	"plumbline/internal/fault"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
)

// BatchState is where an imported file is.
type BatchState string

// The states of a batch: importing → imported, or stopped (cancelled, or ended
// by an error, at a row that is known) → importing again; each of these may be
// withdrawn, step by step.
const (
	Importing   BatchState = "importing"
	Stopped     BatchState = "stopped"
	Imported    BatchState = "imported"
	Withdrawing BatchState = "withdrawing"
	Withdrawn   BatchState = "withdrawn"
)

// BatchStates lists every state of a batch.
var BatchStates = []BatchState{Importing, Stopped, Imported, Withdrawing, Withdrawn}

// AuditBatch is one file as it was imported. Its counts are those of the
// import, exact, and are not changed by later decisions.
type AuditBatch struct {
	ledger.Stamp
	Ref        string      `bun:"ref"`
	Source     string      `bun:"source"`
	FileName   string      `bun:"file_name"`
	FileHash   string      `bun:"file_hash"` // SHA-256, hex
	Sheet      string      `bun:"sheet"`
	HeaderRow  int         `bun:"header_row"`
	Headers    string      `bun:"headers"`     // JSON list
	Mapping    string      `bun:"mapping"`     // JSON list of fields, one for each header
	Classes    string      `bun:"classes"`     // JSON: the source's class words by HeaderKey → category
	Category   string      `bun:"category"`    // for rows that give no class
	ReceivedOn roster.Date `bun:"received_on"` // for rows that give no date of receipt
	UnitID     string      `bun:"unit_id"`     // where the importer holds his role
	BranchID   string      `bun:"branch_id" ledger:"-"`
	Account    string      `bun:"account"`
	State      BatchState  `bun:"state"`
	Rows       int         `bun:"rows_total"`
	Position   int         `bun:"position"` // rows of the file that are in
	Exact      int         `bun:"exact"`
	Probable   int         `bun:"probable"`
	Ambiguous  int         `bun:"ambiguous"`
	Unmatched  int         `bun:"unmatched"`
	Rejected   int         `bun:"rejected"`
	Duplicates int         `bun:"duplicates"`           // of the rows above but the rejected, linked to an earlier record
	ModelID    string      `bun:"model_id" ledger:"v2"` // linkage model of its matches, "" for the shipped one

	ReasonC ledger.Commitment `bun:"reason_c"` // of the withdrawal
}

// PlaceUnit names the unit that the batch belongs to.
func (b *AuditBatch) PlaceUnit() string { return b.UnitID }

// PlaceBranch takes the tier-2 unit of today's tree.
func (b *AuditBatch) PlaceBranch(branch string) { b.BranchID = branch }

// Move changes the state by the table above.
func (b *AuditBatch) Move(to BatchState) error {
	legal := map[BatchState][]BatchState{
		Importing:   {Imported, Stopped},
		Stopped:     {Importing, Withdrawing},
		Imported:    {Withdrawing},
		Withdrawing: {Withdrawn},
	}
	for _, s := range legal[b.State] {
		if s == to {
			b.State = to
			return nil
		}
	}
	return fault.Conflict("batch_state", "State", string(b.State))
}

// Count notes the outcome of one row.
func (b *AuditBatch) Count(l Level, duplicate bool) {
	switch l {
	case Exact:
		b.Exact++
	case Probable:
		b.Probable++
	case Ambiguous:
		b.Ambiguous++
	case Unmatched:
		b.Unmatched++
	case Rejected:
		b.Rejected++
	}
	if duplicate {
		b.Duplicates++
	}
}

// AuditRecord is one imported row, raw and immutable.
type AuditRecord struct {
	ledger.Stamp
	BatchID    string            `bun:"batch_id"`
	RowNo      int               `bun:"row_no"` // the line of the file
	Source     string            `bun:"source"`
	Sum        string            `bun:"row_sum"` // keyed; equal for rows that say the same; "" if rejected
	EventOn    roster.Date       `bun:"event_on"`
	ReceivedOn roster.Date       `bun:"received_on"`
	Category   string            `bun:"category"`
	Severity   int               `bun:"severity"`
	RejectCode string            `bun:"reject_code"` // fault code, "" if the row was read
	RejectCell int               `bun:"reject_cell"` // column from 1, 0 for the row as a whole
	RawC       ledger.Commitment `bun:"raw_c"`       // commitment to Raw as JSON
}

// Raw is what the contents keep of a record under "raw".
type Raw struct {
	Cells   []string       `json:"cells"`
	Reading *Reading       `json:"reading,omitempty"`
	Args    map[string]any `json:"args,omitempty"` // of the rejection's message
}

// JSON is the text that is stored.
func (r Raw) JSON() string {
	b, _ := json.Marshal(r)
	return string(b)
}

// ParseRaw reads what JSON wrote; the zero Raw if the text was erased.
func ParseRaw(text string) Raw {
	var r Raw
	if json.Unmarshal([]byte(text), &r) != nil {
		return Raw{}
	}
	return r
}

// MatchState is where a record's match is; see the package doc.
type MatchState string

// The states.
const (
	StateReceived  MatchState = "received"
	StateMatched   MatchState = "matched"
	StateProbable  MatchState = "probable"
	StateAmbiguous MatchState = "ambiguous"
	StateUnmatched MatchState = "unmatched"
	StateDuplicate MatchState = "duplicate"
	StateRejected  MatchState = "rejected"
	StateWithdrawn MatchState = "withdrawn"
)

// MatchStates lists every state that a match may be found in.
var MatchStates = []MatchState{StateProbable, StateAmbiguous, StateUnmatched, StateMatched, StateDuplicate, StateRejected, StateWithdrawn}

// Match is what is made of a record. Candidates holds ids and codes only.
type Match struct {
	ledger.Stamp
	RecordID   string      `bun:"record_id"`
	BatchID    string      `bun:"batch_id"`
	RowNo      int         `bun:"row_no"`
	Source     string      `bun:"source"`
	Level      Level       `bun:"level"` // as found at import
	State      MatchState  `bun:"state"`
	Candidates string      `bun:"candidates"` // JSON, best first
	Live       int         `bun:"live"`       // how many of them decide the level
	PersonID   string      `bun:"person_id"`  // confirmed; "" otherwise
	UnitID     string      `bun:"unit_id"`    // as of the event date: of the person, the best candidate, the unit named, or the batch
	BranchID   string      `bun:"branch_id" ledger:"-"`
	EventOn    roster.Date `bun:"event_on"`
	Category   string      `bun:"category"`
	IssueID    string      `bun:"issue_id"`
	Original   string      `bun:"original_id"` // match of the earlier record that says the same
	FirstBy    string      `bun:"first_by"`    // account of the first of two reviewers
	FirstFor   string      `bun:"first_for"`   // the person that he chose, "none" for nobody
	SettledAt  *time.Time  `bun:"settled_at"`
}

// PlaceUnit names the unit that the row belongs to.
func (m *Match) PlaceUnit() string { return m.UnitID }

// PlaceBranch takes the tier-2 unit of today's tree.
func (m *Match) PlaceBranch(branch string) { m.BranchID = branch }

// List gives the candidates.
func (m *Match) List() []Candidate {
	var list []Candidate
	json.Unmarshal([]byte(m.Candidates), &list)
	return list
}

// SetList keeps the candidates.
func (m *Match) SetList(list []Candidate) {
	if list == nil {
		list = []Candidate{}
	}
	b, _ := json.Marshal(list)
	m.Candidates = string(b)
}

// Candidate reports whether the person is one of them.
func (m *Match) Candidate(person string) bool {
	for _, c := range m.List() {
		if c.Person == person {
			return true
		}
	}
	return false
}

// MatchDecision is one step that a reviewer took; it is never changed.
type MatchDecision struct {
	ledger.Stamp
	MatchID  string            `bun:"match_id"`
	Step     Step              `bun:"step"`
	PersonID string            `bun:"person_id"` // whom it is about, "" for nobody
	Account  string            `bun:"account"`
	ReasonC  ledger.Commitment `bun:"reason_c"`
}

// Step is what a reviewer did.
type Step string

// The steps.
const (
	StepPropose  Step = "propose" // the first of two
	StepConfirm  Step = "confirm"
	StepNone     Step = "none" // it is nobody of these
	StepUndo     Step = "undo"
	StepWithdraw Step = "withdraw"
	StepPromote  Step = "promote"
)

// Mapping remembers what a source's header or class word means.
type Mapping struct {
	Source    string    `bun:"source,pk"`
	Kind      string    `bun:"kind,pk"` // column, class
	Word      string    `bun:"word,pk"` // HeaderKey
	Meaning   string    `bun:"meaning"` // Field, or category code
	Account   string    `bun:"account"`
	ChangedAt time.Time `bun:"changed_at"`
}

// Upload keeps a file until its import has ended.
type Upload struct {
	ID        string    `bun:"id,pk"`
	Account   string    `bun:"account"`
	FileName  string    `bun:"file_name"`
	FileHash  string    `bun:"file_hash"`
	Data      []byte    `bun:"data"`
	CreatedAt time.Time `bun:"created_at"`
}

// ColumnName is the spreadsheet's name of a column from 1: A, B, …, AA.
func ColumnName(n int) string {
	if n < 1 {
		return ""
	}
	if n <= 26 {
		return string(rune('A' + n - 1))
	}
	return ColumnName((n-1)/26) + string(rune('A'+(n-1)%26))
}

// Cell names a cell: "C7", or "7" for the row as a whole.
func Cell(column, row int) string { return ColumnName(column) + strconv.Itoa(row) }
