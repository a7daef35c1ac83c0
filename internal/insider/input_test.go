package insider

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"mime/multipart"
	"slices"
	"strings"

	"plumbline/internal/seal"
	"plumbline/seeds"
)

// value makes one value of a schema: hints by the name of the field first, then
// what was seen under that name, then anything that fits.
func (w *walker) value(op, name string, s map[string]any, id string) any {
	if op != "" && name != "" {
		if v, ok := w.hint(op, name, id); ok {
			return v
		}
	}
	if e, ok := s["enum"].([]any); ok && len(e) > 0 {
		return pickOf(w, e)
	}
	switch s["type"] {
	case "object":
		out := map[string]any{}
		props, _ := s["properties"].(map[string]any)
		required, _ := s["required"].([]any)
		for _, k := range slices.Sorted(maps.Keys(props)) {
			if !slices.Contains(required, any(k)) && k != "version" && !w.full && !w.chance(0.6) {
				continue
			}
			if v := w.value(op, k, props[k].(map[string]any), id); v != nil {
				out[k] = v
			}
		}
		w.agree(op, out)
		return out
	case "array":
		items, _ := s["items"].(map[string]any)
		var out []any
		for range 1 + w.n(3) {
			out = append(out, w.value(op, name+"[]", items, id))
		}
		return out
	case "integer", "number":
		if v, ok := w.mem.scalars[name].(json.Number); ok && w.chance(0.7) {
			return v
		}
		return w.n(6)
	case "boolean":
		return w.chance(0.5)
	}
	if v, ok := w.mem.scalars[name].(string); ok && w.chance(0.3) {
		return v
	}
	return "核对记录后的说明"
}

// hint knows the words of the trade. An account that has used the program for a
// week knows as much.
func (w *walker) hint(op, name, id string) (any, bool) {
	if v, ok := w.special(op, name); ok {
		return v, true
	}
	switch name {
	case "version":
		v, known := w.mem.version[id]
		if !known {
			v = int64(1 + w.n(2))
		}
		return v, true
	case "reason", "text", "facts", "rule", "grounds", "task", "note", "response", "title", "title_zh", "title_en", "text_zh", "text_en":
		return "已核对有关记录，情况见附件", true
	case "standard":
		return w.one("preponderance", "clear_convincing", "beyond_reasonable"), true
	case "verdict":
		return w.one("sustained", "not_sustained", "exonerated", "unfounded", "no_finding"), true
	case "duty", "knowledge", "conduct", "link":
		if op == "track.assign" {
			return w.one("investigator", "adjudicator"), true
		}
		return w.one("proved", "not_proved"), true
	case "class":
		return w.one("direct", "main", "important"), true
	case "result":
		if op == "track.prove" {
			return w.one("fulfilled", "partly", "not_fulfilled", "not_in_post"), true
		}
	case "answer":
		if op == "issue.conceal" {
			return w.one("confirmed", "dismissed"), true
		}
		return "已逐项核对并答复", true
	case "state":
		return w.one("granted", "refused"), true
	case "decision":
		if op == "challenge.decide" {
			return w.one("uphold", "deny"), true
		}
		return w.one("", "correct", "rectify", "refer", "reject", "reject"), true
	case "severity", "max_severity":
		if op == "issue.bulk_correct" {
			return 1, true
		}
		return pickOf(w, []int{0, 0, 1, 2, 3, 4}), true
	case "category":
		if c, ok := w.mem.scalars["category"].(string); ok && w.chance(0.8) {
			return c, true
		}
		return pickOf(w, seeds.Categories()).Code, true
	case "interest":
		return w.one("subject", "complainant", "witness", "relative"), true
	case "kind":
		if strings.HasPrefix(op, "relation.") {
			return w.one("relative", "interested"), true
		}
		if op == "file.reply" {
			return w.one("answer", "correction"), true
		}
	case "ground":
		if op == "track.end" {
			return w.one("withdrawn", "expired", "transferred", "died"), true
		}
		return w.one("retention", "court", "unlawful", "request"), true
	case "record_kind":
		return w.one("issue", "issue", "audit_record"), true
	case "record":
		return w.id("/issues"), true
	case "into", "of":
		return w.alike(id), true
	case "match":
		return w.id("/matches"), true
	case "members":
		var out []string
		for _, e := range w.s.w.book {
			if strings.HasPrefix(e.login, "demo-body") || e.login == "demo-authority" {
				out = append(out, e.number)
			}
		}
		w.rng.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
		return out[:min(len(out), 3+w.n(2))], true
	case "form":
		return w.n(5), true
	case "sanction":
		return w.one("", "warning", "demerit", "dismissal"), true
	case "person", "personnel_no", "owner", "number":
		return w.person(), true
	case "person_id", "leader_id":
		return w.id("/people"), true
	case "login":
		switch op {
		case "account.create":
			w.fresh++
			return fmt.Sprintf("spare-%d", w.fresh), true
		case "session.create":
			for _, l := range slices.Sorted(maps.Keys(w.mem.code)) {
				return l, true
			}
			return w.selves[0].login, true
		}
		return pickOf(w, w.mem.pools["login"]), true
	case "account_id":
		return w.id("/accounts"), true
	case "role":
		return w.one("inspector", "deciding_body", "unit_head", "clue_manager", "investigator", "leadership_reader", "records_officer",
			"system_admin"), true
	case "old", "password":
		return w.acting.password, true
	case "new":
		return w.password(), true
	case "party":
		return w.id("party"), true
	case "unit", "unit_id", "lead_unit":
		if op == "rectification.create" {
			return pickOf(w, w.mem.unitCode), true
		}
		return w.id("/units"), true
	case "pinyin":
		return "lin jia", true
	case "query":
		return pickOf(w, w.mem.pools["number"]), true
	case "format":
		return w.one("csv", "xlsx"), true
	case "filter":
		return w.one("", "severity=3", "live=1", "person="+w.id("/people")), true
	case "purpose":
		return w.one("case_review", "complaint", "supervision"), true
	case "cursor", "limit":
		return nil, true
	case "seed":
		return true, true
	case "answers":
		return w.answers(), true
	case "lists":
		rid := w.id("/reviews")
		for range 8 {
			if w.mem.state[rid] != "submitted" {
				rid = w.id("/reviews")
			}
		}
		return []any{map[string]any{"id": rid, "version": w.mem.version[rid]}}, true
	case "row":
		return w.row(op), true
	case "period_from":
		return "2026-01-01", true
	case "period_to", "opens_on":
		return "2026-06-20", true
	case "closes_on":
		return "2026-07-20", true
	case "as_of", "from", "to", "due_on", "event_on":
		return w.date(), true
	}
	return nil, false
}

// special knows what one operation asks for under a name that means something
// else to others.
func (w *walker) special(op, name string) (any, bool) {
	switch op + " " + name {
	case "track.assign person":
		return w.holder("investigator", "adjudicator"), true
	case "account.create personnel_no", "campaign.amend personnel_no":
		if w.chance(0.8) {
			return pickOf(w, w.s.w.news), true
		}
	case "deputy.create personnel_no":
		if p := w.s.w.staff[w.acting.unit]; len(p) > 0 && w.chance(0.9) {
			return pickOf(w, p), true
		}
	case "deputy.create from":
		return w.s.clock.Now().AddDate(0, 0, w.n(3)).Format("2006-01-02"), true
	case "deputy.create to":
		return w.s.clock.Now().AddDate(0, 0, 3+w.n(20)).Format("2006-01-02"), true
	case "campaign.create officers_checklist_id", "campaign.create leaders_checklist_id":
		return nil, true // those in force
	case "campaign.create unit_id":
		if w.chance(0.5) {
			return nil, true
		}
	case "issue.bulk_correct count":
		return w.mem.scalars["count"], true
	case "issue.bulk_correct unit":
		return w.mem.scalars["unit"], true
	case "expungement.propose record_kind", "hold.place record_kind":
		return "issue", true
	case "expungement.propose record", "hold.place record":
		if l := w.s.w.ripe["expungement.propose"]; w.chance(0.7) && len(l) > 0 {
			return pickOf(w, l), true
		}
	case "reveal.ask match":
		for _, id := range w.s.w.ripe["reveal.ask"] {
			if slices.Contains(w.mem.pools["/matches"], id) && w.chance(0.7) {
				return id, true
			}
		}
	case "share.release response":
		request, _ := w.mem.scalars["request"].(string)
		if text, err := w.s.w.response(w.acting.login, request); err == nil {
			return text, true
		}
	case "custody.propose custodians":
		var out []any
		for _, e := range []string{"demo-body", "demo-clue", "demo-adjudicator"} {
			if k, err := seal.NewPrivateKey(); err == nil {
				out = append(out, map[string]any{"login": e, "public_key": k.Public().String()})
			}
		}
		return out, true
	case "submission.draft items":
		no := 1 + w.n(50)
		return []any{map[string]any{"seq": 1, "item": no, "nil": true}}, true
	case "named.reply item":
		return json.Number("49"), true
	case "submission.supplement item", "checklist.refine item":
		return 1 + w.n(50), true
	case "checklist.refine unit_id":
		return w.unit(), true
	}
	return nil, false
}

// holder is the number of somebody who holds one of the roles.
func (w *walker) holder(roles ...string) string {
	var out []string
	for _, e := range w.s.w.book {
		if slices.Contains(roles, e.role) {
			out = append(out, e.number)
		}
	}
	return pickOf(w, out)
}

// unit is the walker's own, or one that he has seen.
func (w *walker) unit() string {
	if w.chance(0.6) && w.acting.unit != "" {
		return w.acting.unit
	}
	return w.id("/units")
}

// agree makes fields that belong together fit: a name and its number, a code
// and its login, a sanction and its form.
func (w *walker) agree(op string, b map[string]any) {
	if n, ok := b["personnel_no"].(string); ok && b["name"] != nil {
		b["name"] = w.mem.name[n]
	}
	if l, ok := b["login"].(string); ok && op == "session.create" {
		maps.DeleteFunc(b, func(k string, _ any) bool { return k != "login" && k != "password" }) // a session, not a script's token
		b["password"] = w.selves[0].password
		if c := w.mem.code[l]; c != "" {
			b["password"] = c
		}
	}
	if from, ok := b["from"].(string); ok {
		if to, ok := b["to"].(string); ok && to < from {
			b["from"], b["to"] = to, from
		}
	}
	if f, ok := b["form"].(int); ok && w.chance(0.8) {
		switch f {
		case 0, 1, 4:
			delete(b, "sanction")
		case 2:
			b["sanction"] = w.one("warning", "demerit")
		}
	}
	if op == "track.prove" && b["result"] != nil && w.chance(0.8) {
		proof := "proved"
		if b["result"] == "fulfilled" || b["result"] == "not_in_post" {
			proof = "not_proved"
			delete(b, "class")
		}
		b["knowledge"], b["conduct"], b["link"] = proof, proof, proof
		b["duty"] = map[bool]string{true: "not_proved", false: "proved"}[b["result"] == "not_in_post"]
	}
	if op == "grant.create" && b["account_id"] != nil {
		delete(b, "login")
	}
	if op == "match.decide" {
		if w.chance(0.7) {
			delete(b, "number")
			delete(b, "nobody")
		} else if w.chance(0.5) {
			b = map[string]any{"nobody": true, "reason": b["reason"], "version": b["version"]}
		}
	}
	if b["waive"] == true {
		delete(b, "text")
	} else if op == "finding.reply" {
		b["text"] = "对时间有异议"
	}
}

// person takes somebody's number: of what he looks into, his own, or an
// official's.
func (w *walker) person() string {
	switch d := w.n(10); {
	case d < 4 && len(w.mem.focus["number"]) > 0:
		return pickOf(w, w.mem.focus["number"])
	case d < 8:
		return pickOf(w, w.s.w.book).number
	case d == 8:
		return w.selves[w.n(len(w.selves))].number
	}
	return pickOf(w, w.mem.pools["number"])
}

// alike names another issue, of the same person if he knows one.
func (w *walker) alike(id string) string {
	var same []string
	for _, other := range w.mem.pools["/issues"] {
		if other != id && w.mem.person[other] != "" && w.mem.person[other] == w.mem.person[id] {
			same = append(same, other)
		}
	}
	if len(same) > 0 && w.chance(0.8) {
		return pickOf(w, same)
	}
	return pickOf(w, w.mem.pools["/issues"])
}

func (w *walker) date() string {
	if len(w.mem.dates) > 0 && w.chance(0.3) {
		return pickOf(w, w.mem.dates)
	}
	days := pickOf(w, []int{-700, -120, -30, -7, -1, 0, 0, 1, 30})
	return w.s.clock.Now().AddDate(0, 0, days).Format("2006-01-02")
}

// answers says nothing to declare to every item.
func (w *walker) answers() []any {
	var out []any
	for i := range 50 {
		out = append(out, map[string]any{"item": i + 1, "nil": true})
	}
	return out
}

// row is a line of the roster.
func (w *walker) row(op string) map[string]any {
	n := w.person()
	row := map[string]any{}
	switch op {
	case "posting.save":
		row = map[string]any{"personnel_no": n, "unit_code": pickOf(w, w.mem.unitCode), "post": "民警", "main": "1", "from": w.date()}
		if w.chance(0.4) {
			row["to"] = w.date()
		}
	case "command_link.save":
		row = map[string]any{"personnel_no": n, "link": w.one("head", "in_charge", "point_leader"), "unit_code": pickOf(w, w.mem.unitCode),
			"from": w.date()}
		if w.chance(0.5) {
			row["to"] = w.date()
		}
	case "person.save":
		row = map[string]any{"personnel_no": n, "name": w.mem.name[n], "police_no": fmt.Sprint(900001 + w.n(300)), "numbers_from": w.date()}
	case "unit.save":
		row = map[string]any{"code": pickOf(w, w.mem.unitCode), "name": "试验所", "tier": "3", "parent_code": pickOf(w, w.mem.unitCode),
			"from": w.date()}
	}
	return row
}

// file is an upload: a list of audit records, or a table of the roster.
func (w *walker) file(op string) upload {
	var text string
	head, cells := "", []string{}
	switch op {
	case "posting.import", "command_link.import", "person.import", "unit.import":
		row := w.row(strings.Replace(op, ".import", ".save", 1))
		for _, k := range slices.Sorted(maps.Keys(row)) {
			head += k + ","
			cells = append(cells, fmt.Sprint(row[k]))
		}
		text = strings.TrimSuffix(head, ",") + "\n" + strings.Join(cells, ",") + "\n"
	default:
		n := w.person()
		text = "姓名,人员编号,问题类别,发生时间,受理日期,程度,问题描述\n" + w.mem.name[n] + "," + n + ",推诿拖延," + w.date() + ",2026-06-10,较重,群众反映的情况\n"
	}
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	if strings.HasPrefix(op, "audit.") {
		_ = m.WriteField("source", "petition") // writing to memory cannot fail
	}
	f, _ := m.CreateFormFile("file", "list.csv")
	_, _ = f.Write([]byte(text))
	_ = m.Close()
	return upload{m.FormDataContentType(), b.Bytes()}
}
