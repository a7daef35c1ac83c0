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
	Name:        {"姓名", "民警姓名", "被反映人", "被反映人姓名", "涉及人员", "涉及民警", "当事人", "当事民警", "责任人", "对象", "人员姓名", "被投诉人", "被投诉民警", "name", "fullname", "officer", "officername", "person", "subject", "被举报人", "被举报人姓名", "被投诉人姓名", "被投诉民警姓名", "被检举人", "被控告人", "被督察人", "被督察人员", "被检查人", "被检查人员", "涉事民警", "涉事人员", "涉案民警", "涉案人员", "涉及民警姓名", "涉及人员姓名", "涉嫌人", "违纪人员", "违规人员", "违规民警", "违法人员", "问题民警", "责任人姓名", "责任民警", "直接责任人", "承办民警", "主办民警", "办案民警", "执法民警", "处警民警", "出警民警", "值班民警", "驾驶人", "驾驶民警", "被反映民警", "被反映对象", "反映对象", "举报对象", "督察对象", "检查对象", "民警", "officerconcerned", "respondent", "accused"},
	FamilyName:  {"姓", "姓氏", "familyname", "surname", "lastname"},
	GivenName:   {"名", "名字", "givenname", "firstname", "forename"},
	MiddleName:  {"中间名", "middlename"},
	PoliceNo:    {"警号", "民警警号", "人员编号", "policeno", "policenumber", "officerno", "officernumber", "被投诉人警号", "被反映人警号", "涉及民警警号", "涉事民警警号", "责任人警号", "当事民警警号", "警员编号", "警员号", "民警编号", "被投诉民警警号", "办案民警警号"},
	BadgeNo:     {"胸牌号", "工号", "证件号", "警官证号", "当时警号", "时任警号", "辅警编号", "badge", "badgeno", "badgenumber", "badgeatthattime"},
	NationalID:  {"身份证", "身份证号", "身份证号码", "公民身份号码", "nationalid", "idnumber", "idno", "identitycard", "公民身份证号码", "证件号码", "被反映人身份证号", "被投诉人身份证号", "居民身份证号"},
	Birth:       {"出生日期", "出生年月", "出生年月日", "出生年份", "生日", "dateofbirth", "birthdate", "birth", "born", "yearofbirth", "birthyear", "dob"},
	Sex:         {"性别", "sex", "gender"},
	Rank:        {"警衔", "职级", "职务", "rank", "grade", "职位", "岗位", "职务职级", "职务层次", "身份", "人员类别"},
	Unit:        {"单位", "所在单位", "所属单位", "工作单位", "涉及单位", "责任单位", "部门", "被投诉单位", "unit", "department", "station", "office", "被反映人单位", "被反映单位", "被投诉人单位", "涉事单位", "涉及单位名称", "涉案单位", "涉及部门", "责任部门", "被督察单位", "被检查单位", "受检单位", "被审计单位", "被巡察单位", "被巡察党组织", "巡察单位", "承办单位", "办案单位", "主办单位", "执法单位", "处警单位", "出警单位", "违规单位", "问题单位", "所属部门", "所在部门", "所属派出所", "单位名称", "单位全称", "所属分局"},
	FormerUnit:  {"原单位", "曾任单位", "原工作单位", "formerunit", "previousunit", "时任单位", "当时单位", "事发时单位", "事发时所在单位", "原任单位"},
	EventOn:     {"发生日期", "发生时间", "问题发生时间", "案发时间", "事发日期", "事发时间", "日期", "时间", "eventdate", "date", "occurred", "dateofevent", "incidentdate", "eventon", "问题发生日期", "事件发生时间", "事件日期", "事件时间", "违规时间", "违规日期", "违纪时间", "违法时间", "违法违纪时间", "违纪违法时间", "行为发生时间", "行为时间", "案发日期", "发案时间", "发现时间", "发现日期", "督察时间", "督察日期", "检查时间", "检查日期", "巡查时间", "抽查时间", "抽查日期", "暗访时间", "处警时间", "出警时间", "接警时间", "报警时间", "警情时间", "执法时间", "办案时间", "发生年月日", "审计期间", "datefound", "inspectiondate", "datediscovered"},
	ReceivedOn:  {"受理日期", "受理时间", "收到日期", "收件日期", "登记日期", "登记时间", "来访日期", "receiveddate", "received", "datereceived", "receivedon", "收到时间", "收件时间", "接收时间", "接收日期", "接件时间", "来信时间", "来信日期", "来访时间", "来电时间", "来电日期", "投诉时间", "投诉日期", "反映时间", "反映日期", "举报时间", "举报日期", "信访时间", "信访日期", "立案时间", "立案日期", "受案时间", "受案日期", "移送时间", "移送日期", "移交时间", "移交日期", "转办时间", "转办日期", "交办时间", "交办日期", "派单时间", "通报时间", "通报日期", "下发日期", "下发时间", "推送时间", "反馈时间", "反馈日期", "录入时间", "录入日期", "填报日期", "填报时间", "报告日期", "审计报告日期", "受理年月日", "complaintdate", "datereported", "filedon"},
	Class:       {"类别", "问题类别", "问题类型", "问题分类", "类型", "性质", "违纪类别", "category", "class", "type", "kind", "problemtype", "issuetype", "问题性质", "问题种类", "问题分类名称", "违规情形", "违规类型", "违规类别", "违规行为", "违纪类型", "违纪行为", "违纪违法类型", "违法违纪类别", "违法违纪类型", "违纪违法行为", "投诉类别", "投诉类型", "信访类别", "信访事项类别", "信访目的", "反映类别", "反映问题类别", "反映问题类型", "举报类别", "线索类别", "线索类型", "督察类别", "督察问题类别", "检查问题类别", "执法问题类别", "执法过错类型", "审计问题类别", "审计发现问题类别", "巡察问题类别", "问题归类", "工单类别", "诉求类别", "诉求类型", "一级分类", "事项类别", "violation", "allegation"},
	Severity:    {"程度", "严重程度", "等级", "问题等级", "severity", "level", "问题程度", "问题严重程度", "情节", "情节轻重", "风险等级", "问题级别", "严重等级"},
	Narrative:   {"摘要", "问题", "问题描述", "问题摘要", "主要问题", "反映问题", "反映内容", "内容", "事实", "基本情况", "情况", "情况说明", "备注", "summary", "description", "narrative", "details", "facts", "content", "问题内容", "问题简述", "问题概述", "问题表述", "问题事实", "具体问题", "主要事实", "违规事实", "违纪事实", "违规情况", "违纪违法事实", "主要内容", "投诉内容", "投诉事由", "投诉事项", "信访内容", "信访事项", "反映的主要问题", "反映情况", "反映事项", "举报内容", "诉求内容", "工单内容", "来信内容", "来访内容", "事由", "案由", "事件经过", "基本事实", "发现问题", "发现的问题", "存在问题", "存在的问题", "督察情况", "督察发现问题", "督察发现的问题", "检查情况", "检查发现问题", "审计发现", "审计发现问题", "巡察发现问题", "巡察发现的问题", "警情内容", "线索内容", "简要案情", "案情", "内容摘要", "findings"},
	Complainant: {"投诉人", "反映人", "举报人", "信访人", "来访人", "complainant", "reportedby", "投诉人姓名", "反映人姓名", "举报人姓名", "信访人姓名", "来访人姓名", "来信人", "来电人", "报警人", "控告人", "当事群众", "诉求人"},
	Ignore:      {"序号", "序", "行号", "页码", "serial", "serialno", "sn", "no", "rowno", "row"},
	Number:      {"编号", "文号", "受理编号", "信访编号", "案件编号", "线索编号", "caseno", "number", "reference", "fileno", "ref", "督察编号", "督察单号", "督察通知书编号", "检查编号", "检查单号", "通报编号", "通报文号", "发文字号", "文件编号", "投诉编号", "投诉件编号", "信访件编号", "信访件号", "来信编号", "来访编号", "工单编号", "工单号", "受理号", "受理单号", "受案登记号", "立案编号", "立案号", "案号", "案件号", "警情编号", "接警编号", "线索号", "问题编号", "问题序号", "审计编号", "审计报告文号", "巡察编号", "移送编号", "转办编号", "交办编号", "举报编号", "业务编号", "caseid", "recordno", "complaintno"},
}

// alias is what a header stands for; of two in one table that stand for the
// same, the lower rank is the likelier.
type alias struct {
	field Field
	rank  int
}

var fieldOf = func() map[string]alias {
	m := make(map[string]alias)
	for f, list := range aliases {
		for i, a := range list {
			m[a] = alias{f, i}
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
func Known(header string) bool { return fieldOf[HeaderKey(header)].field != "" }

// Columns says what each column of a table is: Ignore for what was said not to be
// used, "" for what nobody has said yet.
type Columns []Field

// Guess maps headers: what was remembered for the source (by HeaderKey) goes
// before the common words. A field that is taken is not given twice. What no
// rule knows is left open, for a person to say; a column without a header is
// not used.
func Guess(headers []string, remembered map[string]Field) Columns {
	cols := make(Columns, len(headers))
	taken := make(map[Field]bool)
	for i, h := range headers {
		if f := remembered[HeaderKey(h)]; f != "" && (f == Ignore || !taken[f]) {
			cols[i], taken[f] = f, true
		}
	}
	likeliest := make(map[Field]int) // column
	for i, h := range headers {
		known := fieldOf[HeaderKey(h)]
		switch {
		case cols[i] != "":
		case HeaderKey(h) == "", known.field == Ignore:
			cols[i] = Ignore
		case known.field != "" && !taken[known.field]:
			if at, ok := likeliest[known.field]; !ok || known.rank < fieldOf[HeaderKey(headers[at])].rank {
				likeliest[known.field] = i
			}
		}
	}
	for f, i := range likeliest {
		cols[i] = f
	}
	return cols
}

// Open lists the headers of which nobody has said what they are.
func (c Columns) Open(headers []string) []string {
	open := []string{}
	for i, f := range c {
		if f == "" && i < len(headers) {
			open = append(open, headers[i])
		}
	}
	return open
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
