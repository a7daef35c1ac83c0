package api

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite golden files")

// why a route cannot have an exercise. Each is checked: a route that could have
// it fails.
type why string

const (
	reads       why = "reads"       // it changes nothing: it names no version and takes no key
	versionless why = "versionless" // it adds, or ends what stands, whatever the version is
	ignored     why = "ignored"     // a defect: the document takes a version, and nobody looks at it
	keyless     why = "keyless"     // it names no key: its version, or the state reached, stops the second time
	again       why = "again"       // what is taken out is taken out again, and is on record again
	once        why = "once"        // what is shown once is not shown again, not even to the same key
	own         why = "own"         // it reaches only what is one's own, from which nobody is barred
	unbarred    why = "unbarred"    // a fact of the roster or of administration; it is about no matter
	public      why = "public"      // whoever may read the kind sees it wherever it lies
	code        why = "code"        // the parameter is a code of the program, not an object
	fixed       why = "fixed"       // it asks no database
)

var whys = []why{reads, versionless, ignored, keyless, again, once, own, unbarred, public, code, fixed}

const exercisesGolden = "testdata/exercises.golden"

// listed is what no route runs, by operation and exercise.
type listed map[string]map[drill]why

func readListed(t *testing.T) listed {
	t.Helper()
	raw, err := os.ReadFile(exercisesGolden)
	if err != nil && !*update {
		t.Fatal(err)
	}
	out := listed{}
	for n, line := range strings.Split(string(raw), "\n") {
		f := strings.Fields(line)
		switch {
		case len(f) == 0 || strings.HasPrefix(line, "#"):
		case len(f) != 3 || !slices.Contains(whys, why(f[2])):
			if !*update {
				t.Errorf("%s:%d: %q: want operation, exercise and one of %v", exercisesGolden, n+1, line, whys)
			}
		default:
			out.put(f[0], drill(f[1]), why(f[2]))
		}
	}
	return out
}

func (l listed) put(op string, d drill, y why) {
	if l[op] == nil {
		l[op] = map[drill]why{}
	}
	l[op][d] = y
}

func (l listed) String() string {
	var b strings.Builder
	b.WriteString("# What TestExercises leaves out, and why (exercise_listed_test.go has the reasons).\n# -update keeps the reasons that hold; a new line waits for one.\n")
	for _, op := range slices.Sorted(maps.Keys(l)) {
		for _, d := range slices.Sorted(maps.Keys(l[op])) {
			fmt.Fprintln(&b, strings.TrimSpace(fmt.Sprint(op, " ", d, " ", l[op][d])))
		}
	}
	return b.String()
}

func (l listed) write(t *testing.T) {
	t.Helper()
	if err := os.WriteFile(exercisesGolden, []byte(l.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}
