package api

import (
	"plumbline/internal/roster"
	"plumbline/internal/selfcheck"
)

// fields are the fields of a body: names and values by turns.
func fields(pairs ...any) map[string]any {
	out := map[string]any{}
	for i := 0; i+1 < len(pairs); i += 2 {
		out[pairs[i].(string)] = pairs[i+1]
	}
	return out
}

// rows says of every route with an id what the id names, who may, and which
// body is accepted of the object as it was planted.
func (w *world) rows() map[string]exercised {
	w.Helper()
	empty := fields()
	reason := fields("reason", "已核对有关记录")
	note := fields("note", "已核对有关记录")
	witness := fields("person", w.personnelNo("erin"), "interest", "witness")
	party := fields("reason", "记错了人", "party", "$party")
	var nils []any
	for n := range selfcheck.ItemCount {
		nils = append(nils, fields("item", n+1, "nil", true))
	}
	body := []string{w.personnelNo(official(roster.RoleDecidingBody)), w.personnelNo("body"), w.personnelNo("body2")}
	return map[string]exercised{
		"session.end":          {kind: "session", own: true},
		"account.code":         {kind: "account"},
		"account.code_confirm": {kind: "code", own: true, body: empty, entries: 2},
		"account.code_refuse":  {kind: "code", own: true, body: empty},
		"account.disable":      {kind: "account", body: empty},
		"account.enable":       {kind: "account, disabled", body: empty},
		"grant.approve":        {kind: "grant, proposed", body: empty},
		"grant.revoke":         {kind: "grant", body: empty},
		"deputy.revoke":        {kind: "deputy", body: empty},

		"job.read":   {kind: "job", as: official(roster.RoleCampaignManager)},
		"job.cancel": {kind: "job", as: official(roster.RoleCampaignManager), entries: -1},

		"expungement.get":      {kind: "expungement"},
		"expungement.approve":  {kind: "expungement", body: empty},
		"expungement.refuse":   {kind: "expungement", body: reason},
		"expungement.withdraw": {kind: "expungement, own", body: empty},
		"hold.lift":            {kind: "hold", body: reason},
		"custody.approve":      {kind: "custodians", body: empty},
		"custody.refuse":       {kind: "custodians", body: empty},
		"reveal.get":           {kind: "reveal"},
		"reveal.show":          {kind: "reveal, released", body: empty},
		"reveal.note":          {kind: "reveal", body: empty},
		"share.get":            {kind: "reveal", own: true},
		"share.release":        {kind: "reveal", own: true, body: fields("response", "$response")},
		"share.refuse":         {kind: "reveal", own: true, body: empty},

		"case.get":        {kind: "case"},
		"case.export":     {kind: "case", body: empty},
		"case.open":       {kind: "clue", body: fields("rule", "第七条", "facts", "超时讯问")},
		"case.close":      {kind: "case, decided", body: empty},
		"case.party":      {kind: "case", body: witness},
		"case.party_void": {kind: "case with a party", body: party},
		"track.assign":    {kind: "track", body: fields("person", w.personnelNo("investigator1"), "duty", "investigator")},
		"track.release":   {kind: "member", body: reason},
		"track.prove": {kind: "leader track", body: fields("duty", "proved", "knowledge", "not_proved", "conduct", "not_proved",
			"link", "not_proved", "result", "fulfilled", "grounds", "已尽职")},
		"track.end":         {kind: "track", body: fields("ground", "died", "reason", "已核对有关记录")},
		"allegation.add":    {kind: "track, manned", body: fields("category", "interview", "rule", "第九条", "facts", "未录音")},
		"allegation.reopen": {kind: "allegation, found", body: reason},
		"finding.recommend": {kind: "allegation", body: fields("verdict", "sustained", "standard", "preponderance", "reason", "已核对有关记录")},
		"finding.serve":     {kind: "finding", body: empty},
		"finding.answer":    {kind: "finding, replied", body: fields("answer", "已逐项核对")},
		"finding.confirm":   {kind: "finding, served", body: fields("verdict", "sustained", "reason", "已核对有关记录")},
		"finding.quash":     {kind: "finding, final", body: reason},
		"finding.reply":     {kind: "finding, served", own: true, body: fields("text", "对时间有异议")},
		"decision.propose":  {kind: "track, found", body: fields("form", 1, "reason", "已核对有关记录")},
		"decision.decide":   {kind: "decision", body: fields("members", body)},
		"question.get":      {kind: "question"},
		"question.track":    {kind: "question", body: empty},
		"question.refuse":   {kind: "question", body: reason},
		"question.approve":  {kind: "question, refused", body: empty},
		"question.reject":   {kind: "question, refused", body: empty},

		"batch.read":     {kind: "batch"},
		"batch.cancel":   {kind: "batch, importing"},
		"batch.resume":   {kind: "batch, stopped", body: empty},
		"batch.withdraw": {kind: "batch", body: reason},
		"batch.errors":   {kind: "batch", reach: roster.KindBatch, body: fields("format", "csv")},
		"match.read":     {kind: "match"},
		"match.decide":   {kind: "match", body: fields("person_id", "$person")},
		"match.undo":     {kind: "match, confirmed", body: reason},

		"issue.read":       {kind: "issue", as: official(roster.RoleInspector)},
		"issue.triage":     {kind: "issue", body: fields("severity", 1, "category", "interview")},
		"issue.reject":     {kind: "issue", body: reason},
		"issue.correct":    {kind: "issue, declared", body: empty},
		"issue.merge":      {kind: "issue of a pair", body: fields("into", "$other")},
		"issue.recur":      {kind: "issue of a pair", body: fields("of", "$other")},
		"issue.withdraw":   {kind: "issue", body: reason},
		"issue.reopen":     {kind: "issue, closed", body: fields("reason", "新证据")},
		"issue.notify":     {kind: "issue", body: fields("reason", "请说明情况")},
		"issue.party":      {kind: "issue", body: witness},
		"issue.party_void": {kind: "issue with a party", body: party},
		"issue.conceal":    {kind: "issue, undeclared", body: fields("answer", "confirmed", "reason", "已核对有关记录")},
		"file.reply":       {kind: "issue, noticed", own: true, body: fields("kind", "answer", "text", "情况属实")},
		"file.read":        {kind: "file", as: official(roster.RoleInspector)},
		"file.export":      {kind: "file", as: official(roster.RoleInspector), body: empty},
		"statement.answer": {kind: "statement", body: fields("state", "refused", "text", "记录无误")},

		"proposal.get":      {kind: "proposal", as: official(roster.RoleDecidingBody)},
		"proposal.approve":  {kind: "proposal", as: official(roster.RoleDecidingBody), body: empty, entries: 2},
		"proposal.refuse":   {kind: "proposal", as: official(roster.RoleDecidingBody), body: note},
		"proposal.withdraw": {kind: "proposal, own", as: official(roster.RoleDecidingBody), body: empty},

		"receipt.read": {kind: "entry", own: true},
		"receipt.slip": {kind: "entry", own: true},

		"rectification.get":        {kind: "task", as: official(roster.RoleInspector)},
		"rectification.create":     {kind: "issue", body: fields("task", "补录记录")},
		"rectification.accept":     {kind: "task", body: empty},
		"rectification.progress":   {kind: "task, accepted", body: empty},
		"rectification.submit":     {kind: "task, accepted", body: note},
		"rectification.verify":     {kind: "task, submitted", body: empty},
		"rectification.return":     {kind: "task, submitted", body: note},
		"rectification.strike_off": {kind: "task, verified", body: empty},
		"rectification.recur":      {kind: "task, verified", body: note},

		"challenge.read":     {kind: "challenge"},
		"challenge.decide":   {kind: "challenge", body: fields("decision", "deny", "reason", "已核对有关记录")},
		"challenge.withdraw": {kind: "challenge, own", own: true, body: empty},

		"unit.read":       {kind: "unit", as: official(roster.RoleRecordsOfficer)},
		"roster.template": {kind: "table", as: official(roster.RoleRecordsOfficer)},
		"person.read":     {kind: "person", as: official(roster.RoleRecordsOfficer)},
		"person.edit":     {kind: "person", body: fields("pinyin", "tian ren")},
		"relation.list":   {kind: "person"},
		"relation.create": {kind: "person", body: fields("personnel_no", w.personnelNo("erin"), "name", "林戊", "kind", "relative"),
			entries: 3},
		"relation.void": {kind: "relation", body: reason},
		"relation.end":  {kind: "relation", body: empty},

		"checklist.read":      {kind: "checklist"},
		"checklist.details":   {kind: "checklist"},
		"checklist.refine":    {kind: "checklist", body: fields("unit_id", w.Units["east1"], "item", 1, "text_zh", "$detail")},
		"campaign.read":       {kind: "campaign"},
		"campaign.open":       {kind: "campaign, draft", body: empty},
		"campaign.lock":       {kind: "campaign", body: empty},
		"campaign.inspect":    {kind: "campaign, locked", body: empty},
		"campaign.rectify":    {kind: "campaign, inspecting", body: empty},
		"campaign.close":      {kind: "campaign, rectifying", body: empty},
		"campaign.amend":      {kind: "campaign", body: fields("personnel_no", w.personnelNo("ben"), "reason", "新调入人员")},
		"submission.read_own": {kind: "list", own: true},
		"submission.draft": {kind: "list", own: true, body: fields("items", []any{fields("seq", 1, "item", 1, "nil", true)}),
			entries: -1},
		"submission.submit":     {kind: "list", own: true, body: fields("answers", nils)},
		"submission.supplement": {kind: "list, locked", own: true, body: fields("item", 1, "event_on", "2025-06-15", "text", "补充一件")},
		"submission.receipt":    {kind: "list", own: true},
		"submission.excuse":     {kind: "list", body: reason},
		"submission.restore":    {kind: "list, excused", body: reason},
		"review.read":           {kind: "list, submitted"},
		"review.accept":         {kind: "list, submitted", body: empty},
		"review.return":         {kind: "list, submitted", body: reason},
		"named.read":            {kind: "named item"},
		"named.accept":          {kind: "named item", body: empty},
		"named.return":          {kind: "named item", body: reason},
		"named.reply":           {kind: "list, item returned", own: true, body: fields("item", 1, "text", "已当面说明")},
		"completion.list":       {kind: "campaign"},
		"completion.read":       {kind: "unit in a campaign"},
		"completion.lists":      {kind: "campaign"},
		"certification.undo":    {kind: "unit in a campaign, certified", body: reason},
		"certification.create":  {kind: "unit in a campaign"},
	}
}
