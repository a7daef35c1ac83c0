package casework

import (
	"plumbline/internal/app/desk"
	"plumbline/internal/roster"
)

var inquiryRoutes = []desk.Route{
	{Op: "case.list", Method: "GET", Path: "/cases", Act: roster.ActList, Kind: roster.KindCase},
	{Op: "case.get", Method: "GET", Path: "/cases/{id}", Act: roster.ActRead, Kind: roster.KindCase},
	{Op: "case.export", Method: "POST", Path: "/cases/{id}/exports", Act: roster.ActExport, Kind: roster.KindCase, Write: true,
		Create: true},
	{Op: "case.open", Method: "POST", Path: "/issues/{id}/case", Act: roster.ActCreate, Kind: roster.KindCase, Write: true, Create: true,
		Status: 201},
	{Op: "case.close", Method: "POST", Path: "/cases/{id}/close", Act: roster.ActClose, Kind: roster.KindCase, Write: true, Proof: true},
	{Op: "case.party", Method: "POST", Path: "/cases/{id}/parties", Act: roster.ActAssign, Kind: roster.KindCase, Write: true, Create: true,
		Status: 201},
	{Op: "case.party_void", Method: "POST", Path: "/cases/{id}/party-voids", Act: roster.ActAssign, Kind: roster.KindCase, Write: true},

	{Op: "track.list", Method: "GET", Path: "/tracks", Act: roster.ActList, Kind: roster.KindCase},
	{Op: "track.assign", Method: "POST", Path: "/tracks/{id}/members", Act: roster.ActAssign, Kind: roster.KindTrack, Write: true,
		Create: true, Status: 201},
	{Op: "track.release", Method: "POST", Path: "/track-members/{id}/release", Act: roster.ActAssign, Kind: roster.KindTrack, Write: true},
	{Op: "track.prove", Method: "POST", Path: "/tracks/{id}/proofs", Act: roster.ActEdit, Kind: roster.KindTrack, Write: true},
	{Op: "track.end", Method: "POST", Path: "/tracks/{id}/end", Act: roster.ActAssign, Kind: roster.KindTrack, Write: true},
	{Op: "allegation.add", Method: "POST", Path: "/tracks/{id}/allegations", Act: roster.ActCreate, Kind: roster.KindAllegation,
		Write: true, Create: true, Status: 201},

	{Op: "allegation.reopen", Method: "POST", Path: "/allegations/{id}/reopen", Act: roster.ActReopen, Kind: roster.KindAllegation,
		Write: true},

	{Op: "finding.recommend", Method: "POST", Path: "/allegations/{id}/findings", Act: roster.ActRecommend, Kind: roster.KindFinding,
		Write: true, Create: true, Status: 201},
	{Op: "finding.serve", Method: "POST", Path: "/findings/{id}/serve", Act: roster.ActRecommend, Kind: roster.KindFinding, Write: true},
	{Op: "finding.answer", Method: "POST", Path: "/findings/{id}/answer", Act: roster.ActRecommend, Kind: roster.KindFinding, Write: true},
	{Op: "finding.confirm", Method: "POST", Path: "/findings/{id}/confirm", Act: roster.ActConfirm, Kind: roster.KindFinding, Write: true,
		Slip: true, Proof: true},
	{Op: "finding.quash", Method: "POST", Path: "/findings/{id}/quash", Act: roster.ActRevoke, Kind: roster.KindFinding, Write: true},
	{Op: "finding.mine", Method: "GET", Path: "/my/findings", Act: roster.ActRead, Kind: roster.KindOwnFile},
	{Op: "finding.reply", Method: "POST", Path: "/my/findings/{id}/reply", Act: roster.ActReply, Kind: roster.KindOwnFile, Write: true,
		Slip: true, Proof: true, Create: true, Status: 201},

	{Op: "decision.propose", Method: "POST", Path: "/tracks/{id}/decisions", Act: roster.ActCreate, Kind: roster.KindDecision, Write: true,
		Slip: true, Create: true, Status: 201},
	{Op: "decision.decide", Method: "POST", Path: "/decisions/{id}/decide", Act: roster.ActDecide, Kind: roster.KindDecision, Write: true,
		Slip: true, Proof: true},

	{Op: "question.list", Method: "GET", Path: "/questions", Act: roster.ActList, Kind: roster.KindQuestion},
	{Op: "question.get", Method: "GET", Path: "/questions/{id}", Act: roster.ActRead, Kind: roster.KindQuestion},
	{Op: "question.track", Method: "POST", Path: "/questions/{id}/track", Act: roster.ActAnswer, Kind: roster.KindQuestion, Write: true,
		Proof: true},
	{Op: "question.refuse", Method: "POST", Path: "/questions/{id}/refusal", Act: roster.ActAnswer, Kind: roster.KindQuestion, Write: true,
		Proof: true},
	{Op: "question.approve", Method: "POST", Path: "/questions/{id}/refusal/approve", Act: roster.ActApprove, Kind: roster.KindQuestion,
		Write: true, Proof: true},
	{Op: "question.reject", Method: "POST", Path: "/questions/{id}/refusal/reject", Act: roster.ActApprove, Kind: roster.KindQuestion,
		Write: true, Proof: true},
}
