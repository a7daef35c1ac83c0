package casework

import (
	"net/http"

	"plumbline/internal/web/page"
)

func (f *face) inquiryRoutes() []page.Route {
	get, post := http.MethodGet, http.MethodPost
	return []page.Route{
		{Method: get, Path: "/cases", Op: "case.list", Handler: f.caseList},
		{Method: get, Path: "/cases/{id}", Op: "case.get", Handler: f.casePage},
		{Method: post, Path: "/cases/{id}/export", Op: "case.export", Handler: f.exportCase},
		{Method: get, Path: "/issues/{id}/case/new", Op: "case.open", Handler: f.newCase},
		{Method: post, Path: "/issues/{id}/case", Op: "case.open", Handler: f.openCase},
		{Method: post, Path: "/cases/{id}/close", Op: "case.close", Handler: f.onCase("case.closed.flash", f.closeCase)},
		{Method: post, Path: "/cases/{id}/parties", Op: "case.party", Handler: f.onCase("case.party.flash", f.addParty)},
		{Method: post, Path: "/cases/{id}/party-voids", Op: "case.party_void", Handler: f.onCase("proposal.flash.filed", f.voidCaseParty)},

		{Method: get, Path: "/tracks", Op: "track.list", Handler: f.trackList},
		{Method: post, Path: "/tracks/{id}/members", Op: "track.assign", Handler: f.onCase("track.assign.flash", f.assignMember)},
		{Method: post, Path: "/track-members/{id}/release", Op: "track.release",
			Handler: f.onCase("track.release.flash", f.back(f.app.ReleaseMember))},
		{Method: post, Path: "/allegations/{id}/reopen", Op: "allegation.reopen",
			Handler: f.onCase("allegation.reopen.flash", f.backByTwo(f.app.ReopenAllegation))},
		{Method: post, Path: "/findings/{id}/quash", Op: "finding.quash", Handler: f.onCase("finding.quash.flash",
			f.backByTwo(f.app.QuashFinding))},
		{Method: post, Path: "/tracks/{id}/proofs", Op: "track.prove", Handler: f.onCase("track.prove.flash", f.proveTrack)},
		{Method: post, Path: "/tracks/{id}/end", Op: "track.end", Handler: f.onCase("track.end.flash", f.endTrack)},
		{Method: post, Path: "/tracks/{id}/allegations", Op: "allegation.add", Handler: f.onCase("allegation.add.flash", f.addAllegation)},
		{Method: post, Path: "/tracks/{id}/decisions", Op: "decision.propose", Handler: f.proposeDecision},
		{Method: post, Path: "/decisions/{id}/decide", Op: "decision.decide", Handler: f.onCase("decision.decide.flash", f.resolveTrack)},

		{Method: post, Path: "/allegations/{id}/findings", Op: "finding.recommend",
			Handler: f.onCase("finding.recommend.flash", f.recommend)},
		{Method: post, Path: "/findings/{id}/serve", Op: "finding.serve", Handler: f.onCase("finding.serve.flash", f.serveFinding)},
		{Method: post, Path: "/findings/{id}/answer", Op: "finding.answer", Handler: f.onCase("finding.answer.flash", f.answerReply)},
		{Method: post, Path: "/findings/{id}/confirm", Op: "finding.confirm", Handler: f.onCase("finding.confirm.flash", f.confirmFinding)},
		{Method: get, Path: "/my/findings", Op: "finding.mine", Handler: f.myFindings},
		{Method: post, Path: "/my/findings/{id}/reply", Op: "finding.reply", Handler: f.replyFinding},

		{Method: get, Path: "/questions", Op: "question.list", Handler: f.questionList},
		{Method: get, Path: "/questions/{id}", Op: "question.get", Handler: f.questionPage},
		{Method: post, Path: "/questions/{id}/track", Op: "question.track", Handler: f.onQuestion(f.openLeaderTrack)},
		{Method: post, Path: "/questions/{id}/refusal", Op: "question.refuse", Handler: f.onQuestion(f.refuseQuestion)},
		{Method: post, Path: "/questions/{id}/refusal/approve", Op: "question.approve", Handler: f.onQuestion(f.approveRefusal)},
		{Method: post, Path: "/questions/{id}/refusal/reject", Op: "question.reject", Handler: f.onQuestion(f.rejectRefusal)},
	}
}
