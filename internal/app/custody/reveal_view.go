package custody

import (
	"context"
	"time"

	"plumbline/internal/app/desk"
	"plumbline/internal/custody"
	"plumbline/internal/fault"
	"plumbline/internal/roster"
	"plumbline/internal/seal"
	"plumbline/internal/store"
)

// SharesMax is how many requests a custodian sees at a time.
const SharesMax = 200

// ShowSealed reports how the complainant's identity of a record is kept, and returns
// it while there are no custodians. It returns nil if there is none, or if it was
// expunged.
func (a *Safekeeping) ShowSealed(ctx context.Context, v *store.View, who *roster.Actor, recordID string) (*SealedView, string, error) {
	f, err := v.SealedOf(ctx, recordID, custody.ComplainantField)
	if err != nil || f == nil {
		return nil, "", err
	}
	text, w, err := v.ReadSealed(ctx, f)
	if fault.Is(err, fault.NotFoundKind) {
		return nil, "", nil // expunged
	} else if err != nil {
		return nil, "", err
	}
	if w != nil {
		text = nil
	}
	return &SealedView{Custodians: w != nil, MayReveal: w != nil && a.May(who, "reveal.ask")}, string(text), nil
}

// RevealRow is one line of the list of reveals.
type RevealRow struct {
	ID        string              `json:"id"`
	Version   int64               `json:"version"`
	Ref       string              `json:"ref"`
	RecordRef string              `json:"record_ref"`
	Unit      desk.Ref            `json:"unit"`
	State     custody.RevealState `json:"state"`
	Released  int                 `json:"released"`
	Threshold int                 `json:"threshold"`
	AskedAt   time.Time           `json:"asked_at"`
	ExpiresAt time.Time           `json:"expires_at"`
	ShownAt   *time.Time          `json:"shown_at"`
	Noted     bool                `json:"noted"`
	Yours     bool                `json:"yours"`
}

func (a *Safekeeping) revealRow(n desk.Names, who *roster.Actor, r *custody.Reveal) RevealRow {
	return RevealRow{ID: r.ID, Version: r.Version, Ref: r.Ref, RecordRef: shortRef(r.RecordID), Unit: n.Unit(r.UnitID),
		State: r.StateAt(a.Now()), Released: r.Released,
		Threshold: r.Threshold, AskedAt: r.CreatedAt, ExpiresAt: r.ExpiresAt, ShownAt: r.ShownAt, Noted: r.NotedBy != "", Yours: r.AskedBy == who.Account}
}

// RevealPage is one page of the list.
type RevealPage struct {
	Rows  []RevealRow `json:"rows"`
	Total int64       `json:"total"`
	Next  string      `json:"next"`
}

// Reveals lists reveals in reach, the newest first.
func (a *Safekeeping) Reveals(ctx context.Context, who *roster.Actor, unnoted bool, cursor string) (out RevealPage, err error) {
	const op = "reveal.list"
	out.Rows = []RevealRow{}
	out.Next, err = a.ReadPage(ctx, who, op, cursor, desk.PageSize, func(ctx context.Context, v *store.View, sc roster.Scope, p *desk.Page) error {
		if out.Total, err = v.RevealCount(ctx, unnoted, sc); err != nil {
			return err
		}
		rows, err := v.Reveals(ctx, unnoted, sc, p.AfterID(), p.Limit+1)
		if err != nil {
			return err
		}
		rows = desk.Cut(p, rows, func(r custody.Reveal) []string { return []string{r.ID} })
		out.Rows, err = a.revealRows(ctx, v, who, rows)
		return err
	})
	return out, err
}

func (a *Safekeeping) revealRows(ctx context.Context, v *store.View, who *roster.Actor, rows []custody.Reveal) ([]RevealRow, error) {
	var units []string
	for _, r := range rows {
		units = append(units, r.UnitID)
	}
	n, err := a.Names(ctx, v, who, nil, units)
	out := make([]RevealRow, len(rows))
	for i := range rows {
		out[i] = a.revealRow(n, who, &rows[i])
	}
	return out, err
}

// revealed is one reveal's row and the reason for which it was asked.
func (a *Safekeeping) revealed(ctx context.Context, v *store.View, who *roster.Actor,
	r *custody.Reveal) (row RevealRow, reason string, err error) {
	rows, err := a.revealRows(ctx, v, who, []custody.Reveal{*r})
	if err != nil {
		return row, "", err
	}
	texts, err := v.Texts(ctx, r.ID)
	return rows[0], texts[r.ID]["reason"], err
}

// RevealView is one reveal, as its asker or a records officer sees it.
type RevealView struct {
	RevealRow
	MatchID  string          `json:"match_id"`
	Reason   string          `json:"reason"`
	Releases []time.Time     `json:"releases"`
	Can      map[string]bool `json:"can"`
}

// Reveal opens one.
func (a *Safekeeping) Reveal(ctx context.Context, who *roster.Actor, id string) (out RevealView, err error) {
	err = a.Read(ctx, who, "reveal.get", func(ctx context.Context, v *store.View) error {
		sc, err := a.Scope(ctx, v, who, roster.ActRead, roster.KindReveal)
		if err != nil {
			return err
		}
		r, err := v.Reveal(ctx, id, sc)
		if err != nil {
			return err
		}
		row, reason, err := a.revealed(ctx, v, who, r)
		if err != nil {
			return err
		}
		out = RevealView{RevealRow: row, MatchID: r.MatchID, Reason: reason, Releases: []time.Time{}, Can: map[string]bool{}}
		releases, err := v.Releases(ctx, r.ID)
		if err != nil {
			return err
		}
		for _, x := range releases {
			out.Releases = append(out.Releases, x.CreatedAt)
		}
		out.Can["reveal.show"] = out.Yours && out.State == custody.RevealReleased && a.May(who, "reveal.show")
		out.Can["reveal.note"] = !out.Noted && a.May(who, "reveal.note")
		return nil
	})
	return out, err
}

// Shares lists the requests that wait for the actor as a custodian.
func (a *Safekeeping) Shares(ctx context.Context, who *roster.Actor) (out []RevealRow, err error) {
	out = []RevealRow{}
	err = a.Read(ctx, who, "share.list", func(ctx context.Context, v *store.View) error {
		rows, err := v.RevealsFor(ctx, who.Account, a.Now(), SharesMax)
		if err != nil || len(rows) == 0 {
			return err
		}
		out, err = a.revealRows(ctx, v, who, rows)
		return err
	})
	return out, err
}

// ShareView is a request as a custodian sees it, with the text for his machine.
type ShareView struct {
	RevealRow
	Reason  string `json:"reason"`
	Request string `json:"request"` // "" when he has released it, or it is over
}

// Share opens a request for a custodian of its set; for anybody else it does not
// exist.
func (a *Safekeeping) Share(ctx context.Context, who *roster.Actor, id string) (out ShareView, err error) {
	err = a.Read(ctx, who, "share.get", func(ctx context.Context, v *store.View) error {
		r, c, err := v.RevealFor(ctx, who.Account, id)
		if err != nil {
			return err
		}
		row, reason, err := a.revealed(ctx, v, who, r)
		if err != nil {
			return err
		}
		out = ShareView{RevealRow: row, Reason: reason}
		releases, err := v.Releases(ctx, r.ID)
		if err != nil || !r.Open(a.Now()) || out.Yours {
			return err
		}
		for _, x := range releases {
			if x.AccountID == who.Account {
				return nil
			}
		}
		f, err := v.SealedByID(ctx, r.SealedID)
		if err != nil {
			return err
		}
		_, w, err := v.ReadSealed(ctx, f)
		if fault.Is(err, fault.NotFoundKind) || err == nil && (w == nil || w.Part(c.ID) == nil) {
			return nil // expunged, or given to other custodians meanwhile
		} else if err != nil {
			return err
		}
		q := seal.Request{Reveal: r.ID, Ref: r.Ref, Origin: a.Store.Origin(), Place: store.PlaceOf(f), Set: w.Set, Part: *w.Part(c.ID),
			PublicKey: r.PublicKey}
		out.Request = q.Text()
		return nil
	})
	return out, err
}
