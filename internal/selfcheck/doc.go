// Package selfcheck owns the three-tier self-check: checklists, campaigns, the
// lists that people and units owe, their answers, and certification. It holds
// states and rules only; it knows no SQL, no clock and no user interface.
//
// What is owed is itself a Submission in the state assigned: one per campaign,
// checklist and respondent, made when the roster snapshot is taken at opening.
// Later joiners, transfers and leavers are dated RosterAmendments.
//
// States of a campaign:
//
//	draft      → open        open: the roster snapshot is taken
//	open       → locked      lock: filed lists are locked, only supplements are added
//	locked     → inspecting  inspect
//	inspecting → rectifying  rectify
//	rectifying → closed      close
//
// States of a submission:
//
//	assigned  → submitted  submit: every item answered
//	assigned  → excused    excuse, with a reason
//	submitted → returned   return, with a reason; not once the unit has certified
//	submitted → accepted   accept
//	submitted → locked     lock, with the campaign
//	accepted  → locked     lock, with the campaign
//	returned  → submitted  submit: what is dropped is withdrawn and keeps its first date
//	returned  → excused    excuse, with a reason
//
// Filed means submitted, accepted or locked. A locked submission takes dated
// supplements, which never change what was filed.
//
// Rates and similarities are facts about a unit. The package must never grade a
// person by them, and never let the ordinary reviewer see an item that names a
// leader: such an item goes to the tier above that leader.
package selfcheck
