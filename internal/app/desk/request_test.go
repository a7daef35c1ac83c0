package desk

import "testing"

// A write on one object that takes a key must hand over what it is about.
func TestAKeyWithoutAnObjectIsOurFault(t *testing.T) {
	a := &Desk{routes: map[string]Route{"case.close": {Op: "case.close", Path: "/cases/{id}/close"},
		"grant.heads": {Op: "grant.heads", Path: "/grants/heads"}}}
	if _, _, err := a.RequestOf(Write{Op: "case.close", Key: "k"}); err == nil {
		t.Error("a key without an input was taken for a write on a case")
	}
	if _, _, err := a.RequestOf(Write{Op: "grant.heads", Key: "k"}); err != nil {
		t.Error(err)
	}
}
