// Package intake owns audit records: what a row of somebody else's list says,
// whom it names, and who decided so. It reads rows (through package sheet),
// normalises them, and matches them to people as of the event date; it knows
// no SQL and keeps no clock.
//
// A record is raw and never changes: its cells lie in the contents under one
// commitment. What is made of it stands beside it, in a Match, which moves by
// this table:
//
//	received    exact → matched; probable; ambiguous; unmatched;
//	            duplicate (linked to the earlier record); rejected
//	probable    confirm → matched; none → unmatched        one reviewer, two for
//	                                                       nobody where severe
//	ambiguous   confirm → matched; none → unmatched        two reviewers
//	unmatched   confirm → matched                          two reviewers
//	matched     undo → probable, ambiguous or unmatched
//	duplicate   promote → as its own level says (its original was withdrawn)
//	all         withdraw → withdrawn (the whole batch was a mistake)
//
// Whom a record means is weighed after Fellegi and Sunter. Blocks (block.go) bring
// together record and people; each field that both know is compared and gets a grade
// (compare.go, compare_name.go, evidence.go); a Model gives each grade its weight, by how
// many share the value (frequency.go); the weights of all candidates together give the
// probability of each, and that of nobody on the roster (model.go). Match (match.go)
// makes levels of it under the rule pack. An import estimates the model from its own file
// (estimate.go) and keeps it, so that one made-up list moves no weights but its own; a
// veto or a rival is never outweighed.
//
// A record is severe when it, or an issue made of it, ever stood at the pack's
// review.clue_min_severity or above. Two people set a severe record aside,
// whether by nobody, by withdrawing its batch, or as an issue; and it repeats
// only a record that is as well guarded.
//
// An issue comes into being when a match is confirmed, and goes when the match
// is undone or the batch withdrawn. Nothing here decides whether a record is
// true.
package intake
