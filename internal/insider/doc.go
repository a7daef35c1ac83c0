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
//	hidden      an open matter that nobody but the walker can see or act on any more, or     domain §3, §9
//	            from which his word alone keeps others, now or when they would be put on it
//	closed      a case closed without what §7 asks, or a track ended without finding by one  domain §7
//	settled     an issue of peak severity S3 or more, or with a case, a question or a        domain §6, §7
//	            notice, settled, merged away, withdrawn or unmatched by one; a record of S3
//	            or more dropped by one before it is an issue
//	decided     a decision or a final finding without its guards; a form that was not asked  domain §8
//	unasked     a leader question gone, or refused by one                                    domain §7
//	spoken      an act recorded for a person who did not do it                               domain §3
//	learned     a barred person who is shown what he is barred from, or that it is there     domain §3
//	cell        a cell that a report hides, fixed by two reports of one reader               domain §9
//	rewritten   a command link, posting or identifier that lies in the past, changed by one  domain §3
//	regrouped   a unit's place in the tree, in the past, changed by one                      domain §3
//	own_staff   an audit or inspection finding, or a list not accepted, settled by the head  domain §3, §4
//	named       a person named, or picked out, in a list of a leadership reader              domain §3
//	lifted      a legal hold, a relation or a party's bar lifted or voided by one            domain §3
//
// That a barred person learns is looked for twice. No answer on a walk may hold
// an id or a reference of what he is barred from. And some accounts walk through
// twin worlds: two copies that are the same but for one matter, about himself,
// about his superior, about his relative, or of his own complaint. He takes the
// same tour and the same steps in both, and asks for the matter by its id where
// it lies and for nothing where it does not. Every answer must be the same: lists
// and their totals, to-do counts, reports and the files made of them, searches,
// history, jobs, the ledger, receipts and refusals. Ids, references, digests,
// drawn codes and the numbers of entries are compared by the order in which they
// come up; what states the size or the root of the whole ledger is not compared,
// because anybody may know that something was recorded.
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
// weight, because a newcomer decides nothing. It does from the entry on that
// gives the account a role: what is done by it then counts, as everybody else's.
//
// # Tours
//
// Dice alone do not reach the far end of a case. The world therefore holds a
// thing at the stage that each operation asks for: a case at every step, a
// proposal that waits for one more word, a reveal at every step, a code, a
// disabled account, a stopped import. In its first two walks, and in every fourth
// after them, an account begins with a tour: it tries each operation that it may
// do, in shuffled order, on such things first where it has been shown them. The
// first tour keeps refusals and other ends for last, the second does not.
//
// When each party has walked twice, every operation must have succeeded for
// somebody but those that the table beyond excuses, which is empty. With -v a
// table says for each role what it may do, what succeeded, and what was only
// refused or never tried.
//
// On SQLite, 84 walks make some 31 000 requests, and all of 212 operations
// succeed; before there were tours, 82 walks left 39 of them undone, the decision
// and the close of a case among them. The twin worlds add some 3 000 requests in
// each copy; in the long run all accounts walk through all four kinds.
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
//	go test ./internal/insider                                        the short run, 12 walks
//	make insider                                                      84 walks, as CI does
//	PLUMBLINE_WALKS=400 go test ./internal/insider                    so many walks
//	PLUMBLINE_NIGHTLY=1 go test -timeout 60m ./internal/insider       the long run, on both databases
//	go test ./internal/insider -run TestLoneInsider -insider.seed=N   one walk again
//
// A finding prints its seed, who walked, and the shortest sequence of acts that
// still leads to the end. On SQLite a seed gives the same walk every time: the
// world is made by one caller after another, and what each request draws, be it an
// id, a code or a key, follows from the seed and the place of the request. Only the
// time that ids begin with is the machine's; nothing is chosen by it. On PostgreSQL,
// where one caller at a time takes too long, the ids of the made world differ, and
// the sequence, not the seed, is what to keep in a report.
package insider
