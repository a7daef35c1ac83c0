// Package insider holds the lone insider: a test that plays every account of a
// small site alone, and the pairs that the rules keep apart, over the JSON API,
// with seeded random walks over all operations, and looks afterwards whether
// one of them reached an end that nobody may reach alone.
//
// A walk knows what its account has been shown: ids, versions and numbers come
// from its own answers, and beside them only the telephone book of the people
// who hold a role. It does not know the rules. What an end is, is judged on
// the whole site before and after the walk, never on the route: a new operation
// that leads to an old end is found without a change here.
//
// # Forbidden ends
//
//	hidden      an open matter that nobody but the walker can see or act on any more         domain §3, §9
//	closed      a case closed without what §7 asks, or a track ended without finding by one  domain §7
//	settled     an issue of peak severity S3 or more, or with a case, a question or a        domain §6, §7
//	            notice, settled, merged away, withdrawn or unmatched by one
//	decided     a decision or a final finding without its guards; a form that was not asked  domain §8
//	unasked     a leader question gone, or refused by one                                    domain §7
//	spoken      an act recorded for a person who did not do it                               domain §3
//	learned     a barred person who is shown an id or a reference of what he is barred from  domain §3
//	cell        a cell that a report hides, fixed by two reports of one reader               domain §9
//	rewritten   a command link, posting or identifier that lies in the past, changed by one  domain §3
//	regrouped   a unit's place in the tree, in the past, changed by one                      domain §3
//	own_staff   an audit or inspection finding, or a list not accepted, settled by the head  domain §3, §4
//	named       a person named, or picked out, in a list of a leadership reader              domain §3
//	lifted      a legal hold, a relation or a party's bar lifted or voided by one            domain §3
//
// The after lines of a ledger entry name the rows that it wrote by id and salted
// digest; where one entry wrote rows of several matters, a bundle about one of
// them holds the ids of the others. An id there says nothing of whom or what it
// is about, and is not counted as learned.
//
// An end that somebody else had proposed before the walk began is not the
// walker's alone, and does not count. The account of a newcomer, who has
// neither a role nor a password yet, is opened by the system administrator with
// a code that he hands over; that he could use it himself is known and bears no
// weight, because a newcomer decides nothing. Everybody else's account counts.
//
// # Pairs
//
//	accused and subordinate    an inspector who serves under the accused is barred like him
//	chief and head             the reviewer of a list and its author
//	body and clue              who takes clues in never decides on them
//	investigator, adjudicator  who found never confirms
//	records and accused        who keeps the roster must not help the one whose command is asked about
//	system and security        nobody holds two of the three administrator roles
//	system and audit           likewise
//	two readers                what one may not work out, two may not either
//	inspector and lead         who sends a task out never carries it out
//
// The system administrator together with whoever runs the database is not
// among them: the ledger and its witnesses answer for that, not the program.
//
// # Running it
//
//	go test ./internal/insider                                        the short run, on SQLite
//	PLUMBLINE_WALKS=400 go test ./internal/insider                    so many walks
//	PLUMBLINE_NIGHTLY=1 go test -timeout 40m ./internal/insider       the long run, on both databases
//	go test ./internal/insider -run TestLoneInsider -insider.seed=N   one walk again
//
// A finding prints its seed, who walked, and the shortest sequence of acts that
// still leads to the end. Ids differ from one made world to the next, so the
// sequence, not the seed, is what to keep in a report.
package insider
