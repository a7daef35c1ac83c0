// Package roster owns units, people, postings, dated identifiers and command
// links, and the words for authority: Actor, Grant, Scope. Who led, who served
// where and who held which number are answered as of a date. It knows no SQL
// and never decides what a role may do; that is package access.
package roster
