package witness

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// pollEvery is how often a site is asked that cannot send by itself.
const pollEvery = 30 * time.Second

// Paths of a site for those who pull: the newest signed checkpoint, and an
// add-checkpoint request that leads there from the size in ?old=.
const (
	CheckpointPath = "/api/v1/ledger/checkpoint"
	RequestPath    = "/api/v1/ledger/request"
)

// poll asks one site until ctx ends.
func (w *Witness) poll(ctx context.Context, f *follower) {
	client := NewClient(Target{}).http
	defer client.CloseIdleConnections()
	ticker := time.NewTicker(pollEvery)
	defer ticker.Stop()
	for {
		if err := w.Pull(ctx, client, f.Origin); err != nil && ctx.Err() == nil {
			w.log.Warn("the site cannot be followed", "log", f.Origin, "site", f.Follow, "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// Pull asks the site of a log once. What it gets goes the way of every
// request; a smaller checkpoint is a shrink at once, for it is what the site
// shows now. The cosignature stays here: GET /note gives it out.
func (w *Witness) Pull(ctx context.Context, client *http.Client, origin string) error {
	f := w.find(origin)
	if f == nil || f.Follow == "" {
		return fmt.Errorf("there is no site to follow for %s", origin)
	}
	site := strings.TrimSuffix(f.Follow, "/")
	newest, err := get(ctx, client, site+CheckpointPath)
	if err != nil {
		return err
	}
	if newest == nil {
		return fmt.Errorf("the site shows no checkpoint yet")
	}
	var size int64
	if err := f.locked(func() error { size = f.last.Size; return nil }); err != nil {
		return err
	}
	c, lines, err := splitNote(newest)
	if err != nil {
		return err
	}
	// Another log's checkpoint under this address is judged as such.
	body := (&Request{Old: c.Size, Note: own(c, lines)}).Marshal()
	if c.Origin == origin && c.Size >= size {
		if body, err = get(ctx, client, fmt.Sprintf("%s%s?old=%d", site, RequestPath, size)); err != nil {
			return err
		}
		if body == nil {
			return fmt.Errorf("the site gives no proof from size %d", size)
		}
	}
	a, err := w.add(ctx, body, true)
	if err != nil {
		return err
	}
	if a.Status != http.StatusOK {
		return fmt.Errorf("what the site shows was refused (%d): %s", a.Status, strings.TrimSpace(a.Body))
	}
	return nil
}
