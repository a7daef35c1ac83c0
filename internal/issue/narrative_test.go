package issue

import "testing"

func TestNarrativeIsTheNewestRevision(t *testing.T) {
	for want, texts := range map[string]map[string]string{
		"":       {},
		"first":  {NarrativeField(1): "first"},
		"second": {NarrativeField(1): "first", NarrativeField(2): "second"},
		"tenth":  {NarrativeField(10): "tenth", NarrativeField(9): "ninth", "narrative.x": "no", "reply": "no"},
	} {
		if got := Narrative(texts); got != want {
			t.Errorf("%v: %q, want %q", texts, got, want)
		}
	}
}
