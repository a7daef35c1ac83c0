package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// WitnessView is how the site stands with one witness.
type WitnessView struct {
	Name    string    `json:"name"`
	Size    int64     `json:"size" doc:"Entries that it cosigned"`
	At      time.Time `json:"at,omitzero" doc:"Its last cosignature"`
	Trouble string    `json:"trouble,omitempty" doc:"down, local, refused, strange or diverged; only diverged is an alarm"`
	Since   time.Time `json:"since,omitzero"`
	Told    int64     `json:"told,omitempty" doc:"When diverged: the size that it remembers"`
	Proven  bool      `json:"proven,omitempty" doc:"When diverged: it holds a note of this ledger's own key that contradicts it"`
}

func registerWitness(r *registry) {
	handle(r, "ledger.witnesses", func(ctx context.Context, c *Call, _ *struct{}) (Paged[WitnessView], error) {
		list, err := r.f.App.Witnesses(ctx, c.Actor)
		out := Paged[WitnessView]{Items: []WitnessView{}}
		for _, s := range list {
			out.Items = append(out.Items, WitnessView{Name: s.Name, Size: s.Size, At: s.At, Trouble: string(s.Trouble), Since: s.Since,
				Told: s.Told, Proven: s.Proof != nil})
		}
		return out, err
	}, Summary("How the site stands with its witnesses"))

	f := r.f
	o := r.operation("ledger.request", []Option{Summary("An add-checkpoint request (C2SP tlog-witness) from the size a witness stands at to the newest checkpoint")})
	o.Responses = map[string]*huma.Response{"200": {Description: "The request's body",
		Content: map[string]*huma.MediaType{"text/plain": {}}}}
	huma.Register(f.huma, o, func(ctx context.Context, in *struct {
		Old int64 `query:"old" minimum:"0" doc:"Size that the witness stands at; 0 for one that knows nothing yet"`
	}) (*huma.StreamResponse, error) {
		body, err := f.App.CheckpointRequest(ctx, in.Old)
		if err != nil {
			return nil, f.problem(ctx.Value(callKey{}).(*Call), err)
		}
		return &huma.StreamResponse{Body: func(hc huma.Context) {
			hc.SetHeader("Content-Type", "text/plain; charset=utf-8")
			hc.SetStatus(http.StatusOK)
			_, _ = hc.BodyWriter().Write(body) // the reader may have gone away
		}}, nil
	})
}
