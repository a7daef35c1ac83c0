// Package recusal owns the challenge: somebody says that another has an
// interest and should be kept from a matter (domain rules, section 3, "A bar
// takes effect"). It is pure: rows and facts in, rows or a fault out.
//
// Nobody bars another by his own word. What a person declares about himself
// keeps him from the other's matters at once. That the other is kept from
// matters about the declarer, or from a matter in which he has work to do, is a
// challenge: a third person one tier above decides it, and until then it bars
// nobody. That is so whoever the other is and whether there is a matter or not,
// because an answer that differed would tell the accused who handles his case.
//
// A challenge:
//
//	filed → upheld      the bar takes effect for these two from then on
//	filed → denied      nobody is barred by it
//	filed → withdrawn   by the one who filed it
//
// An alarm says that a matter lies where nobody may handle it any more. The
// program raises and ends it, never a person:
//
//	raised → ended   somebody may handle the matter again, or it is settled
package recusal
