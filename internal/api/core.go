package api

import (
	"context"
	"fmt"
	"strings"
	"time"

	"plumbline/internal/app/heads"
	"plumbline/internal/app/jobs"
)

func containsFold(s, part string) bool { return strings.Contains(strings.ToLower(s), part) }

// HeadView is the state of the ledger.
type HeadView struct {
	Origin string `json:"origin"`
	Size   int64  `json:"size" doc:"Number of entries"`
	Root   string `json:"root" doc:"Merkle tree head (RFC 6962), hexadecimal"`
}

// EntryView is one ledger entry with its exact bytes.
type EntryView struct {
	Seq    int64     `json:"seq"`
	At     time.Time `json:"at"`
	Verb   string    `json:"verb"`
	Kind   string    `json:"kind"`
	Object string    `json:"object"`
	Body   string    `json:"body" doc:"Exact bytes that were hashed"`
	Leaf   string    `json:"leaf"`
}

// Paged is one page of a list.
type Paged[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next,omitempty" doc:"Cursor of the next page; absent on the last"`
}

func registerCore(r *registry) {
	handle(r, "ledger.head", func(ctx context.Context, c *Call, _ *struct{}) (HeadView, error) {
		h, err := r.f.App.LedgerHead(ctx, c.Actor)
		return HeadView{h.Origin, h.Size, fmt.Sprintf("%x", h.Root[:])}, err
	}, Summary("Size and root of the ledger"))
	handle(r, "ledger.entries", func(ctx context.Context, c *Call, in *struct {
		From  int64 `query:"from" minimum:"0"`
		Limit int   `query:"limit" minimum:"1" maximum:"200" default:"50"`
	}) (Paged[EntryView], error) {
		rows, err := r.f.App.LedgerEntries(ctx, c.Actor, in.From, in.Limit)
		out := Paged[EntryView]{Items: []EntryView{}}
		for _, e := range rows {
			out.Items = append(out.Items, EntryView{e.Seq, e.At.UTC(), e.Verb, e.Kind, e.ObjectID, string(e.Body),
				fmt.Sprintf("%x", e.Leaf)})
		}
		return out, err
	}, Summary("Ledger entries from a sequence number on"))
	handle(r, "ledger.checkpoints", func(ctx context.Context, c *Call, in *struct {
		Before int64 `query:"before" minimum:"0" doc:"Only checkpoints smaller than this; 0 begins with the last"`
		Limit  int   `query:"limit" minimum:"1" maximum:"200" default:"50"`
	}) (Paged[heads.CheckpointView], error) {
		rows, err := r.f.App.LedgerCheckpoints(ctx, c.Actor, in.Before, in.Limit)
		return Paged[heads.CheckpointView]{Items: append([]heads.CheckpointView{}, rows...)}, err
	}, Summary("Signed checkpoints, the largest first"))
	plainOf(r, "ledger.history", func(ctx context.Context, in *struct {
		Size []int64 `query:"size,explode" minItems:"0" maxItems:"50" doc:"Sizes of checkpoints that the history must contain; the last one is always in it"`
	}) ([]byte, error) {
		return r.f.App.History(ctx, in.Size)
	}, "Signed checkpoints and the proofs that each extends the one before")
	plain(r, "ledger.checkpoint", r.f.App.CheckpointNote, "The last signed checkpoint (C2SP tlog-checkpoint)")
	plain(r, "ledger.key", r.f.App.KeyText, "The verifier keys of the ledger (C2SP signed-note), one a line")
	handle(r, "job.read", func(ctx context.Context, c *Call, in *struct {
		ID string `path:"id"`
	}) (jobs.JobView, error) {
		return r.f.App.Job(ctx, c.Actor, in.ID)
	}, Summary("Progress of a job"))
	handle(r, "job.list", func(ctx context.Context, c *Call, in *struct {
		Cursor string `query:"cursor"`
		Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
	}) (Paged[jobs.JobView], error) {
		rows, next, err := r.f.App.Jobs(ctx, c.Actor, in.Cursor, in.Limit)
		return Paged[jobs.JobView]{rows, next}, err
	}, Summary("My jobs, newest first"))
	handle(r, "job.cancel", func(ctx context.Context, c *Call, in *struct {
		ID string `path:"id"`
	}) (jobs.JobView, error) {
		return r.f.App.CancelJob(ctx, c.Actor, in.ID)
	}, Summary("Stop a job where it stands"))
}
