package demo

import "plumbline/internal/demo/seeded"

// What invented people write, by category. {0} is a place, {1} a detail.
var tales = map[string][]string{
	"case_filing":          {"群众报案后未当场登记，次日才补录", "一起纠纷警情没有出具接报案回执", "把应当受理的案件口头推给邻近单位"},
	"evidence_property":    {"扣押手机未按时移交保管室", "物证袋封签日期填写错误", "涉案款物登记表缺少见证人签名"},
	"force_restraint":      {"使用约束带后未及时填写使用记录", "处置酒闹警情时动作过大", "约束时间记录不完整"},
	"detention_custody":    {"看管交接未逐人点名", "候问室巡查记录漏填两次", "对被看管人就医情况记录不全"},
	"interview":            {"讯问开始时间与录音录像不一致", "一人单独询问证人", "笔录修改处未捺指印"},
	"info_security":        {"把工作群截图发到家人群", "警务通借给同事使用", "外网电脑上存放内部通讯录"},
	"favours_interference": {"亲戚打听案件进展，没有记录", "受熟人之托过问一起交通违法处理", "同学说情后没有报告"},
	"gifts_business":       {"收过辖区商户两条香烟，未登记上交", "配偶经营的店铺在辖区内，没有申报", "接受管理服务对象请吃饭一次"},
	"traffic_alcohol":      {"私家车两次超速未报告", "值班前一晚饮酒，次日仍上岗", "驾驶警车未系安全带"},
	"arms_vehicles":        {"警车用于接送家属一次", "枪支保养记录补填", "警车钥匙未按规定交还"},
	"public_conduct":       {"窗口接待时态度生硬", "对群众咨询一次没有说清", "出警后没有向报警人反馈"},
	"duty_discipline":      {"值班时离岗二十分钟", "巡逻签到由同事代签", "上班时间玩手机"},
	"truthful_reporting":   {"走访数据多报三户", "台账日期倒签一次", "报表数字没有核对就上报"},
	"supervision":          {"对所属民警考勤没有按月检查", "明知台账补填没有制止", "谈心谈话流于形式"},
	"assignment":           {"带班民警安排不足两人", "安排辅警单独出警一次", "轮岗没有按期进行"},
	"approval":             {"审批表没有逐项核对就签字", "补签呈请报告一份", "超期审批一起行政案件"},
	"complaint_handling":   {"一起投诉超过十五日才答复", "投诉处理没有回访", "投诉登记簿漏登两件"},
	"warnings_response":    {"上级预警提示函超期回复", "通报的问题没有组织学习", "整改措施照抄往年"},
}

var details = []string{"已当面说明并改正", "当时人手紧张，没有补报", "事后向带班领导说过", "没有造成后果", "已补办手续", "本人认识到不妥", "此前没有报告", "已经检讨"}

func narrative(d *seeded.Dice, category, place string) string {
	return place + "：" + seeded.Pick(d, tales[category]) + "，" + seeded.Pick(d, details) + "。"
}
