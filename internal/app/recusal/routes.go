package recusal

import (
	"plumbline/internal/app/desk"
	"plumbline/internal/roster"
)

// Routes are the operations on challenges and on the alarms that say that
// nobody may handle a matter any more.
var Routes = []desk.Route{
	{Op: "challenge.list", Method: "GET", Path: "/challenges", Act: roster.ActList, Kind: roster.KindChallenge},
	{Op: "challenge.read", Method: "GET", Path: "/challenges/{id}", Act: roster.ActRead, Kind: roster.KindChallenge},
	{Op: "challenge.decide", Method: "POST", Path: "/challenges/{id}/decide", Act: roster.ActDecide, Kind: roster.KindChallenge,
		Write: true, Proof: true},
	{Op: "challenge.withdraw", Method: "POST", Path: "/challenges/{id}/withdraw", Act: roster.ActEdit, Kind: roster.KindSelf, Write: true},
	{Op: "alarm.list", Method: "GET", Path: "/alarms", Act: roster.ActList, Kind: roster.KindAlarm},
	{Op: "alarm.watch", Act: roster.ActRun, Kind: roster.KindAlarm, Write: true},
}
