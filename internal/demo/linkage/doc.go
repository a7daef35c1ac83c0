// Package linkage invents rosters and audit records of which the truth is known,
// so that matching can be measured: a force with its units, people, postings and
// numbers, and rows about these people, right or spoiled in ways that lists are
// spoiled in. A seed gives the same force and the same rows every time.
//
// It owns its tables and rates: names, nicknames, sounds, look-alikes, kinds of
// error. It takes from package intake the form of what is matched and nothing
// else; whatever it shared with the matcher, the matcher could not be measured
// by (a test holds this). Nobody in it exists.
package linkage
