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

// aliases are the headers that lists use, in the form of HeaderKey.
//
// The day on which an office found, heard of or was sent a matter (发现时间,
// 举报时间, 督察时间, 移送时间) is its date of receipt, not that of the event: what
// was found has happened on that day at the latest. Where a list gives no other
// date, the event is dated by it (Reader.finish), the day when it is surely past.
var aliases = map[Field][]string{
	Name: {"姓名", "民警姓名", "被反映人", "被反映人姓名", "涉及人员", "涉及民警", "当事人", "当事民警", "责任人", "对象", "人员姓名", "被投诉人", "被投诉民警", "name", "fullname",
		"officer", "officername", "person", "subject",
		"涉事民警", "涉事人员", "涉事人", "涉案人员", "涉案民警", "涉及人", "被举报人", "被举报人姓名", "被投诉人姓名", "被投诉民警姓名", "被反映民警", "被信访人", "被检查人", "被督察人", "被审计人", "被核查人", "违纪人", "违纪人员", "违纪民警", "违规人员", "违规民警", "违法人员", "违纪违法人员", "执法民警", "办案民警", "主办民警", "责任民警", "直接责任人", "被处理人", "被通报人", "民警", "警员姓名", "干警姓名", "辅警姓名", "personname", "policeofficer"},
	FamilyName: {"姓", "姓氏", "familyname", "surname", "lastname"},
	GivenName:  {"名", "名字", "givenname", "firstname", "forename"},
	MiddleName: {"中间名", "middlename"},
	PoliceNo: {"警号", "民警警号", "人员编号", "policeno", "policenumber", "officerno", "officernumber",
		"民警编号", "警员编号", "警员号", "被投诉人警号", "涉事民警警号", "涉及民警警号", "当事民警警号", "officerid"},
	BadgeNo:    {"胸牌号", "工号", "证件号", "警官证号", "当时警号", "时任警号", "辅警编号", "badge", "badgeno", "badgenumber", "badgeatthattime"},
	NationalID: {"身份证", "身份证号", "身份证号码", "公民身份号码", "nationalid", "idnumber", "idno", "identitycard"},
	Birth:      {"出生日期", "出生年月", "出生年月日", "出生年份", "生日", "dateofbirth", "birthdate", "birth", "born", "yearofbirth", "birthyear", "dob"},
	Sex:        {"性别", "sex", "gender"},
	Rank:       {"警衔", "职级", "职务", "rank", "grade"},
	Unit: {"单位", "所在单位", "所属单位", "工作单位", "涉及单位", "责任单位", "部门", "被投诉单位", "unit", "department", "station", "office",
		"涉事单位", "责任部门", "涉及部门", "被举报单位", "被反映单位", "被督察单位", "被检查单位", "被审计单位", "被巡察单位", "涉案单位", "办案单位", "执法单位", "单位名称", "所在部门", "所属部门", "工作部门", "民警单位", "unitname"},
	FormerUnit: {"原单位", "曾任单位", "原工作单位", "formerunit", "previousunit"},
	EventOn: {"发生日期", "发生时间", "问题发生时间", "案发时间", "事发日期", "事发时间", "日期", "时间", "eventdate", "date", "occurred", "dateofevent",
		"incidentdate", "eventon",
		"发生日", "事件日期", "事件时间", "事件发生时间", "问题发生日期", "案发日期", "发案时间", "发案日期", "违纪时间", "违纪日期", "违规时间", "违规日期", "违法时间", "违法日期", "违纪违法时间", "行为时间", "行为发生时间", "执法时间", "执法日期", "出警时间", "处警时间", "业务发生时间", "dateofoccurrence", "incident"},
	ReceivedOn: {"受理日期", "受理时间", "收到日期", "收件日期", "登记日期", "登记时间", "来访日期", "receiveddate", "received", "datereceived", "receivedon",
		"发现时间", "发现日期", "问题发现时间", "问题发现日期", "举报时间", "举报日期", "投诉时间", "投诉日期", "信访时间", "信访日期", "来信时间", "来信日期", "来电时间", "来电日期", "来访时间", "反映时间", "反映日期", "接收时间", "接收日期", "收到时间", "收件时间", "收文时间", "收文日期", "转办时间", "转办日期", "交办时间", "交办日期", "移送时间", "移送日期", "移交时间", "移交日期", "督察时间", "督察日期", "检查时间", "检查日期", "审计时间", "审计日期", "巡察时间", "巡察日期", "反馈时间", "反馈日期", "通报时间", "通报日期", "discoverydate", "datediscovered", "datefound", "reportdate", "reportedon", "complaintdate"},
	Class: {"类别", "问题类别", "问题类型", "问题分类", "类型", "性质", "违纪类别", "category", "class", "type", "kind", "problemtype", "issuetype",
		"投诉类别", "投诉类型", "举报类别", "举报类型", "信访类别", "信访类型", "诉求类别", "诉求类型", "工单类别", "工单类型", "舆情类别", "舆情类型", "违纪类型", "违规类别", "违规类型", "违法类型", "违纪违法类别", "违纪违法类型", "问题性质", "问题种类"},
	Severity: {"程度", "严重程度", "等级", "问题等级", "severity", "level",
		"严重等级", "问题程度", "问题严重程度"},
	Narrative: {"摘要", "问题", "问题描述", "问题摘要", "主要问题", "反映问题", "反映内容", "内容", "事实", "基本情况", "情况", "情况说明", "备注", "summary", "description",
		"narrative", "details", "facts", "content",
		"投诉内容", "举报内容", "信访内容", "诉求内容", "工单内容", "舆情内容", "舆情摘要", "问题内容", "问题情况", "具体问题", "存在问题", "存在的问题", "发现问题", "发现的问题", "反映情况", "反映的问题", "主要内容", "主要事实", "违纪事实", "违规事实", "违法事实", "违纪违法事实", "简要案情", "案情简介", "基本案情", "简要情况", "督察情况", "检查情况", "审计发现问题", "巡察发现问题", "事件经过", "情况描述", "事实描述", "描述"},
	Complainant: {"投诉人", "反映人", "举报人", "信访人", "来访人", "complainant", "reportedby",
		"投诉人姓名", "举报人姓名", "信访人姓名", "反映人姓名", "来访人姓名", "来信人", "来信人姓名", "来电人", "来电人姓名", "诉求人", "检举人", "控告人", "申诉人", "complainantname"},
	Ignore: {"序号", "行号", "serialno", "rowno"}, // they count the lines of the list
	Number: {"编号", "文号", "受理编号", "信访编号", "案件编号", "线索编号", "caseno", "number", "reference", "fileno", "ref",
		"督察编号", "督察文号", "投诉编号", "举报编号", "信访号", "信访件号", "信访件编号", "受理号", "登记号", "登记编号", "来电编号", "工单号", "工单编号", "线索号", "案号", "案件号", "问题编号", "审计编号", "审计报告文号", "巡察编号", "反馈编号", "舆情编号", "检察建议文号", "检察建议书文号", "通知书文号", "文书文号", "文书编号", "交办编号", "记录编号", "流水号", "recordno", "recordnumber", "complaintno", "inspectionno"},
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

// Columns says what each column of a table is: Ignore for one that is not used,
// "" for one that nobody has explained yet.
type Columns []Field

// Guess maps headers: what the user says now, then what was remembered for the
// source (both by HeaderKey), then the common words. A field that is taken is
// not guessed twice. A column without a header holds nothing (Headers).
func Guess(headers []string, said, remembered map[string]Field) Columns {
	cols := make(Columns, len(headers))
	taken := make(map[Field]bool)
	for pass, known := range []map[string]Field{said, remembered, fieldOf} {
		for i, h := range headers {
			f := known[HeaderKey(h)]
			if h == "" {
				f = Ignore
			}
			if cols[i] == "" && f != "" && (f == Ignore || pass == 0 || !taken[f]) {
				cols[i], taken[f] = f, true
			}
		}
	}
	return cols
}

// Headers names the columns of a table so that each can be told from the others
// and asked about: one without a header, though a row has something in it, goes
// by its letter, and one whose header stands there before has its letter added.
func Headers(header []string, rows []sheet.Row) []string {
	out := make([]string, len(header))
	for i, h := range header {
		out[i] = sheet.Fold(h)
	}
	for _, r := range rows {
		for i, cell := range r.Cells {
			if sheet.Fold(cell) == "" {
				continue
			}
			for len(out) <= i {
				out = append(out, "")
			}
			if out[i] == "" {
				out[i] = ColumnName(i + 1)
			}
		}
	}
	seen := make(map[string]bool, len(out))
	for i, h := range out {
		if seen[HeaderKey(h)] && h != "" {
			out[i] = h + " (" + ColumnName(i+1) + ")"
		}
		seen[HeaderKey(out[i])] = true
	}
	return out
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
