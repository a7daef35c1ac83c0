package seeds

import (
	"strings"
	"testing"
	"unicode"
)

func hasHan(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Han, r) })
}

func checkLabel(t *testing.T, where string, l Label) {
	t.Helper()
	if !hasHan(l.ZH) {
		t.Errorf("%s: Chinese text %q has no Chinese in it", where, l.ZH)
	}
	if l.EN == "" || hasHan(l.EN) {
		t.Errorf("%s: English text %q is empty or Chinese", where, l.EN)
	}
}

func categoryAudience() map[string]string {
	m := map[string]string{}
	for _, c := range Categories() {
		m[c.Code] = c.Audience
	}
	return m
}

func TestCategories(t *testing.T) {
	if n := len(categoryAudience()); n != 18 || len(Categories()) != 18 {
		t.Fatalf("%d distinct categories of %d, want 18", n, len(Categories()))
	}
	for _, c := range Categories() {
		checkLabel(t, c.Code, c.Label)
	}
}

func TestSourcesMapToCategories(t *testing.T) {
	cats := categoryAudience()
	if len(Sources()) != 8 {
		t.Fatalf("%d sources, want 8", len(Sources()))
	}
	for _, s := range Sources() {
		checkLabel(t, s.Code, s.Label)
		if len(s.Classes) < 6 {
			t.Errorf("%s: %d classes, want at least 6", s.Code, len(s.Classes))
		}
		seen := map[string]bool{}
		for _, c := range s.Classes {
			checkLabel(t, s.Code, Label{ZH: c.Class, EN: c.EN})
			if cats[c.Category] == "" {
				t.Errorf("%s: class %s maps to unknown category %q", s.Code, c.Class, c.Category)
			}
			if seen[c.Class] {
				t.Errorf("%s: class %s twice", s.Code, c.Class)
			}
			seen[c.Class] = true
		}
	}
}

func TestChecklists(t *testing.T) {
	cats := categoryAudience()
	for _, list := range []Checklist{Officers(), Leaders()} {
		checkLabel(t, list.Code, list.Title)
		if len(list.Items) != 50 {
			t.Fatalf("%s: %d items, want 50", list.Code, len(list.Items))
		}
		used, texts := map[string]bool{}, map[string]bool{}
		for i, it := range list.Items {
			if it.No != i+1 {
				t.Errorf("%s: item %d stands at place %d", list.Code, it.No, i+1)
			}
			if it.Severity < 0 || it.Severity > 3 {
				t.Errorf("%s: item %d has severity %d", list.Code, it.No, it.Severity)
			}
			aud, known := cats[it.Category]
			if !known || (aud == "leaders" && list.Audience != "leaders") {
				t.Errorf("%s: item %d has category %q", list.Code, it.No, it.Category)
			}
			if texts[it.Text.ZH] || texts[it.Text.EN] {
				t.Errorf("%s: item %d repeats another's text", list.Code, it.No)
			}
			texts[it.Text.ZH], texts[it.Text.EN] = true, true
			used[it.Category] = true
			checkLabel(t, list.Code, it.Text)
			checkLabel(t, list.Code, it.Help)
		}
		for _, c := range Categories() {
			if (c.Audience == "both" || list.Audience == "leaders") && !used[c.Code] {
				t.Errorf("%s: no item in category %s", list.Code, c.Code)
			}
		}
	}
}

func TestBureauIsATreeOf215Units(t *testing.T) {
	tier, perTier, names := map[string]int{}, map[int]int{}, map[string]bool{}
	for _, u := range Bureau().Units {
		checkLabel(t, u.Code, u.Label)
		parent, known := tier[u.Parent]
		if u.Tier > 0 && (!known || parent != u.Tier-1) {
			t.Errorf("unit %s of tier %d hangs under %q", u.Code, u.Tier, u.Parent)
		}
		if _, twice := tier[u.Code]; twice || names[u.ZH] || names[u.EN] {
			t.Errorf("unit %s: code or name used twice", u.Code)
		}
		tier[u.Code], names[u.ZH], names[u.EN] = u.Tier, true, true
		perTier[u.Tier]++
	}
	if perTier[0] != 1 || perTier[1] != 1 || perTier[2] != 14 || perTier[3] != 200 {
		t.Errorf("units per tier %v, want 1, 1, 14, 200", perTier)
	}
	if len(Bureau().Surnames) < 80 || len(Bureau().GivenNames) < 100 {
		t.Errorf("too few names: %d, %d", len(Bureau().Surnames), len(Bureau().GivenNames))
	}
}
