package ordeal

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"plumbline/internal/apptest/pgtest"
	"plumbline/internal/cli"
)

// recipient makes an identity file and gives its public key.
func recipient(t *testing.T, dir string) (public, file string) {
	t.Helper()
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(dir, "identity")
	if err := os.WriteFile(file, []byte(id.String()+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return id.Recipient().String(), file
}

// to is a place where nothing is yet.
func to(t *testing.T, dsn string) place {
	t.Helper()
	p := place{dir: t.TempDir(), db: dsn}
	if dsn == "" {
		p.db = filepath.Join(p.dir, "site.db")
	}
	t.Chdir(p.dir)
	return p
}

// A backup taken while 50 clients write holds one moment of the site, and comes
// back on either database; what was acknowledged before it began is in it.
func TestBackupWhileWriting(t *testing.T) {
	for from, targets := range map[string][]string{"sqlite": {"sqlite", "postgres"}, "postgres": {"postgres", "sqlite"}} {
		t.Run(from, func(t *testing.T) {
			p := newPlace(t, dsnOf(t, from))
			public, identity := recipient(t, p.dir)
			s := serve(t, p)
			l := newLoad("backup", 50)
			l.signIn(t, s.base)
			stop := make(chan struct{})
			wg := l.run(t, s.base, stop)
			if !l.reach(t, 500, time.Minute) {
				t.Error("nothing is written any more")
			}
			before := l.acks.Load()
			file, began := filepath.Join(p.dir, "site.backup"), time.Now()
			must(t, append([]string{"backup", file, "--to", public, "--quiet"}, p.flags()...)...)
			took, during := time.Since(began), l.acks.Load()-before
			close(stop)
			wg.Wait()
			s.kill()
			if status, _, errs := run(t, append([]string{"backup", file, "--to", public}, p.flags()...)...); status == 0 ||
				!strings.Contains(errs, "never overwrites") {
				t.Errorf("a second backup over the first: %d %s", status, errs)
			}
			for _, target := range targets {
				t.Run(target, func(t *testing.T) {
					q := to(t, dsnOf(t, target))
					began := time.Now()
					must(t, append([]string{"restore", file, "--identity", identity, "--quiet"}, q.flags()...)...)
					back := time.Since(began)
					verify(t, q)
					there := campaigns(t, q, "backup")
					if int64(len(there)) < before {
						t.Errorf("%d writes were acknowledged before the backup began, %d are in it", before, len(there))
					}
					for _, c := range l.clients {
						for key, ids := range there {
							if id, ok := c.acked[key]; ok && (len(ids) != 1 || ids[0] != id) {
								t.Errorf("%s: acknowledged as %s, restored as %v", key, id, ids)
							}
						}
					}
					again := serve(t, q) // and it writes on
					l2 := newLoad("after", 4)
					l2.signIn(t, again.base)
					if status, _, raw, err := l2.write(again.base, "after-0-0"); err != nil || status != http.StatusCreated {
						t.Errorf("the restored site does not write: %d %s %v %s", status, raw, err, again.said())
					}
					again.kill()
					verify(t, q)
					fmt.Printf("%s: backup in %v while %d writes were acknowledged, restored and verified in %v\n", t.Name(),
						took.Round(time.Millisecond), during, back.Round(time.Millisecond))
					if status, _, errs := run(t, append([]string{"restore", file, "--identity", identity}, q.flags()...)...); status == 0 ||
						!strings.Contains(errs, "never overwrites") {
						t.Errorf("a restore over a site: %d %s", status, errs)
					}
				})
			}
		})
	}
}

func dsnOf(t *testing.T, database string) string {
	t.Helper()
	if database == "postgres" {
		return pgtest.DSN(t)
	}
	return ""
}

// names lists a folder, to see that nothing stays behind.
func names(t *testing.T, dir string) (list []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}

// What is wrong with a backup, or with the way it is asked for, leaves nothing
// half-done.
func TestBackupsThatAreRefused(t *testing.T) {
	p := newPlace(t, "")
	public, identity := recipient(t, p.dir)
	file := filepath.Join(p.dir, "b")
	if status, _, errs := run(t, append([]string{"backup", file}, p.flags()...)...); status == 0 || !strings.Contains(errs, "--to") {
		t.Errorf("a backup for nobody: %d %s", status, errs)
	}
	must(t, append([]string{"backup", file, "--to", public, "--quiet"}, p.flags()...)...)
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	cut, changed, plain := filepath.Join(p.dir, "cut"), filepath.Join(p.dir, "changed"), filepath.Join(p.dir, "plain")
	_, other := recipient(t, t.TempDir())
	bad := append([]byte(nil), raw...)
	bad[len(bad)/2] ^= 1
	for name, content := range map[string][]byte{cut: raw[:len(raw)*2/3], changed: bad} {
		if err := os.WriteFile(name, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	must(t, append([]string{"backup", plain, "--identity-less", "--quiet"}, p.flags()...)...)
	pg := func(t *testing.T) place { return to(t, pgtest.DSN(t)) }
	lite := func(t *testing.T) place { return to(t, "") }
	for name, c := range map[string]struct {
		archive, identity string
		at                func(t *testing.T) place
		more              []string
	}{
		"cut": {archive: cut, identity: identity, at: lite}, "changed": {archive: changed, identity: identity, at: lite},
		"cut on postgres":   {archive: cut, identity: identity, at: pg},
		"somebody else's":   {archive: file, identity: other, at: lite},
		"without the keys":  {archive: file, identity: identity, at: lite, more: []string{"--keys-archive", file + ".none"}},
		"with other papers": {archive: file, identity: identity, at: lite, more: []string{"--keys-archive", plain}},
	} {
		t.Run(name, func(t *testing.T) {
			q := c.at(t)
			args := append([]string{"restore", c.archive, "--identity", c.identity, "--quiet"}, q.flags()...)
			if !strings.Contains(strings.Join(c.more, ""), "keys-archive") {
				args = append(args, "--keys-archive", file+".keys")
			}
			if status, out, _ := run(t, append(args, c.more...)...); status == 0 {
				t.Errorf("restored: %s", out)
			}
			if left := names(t, q.dir); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
			if strings.HasPrefix(q.db, "postgres") { // the true one goes in after it
				must(t, append([]string{"restore", file, "--identity", identity, "--quiet"}, q.flags()...)...)
			}
		})
	}
	for _, at := range []string{"backing up", "restoring", "verifying"} {
		t.Run("cancelled while "+at, func(t *testing.T) {
			q := to(t, "")
			args := append([]string{"restore", file, "--identity", identity}, q.flags()...)
			if at == "backing up" {
				args = append([]string{"backup", filepath.Join(q.dir, "again"), "--to", public}, p.flags()...)
			}
			ctx, cancel := context.WithCancel(context.Background()) // what Ctrl-C ends
			defer cancel()
			watch := &watcher{word: at, seen: cancel}
			if status := cli.MainIn(ctx, args, io.Discard, watch); status == 0 || ctx.Err() == nil {
				t.Errorf("status %d, cancelled %v: %s", status, ctx.Err() != nil, watch.text)
			}
			if left := names(t, q.dir); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

// watcher calls seen when the word is written to it.
type watcher struct {
	text []byte
	word string
	seen func()
}

func (w *watcher) Write(b []byte) (int, error) {
	w.text = append(w.text, b...)
	if bytes.Contains(w.text, []byte(w.word)) {
		w.seen()
	}
	return len(b), nil
}

// A backup that is older than what was signed since freezes the site: by what
// the machine remembers, or by the checkpoint that somebody brings along. One
// that contradicts the checkpoint is not restored at all.
func TestAnOldBackupFreezes(t *testing.T) {
	p := newPlace(t, "")
	public, identity := recipient(t, p.dir)
	file := filepath.Join(p.dir, "b")
	must(t, append([]string{"backup", file, "--to", public, "--quiet"}, p.flags()...)...)
	s := serve(t, p)
	l := newLoad("later", 8)
	l.signIn(t, s.base)
	stop := make(chan struct{})
	wg := l.run(t, s.base, stop)
	if !l.reach(t, 50, time.Minute) {
		t.Error("nothing is written any more")
	}
	close(stop)
	wg.Wait()
	if err := s.cmd.Process.Signal(os.Interrupt); err != nil { // signs its head on the way out
		t.Fatal(err)
	}
	<-s.ended
	note := filepath.Join(p.dir, "note")
	if err := os.WriteFile(note, []byte(lastNote(t, p)), 0o600); err != nil {
		t.Fatal(err)
	}
	frozen := func(t *testing.T, q place) {
		t.Helper()
		s, address := launch(t, append([]string{"serve", "--addr", "127.0.0.1:0"}, q.flags()...)...)
		base := <-address
		l := newLoad("frozen", 1)
		l.signIn(t, base)
		if status, _, raw, err := l.write(base, "frozen-0-0"); err != nil || status != http.StatusServiceUnavailable ||
			!strings.Contains(string(raw), "ledger_frozen") {
			t.Errorf("it writes: %d %s %v", status, raw, err)
		}
		s.kill()
	}
	t.Run("by the checkpoint", func(t *testing.T) {
		q := to(t, "")
		status, out, errs := run(t, append([]string{"restore", file, "--identity", identity, "--quiet", "--checkpoint", note},
			q.flags()...)...)
		if status == 0 || !strings.Contains(errs, "frozen") || !strings.Contains(out, "MISSING") {
			t.Fatalf("restored without a word: %d %s %s", status, out, errs)
		}
		// What was restored is sound in itself; all that is wrong is what is missing.
		if status, out, _ := run(t, append([]string{"verify", "--quiet"}, q.flags()...)...); status == 0 ||
			!strings.Contains(out, "head_shrunk") || !strings.Contains(out, "1 findings") {
			t.Errorf("verify: %d %s", status, out)
		}
		frozen(t, q)
	})
	t.Run("by the machine", func(t *testing.T) {
		q := to(t, "")
		for _, ending := range []string{".sign", ".sign.state"} { // the disk of the database is new, the signer's is not
			raw, err := os.ReadFile(p.db + ending)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(q.db+ending, raw, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		must(t, append([]string{"restore", file, "--identity", identity, "--quiet"}, q.flags()...)...)
		frozen(t, q)
	})
	t.Run("by a checkpoint that differs", func(t *testing.T) {
		q, wrong := to(t, ""), filepath.Join(p.dir, "false")
		lines := strings.Split(lastNote(t, p), "\n")
		lines[1], lines[2] = "3", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
		if err := os.WriteFile(wrong, []byte(strings.Join(lines, "\n")), 0o600); err != nil {
			t.Fatal(err)
		}
		if status, out, _ := run(t, append([]string{"restore", file, "--identity", identity, "--quiet", "--checkpoint", wrong},
			q.flags()...)...); status == 0 || !strings.Contains(out, "FALSE") {
			t.Errorf("restored: %d %s", status, out)
		}
		if left := names(t, q.dir); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
	})
}

func lastNote(t *testing.T, p place) (note string) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+p.db+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if err := db.QueryRow("SELECT note FROM ledger_checkpoints ORDER BY size DESC LIMIT 1").Scan(&note); err != nil {
		t.Fatal(err)
	}
	return note
}
