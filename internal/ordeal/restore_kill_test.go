package ordeal

import (
	"bytes"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"plumbline/internal/apptest/pgtest"
)

// A restore that is killed at any moment leaves nothing that passes for a site,
// and the next one clears it away: or it had come to its end, and the site is
// whole. Moments are spread over the time that a whole restore takes.
func TestKillARestore(t *testing.T) {
	p := newPlace(t, "")
	public, identity := recipient(t, p.dir)
	file := filepath.Join(p.dir, "b")
	must(t, append([]string{"backup", file, "--to", public, "--quiet"}, p.flags()...)...)
	for database, moments := range map[string]int{"sqlite": nightly(8, 300), "postgres": nightly(4, 100)} {
		t.Run(database, func(t *testing.T) {
			whole := to(t, dsnOf(t, database))
			began := time.Now()
			if ended, text := restoreKilled(t, whole, file, identity, time.Minute); !ended {
				t.Fatalf("not restored: %s", text)
			}
			took := time.Since(began)
			verify(t, whole)
			wanted := names(t, whole.dir)
			halves := 0
			for i := range moments {
				q := to(t, dsnOf(t, database))
				at := took*time.Duration(i)/time.Duration(moments) + time.Duration(rand.Int64N(int64(took)/int64(moments)))
				restoreKilled(t, q, file, identity, at)
				if len(names(t, q.dir)) > 0 {
					halves++
				}
				afterTheKill(t, q, file, identity, at, wanted)
			}
			if halves == 0 {
				t.Error("no restore was killed in its middle: the test is blind")
			}
			fmt.Printf("%s: %d restores killed within %v, %d of them had begun\n", t.Name(), moments, took.Round(time.Millisecond), halves)
		})
	}
}

// restoreKilled runs a restore in a process of its own and kills it.
func restoreKilled(t *testing.T, q place, file, identity string, after time.Duration) (ended bool, text string) {
	t.Helper()
	var said bytes.Buffer
	cmd := exec.Command(os.Args[0], append([]string{"restore", file, "--identity", identity, "--quiet"}, q.flags()...)...)
	cmd.Env, cmd.Stdout, cmd.Stderr = append(os.Environ(), childEnv+"=1"), &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	death := time.AfterFunc(after, func() { _ = cmd.Process.Kill() })
	err := cmd.Wait()
	death.Stop()
	return err == nil, said.String()
}

// afterTheKill judges what is left, and restores again.
func afterTheKill(t *testing.T, q place, file, identity string, at time.Duration, wanted []string) {
	t.Helper()
	left := names(t, q.dir)
	isSite := true
	if status, _, errs := run(t, append([]string{"verify", "--quiet"}, q.flags()...)...); status != 0 {
		isSite = false
		if strings.Contains(errs, "panic") || !strings.Contains(errs, "plumbline ") {
			t.Errorf("killed after %v: the refusal does not say what to do: %s", at, errs)
		}
	}
	begun := slices.ContainsFunc(left, func(n string) bool { return strings.HasSuffix(n, ".restoring.list") })
	if begun && !isSite { // a fresh database over the restored keys would pass for the old site
		for _, command := range []string{"migrate", "demo --no-serve"} {
			status, _, errs := run(t, append(strings.Fields(command), q.flags()...)...)
			if status == 0 || !strings.Contains(errs, "plumbline restore") {
				t.Fatalf("killed after %v, %s over %v: %d %s", at, command, left, status, errs)
			}
		}
	}
	status, _, errs := run(t, append([]string{"restore", file, "--identity", identity, "--quiet"}, q.flags()...)...)
	if complete := strings.Contains(errs, "never overwrites"); (status == 0) == complete {
		t.Fatalf("killed after %v with %v, and the next restore fails: %s", at, left, errs)
	}
	verify(t, q)
	if now := names(t, q.dir); !slices.Equal(now, wanted) {
		t.Errorf("killed after %v: %v lie there, and should %v", at, now, wanted)
	}
}

// A database that a restore is filling, or was killed in, opens for nobody,
// even where the list of its files is not at hand.
func TestAHalfFilledDatabaseDoesNotOpen(t *testing.T) {
	p := newPlace(t, pgtest.DSN(t))
	db, err := sql.Open("pgx", p.db)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if _, err := db.Exec("CREATE TABLE restoring (name TEXT NOT NULL)"); err != nil {
		t.Fatal(err)
	}
	for _, command := range []string{"migrate", "verify --quiet", "demo --no-serve"} {
		status, _, errs := run(t, append(strings.Fields(command), p.flags()...)...)
		if status == 0 || !strings.Contains(errs, "restore again") {
			t.Errorf("%s: %d %s", command, status, errs)
		}
	}
}
