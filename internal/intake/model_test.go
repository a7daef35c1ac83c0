package intake

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plumbline/internal/roster"
)

func TestModelIsKeptWhole(t *testing.T) {
	text, err := json.Marshal(Shipped())
	if err != nil {
		t.Fatal(err)
	}
	var back Model
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(Shipped(), &back); d != "" {
		t.Error(d)
	}
	for what, bad := range map[string]string{
		"another field":  strings.Replace(string(text), `"former_unit"`, `"shoe_size"`, 1),
		"another grade":  strings.Replace(string(text), `"unit_near"`, `"unit_far"`, 1),
		"no probability": strings.Replace(string(text), `0.97`, `1.97`, 1),
		"nobody":         strings.Replace(string(text), `"on_roster":0.95`, `"on_roster":1`, 1),
	} {
		if err := json.Unmarshal([]byte(bad), &back); err == nil {
			t.Errorf("%s was taken", what)
		}
		if _, err := (&LinkageModel{No: 3, Text: bad}).Model(); code(err) != "linkage_model_other" {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestEvidenceAsText(t *testing.T) {
	want := Evidences{{PointName, true, 13.2}, {PointUnit, false, -4.6}, {PointSex, true, 0}}
	text, err := want.MarshalText()
	if err != nil || string(text) != "name:13.2 !unit:-4.6 sex:0" {
		t.Fatal(string(text), err)
	}
	var got Evidences
	if err := got.UnmarshalText(text); err != nil || cmp.Diff(want, got) != "" {
		t.Error(err, cmp.Diff(want, got))
	}
	for _, bad := range []string{"name", "name:much"} {
		if err := got.UnmarshalText([]byte(bad)); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
}

// force is a roster of n invented people: number i is born in a year, has a number and a
// name that some share.
func force(n int) *Index {
	families, givens := []string{"王", "李", "张", "欧阳", "牟"}, []string{"伟", "小芳", "建国", "志强", "雪"}
	places := []Place{{ID: "b", Name: "局", Tier: 1}, {ID: "x", Name: "甲所", Parent: "b", Tier: 2}, {ID: "y", Name: "乙所", Parent: "b", Tier: 2}}
	var people []Subject
	for i := range n {
		name := families[min(i%7, 4)] + givens[i%5] + string(rune('一'+i%97))
		people = append(people, Subject{ID: fmt.Sprintf("p%04d", i), Name: name, Sex: "mf"[i%2 : i%2+1],
			Birth:    fmt.Sprintf("%d-%02d-%02d", 1960+i%40, 1+i%12, 1+i%28),
			Numbers:  []Held{{Value: fmt.Sprint(100000 + i), From: "2000-01-01"}},
			Postings: []Served{{Unit: []string{"x", "y"}[i%2], From: "2000-01-01"}}})
	}
	return NewIndex(people, places)
}

// TestEstimateLearnsFromTheFile: where a file's numbers are often wrong, its numbers say
// less afterwards; the same rows give the same model; a few rows leave it as it is.
func TestEstimateLearnsFromTheFile(t *testing.T) {
	x := force(2000)
	var asked []Asked
	for i := range 1000 {
		s := &x.subjects[i*2]
		f := Facts{Name: s.Name, Sex: s.Sex, Birth: s.Birth, Unit: []string{"甲所", "乙所"}[i*2%2], PoliceNo: s.Numbers[0].Value}
		if i%2 == 0 {
			f.PoliceNo = fmt.Sprint(900000 + i)
		}
		f.setName("", "", "")
		asked = append(asked, Asked{Facts: &f, On: "2020-05-05"})
	}
	begin := Shipped()
	m, err := x.Estimate(t.Context(), asked, begin, "site-1")
	if err != nil {
		t.Fatal(err)
	}
	if right := m.M[byPolice][0]; right > .75 || right < .4 {
		t.Errorf("half of the numbers are wrong, and %.2f of them are taken for right", right)
	}
	if begin.M[byPolice][0] != Shipped().M[byPolice][0] {
		t.Error("the shipped model has changed")
	}
	again, _ := x.Estimate(t.Context(), asked, begin, "site-1")
	if d := cmp.Diff(m, again); d != "" {
		t.Errorf("another model of the same rows: %s", d)
	}
	if few, _ := x.Estimate(t.Context(), asked[:estimateLeast-1], begin, "site-1"); few != begin {
		t.Error("a few rows made a model")
	}
}

// TestARareNameSaysMore: agreement on a name weighs by how many share it.
func TestARareNameSaysMore(t *testing.T) {
	x := force(2000)
	bits := func(name string) float64 {
		f := Facts{Name: name}
		f.setName("", "", "")
		return x.Match(&f, "", "2020-05-05", pack(t), Shipped()).Candidates[0].Evidence[0].Bits
	}
	common, rare := bits(x.subjects[0].Name), bits("牟雪"+string(rune('一'+4)))
	if x.subjects[4].Name != "牟雪"+string(rune('一'+4)) {
		t.Fatal(x.subjects[4].Name)
	}
	if rare <= common-8 || math.IsNaN(rare) {
		t.Errorf("common %.1f, rare %.1f", common, rare)
	}
}

// TestGrades: one field at a time, how a record compares with a person.
func TestGrades(t *testing.T) {
	x := NewIndex([]Subject{
		{ID: "han", Name: "欧阳小伟", Pinyin: "ouyangxiaowei", Birth: "1985-06-07", Former: []string{"欧阳大伟"}},
		{ID: "trad", Name: "張國榮", Pinyin: "zhangguorong", Birth: "1970"},
		{ID: "latin", Name: "William A. de la Cruz Jr.", Birth: "1979", Also: []string{"Memo"}, Appointed: "2004-03-15"},
		{ID: "ann", Name: "Ann Marie Smith", Parts: roster.NameParts{Suffix: "Jr"}},
		{ID: "uyghur", Name: "阿卜杜拉·买买提", Pinyin: "abudulamaimaiti"},
	}, nil)
	for _, c := range []struct {
		person string
		facts  Facts
		parts  roster.NameParts
		want   string
	}{
		{"han", Facts{Name: "欧阳小伟"}, roster.NameParts{}, "name"},
		{"han", Facts{Name: "欧阳大伟"}, roster.NameParts{}, "former_name"},
		{"han", Facts{Name: "欧阳晓薇"}, roster.NameParts{}, "name_pinyin"},
		{"han", Facts{Name: "Ouyang Xiaowei"}, roster.NameParts{}, "name_pinyin"},
		{"han", Facts{Name: "欧阳伟小"}, roster.NameParts{}, "name_swapped"},
		{"han", Facts{Name: "欧阳小刚"}, roster.NameParts{}, "name_near"},
		{"han", Facts{Name: "欧阳伟"}, roster.NameParts{}, "name_near"},
		{"han", Facts{Name: "欧阳芳"}, roster.NameParts{}, "!family_name"},
		{"han", Facts{Name: "欧阳小伟", Birth: "1985-06-01"}, roster.NameParts{}, "name birth_near"},
		{"han", Facts{Name: "欧阳小伟", Birth: "1985-07-06"}, roster.NameParts{}, "name birth_near"},
		{"han", Facts{Name: "欧阳小伟", Birth: "1985-06"}, roster.NameParts{}, "name birth_month"},
		{"han", Facts{Name: "欧阳小伟", Birth: "1986"}, roster.NameParts{}, "name birth_near"},
		{"han", Facts{Name: "欧阳小伟", Birth: "1992"}, roster.NameParts{}, "name !birth_date"},
		{"trad", Facts{Name: "张国荣"}, roster.NameParts{}, "name"},
		{"trad", Facts{Name: "張國榮", Birth: "1970-02-02"}, roster.NameParts{}, "name birth_year"},
		{"latin", Facts{Name: "William de la Cruz"}, roster.NameParts{}, "name"},
		{"latin", Facts{Name: "De La Cruz, William A"}, roster.NameParts{}, "name middle_name"},
		{"latin", Facts{}, roster.NameParts{Family: "DELACRUZ", Given: "BILL"}, "nickname"},
		{"latin", Facts{}, roster.NameParts{Family: "de la Cruz", Given: "Memo"}, "other_name"},
		{"latin", Facts{}, roster.NameParts{Family: "de la Cruz", Given: "W"}, "name_initial"},
		{"latin", Facts{}, roster.NameParts{Family: "de la Cruz", Given: "Wiliam"}, "name_near"},
		{"latin", Facts{}, roster.NameParts{Family: "de la Curz", Given: "William"}, "name_near"},
		{"latin", Facts{}, roster.NameParts{Family: "William", Given: "de la Cruz"}, "name_swapped"},
		{"latin", Facts{}, roster.NameParts{Family: "de la Cruz", Given: "William", Middle: "B"}, "name !middle_name"},
		{"ann", Facts{Name: "Smith Ann Marie"}, roster.NameParts{}, "name middle_name"},
		{"ann", Facts{Name: "Smith Ann B."}, roster.NameParts{}, "name !middle_name"},
		{"ann", Facts{Name: "Ann Smith Sr"}, roster.NameParts{}, "name !name_suffix"},
		{"latin", Facts{Appointed: "2004"}, roster.NameParts{Family: "de la Cruz", Given: "William"}, "name appointed"},
		{"latin", Facts{Appointed: "2004-03-25"}, roster.NameParts{Family: "de la Cruz", Given: "William"}, "name appointed_near"},
		{"uyghur", Facts{Name: "阿卜杜拉•买买提"}, roster.NameParts{}, "name"},
		{"uyghur", Facts{Name: "阿卜杜拉买买提"}, roster.NameParts{}, "name"},
	} {
		f := c.facts
		if c.parts.Family != "" {
			f.setName(c.parts.Family, c.parts.Given, c.parts.Middle)
		} else {
			f.setName("", "", "")
		}
		r := x.ready(&f, "", "2020-05-05")
		compared := x.compare(r, x.byID[c.person])
		var got []string
		for _, e := range Shipped().evidence(&compared) {
			got = append(got, (&grade{point: e.Point, agrees: e.Agrees}).code())
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%s for %s %+v: %s, want %s", c.person, f.Name, c.facts.Birth, s, c.want)
		}
		if c.want[0] != '!' && !containsSubject(x, x.candidates(r), c.person) {
			t.Errorf("%s is in no block of %s", c.person, f.Name)
		}
	}
}

// TestAVetoIsNotOutweighed: no weight and no identifier set attaches a record to somebody
// whose sex, date of birth, middle name or suffix is another, or who was not in service.
func TestAVetoIsNotOutweighed(t *testing.T) {
	x := NewIndex([]Subject{{ID: "a", Name: "John Q Exemplar", Parts: roster.NameParts{Family: "Exemplar", Given: "John", Middle: "Q", Suffix: "Jr"},
		Sex: "m", Birth: "1970-02-03", Appointed: "1995-05-05", Numbers: []Held{{Value: "4711"}},
		Postings: []Served{{Unit: "u", From: "1995-05-05", To: "2019-12-31"}}}}, []Place{{ID: "u", Name: "First District", Tier: 2}})
	all := func(change func(f *Facts)) *Facts {
		f := &Facts{Name: "John Q Exemplar Jr", PoliceNo: "4711", Sex: "m", Birth: "1970-02-03", Appointed: "1995-05-05", Unit: "First District"}
		change(f)
		f.setName("", "", "")
		return f
	}
	for what, c := range map[string]struct {
		on     roster.Date
		change func(f *Facts)
		level  Level
	}{
		"nothing":        {"2010-01-01", func(*Facts) {}, Exact},
		"sex":            {"2010-01-01", func(f *Facts) { f.Sex = "f" }, Probable},
		"date of birth":  {"2010-01-01", func(f *Facts) { f.Birth = "1981-12-24" }, Probable},
		"middle initial": {"2010-01-01", func(f *Facts) { f.Name = "John X Exemplar Jr" }, Probable},
		"suffix":         {"2010-01-01", func(f *Facts) { f.Name = "John Q Exemplar Sr" }, Probable},
		"service":        {"2022-01-01", func(f *Facts) { f.PoliceNo = "" }, Probable},
	} {
		if got := x.Match(all(c.change), "", c.on, pack(t), Shipped()); got.Level != c.level || got.Candidates[0].Person != "a" {
			t.Errorf("%s: %s %+v", what, got.Level, got.Candidates)
		}
	}
}

// TestTheLikeliestCounts: whoever weighs most is among those who decide the level, though
// a grade that stands earlier speaks for another.
func TestTheLikeliestCounts(t *testing.T) {
	people := []Subject{{ID: "rico", Name: "Rico Exemplar", Birth: "1975"}}
	for i := range 3000 {
		name := Subject{ID: fmt.Sprint("other", i), Name: fmt.Sprintf("Given%c Family%d", 'a'+i%20, i%300), Birth: fmt.Sprint(1950 + i%50)}
		if i < 60 {
			name = Subject{ID: fmt.Sprint("richard", i), Name: "Richard Exemplar", Birth: "1975"}
		}
		people = append(people, name)
	}
	x := NewIndex(people, nil)
	f := &Facts{Name: "Rick Exemplar", Birth: "1975"}
	f.setName("", "", "")
	got := x.Match(f, "", "2020-05-05", pack(t), Shipped())
	if got.Live == 0 || len(got.Candidates) == 0 || got.Candidates[0].Person != "rico" {
		t.Errorf("%s, %d count: %+v", got.Level, got.Live, got.Candidates[:min(len(got.Candidates), 2)])
	}
}

func containsSubject(x *Index, list []int32, id string) bool {
	for _, i := range list {
		if x.subjects[i].ID == id {
			return true
		}
	}
	return false
}
