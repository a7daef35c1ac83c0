package intake

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"plumbline/internal/sheet"
)

// TestAliases: the eight kinds of source name the same thing in many words. A
// word stands for one field, and is written as HeaderKey folds it.
func TestAliases(t *testing.T) {
	of := map[string]Field{}
	for f, list := range aliases {
		for _, a := range list {
			if of[a] != "" || HeaderKey(a) != a {
				t.Errorf("%s is %s and %s, folded %s", a, of[a], f, HeaderKey(a))
			}
			of[a] = f
		}
	}
	for f, headers := range map[Field][]string{
		EventOn:     {"案发时间", "发生时间", "违纪时间", "执法时间", "Date of event"},
		ReceivedOn:  {"发现时间", "受理时间", "举报时间", "来电时间", "督察日期", "移送时间", "Date found"},
		Number:      {"督察编号", "信访件编号", "工单编号", "审计报告文号", "检察建议书文号", "案号", "Record no."},
		Name:        {"被举报人姓名", "涉事民警", "执法民警", "责任人"},
		PoliceNo:    {"警号", "涉事民警警号"},
		Unit:        {"被督察单位", "责任部门", "被审计单位"},
		Class:       {"投诉类别", "违纪类型", "舆情类别"},
		Narrative:   {"信访内容", "审计发现问题", "违纪违法事实", "简要案情"},
		Complainant: {"举报人姓名", "来电人", "控告人"},
		Ignore:      {"序号"},
	} {
		for _, h := range headers {
			if got := Guess([]string{h}, nil, nil)[0]; got != f {
				t.Errorf("%s is %q, want %s", h, got, f)
			}
		}
	}
}

// TestColumnsAreAskedFor: what nobody knows is a question, and so is a second
// column for a field that is taken.
func TestColumnsAreAskedFor(t *testing.T) {
	headers := []string{"姓名", "神秘列", "问题类别", "发现时间", "移送时间", ""}
	r := &Reader{Headers: headers, Columns: Guess(headers, nil, nil)}
	if d := cmp.Diff(Columns{Name, "", Class, ReceivedOn, "", Ignore}, r.Columns); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"神秘列", "移送时间"}, r.Unanswered()); d != "" || code(r.Check()) != "intake_columns_unanswered" {
		t.Errorf("%v %s", r.Check(), d)
	}
	r.Columns = Guess(headers, map[string]Field{"移送时间": Ignore}, map[string]Field{"神秘列": Number})
	if err := r.Check(); err != nil || len(r.Unanswered()) != 0 {
		t.Errorf("answered: %v", err)
	}
	r.Columns = Guess(headers, map[string]Field{"姓名": Name, "移送时间": Ignore, "神秘列": Name}, nil)
	if err := r.Check(); code(err) != "intake_column_twice" {
		t.Errorf("two columns said to be the same: %v", err)
	}
}

// TestHeaders: every column that holds something can be asked about.
func TestHeaders(t *testing.T) {
	rows := []sheet.Row{{Number: 2, Cells: []string{"张伟", "x", "", "一", "二", "more"}}, {Number: 3, Cells: []string{"李娜"}}}
	got := Headers([]string{" 姓　名", "", "", "备注", "备注"}, rows)
	if d := cmp.Diff([]string{"姓 名", "B", "", "备注", "备注 (E)", "F"}, got); d != "" {
		t.Error(d)
	}
}

// TestFoundOn: where a list gives only the day on which a matter was found, the
// event is dated by it.
func TestFoundOn(t *testing.T) {
	headers := []string{"姓名", "问题类别", "发现时间"}
	r := reader(Guess(headers, nil, nil)...)
	got, bad := r.Read(sheet.Row{Cells: []string{"张伟", "态度生硬", "2020-09-16"}})
	if bad != nil || got.ReceivedOn != "2020-09-16" || got.EventOn != "2020-09-16" {
		t.Errorf("%+v %v", got, bad)
	}
}
