// Package inquiry owns formal inquiries: the case with its officer track and
// its leader tracks, allegations and findings, the questions raised about
// leaders, replies, decisions, and who is kept apart from what (domain rules,
// sections 7 and 8). It is pure: rows and facts in, rows or a fault out.
//
// It must never decide guilt, let one person do both halves of a check, or let
// a case close while something is missing. Statutory clocks with pauses, the
// full disposition of clues, sanctions in force, appeals and inspections come
// with their own issues and have their place beside these tables.
//
// A case:
//
//	open            → decided_pending   every track is terminal
//	decided_pending → open              a track is added
//	open, decided_pending → closed      nothing is missing
//	closed          → open              an allegation is reopened or a finding quashed
//
// A track (officer or leader):
//
//	open     → assigned   two investigators and an adjudicator are named
//	assigned → found      every allegation has a final finding
//	found    → decided    a deciding body above the subject has decided
//	assigned → open       a member was taken off who is needed
//	found, decided → assigned   an allegation is reopened or a finding quashed
//	open, assigned, found → ended   ended without finding, with a reason
//
// An allegation:
//
//	open → found → reopened → found
//
// A finding:
//
//	draft   → served    facts and grounds were told; the reply window runs
//	served  → replied   the subject replied, or waived
//	served  → final     only when the window has run out
//	replied → final     only when the reply was answered
//	final   → quashed   by a deciding body, who neither made nor confirmed it
//
// A question about a leader:
//
//	raised           → track_opened
//	raised           → refusal_proposed → refused, or back to raised
//	raised, refusal_proposed, track_opened, refused → withdrawn   what raised it was taken back
//
// A decision:
//
//	proposed → decided
//	proposed, decided → revoked   what it was built on was reopened or quashed
package inquiry
