package intake

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"

	"plumbline/internal/fault"
	"plumbline/internal/ledger"
)

// Model weighs evidence after Fellegi and Sunter (A Theory for Record Linkage, JASA 64,
// 1969): each field that both sides know adds log2(m/u), where m is how often its
// comparison comes out that way for a record and its own person, and u for somebody
// else. Where people share values, u is the share of those who have this one, so that a
// rare surname says more than a common one (Frequencies). A Model is plain data and is
// never changed; the ledger keeps it for each batch.
type Model struct {
	Version  string // "shipped-1", or of a site: its number
	Records  int    // from which it was estimated, 0 for the shipped
	OnRoster float64
	M, U     [fields][]float64 // by grade, from 0; U is 0 where frequencies give it
}

// LinkageModel keeps a model that a site estimated, so that each match made by it can be
// recomputed. It holds probabilities alone and is never changed.
type LinkageModel struct {
	ledger.Stamp
	No      int    `bun:"no"`       // counts the site's models, from 1
	BatchID string `bun:"batch_id"` // from whose records it was estimated
	Records int    `bun:"records"`
	Text    string `bun:"parameters"` // the Model as JSON
}

// NewLinkageModel keeps a model under the next number.
func NewLinkageModel(no int, batch string, m *Model) (*LinkageModel, error) {
	text, err := json.Marshal(m)
	return &LinkageModel{No: no, BatchID: batch, Records: m.Records, Text: string(text)}, err
}

// Model reads the model, which must be one that this program can weigh by.
func (l *LinkageModel) Model() (*Model, error) {
	var m Model
	if err := json.Unmarshal([]byte(l.Text), &m); err != nil {
		return nil, fault.Conflict("linkage_model_other", "No", l.No).WithCause(err)
	}
	return &m, nil
}

// shippedVersion names the values in grades.
const shippedVersion = "shipped-1"

// SiteVersion names the model that a site estimated under a number.
func SiteVersion(no int) string { return "site-" + strconv.Itoa(no) }

// Shipped is the model of a site that has estimated none.
func Shipped() *Model {
	m := &Model{Version: shippedVersion, OnRoster: .95}
	for f, list := range grades {
		for _, g := range list {
			m.M[f] = append(m.M[f], g.m)
			m.U[f] = append(m.U[f], g.u)
		}
	}
	return m
}

// stored is the text of a model: probabilities by the code of their grade.
type stored struct {
	Version  string                           `json:"version"`
	Records  int                              `json:"records"`
	OnRoster float64                          `json:"on_roster"`
	Fields   map[string]map[string][2]float64 `json:"fields"` // field → grade → m, u
}

// fieldNames are the names of the fields in a stored model.
var fieldNames = [fields]string{"name", "middle_name", "name_suffix", "personnel_no", "police_no", "badge_no", "national_id", "birth",
	"sex", "unit", "former_unit", "rank", "appointed", "departed", "service"}

// MarshalJSON implements json.Marshaler. Equal models have equal texts.
func (m *Model) MarshalJSON() ([]byte, error) {
	s := stored{m.Version, m.Records, m.OnRoster, make(map[string]map[string][2]float64, fields)}
	for f, list := range grades {
		s.Fields[fieldNames[f]] = make(map[string][2]float64, len(list))
		for i := range list {
			s.Fields[fieldNames[f]][list[i].code()] = [2]float64{m.M[f][i], m.U[f][i]}
		}
	}
	return json.Marshal(s)
}

// UnmarshalJSON implements json.Unmarshaler. A model of other fields or grades than this
// program compares is refused: it would weigh something else.
func (m *Model) UnmarshalJSON(b []byte) error {
	var s stored
	if err := json.Unmarshal(b, &s); err != nil {
		return err
	}
	out := Model{Version: s.Version, Records: s.Records, OnRoster: s.OnRoster}
	if out.OnRoster <= 0 || out.OnRoster >= 1 {
		return fmt.Errorf("on_roster is %v, not between 0 and 1", s.OnRoster)
	}
	for f, list := range grades {
		have := s.Fields[fieldNames[f]]
		if len(have) != len(list) {
			return fmt.Errorf("field %s has %d grades, this program compares %d", fieldNames[f], len(have), len(list))
		}
		for i := range list {
			p, ok := have[list[i].code()]
			if !ok || p[0] <= 0 || p[0] > 1 || p[1] < 0 || p[1] > 1 {
				return fmt.Errorf("field %s, grade %s: no probabilities", fieldNames[f], list[i].code())
			}
			out.M[f], out.U[f] = append(out.M[f], p[0]), append(out.U[f], p[1])
		}
	}
	*m = out
	return nil
}

// comparison is how a record compares with one person.
type comparison struct {
	grade [fields]uint8   // from 1, 0 says nothing
	share [fields]float64 // of others who would compare as well, where frequencies say
}

// set notes the outcome of a field.
func (c *comparison) set(f field, point Point, agrees bool, share float64) {
	for i := range grades[f] {
		if grades[f][i].point == point && grades[f][i].agrees == agrees {
			c.grade[f], c.share[f] = uint8(i+1), share
			return
		}
	}
}

// bits is the weight of a field, 0 if it says nothing.
func (m *Model) bits(c *comparison, f field) float64 {
	g := c.grade[f]
	if g == 0 {
		return 0
	}
	u := m.U[f][g-1]
	if c.share[f] > 0 {
		u = c.share[f]
	}
	return math.Log2(m.M[f][g-1] / u)
}

// total is the weight of a comparison.
func (m *Model) total(c *comparison) (bits float64) {
	for f := range fields {
		bits += m.bits(c, f)
	}
	return bits
}

// evidence is the comparison in words and weights.
func (m *Model) evidence(c *comparison) Evidences {
	var out Evidences
	for f := range fields {
		if g := c.grade[f]; g != 0 {
			is := &grades[f][g-1]
			out = append(out, Evidence{is.point, is.agrees, tenth(m.bits(c, f))})
		}
	}
	return out
}

// smallest is how many people a roster counts for at least: in a smaller one the shares
// of names are guesses.
const smallest = 1000

// posteriors turns weights into the probability of each person that the record is about
// him: before any evidence each of n people on the roster is as likely, and that he is on
// none has its own probability. They sum to less than 1 by just that.
func (m *Model) posteriors(all []weighed, n int) {
	none := 1 - m.OnRoster
	sum := none
	for i := range all {
		all[i].posterior = m.OnRoster / float64(max(n, smallest)) * math.Exp2(all[i].bits)
		sum += all[i].posterior
	}
	for i := range all {
		all[i].posterior /= sum
	}
}
