package verify

import (
	"context"
	"time"

	"plumbline/internal/ledger"
	"plumbline/internal/roster"
	"plumbline/internal/store/engine"
)

// bonds is what verification knows about sessions and secrets: the digest of
// each current row, and the last entry that names it. Sessions no longer in the
// table are not tracked, since they grant nothing.
type bonds struct {
	rows map[bondKey]ledger.Hash
	last map[bondKey]named
}

type bondKey struct{ kind, id string }

// loadBonds reads the snapshot's sessions and secrets before the walk.
func (c *check) loadBonds(ctx context.Context) error {
	c.bonds = bonds{rows: make(map[bondKey]ledger.Hash), last: make(map[bondKey]named)}
	var sessions []roster.Session
	if err := engine.DB(c.v).NewSelect().Model(&sessions).Scan(ctx); err != nil {
		return err
	}
	for i := range sessions {
		c.bonds.rows[bondKey{engine.BondSession, sessions[i].TokenHash}] = engine.SessionBond(&sessions[i]).Digest
	}
	var secrets []roster.Credential
	if err := engine.DB(c.v).NewSelect().Model(&secrets).Scan(ctx); err != nil {
		return err
	}
	for i := range secrets {
		k := bondKey{engine.BondCredential, secrets[i].AccountID}
		c.bonds.rows[k] = engine.CredentialBond(&secrets[i]).Digest
	}
	return nil
}

// bond records an entry's line if it names a session or secret, and reports
// whether it does.
func (c *check) bond(e *ledger.Entry, line ledger.After) bool {
	if line.Kind != engine.BondSession && line.Kind != engine.BondCredential {
		return false
	}
	k := bondKey{line.Kind, line.ID}
	if _, there := c.bonds.rows[k]; there || line.Kind == engine.BondCredential {
		c.bonds.last[k] = named{e.Seq, line.Digest, line.Encoding}
	}
	return true
}

// signIns compares the sessions and secrets with the entries that name them.
func (c *check) signIns(ctx context.Context) error {
	for k, digest := range c.bonds.rows {
		n, known := c.bonds.last[k]
		why := ""
		switch {
		case !known:
			n.seq, why = -1, k.kind+"_unknown"
		case n.digest == ledger.Hash{}:
			why = k.kind + "_ended"
		case n.digest != digest:
			why = k.kind + "_changed"
		}
		if why != "" {
			c.verdict.add(Finding{n.seq, time.Time{}, k.kind, k.id, why, reason(why)})
		}
		c.verdict.Rows[k.kind]++
	}
	for k, n := range c.bonds.last {
		if _, there := c.bonds.rows[k]; !there && k.kind == engine.BondCredential {
			c.verdict.add(Finding{n.seq, time.Time{}, k.kind, k.id, "credential_missing", reason("credential_missing")})
		}
	}
	return c.requests(ctx)
}

// requests checks the records that answer repeated requests: a record names an
// entry of the same account, and the write starting there names the id of the
// answer. A consumer's position must lie within the log.
func (c *check) requests(ctx context.Context) error {
	var rows []engine.Request
	err := engine.DB(c.v).NewSelect().Model(&rows).
		Where("NOT EXISTS (SELECT 1 FROM ledger_entries AS e WHERE e.seq = request.seq AND e.account = request.account)").
		Order("seq").Limit(findingsMax).Scan(ctx)
	if err != nil {
		return err
	}
	for _, r := range rows {
		c.verdict.add(Finding{r.Seq, time.Time{}, "request", r.Account + "/" + r.Op, "request_unknown", reason("request_unknown")})
	}
	if err := c.results(ctx); err != nil {
		return err
	}
	size, err := c.v.Size(ctx)
	if err != nil {
		return err
	}
	var places []engine.Position
	if err := engine.DB(c.v).NewSelect().Model(&places).Where("seq > ?", size).Order("name").Scan(ctx); err != nil {
		return err
	}
	for _, p := range places {
		c.verdict.add(Finding{-1, time.Time{}, "position", p.Name, "position_beyond",
			reason("position_beyond", "At", p.Seq, "Entries", size)})
	}
	return nil
}
