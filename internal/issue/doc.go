// Package issue owns the issue: one alleged fact about one person or one unit,
// in one category, from one source; its life, the timing of disclosure, and the
// comparison of what was declared with what was found.
//
// Four facts are kept apart and never overwrite one another: severity (what it
// would be if true), disclosure (when it was said), finding (is it true) and
// outcome (the form of what was done).
//
// The life (a row is legal only by this table; a test reads it from here):
//
//	from        act        to
//	registered  triage     triaged
//	registered  correct    corrected
//	registered  rectify    rectifying
//	registered  refer      clue
//	registered  merge      merged
//	registered  reject     rejected
//	registered  withdraw   withdrawn
//	triaged     triage     triaged
//	triaged     correct    corrected
//	triaged     rectify    rectifying
//	triaged     refer      clue
//	triaged     merge      merged
//	triaged     reject     rejected
//	triaged     withdraw   withdrawn
//	corrected   close      closed
//	corrected   withdraw   withdrawn
//	corrected   reopen     reopened
//	rectifying  refer      clue
//	rectifying  withdraw   withdrawn
//	rectifying  close      closed
//	clue        rectify    rectifying
//	clue        merge      merged
//	clue        withdraw   withdrawn
//	clue        close      closed
//	merged      withdraw   withdrawn
//	rejected    withdraw   withdrawn
//	rejected    reopen     reopened
//	closed      withdraw   withdrawn
//	closed      reopen     reopened
//	reopened    triage     triaged
//	reopened    correct    corrected
//	reopened    rectify    rectifying
//	reopened    refer      clue
//	reopened    merge      merged
//	reopened    reject     rejected
//	reopened    withdraw   withdrawn
//
// A way to corrected, merged, rejected, withdrawn or closed is an end, and one
// guard stands before every end (Ground): what was ever as severe as the pack's
// limit is ended by two people who are told apart by the records, whatever it
// was lowered to and whichever way is taken.
//
// To withdraw a settled issue is what undoing a wrong match does. Reopening
// needs new evidence, in words.
//
// What the report counts of an issue is said here too (Deltas), so that a row
// and its counters cannot drift apart: sections issue_state, issue_source and
// issue_cell, keyed by the month of the event. The report room reads them.
//
// The package knows no SQL and no clock, and must never decide guilt: a paired
// declaration, an undeclared record or a confirmed concealment is a fact that a
// decision addresses, never a finding.
package issue
