// Package custody owns what becomes of texts that must not be kept, or not be
// seen: expungement and its tombstones, legal holds and retention; sealed
// fields, the custodians who can open them together, and the reveals that they
// release. It is pure: it knows no key material and no database.
//
// An expungement is proposed by one and approved by two others; on the second
// approval the keys of the record's texts are destroyed:
//
//	proposed → expunged | refused | withdrawn
//
// A legal hold stops every expungement of its record:
//
//	live → lifted
//
// A set of custodians is proposed by one security administrator and approved by
// another; the one before it retires when every sealed field has been wrapped
// again:
//
//	proposed → active | refused;  active → retiring → retired
//
// A reveal is asked for with a reason and released by custodians:
//
//	asked → released → shown;  asked, released → refused | lapsed
package custody
