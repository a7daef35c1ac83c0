// Package needs ends a test that lacks something of the machine: loudly skipped, or
// failed where the environment requires that thing.
package needs

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

// Required reports whether a test must fail for want of a thing: PLUMBLINE_REQUIRE is
// "all", or a list of names separated by commas or blanks that has it.
func Required(thing string) bool {
	list := strings.FieldsFunc(os.Getenv("PLUMBLINE_REQUIRE"), func(r rune) bool { return r == ',' || r == ' ' })
	return slices.Contains(list, "all") || slices.Contains(list, thing)
}

// Missing ends the test. Why says what is missing and which package brings it.
func Missing(t testing.TB, thing string, why any) {
	t.Helper()
	if Required(thing) {
		t.Fatalf("%s is required here: %v", thing, why)
	}
	fmt.Fprintf(os.Stderr, "\n*** SKIPPED without %s: %s: %v ***\n", thing, t.Name(), why)
	t.Skip(why)
}
