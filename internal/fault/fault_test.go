package fault

import (
	"errors"
	"fmt"
	"testing"
)

func TestKindSurvivesWrapping(t *testing.T) {
	err := fmt.Errorf("close case: %w", Conflict("stale_version", "Current", 3))
	if KindOf(err) != ConflictKind || KindOf(err).Status() != 409 {
		t.Fatalf("kind %v", KindOf(err))
	}
	if KindOf(errors.New("boom")).Status() != 500 {
		t.Fatal("a plain error must be internal")
	}
	if As(err).Args["Current"] != 3 {
		t.Fatal("arguments lost")
	}
}

func TestJoin(t *testing.T) {
	if Join(nil, nil) != nil {
		t.Fatal("no faults must be nil")
	}
	err := Join(Invalid("a", "x"), nil, Invalid("b", "y"))
	if f := As(err); f.Code != "a" || len(f.More) != 1 || f.More[0].Field != "y" {
		t.Fatalf("%+v", f)
	}
}
