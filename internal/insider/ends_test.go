package insider

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"plumbline/internal/app/desk"
	"plumbline/internal/roster"
)

// end is a state of the site that nobody may reach alone.
type end struct {
	name  string
	rule  string // where it stands
	reach func(*judge) []string
}

// ends is the table of the package doc. The ends learned and named are judged on every
// answer as it comes, because they lie in what a walker is shown.
var ends = []end{
	{"hidden", "domain §3, §9", (*judge).hidden},
	{"closed", "domain §7", (*judge).closed},
	{"settled", "domain §6, §7", (*judge).settled},
	{"decided", "domain §8", (*judge).decided},
	{"unasked", "domain §7", (*judge).unasked},
	{"spoken", "domain §3", (*judge).spoken},
	{"learned", "domain §3", nil},
	{"cell", "domain §9", (*judge).cells},
	{"rewritten", "domain §3", (*judge).rewritten},
	{"regrouped", "domain §3", (*judge).regrouped},
	{"own_staff", "domain §3, §4", (*judge).ownStaff},
	{"named", "domain §3", nil},
	{"lifted", "domain §3", (*judge).lifted},
}

// finding is an end that was reached.
type finding struct {
	end  string
	what string
}

// judgeSite looks at the whole site after a walk.
func (w *walker) judgeSite() ([]finding, error) {
	j, err := newJudge(w)
	if err != nil {
		return nil, err
	}
	var out []finding
	for _, e := range ends {
		if e.reach == nil {
			continue
		}
		for _, what := range e.reach(j) {
			out = append(out, finding{e.name, what})
		}
	}
	return out, nil
}

// visible are the tables by which it is decided who sees what.
var visible = []string{"relations", "parties", "grants", "accounts", "postings", "command_links", "units", "unit_links", "people", "voids",
	"challenges"}

func (j *judge) hidden() (out []string) {
	if !slices.ContainsFunc(visible, func(t string) bool { return len(j.now.tables[t]) > 0 }) {
		return nil
	}
	now := j.w.s.handlers()
	for _, id := range slices.Sorted(maps.Keys(j.w.s.w.handlers)) {
		before := slices.DeleteFunc(slices.Clone(j.w.s.w.handlers[id]), j.mine)
		after := slices.DeleteFunc(slices.Clone(now[id]), j.mine)
		table := "issues"
		if j.base.tables["cases"][id] != nil {
			table = "cases"
		}
		r := j.row(table, id)
		open := r["state"] != "closed" && r["settled_at"] == "" && r["state"] != "merged" && r["state"] != "rejected" &&
			r["state"] != "withdrawn"
		if table == "issues" && atoi(r["severity"]) < 3 {
			open = false // its severity was lowered; that is not hiding
		}
		if len(before) > 0 && len(after) == 0 && open && !j.alarmed(id) {
			out = append(out, fmt.Sprintf("%s %s (severity %s, %s): %d could act on it, now nobody but the walker", table, r["ref"],
				r["severity"], r["state"], len(before)))
		}
		if lost := len(before) - len(after); open && lost > 0 && j.barredByWord(id) {
			out = append(out, fmt.Sprintf("%s %s: the walker's word alone keeps %d of %d from it", table, r["ref"], lost, len(before)))
		}
	}
	return append(out, j.barredBeforehand()...)
}

// barredByWord reports whether nothing but what somebody said of others, or where
// he put them, has changed who sees things: their roles and accounts stand.
func (j *judge) barredByWord(id string) bool {
	for _, t := range []string{"grants", "accounts", "people"} {
		if len(j.now.tables[t]) > 0 {
			return false
		}
	}
	for _, c := range j.changed("challenges") { // filed by another, and decided here
		if c.before != nil {
			return false
		}
	}
	return !j.agreed(id)
}

// barredBeforehand lists those who could be put on a case one day and whom the
// walker has recorded as parties to a matter, with nobody's consent.
func (j *judge) barredBeforehand() (out []string) {
	for _, c := range j.changed("parties") {
		person := c.after["person_id"]
		upheld := j.all("challenges", func(r row) bool { return r["official_id"] == person && r["state"] == "upheld" })
		if c.before != nil || j.mine(person) || len(upheld) > 0 || j.agreed(c.after["object_id"], c.after["id"]) {
			continue
		}
		for _, g := range j.all("grants", func(r row) bool {
			return r["state"] == "live" && j.row("accounts", r["account_id"])["person_id"] == person
		}) {
			if slices.Contains([]string{"investigator", "adjudicator", "appeals_reviewer"}, g["role"]) &&
				j.base.tables["grants"][g["id"]] != nil {
				out = append(out, "an "+g["role"]+" was made a party by one, and can be put on the case no more")
			}
		}
	}
	return out
}

// alarmed reports whether the program has told the tier above that nobody can
// handle a matter.
func (j *judge) alarmed(id string) bool {
	return len(j.all("alarms", func(r row) bool { return r["object_id"] == id && r["state"] == "raised" })) > 0
}

func (j *judge) closed() (out []string) {
	for _, c := range j.changed("tracks") {
		if c.after["state"] == "ended" && c.before["state"] != "ended" && !j.agreed(c.after["id"], c.after["case_id"]) {
			out = append(out, "a track ended without finding by one")
		}
	}
	for _, c := range j.changed("cases") {
		if c.after["state"] != "closed" || c.before["state"] == "closed" || j.agreed(c.after["id"]) {
			continue
		}
		in := func(r row) bool { return r["case_id"] == c.after["id"] }
		decided := 0
		for _, t := range j.all("tracks", in) {
			switch t["state"] {
			case "decided":
				decided++
			case "ended":
			default:
				out = append(out, "case "+c.after["ref"]+" closed with a track "+t["state"])
			}
		}
		if decided == 0 {
			out = append(out, "case "+c.after["ref"]+" closed, and every track ended without finding")
		}
		for _, q := range j.all("questions", func(r row) bool { return r["issue_id"] == c.after["issue_id"] }) {
			if q["state"] != "track_opened" && q["state"] != "refused" {
				out = append(out, "case "+c.after["ref"]+" closed with a question "+q["state"])
			}
		}
		for _, r := range j.all("rectifications", in) {
			if r["state"] != "verified" && r["state"] != "struck_off" {
				out = append(out, "case "+c.after["ref"]+" closed with a task "+r["state"])
			}
		}
		if by := c.after["closed_by"]; c.before != nil && c.before["opened_by"] == by && j.endedTrack(c.after["id"], by) {
			out = append(out, "case "+c.after["ref"]+" opened, a track of it ended, and closed by the same person")
		}
	}
	return out
}

// endedTrack reports whether a person proposed or settled the end of a track of
// the case.
func (j *judge) endedTrack(caseID, person string) bool {
	return slices.ContainsFunc(j.all("proposals", func(r row) bool {
		return r["op"] == "track.end" && r["state"] == "approved" && r["matter_id"] == caseID
	}),
		func(r row) bool { return r["proposed_by"] == person || r["settled_by"] == person })
}

var settledStates = []string{"corrected", "merged", "rejected", "withdrawn", "closed"}

func (j *judge) settled() (out []string) {
	for _, c := range j.changed("issues") {
		if !slices.Contains(settledStates, c.after["state"]) || slices.Contains(settledStates, c.before["state"]) {
			continue
		}
		peak := max(atoi(c.before["severity"]), atoi(c.after["severity"]))
		asked := slices.ContainsFunc(j.all("questions", func(r row) bool { return r["issue_id"] == c.after["id"] }),
			func(r row) bool { return r["created_at"] < j.today })
		held := c.before["case_id"] != "" || asked
		grave := peak >= 3 || held && c.after["state"] != "corrected" || c.before["noticed_at"] != "" &&
			(c.after["state"] == "merged" || c.after["state"] == "withdrawn")
		if !grave || j.anotherDid(c) {
			continue
		}
		out = append(out, fmt.Sprintf("issue %s (%s, peak S%d, case %v, question %v, notice %v) is %s", c.after["ref"],
			c.after["source"], peak,
			c.before["case_id"] != "", asked, c.before["noticed_at"] != "", c.after["state"]))
	}
	for _, c := range j.changed("matches") {
		record := j.row("audit_records", c.after["record_id"])
		if !slices.Contains(droppedStates, c.after["state"]) || c.before == nil || slices.Contains(droppedStates, c.before["state"]) ||
			atoi(record["severity"]) < 3 {
			continue
		}
		if j.others(c.before["first_by"]) || j.agreed(c.after["id"], c.after["batch_id"], c.after["record_id"]) {
			continue
		}
		out = append(out, fmt.Sprintf("a record of severity %s, %s before, is %s by one", record["severity"], c.before["state"],
			c.after["state"]))
	}
	return out
}

// droppedStates are those in which a record becomes no issue.
var droppedStates = []string{"unmatched", "duplicate", "rejected", "withdrawn"}

// anotherDid reports whether the end of an issue was another's act as well: he
// had proposed it, carried it out, or handed the list back.
func (j *judge) anotherDid(c change) bool {
	if j.agreed(c.after["id"], c.before["record_id"]) {
		return true
	}
	switch c.after["state"] {
	case "rejected":
		return j.others(c.before["reject_by"])
	case "closed":
		if c.after["case_id"] != "" {
			return true // judged by how the case was closed
		}
		return slices.ContainsFunc(j.all("rectifications", func(r row) bool { return r["issue_id"] == c.after["id"] }),
			func(r row) bool { return j.others(r["submitted_by"]) || j.others(r["verified_by"]) })
	case "withdrawn":
		list := j.base.tables["submissions"][c.after["submission_id"]]
		return c.after["source"] == "self" && list["state"] == "returned" // dropped where its reviewer had handed the list back
	}
	return false
}

func (j *judge) decided() (out []string) {
	for _, c := range j.changed("decisions") {
		if c.after["state"] == "decided" && c.before["state"] != "decided" {
			present := strings.Fields(c.after["members"])
			absent := slices.DeleteFunc(present, func(p string) bool { return j.mine(p) || j.confirmed(c.after["id"], p) })
			if len(absent) > 0 {
				out = append(out, fmt.Sprintf("a decision stands with %d members who did not confirm", len(absent)))
			}
		}
	}
	for _, s := range j.w.steps {
		var got struct{ ID string }
		if s.op != "decision.propose" || s.status >= 300 || json.Unmarshal(s.answer, &got) != nil {
			continue
		}
		asked := fmt.Sprint(s.body.(map[string]any)["form"])
		if r := j.row("decisions", got.ID); r != nil && r["form"] != asked {
			out = append(out, "form "+asked+" was asked, form "+r["form"]+" is recorded")
		}
	}
	for _, c := range j.changed("findings") {
		if c.after["state"] != "final" || c.before["state"] == "final" {
			continue
		}
		team := map[string]bool{}
		for _, m := range j.all("track_members", func(r row) bool { return r["track_id"] == c.after["track_id"] && r["duty"] == "investigator" }) {
			team[m["member_id"]] = true
		}
		replied := len(j.all("replies", func(r row) bool { return r["finding_id"] == c.after["id"] })) > 0
		switch {
		case len(team) < 2:
			out = append(out, "a finding is final with fewer than two investigators")
		case team[c.after["confirmed_by"]] || c.after["confirmed_by"] == c.after["recommended_by"]:
			out = append(out, "a finding is final, confirmed by who investigated")
		case c.after["served_on"] == "" || !replied && c.after["reply_due_on"] > j.w.s.clock.Now().Format("2006-01-02"):
			out = append(out, "a finding is final before its subject could reply")
		}
	}
	return out
}

// confirmed reports whether a member had confirmed a decision for himself.
func (j *judge) confirmed(decision, person string) bool {
	return slices.ContainsFunc(j.all("votes", func(v row) bool { return v["person_id"] == person && v["choice"] == "agree" }), func(v row) bool {
		return j.row("proposals", v["proposal_id"])["object_id"] == decision
	})
}

func (j *judge) unasked() (out []string) {
	for _, c := range j.changed("questions") {
		if c.before == nil {
			continue
		}
		switch {
		case j.agreed(c.after["id"], c.after["issue_id"], c.after["case_id"]):
		case c.after["state"] == "withdrawn" && c.before["state"] != "withdrawn":
			out = append(out, "a question "+c.before["state"]+" was withdrawn")
		case c.after["state"] == "refused" && c.before["state"] == "raised":
			out = append(out, "a question was refused by one")
		}
	}
	for id, q := range j.base.tables["questions"] {
		if q["state"] != "withdrawn" && j.row("questions", id) == nil {
			out = append(out, "a question is gone")
		}
	}
	return out
}

func (j *judge) spoken() (out []string) {
	said := map[string][]string{}
	granted := map[string]bool{} // newcomers who are none any more
	for _, e := range j.now.entries {
		if g := j.row("grants", e["object_id"]); g != nil && e["verb"] != "grant.propose" && g["state"] == "live" &&
			g["from_on"] <= j.today {
			granted[g["account_id"]] = true
		}
		begun := j.base.tables["audit_batches"][e["object_id"]] != nil && e["verb"] == "batch.imported" // before the walk
		if a := e["account"]; !strings.HasPrefix(a, "program:") && !slices.Contains(j.accounts, a) &&
			(granted[a] || !j.newcomer(a)) && !begun {
			said[a] = once(said[a], e["verb"])
		}
	}
	for _, a := range slices.Sorted(maps.Keys(said)) {
		r := j.row("accounts", a)
		verbs := said[a]
		slices.Sort(verbs)
		out = append(out, "as "+r["login"]+": "+strings.Join(verbs, ", "))
	}
	return out
}

// newcomer reports whether an account belongs to somebody who decides nothing
// yet: he had no role and no account that was ever used.
func (j *judge) newcomer(account string) bool {
	person := j.row("accounts", account)["person_id"]
	if slices.Contains(j.people, person) {
		return false // a second self
	}
	for id, a := range j.base.tables["accounts"] {
		if a["person_id"] != person {
			continue
		}
		if a["state"] != "new" {
			return false
		}
		for _, g := range j.base.tables["grants"] {
			if g["account_id"] == id && g["state"] == "live" {
				return false
			}
		}
	}
	return true
}

func (j *judge) rewritten() []string {
	return j.dated([]string{"command_links", "postings", "identifiers"}, []string{"command_link", "posting", "identifier"})
}

func (j *judge) regrouped() []string { return j.dated([]string{"unit_links"}, []string{"unit_link"}) }

// dated lists what of the past was changed in tables of dated rows. What ends
// yesterday because something else begins today is no past.
func (j *judge) dated(tables, kinds []string) (out []string) {
	yesterday := today.AddDate(0, 0, -1).Format("2006-01-02")
	past := func(d string) bool { return d != "" && d < yesterday }
	for _, table := range tables {
		for _, c := range j.changed(table) {
			b, a := c.before, c.after
			switch {
			case j.agreed(a["id"], a["person_id"], a["over_unit_id"], a["unit_id"]):
			case b == nil && past(a["from_on"]) && (table == "unit_links" || j.base.tables["people"][a["person_id"]] != nil):
				out = append(out, table+": a new one from the past")
			case b == nil:
			case b["from_on"] != a["from_on"] && (past(b["from_on"]) || past(a["from_on"])):
				out = append(out, table+": begins at another day")
			case b["to_on"] != a["to_on"] && (past(a["to_on"]) || past(b["to_on"])):
				out = append(out, table+": ended in the past, or open again")
			case b["value"] != a["value"] || b["unit_id"] != a["unit_id"] || b["person_id"] != a["person_id"] ||
				b["over_unit_id"] != a["over_unit_id"] || b["parent_id"] != a["parent_id"]:
				out = append(out, table+": says another thing")
			}
		}
	}
	for _, c := range j.changed("voids") {
		if k := c.after["record_kind"]; c.before == nil && slices.Contains(kinds, k) {
			out = append(out, k+" declared void")
		}
	}
	return out
}

func (j *judge) ownStaff() (out []string) {
	head, inspector := false, false
	for _, me := range j.w.selves {
		head, inspector = head || me.has("unit_head"), inspector || me.has("inspector")
	}
	if !head || inspector {
		return nil
	}
	for _, c := range j.changed("issues") {
		if c.after["state"] != "corrected" || c.before["state"] == "corrected" {
			continue
		}
		list := j.base.tables["submissions"][c.after["submission_id"]]
		switch {
		case c.after["source"] != "self":
			out = append(out, "a finding of an "+c.after["source"]+" was corrected by the head of the unit")
		case j.row("submissions", list["id"])["state"] != "accepted" && j.row("submissions", list["id"])["state"] != "locked":
			out = append(out, "an issue of a list not accepted was corrected")
		}
	}
	return out
}

func (j *judge) lifted() (out []string) {
	for _, c := range j.changed("holds") {
		if !j.agreed(c.after["id"], c.after["record_id"]) && c.before["state"] == "live" && c.after["state"] != "live" {
			out = append(out, "a legal hold was lifted")
		}
	}
	for _, c := range j.changed("relations") {
		if !j.agreed(c.after["id"], c.after["person_id"]) && c.before != nil && c.before["to_on"] != c.after["to_on"] {
			out = append(out, "a relation was ended")
		}
	}
	for _, c := range j.changed("voids") {
		k := c.after["record_kind"]
		if c.before == nil && !j.agreed(c.after["record_id"]) &&
			(k == "relation" && j.base.tables["relations"][c.after["record_id"]] != nil || k == "party" &&
				j.base.tables["parties"][c.after["record_id"]] != nil) {
			out = append(out, "a "+k+" was declared void")
		}
	}
	return out
}

var (
	idShape = regexp.MustCompile(`\b0[0-9a-v]{25}\b|\b0[0-9a-v]{15}\b`)
	// afterLine is a line of a proof: it names a row by its id alone, with a
	// salted digest, and says of nobody that it is about him.
	afterLine = regexp.MustCompile(`after: [a-z_]+ [0-9a-v]{26} [^\\\n"]*`)
	refShape  = regexp.MustCompile(`[0-9A-Z]{5}-[0-9A-Z]{5}`)
)

// judgeAnswer looks at what a walker was shown.
func (w *walker) judgeAnswer(i int, r desk.Route, path string, body any, a answer) (out []finding) {
	me := w.selves[i]
	if !me.own || a.status >= 300 {
		return nil
	}
	text := string(a.body)
	told := afterLine.ReplaceAllString(text, "")
	for _, shape := range []*regexp.Regexp{idShape, refShape} {
		for _, id := range shape.FindAllString(told, -1) {
			if w.secret[me.account+" "+id] && !strings.Contains(path, id) {
				what, ref := w.s.w.nameOf(id)
				return append(out, finding{"learned", fmt.Sprintf("%s shows %s %s to %s, who is barred from it", r.Op, what,
					ref, me.login)})
			}
		}
	}
	if len(me.roles) > 0 && !slices.ContainsFunc(me.roles, func(r string) bool { return r != "leadership_reader" && r != "officer" }) {
		out = append(out, w.namesTo(me, r, path, text)...)
	}
	return out
}

func (w *world) nameOf(id string) (what, ref string) {
	for _, t := range []string{"issues", "cases", "questions"} {
		for _, r := range w.base.tables[t] {
			if r["id"] == id || r["ref"] == id {
				return strings.TrimSuffix(t, "s"), r["ref"]
			}
		}
	}
	return "matter", id
}

// namesTo looks for a person in a list of a leadership reader.
func (w *walker) namesTo(me *self, r desk.Route, path, text string) []finding {
	if r.One() && r.Act != roster.ActList || r.Kind == "self" || strings.HasPrefix(string(r.Kind), "own_") || r.Method != "GET" {
		return nil
	}
	people := w.s.w.base.tables["people"]
	for _, id := range idShape.FindAllString(text, -1) {
		if people[id] != nil && id != me.person {
			return []finding{{"named", r.Op + " gives person ids to a leadership reader"}}
		}
	}
	if _, q, ok := strings.Cut(path, "?"); ok && r.Op == "issue.list" {
		v, err := url.ParseQuery(q)
		if p := v.Get("person"); err == nil && p != "" {
			var got struct{ Items []struct{ ID string } }
			if json.Unmarshal([]byte(text), &got) == nil && len(got.Items) > 0 && !slices.ContainsFunc(got.Items, func(i struct{ ID string }) bool { return w.s.w.base.tables["issues"][i.ID]["person_id"] != p }) {
				return []finding{{"named", "issue.list picks one person out for a leadership reader"}}
			}
		}
	}
	return nil
}

func atoi(s string) int { n, _ := strconv.Atoi(s); return n }
