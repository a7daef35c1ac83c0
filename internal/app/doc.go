// Package app is everything a user can do, one method each. A method asks
// access, loads under the actor's scope, lets a rule of the domain decide,
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
