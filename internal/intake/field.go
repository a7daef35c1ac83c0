package intake

import (
	"strings"

	"plumbline/internal/sheet"
)

// Field is what a column says.
type Field string

// The fields. Names come in one column or in several.
const (
	Ignore      Field = "ignore"
	Name        Field = "name"
	FamilyName  Field = "family_name"
	GivenName   Field = "given_name"
	MiddleName  Field = "middle_name"
	PoliceNo    Field = "police_no"
	BadgeNo     Field = "badge_no" // the number worn at that time
	NationalID  Field = "national_id"
	Birth       Field = "birth" // date, month or year
	Sex         Field = "sex"
	Rank        Field = "rank"
	Unit        Field = "unit"
	FormerUnit  Field = "former_unit"
	EventOn     Field = "event_on"
	ReceivedOn  Field = "received_on"
	Class       Field = "class" // the source's own word for the kind of problem
	Severity    Field = "severity"
	Narrative   Field = "narrative"
	Complainant Field = "complainant"
	Number      Field = "number" // the source's own file number
)

// Fields lists every field in the order in which pages offer them.
var Fields = []Field{
	Name, FamilyName, GivenName, MiddleName, PoliceNo, BadgeNo, NationalID, Birth, Sex, Rank, Unit, FormerUnit,
	EventOn, ReceivedOn, Class, Severity, Narrative, Complainant, Number, Ignore,
}

// aliases are the headers that lists use, in the form of headerKey.
var aliases = map[Field][]string{
	Name:        {"姓名", "民警姓名", "被反映人", "被反映人姓名", "涉及人员", "涉及民警", "当事人", "当事民警", "责任人", "对象", "人员姓名", "被投诉人", "被投诉民警", "name", "fullname", "officer", "officername", "person", "subject"},
	FamilyName:  {"姓", "姓氏", "familyname", "surname", "lastname"},
	GivenName:   {"名", "名字", "givenname", "firstname", "forename"},
	MiddleName:  {"中间名", "middlename"},
	PoliceNo:    {"警号", "民警警号", "人员编号", "policeno", "policenumber", "officerno", "officernumber"},
	BadgeNo:     {"胸牌号", "工号", "证件号", "警官证号", "当时警号", "时任警号", "辅警编号", "badge", "badgeno", "badgenumber", "badgeatthattime"},
	NationalID:  {"身份证", "身份证号", "身份证号码", "公民身份号码", "nationalid", "idnumber", "idno", "identitycard"},
	Birth:       {"出生日期", "出生年月", "出生年月日", "出生年份", "生日", "dateofbirth", "birthdate", "birth", "born", "yearofbirth", "birthyear", "dob"},
	Sex:         {"性别", "sex", "gender"},
	Rank:        {"警衔", "职级", "职务", "rank", "grade"},
	Unit:        {"单位", "所在单位", "所属单位", "工作单位", "涉及单位", "责任单位", "部门", "被投诉单位", "unit", "department", "station", "office"},
	FormerUnit:  {"原单位", "曾任单位", "原工作单位", "formerunit", "previousunit"},
	EventOn:     {"发生日期", "发生时间", "问题发生时间", "案发时间", "事发日期", "事发时间", "日期", "时间", "eventdate", "date", "occurred", "dateofevent", "incidentdate", "eventon"},
	ReceivedOn:  {"受理日期", "受理时间", "收到日期", "收件日期", "登记日期", "登记时间", "来访日期", "receiveddate", "received", "datereceived", "receivedon"},
	Class:       {"类别", "问题类别", "问题类型", "问题分类", "类型", "性质", "违纪类别", "category", "class", "type", "kind", "problemtype", "issuetype"},
	Severity:    {"程度", "严重程度", "等级", "问题等级", "severity", "level"},
	Narrative:   {"摘要", "问题", "问题描述", "问题摘要", "主要问题", "反映问题", "反映内容", "内容", "事实", "基本情况", "情况", "情况说明", "备注", "summary", "description", "narrative", "details", "facts", "content"},
	Complainant: {"投诉人", "反映人", "举报人", "信访人", "来访人", "complainant", "reportedby"},
	Number:      {"编号", "文号", "受理编号", "信访编号", "案件编号", "线索编号", "caseno", "number", "reference", "fileno", "ref"},
}

var fieldOf = func() map[string]Field {
	m := make(map[string]Field)
	for f, list := range aliases {
		for _, a := range list {
			m[a] = f
		}
	}
	return m
}()

// HeaderKey folds a header for comparing: no blanks, marks or case.
func HeaderKey(s string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(" _-.:：*（）()/、", r) {
			return -1
		}
		return r
	}, strings.ToLower(sheet.Fold(s)))
}

// Known reports whether lists commonly use this header.
func Known(header string) bool { return fieldOf[HeaderKey(header)] != "" }

// Columns says what each column of a table is; Ignore or "" for none.
type Columns []Field

// Guess maps headers: what was remembered for the source (by HeaderKey) goes
// before the common words. A field that is taken is not given twice.
func Guess(headers []string, remembered map[string]Field) Columns {
	cols := make(Columns, len(headers))
	taken := make(map[Field]bool)
	for pass := range 2 {
		for i, h := range headers {
			key := HeaderKey(h)
			f := remembered[key]
			if pass == 1 {
				f = fieldOf[key]
			}
			if cols[i] == "" && f != "" && (f == Ignore || !taken[f]) {
				cols[i], taken[f] = f, true
			}
		}
	}
	for i := range cols {
		if cols[i] == "" {
			cols[i] = Ignore
		}
	}
	return cols
}

// Has reports whether a column gives the field.
func (c Columns) Has(f Field) bool {
	for _, have := range c {
		if have == f {
			return true
		}
	}
	return false
}
