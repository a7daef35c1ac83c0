package pgtest

import (
	"context"
	"database/sql"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"plumbline/internal/apptest/poll"
)

func TestDatabaseOfItsOwn(t *testing.T) {
	one, two := DSN(t), DSN(t)
	if one == two {
		t.Fatal("two tests share a database")
	}
	Exec(t, one, "CREATE TABLE x (i int)")
	Exec(t, two, "CREATE TABLE x (i int)")
	db, err := sql.Open("pgx", one)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	for setting, want := range map[string]string{"fsync": "off", "synchronous_commit": "on", "listen_addresses": "",
		"server_encoding": "UTF8"} {
		var got string
		if err := db.QueryRowContext(context.Background(), "SHOW "+setting).Scan(&got); err != nil || got != want {
			t.Errorf("%s is %q (%v), want %q", setting, got, err, want)
		}
	}
}

// TestServerEndsWithItsTests starts this binary again, lets it panic with a
// server running, and waits for the server's folder to go.
func TestServerEndsWithItsTests(t *testing.T) {
	if os.Getenv("PGTEST_PANIC") != "" {
		DSN(t)
		println("folder " + running.folder)
		panic("on purpose")
	}
	DSN(t) // skips when there is no PostgreSQL
	c := exec.Command(os.Args[0], "-test.run=TestServerEndsWithItsTests")
	c.Env = append(os.Environ(), "PGTEST_PANIC=1")
	out, err := c.CombinedOutput()
	if err == nil {
		t.Fatal("the second run did not panic")
	}
	_, rest, ok := strings.Cut(string(out), "folder ")
	if !ok {
		t.Fatalf("no folder in: %s", out)
	}
	folder := strings.Fields(rest)[0]
	gone := func() bool {
		_, err := os.Stat(folder)
		return os.IsNotExist(err)
	}
	if !poll.Until(time.Minute, gone) {
		t.Fatalf("%s is still there", folder)
	}
}
