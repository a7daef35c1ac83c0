package insider

import (
	"bytes"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"sort"
	"strings"

	"plumbline/internal/app/desk"
	"plumbline/internal/roster"
)

// memory is what a walker has been shown. Pools are named by the path under
// which an id is used: "/issues", "/track-members".
type memory struct {
	pools    map[string][]string // ids by pool, in the order of sight
	version  map[string]int64
	ref      map[string]string
	state    map[string]string
	person   map[string]string // id of a thing to the person it is about
	number   map[string]string // person id to personnel number
	name     map[string]string // personnel number to name
	login    map[string]string // account id to login
	code     map[string]string // login to a one-time code shown for it
	unitCode []string
	dates    []string
	scalars  map[string]any // last value by key, for forms that repeat what was shown
	focus    map[string][]string
	within   map[string]string // id of a thing to the page on which it stood
	page     string            // being read; "" for a list
}

const poolMax = 300

func newMemory() *memory {
	return &memory{pools: map[string][]string{}, version: map[string]int64{}, ref: map[string]string{}, state: map[string]string{},
		person: map[string]string{}, number: map[string]string{},
		name: map[string]string{}, login: map[string]string{}, code: map[string]string{}, scalars: map[string]any{}, focus: map[string][]string{}, within: map[string]string{}}
}

func (m *memory) clone() *memory {
	c := newMemory()
	for k, v := range m.pools {
		c.pools[k] = slices.Clone(v)
	}
	maps.Copy(c.version, m.version)
	maps.Copy(c.ref, m.ref)
	maps.Copy(c.state, m.state)
	maps.Copy(c.person, m.person)
	maps.Copy(c.number, m.number)
	maps.Copy(c.name, m.name)
	maps.Copy(c.login, m.login)
	maps.Copy(c.code, m.code)
	maps.Copy(c.scalars, m.scalars)
	maps.Copy(c.within, m.within)
	c.unitCode, c.dates = slices.Clone(m.unitCode), slices.Clone(m.dates)
	return c
}

// join adds what another account was shown: two who walk together talk.
func (m *memory) join(o *memory) {
	for k, v := range o.pools {
		for _, id := range v {
			m.add(k, id)
		}
	}
	maps.Copy(m.version, o.version)
	maps.Copy(m.ref, o.ref)
	maps.Copy(m.state, o.state)
	maps.Copy(m.person, o.person)
	maps.Copy(m.number, o.number)
	maps.Copy(m.name, o.name)
	maps.Copy(m.login, o.login)
	maps.Copy(m.within, o.within)
	for _, c := range o.unitCode {
		m.unitCode = once(m.unitCode, c)
	}
}

func once(list []string, v string) []string {
	if v == "" || len(list) >= poolMax || slices.Contains(list, v) {
		return list
	}
	return append(list, v)
}

func (m *memory) add(pool, id string) {
	if len(id) == 26 || len(id) == 16 || strings.ContainsRune(id, '.') || pool == "/sessions" || pool == "/named-items" {
		m.pools[pool] = once(m.pools[pool], id)
		m.focus[pool] = once(m.focus[pool], id)
	}
}

// under names the pool of objects that stand under a key of an answer.
var under = map[string]string{
	"tracks": "/tracks", "members": "/track-members", "allegations": "/allegations", "findings": "/findings", "questions": "/questions",
	"decision": "/decisions", "rectifications": "/rectifications", "parties": "party", "statements": "/statements", "lines": "/my-file/issues",
	"sample": "/issues", "linked": "/issues", "lists": "/submissions", "submissions": "/submissions", "filed_or_excused": "/submissions",
	"not_filed": "/submissions", "campaigns": "/campaigns", "children": "/units", "person": "/people", "leader": "/people", "subject": "/people",
	"owner": "/people", "by": "/people", "unit": "/units", "lead_unit": "/units", "links": "links", "leads": "links", "superiors": "links", "job": "/jobs",
	"codes": "/session/codes", "challenges": "/challenges",
}

// keyed names the pool of an id by the key that holds it.
var keyed = map[string]string{
	"issue_id": "/issues", "case_id": "/cases", "person_id": "/people", "unit_id": "/units", "campaign_id": "/campaigns", "submission_id": "/submissions",
	"batch_id": "/audit/batches", "match_id": "/matches", "account_id": "/accounts", "track_id": "/tracks", "leader_id": "/people", "parent_id": "/units",
	"original_id": "/matches", "duplicate_of": "/issues", "recurrence_of": "/issues", "officers_checklist_id": "/checklists", "leaders_checklist_id": "/checklists",
	"over_unit_id": "/units", "about_id": "/inspection-items",
}

// ofKind names the pool of what an operation on a kind makes.
var ofKind = map[roster.Kind]string{
	roster.KindCase: "/cases", roster.KindTrack: "/tracks", roster.KindAllegation: "/allegations", roster.KindFinding: "/findings", roster.KindDecision: "/decisions",
	roster.KindQuestion: "/tracks", roster.KindRectification: "/rectifications", roster.KindHold: "/holds", roster.KindExpungement: "/expungements",
	roster.KindReveal: "/reveals", roster.KindAccount: "/accounts", roster.KindGrant: "/grants", roster.KindDeputy: "/deputies", roster.KindCampaign: "/campaigns",
	roster.KindChecklist: "/checklists", roster.KindBatch: "/audit/batches", roster.KindCustody: "/custodians",
}

// mine is the pool of the walker's own lists.
const mine = "my lists"

// poolFor names the pool that the id of an operation is taken from: who sees
// others' lists as well does not take them for his own.
func poolFor(r desk.Route) string {
	if r.Kind == roster.KindOwnSubmission {
		return mine
	}
	return poolOf(r.Path)
}

// poolOf names the pool that the id in a path is taken from.
func poolOf(path string) string {
	p, _, _ := strings.Cut(path, "/{")
	return p
}

// take reads an answer.
func (m *memory) take(r desk.Route, id string, body []byte) {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var v any
	if d.Decode(&v) != nil {
		return
	}
	pool := poolOf(r.Path)
	switch {
	case r.Op == "session.create" || r.Op == "ledger.entries":
		return
	case r.Op == "issue.party" || r.Op == "case.party":
		pool = "party"
	case r.Write:
		pool = ofKind[r.Kind]
		if o, ok := v.(map[string]any); ok && o["id"] == id {
			pool = ""
		}
	case r.Op == "submission.list_own" || r.Op == "submission.read_own":
		pool = mine
	case r.Op == "completion.lists":
		pool = "/submissions"
	case r.Op == "person.search", r.Op == "reconciliation.people":
		pool = "/people"
	case r.Op == "relation.list", r.Op == "relation.own":
		pool = "/relations"
	case r.Op == "receipt.list":
		pool = "seq"
	}
	if code, ok := v.(map[string]any); ok && r.Op == "account.code" {
		if s, ok := code["code"].(string); ok && m.login[id] != "" {
			m.code[m.login[id]] = s
		}
	}
	m.page = ""
	if r.Method == "GET" && strings.HasSuffix(r.Path, "/{id}") {
		m.page = strings.Replace(r.Path, "{id}", id, 1)
	}
	m.walk(v, pool)
}

func (m *memory) walk(v any, pool string) {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			m.walk(e, pool)
		}
	case map[string]any:
		m.object(v, pool)
	}
}

var dateShape = regexp.MustCompile(`^\d{4}-\d\d-\d\d$`)

func (m *memory) object(o map[string]any, pool string) {
	text := func(k string) string { s, _ := o[k].(string); return s }
	id := text("id")
	if id != "" && pool != "" {
		m.add(pool, id)
		if own := m.within[id]; m.page != "" && (own == "" || !strings.HasSuffix(own, "/"+id)) {
			m.within[id] = m.page
		}
		switch pool {
		case "/my-file/issues":
			m.add("/issues", id)
		case "/reviews":
			m.add("/submissions", id)
		case "/submissions":
			m.add("/reviews", id)
		}
		if n, ok := o["version"].(json.Number); ok {
			m.version[id], _ = n.Int64()
		}
		if text("state") != "" {
			m.state[id] = text("state")
		}
		if text("ref") != "" {
			m.ref[id] = text("ref")
		}
		if p := text("person_id"); p != "" {
			m.person[id] = p
		} else if p, ok := o["person"].(map[string]any); ok {
			m.person[id], _ = p["id"].(string)
		}
		if text("login") != "" {
			m.login[id] = text("login")
		}
	}
	number, person := text("number"), id
	if text("personnel_no") != "" {
		number = text("personnel_no")
		if text("person_id") != "" {
			person = text("person_id")
		}
	}
	switch {
	case number != "" && pool == "/units":
		m.unitCode = once(m.unitCode, number)
	case number != "":
		m.number[person], m.name[number] = number, text("name")
		m.pools["number"] = once(m.pools["number"], number)
		m.focus["number"] = once(m.focus["number"], number)
	}
	if text("code") != "" && text("tier") == "" && o["tier"] != nil {
		m.unitCode = once(m.unitCode, text("code"))
	}
	keys := slices.Collect(maps.Keys(o))
	sort.Strings(keys)
	for _, k := range keys {
		switch e := o[k].(type) {
		case string:
			if p := keyed[k]; p != "" {
				m.add(p, e)
			}
			if dateShape.MatchString(e) {
				m.dates = once(m.dates, e)
			}
			if k != "id" && k != "next" {
				m.scalars[k] = e
			}
		case json.Number:
			m.scalars[k] = e
			if k == "seq" {
				m.pools["/receipts"] = once(m.pools["/receipts"], e.String())
			}
		case bool:
			m.scalars[k] = e
		case map[string]any, []any:
			next, ok := under[k]
			if !ok {
				next = pool
				if k != "items" && k != "rows" {
					next = ""
				}
			}
			m.walk(e, next)
		}
	}
}
