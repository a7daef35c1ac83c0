// Package ordeal is where Plumbline is mistreated: the server killed with -9
// under 64 writing clients, its PostgreSQL killed under it, the power cut from
// a virtual machine in the middle of a write, the answer of a COMMIT lost, a
// backup taken while everybody writes. It owns the ordeals, their load and
// their block devices, and nothing that the program itself runs.
//
// One rule judges all of them: what was acknowledged is there, once, with the
// id that was acknowledged; what was not may be there or not, but never twice
// and never in part; and verify passes. An ordeal that could not notice a loss
// proves nothing, so where one can be made to lose (synchronous=NORMAL under a
// power cut) a negative control shows that it does.
//
// Here are only tests, and the guest program of the virtual machine. CI runs a
// part of each that fits its time; PLUMBLINE_NIGHTLY=1 runs all of it.
package ordeal
