package bench

import (
	"context"
	"path/filepath"
	"testing"

	"plumbline/internal/demo"
)

// TestTheBenchsFilersMayFile: filing asks for a fresh proof of the password,
// and the sessions that the bench opens have given one, as by a sign-in.
func TestTheBenchsFilersMayFile(t *testing.T) {
	ctx := context.Background()
	s, err := open(ctx, filepath.Join(t.TempDir(), "site.db"), demo.Small, false)
	if err != nil {
		t.Fatal(err)
	}
	defer s.store.Close()
	if err := s.maker.Make(ctx); err != nil {
		t.Fatal(err)
	}
	tokens, err := s.sessions(ctx, s.maker.Filers()[:1])
	if err != nil {
		t.Fatal(err)
	}
	who, err := s.app.Authenticate(ctx, tokens[0])
	if err != nil || s.app.ProofDue(who, "submission.submit") {
		t.Errorf("the filer is asked for his password: %v", err)
	}
}
