package roster

import (
	"slices"
	"testing"

	"plumbline/internal/fault"
)

func TestKeysReadSurnames(t *testing.T) {
	for name, want := range map[string]NameKeys{
		"单小红":      {Folded: "单小红", Pinyin: "shanxiaohong", Initials: "sxh", SortKey: "shan xiao hong 单小红"},
		"仇 和":      {Folded: "仇和", Pinyin: "qiuhe", Initials: "qh", SortKey: "qiu he 仇和"},
		"曾黎":       {Folded: "曾黎", Pinyin: "zengli", Initials: "zl", SortKey: "zeng li 曾黎"},
		"解缙":       {Folded: "解缙", Pinyin: "xiejin", Initials: "xj", SortKey: "xie jin 解缙"},
		"查良镛":      {Folded: "查良镛", Pinyin: "zhaliangyong", Initials: "zly", SortKey: "zha liang yong 查良镛"},
		"万俟卨华":     {Folded: "万俟卨华", Pinyin: "moqixiehua", Initials: "mqxh", SortKey: "mo qi xie hua 万俟卨华"},
		"长孙无忌":     {Folded: "长孙无忌", Pinyin: "zhangsunwuji", Initials: "zswj", SortKey: "zhang sun wu ji 长孙无忌"},
		"万芳":       {Folded: "万芳", Pinyin: "wanfang", Initials: "wf", SortKey: "wan fang 万芳"},
		"Ｌｉ　Lei":   {Folded: "lilei", Pinyin: "lilei", Initials: "l", SortKey: "lilei lilei"},
		"买买提．阿吉":   {Folded: "买买提·阿吉", Pinyin: "maimaitiaji", Initials: "mmtaj", SortKey: "mai mai ti a ji 买买提·阿吉"},
		"吕蒙\u200b": {Folded: "吕蒙", Pinyin: "lvmeng", Initials: "lm", SortKey: "lv meng 吕蒙"},
	} {
		if got := Keys(name); got != want {
			t.Errorf("Keys(%q) = %+v, want %+v", name, got, want)
		}
	}
}

func TestPartsOfAName(t *testing.T) {
	for name, want := range map[string]NameParts{
		"TEST, EXEMPLAR Q JR":    {"TEST", "EXEMPLAR", "Q", "Jr"},
		"van der Test, Exemplar": {Family: "van der Test", Given: "Exemplar"},
		"TEST III, EXEMPLAR":     {"TEST", "EXEMPLAR", "", "III"},
		"Test, Exemplar, Sr.":    {"Test", "Exemplar", "", "Sr"},
		"Exemplar Test, Jr":      {Suffix: "Jr"}, "Exemplar Test iv": {Suffix: "IV"}, "Exemplar Test": {}, "Junior": {}, "欧阳, 样本": {}, "": {},
	} {
		if got := PartsOf(name); got != want {
			t.Errorf("PartsOf(%q) = %+v, want %+v", name, got, want)
		}
	}
	for want, parts := range map[string]NameParts{
		"欧阳样本": {Family: "欧阳", Given: "样本"}, "Exemplar Q van Test Jr": {"van Test", "Exemplar", "Q", "Jr"}, "Mono": {Given: "Mono"},
	} {
		if got := parts.Whole(); got != want {
			t.Errorf("%+v is written %q, want %q", parts, got, want)
		}
	}
}

func TestDatesKnownInPart(t *testing.T) {
	for d, want := range map[Date][2]Date{"": {"", ""}, "2024": {"2024-01-01", "2024-12-31"}, "2024-02": {"2024-02-01", "2024-02-29"},
		"2024-02-03": {"2024-02-03", "2024-02-03"}} {
		if d.First() != want[0] || d.Last() != want[1] {
			t.Errorf("%q runs from %q to %q", d, d.First(), d.Last())
		}
	}
}

func TestFolds(t *testing.T) {
	for _, c := range [][3]string{
		{"number", FoldNumber(" ０１２-345a "), "012345A"},
		{"login", FoldLogin(" Ｗang\u200bＷU "), "wangwu"},
		{"pinyin", FoldQuery("Lǚ Bù'"), "lvbu"},
		{"pinyin of u:", FoldQuery("nu:wa"), "nvwa"},
	} {
		if c[1] != c[2] {
			t.Errorf("%s folds to %q, want %q", c[0], c[1], c[2])
		}
	}
	if tail := MaskedTail("11010119900307123ｘ"); tail != "****123X" {
		t.Errorf("masked tail %q", tail)
	}
}

// town is a bureau B over sub-bureaus S and T; station P moved from S to T on
// 2020-07-01.
func town() (*Tree, []UnitLink) {
	tree := NewTree([]Unit{unit("A", "", 0), unit("B", "A", 1), unit("S", "B", 2), unit("T", "B", 2), unit("P", "T", 3)})
	return tree, []UnitLink{{UnitID: "P", ParentID: "S", ToOn: "2020-06-30"}, {UnitID: "P", ParentID: "T", FromOn: "2020-07-01"}}
}

func unit(id, parent string, tier int) Unit {
	u := Unit{Code: id, ParentID: parent, Tier: tier, State: UnitActive}
	u.ID = id
	return u
}

func TestCommandAsOfADate(t *testing.T) {
	tree, parents := town()
	c := NewCommand(NewLineage(tree, parents), []CommandLink{
		{PersonID: "chief", Kind: LinkHead, OverUnitID: "B"},
		{PersonID: "s-head", Kind: LinkHead, OverUnitID: "S"},
		{PersonID: "t-head", Kind: LinkHead, OverUnitID: "T"},
		{PersonID: "deputy", Kind: LinkInCharge, OverUnitID: "P", FromOn: "2020-03-01", ToOn: "2020-08-31"},
		{PersonID: "point", Kind: LinkPointLeader, OverUnitID: "P"},
		{PersonID: "mentor", Kind: LinkInCharge, OverPersonID: "zhang"},
		{PersonID: "zhang", Kind: LinkHead, OverUnitID: "P"},
	})
	for on, want := range map[Date][]string{
		"2020-01-01": {"chief", "mentor", "s-head"},
		"2020-03-01": {"chief", "deputy", "mentor", "s-head"},
		"2020-07-01": {"chief", "deputy", "mentor", "t-head"},
		"2020-09-01": {"chief", "mentor", "t-head"},
	} {
		if got := c.Superiors("zhang", []string{"P"}, on); !slices.Equal(got, want) {
			t.Errorf("superiors on %s: %v, want %v", on, got, want)
		}
	}
	if got := len(c.Holders("zhang", []string{"P"}, "2020-03-01")); got != 5 {
		t.Errorf("%d holders of command links, want 5 with the point leader", got)
	}
	if got := c.Superiors("li", []string{"P"}, "2020-09-01"); !slices.Contains(got, "zhang") || slices.Contains(got, "point") {
		t.Errorf("superiors of a station officer: %v", got)
	}
	bars := c.DatedBars("li", []Posting{{PersonID: "li", UnitID: "P", FromOn: "2020-06-01", ToOn: "2020-07-31"}})
	for _, want := range []DatedBar{
		{"chief", "2020-06-01", "2020-06-30"}, {"chief", "2020-07-01", "2020-07-31"},
		{"s-head", "2020-06-01", "2020-06-30"}, {"t-head", "2020-07-01", "2020-07-31"},
		{"deputy", "2020-06-01", "2020-07-31"}, {"zhang", "2020-06-01", "2020-07-31"},
	} {
		if !slices.Contains(bars, want) {
			t.Errorf("no bar %+v in %+v", want, bars)
		}
	}
	if slices.ContainsFunc(bars, func(b DatedBar) bool { return b.Person == "point" }) {
		t.Error("a point leader is no superior")
	}
}

func TestSeparationOfDuties(t *testing.T) {
	live := func(r Role, from, to Date) Grant {
		return Grant{Role: r, UnitID: "B", State: GrantLive, FromOn: from, ToOn: to}
	}
	for name, c := range map[string]struct {
		wish Role
		held []Grant
		code string
	}{
		"first role":                 {RoleInspector, nil, ""},
		"two content roles":          {RoleInspector, []Grant{live(RoleUnitHead, "2020-01-01", "")}, ""},
		"two administrators":         {RoleAuditAdmin, []Grant{live(RoleSystemAdmin, "2020-01-01", "")}, "grant_two_administrators"},
		"administrator then content": {RoleInspector, []Grant{live(RoleSecurityAdmin, "2020-01-01", "")}, "grant_administrator_content"},
		"content then administrator": {RoleSecurityAdmin, []Grant{live(RoleRecordsOfficer, "2020-01-01", "")},
			"grant_administrator_content"},
		"after the other has ended": {RoleInspector, []Grant{live(RoleSecurityAdmin, "2019-01-01", "2020-05-31")}, ""},
		"a later one counts":        {RoleInspector, []Grant{live(RoleSecurityAdmin, "2021-01-01", "")}, "grant_administrator_content"},
		"the same again":            {RoleInspector, []Grant{live(RoleInspector, "2020-01-01", "")}, "grant_held_already"},
		"a proposed one counts": {RoleAuditAdmin,
			[]Grant{{Role: RoleSystemAdmin, State: GrantProposed, FromOn: "2020-01-01"}}, "grant_two_administrators"},
		"a revoked one does not": {RoleAuditAdmin, []Grant{{Role: RoleSystemAdmin, State: GrantRevoked, FromOn: "2020-01-01"}}, ""},
		"same administrator elsewhere": {RoleSystemAdmin,
			[]Grant{{Role: RoleSystemAdmin, UnitID: "S", State: GrantLive, FromOn: "2020-01-01"}}, ""},
	} {
		err := Separate(GrantWish{Role: c.wish, UnitID: "B", FromOn: "2020-06-01"}, c.held)
		if got := code(err); got != c.code {
			t.Errorf("%s: %q, want %q", name, got, c.code)
		}
	}
}

func code(err error) string {
	if err == nil {
		return ""
	}
	return fault.As(err).Code
}

func TestWhoMayGrant(t *testing.T) {
	tree, _ := town()
	sec := &Actor{Account: "sec", Person: "p1", Held: []Held{{RoleSecurityAdmin, "S"}}}
	other := &Account{PersonID: "p2"}
	other.ID = "acc2"
	mine := &Account{PersonID: "p1"} // a second account of the same person
	mine.ID = "acc3"
	for name, c := range map[string]struct {
		unit string
		to   *Account
		code string
	}{
		"within reach":   {"S", other, ""},
		"beside it":      {"T", other, "grant_out_of_reach"},
		"above it":       {"B", other, "grant_out_of_reach"},
		"to himself":     {"S", mine, "grant_to_self"},
		"moved station":  {"P", other, "grant_out_of_reach"},
		"unknown unit":   {"X", other, "grant_out_of_reach"},
		"himself beside": {"T", mine, "grant_to_self"},
	} {
		if got := code(MayGrant(sec, tree, c.unit, c.to)); got != c.code {
			t.Errorf("%s: %q, want %q", name, got, c.code)
		}
	}
	if FirstState(sec, RoleAuditAdmin) != GrantProposed || FirstState(sec, RoleInspector) != GrantLive {
		t.Error("an administrator's grant, and no other, waits for a second person")
	}
	g := Grant{Role: RoleAuditAdmin, UnitID: "S", State: GrantProposed, GrantedBy: "sec", FromOn: "2020-01-01"}
	if _, err := Approve(g, sec, tree, other); code(err) != "grant_second_person" {
		t.Errorf("the proposer approved his own proposal: %v", err)
	}
	second := &Actor{Account: "sec2", Person: "p9", Held: []Held{{RoleSecurityAdmin, "B"}}}
	if got, err := Approve(g, second, tree, other); err != nil || got.State != GrantLive || got.ApprovedBy != "sec2" {
		t.Errorf("approval: %+v %v", got, err)
	}
	done, err := Revoke(Grant{State: GrantLive, FromOn: "2020-01-01"}, "sec", "2020-05-05")
	if err != nil || done.ToOn != "2020-05-05" || done.InForce("2020-05-05") {
		t.Errorf("revoked: %+v %v", done, err)
	}
	if _, err := Revoke(done, "sec", "2020-05-06"); code(err) != "grant_revoked_already" {
		t.Errorf("revoked twice: %v", err)
	}
}

func TestDeputies(t *testing.T) {
	who := &Actor{Account: "head", Person: "p1"}
	own := Grant{AccountID: "head", Role: RoleUnitHead, UnitID: "P", State: GrantLive, FromOn: "2020-01-01"}
	to := &Account{PersonID: "p2"}
	to.ID = "acc2"
	wish := GrantWish{Role: RoleUnitHead, UnitID: "P", FromOn: "2020-06-01", ToOn: "2020-06-14"}
	if err := MayDepute(who, own, wish, to, true, "2020-05-30"); err != nil {
		t.Error(err)
	}
	open := wish
	open.ToOn = ""
	again := own
	again.DeputyOf = "g0"
	for name, err := range map[string]error{
		"required":          MayDepute(who, own, open, to, true, "2020-05-30"),
		"deputy_of_deputy":  MayDepute(who, again, wish, to, true, "2020-05-30"),
		"deputy_not_posted": MayDepute(who, own, wish, to, false, "2020-05-30"),
		"not_found":         MayDepute(&Actor{Account: "x"}, own, wish, to, true, "2020-05-30"),
	} {
		if code(err) != name {
			t.Errorf("%v, want %s", err, name)
		}
	}
}
