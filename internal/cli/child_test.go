package cli

import (
	"os"
	"strings"
	"testing"
)

// childEnv makes the test binary run as the program itself.
const childEnv = "PLUMBLINE_TEST_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(childEnv) != "" {
		os.Exit(Main(os.Args[1:], os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

// child starts the program as a server in a process of its own, and returns its
// address and a function that kills it.
func child(t *testing.T, args ...string) (base string, kill func()) {
	t.Helper()
	said, kill := aside(t, "serving ", args...)
	_, address, _ := strings.Cut(said, "serving ")
	return strings.TrimSpace(address), kill
}
