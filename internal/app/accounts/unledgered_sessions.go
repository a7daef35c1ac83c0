package accounts

import (
	"sync"
	"time"

	"plumbline/internal/roster"
	"plumbline/internal/store"
)

// unwritable reports whether the ledger takes no entry for now.
func (a *Logins) unwritable() bool { return a.Store.Frozen() != nil || a.Store.Full() }

// outsideSessions are the sessions that began while no entry could be written:
// whoever must look and decide has to get in. They are in no table, so that a
// session without an entry stays a finding, and they end with the process.
type outsideSessions struct {
	mu   sync.Mutex
	kept map[string]roster.Session
}

func (o *outsideSessions) add(s roster.Session, now time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.kept == nil {
		o.kept = make(map[string]roster.Session)
	}
	for hash, old := range o.kept {
		if !now.Before(old.UntilAt) {
			delete(o.kept, hash)
		}
	}
	o.kept[s.TokenHash] = s
}

// get gives a session as the database would; the generations, which are not
// known, make who holds it be looked up anew.
func (o *outsideSessions) get(hash string) *store.SessionNow {
	o.mu.Lock()
	defer o.mu.Unlock()
	s, ok := o.kept[hash]
	if !ok {
		return nil
	}
	return &store.SessionNow{Session: s, Authority: -1, Tree: -1}
}

func (o *outsideSessions) end(account, hash string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	s, ok := o.kept[hash]
	if !ok || s.AccountID != account {
		return false
	}
	delete(o.kept, hash)
	return true
}
