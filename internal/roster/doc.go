// Package roster owns units, people, postings, dated identifiers and command
// links, and the vocabulary of authority: Actor, Grant, Scope. It answers as of
// a date who led, who served where and who held which number. It knows no SQL
// and never decides what a role may do; that is package access.
package roster
