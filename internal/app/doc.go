// Package app wires everything a user can do: one method each, in an area by its
// noun below this folder. An area stands on the desk, registers its jobs and what
// waits for a second person, and knows the areas before it, never those behind.
// Where an area has the name of a domain room, importers call it appcustody and so
// on; its receiver is a, for area.
//
// A method asks access, loads under the actor's scope, lets a rule of the domain decide,
// saves, and hands back the ledger's receipt. It knows no HTTP and no SQL.
//
// The order inside one operation is fixed: may the role do this at all; is the
// request a repetition; is the thing there for this actor (404); is the version
// current (409); do the rules agree (422); save; append; commit; answer.
//
// Routes is the one table of operations. A face registers nothing that has no
// row here, and the authority matrix and the shared exercises are generated
// from it.
package app
