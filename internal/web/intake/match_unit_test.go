package intake

import (
	"testing"

	appintake "plumbline/internal/app/intake"
)

func TestARecordThatNamesNoUnitIsToldApart(t *testing.T) {
	cell := func(field, text string) (m appintake.MatchView) {
		m.Cells = append(m.Cells, appintake.CellView{Header: "x", Field: field, Text: text})
		return m
	}
	for _, c := range []struct {
		field, text string
		want        bool
	}{{"unit", "东二所", true}, {"former_unit", "东二所", true}, {"unit", " ", false}, {"name", "东二所", false}} {
		m := cell(c.field, c.text)
		if got := namesUnit(&m); got != c.want {
			t.Errorf("%s %q: names a unit: %v", c.field, c.text, got)
		}
	}
}
