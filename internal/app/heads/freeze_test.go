package heads_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/bits"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"plumbline/internal/app/heads"
	"plumbline/internal/apptest"
	"plumbline/internal/fault"
	"plumbline/internal/ledger"
	"plumbline/internal/store"
)

// copyDatabase copies a SQLite site as any tool of the machine's owner does.
func copyDatabase(t *testing.T, s *apptest.Site, to string) {
	t.Helper()
	db, err := sql.Open("sqlite", s.DSN)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if _, err := db.Exec("VACUUM INTO ?", to); err != nil {
		t.Fatal(err)
	}
}

// older makes a copy of the site's database and gives what puts it back, as
// the owner of the machine can.
func older(t *testing.T, s *apptest.Site) (putBack func(t *testing.T)) {
	t.Helper()
	if s.Store.Dialect() == store.SQLite {
		copied := filepath.Join(t.TempDir(), "copy.db")
		copyDatabase(t, s, copied)
		return func(t *testing.T) {
			for _, ending := range []string{"-wal", "-shm"} {
				if err := os.Remove(s.DSN + ending); err != nil && !os.IsNotExist(err) {
					t.Fatal(err)
				}
			}
			if err := os.Rename(copied, s.DSN); err != nil {
				t.Fatal(err)
			}
		}
	}
	db, err := sql.Open("pgx", s.DSN)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	script := func(each string) string {
		return "DO $$ DECLARE t text; BEGIN FOR t IN SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE' LOOP " + each + " END LOOP; END $$"
	}
	must := func(t *testing.T, stmt string) {
		t.Helper()
		if _, err := db.Exec(stmt); err != nil {
			t.Fatalf("%.80s: %v", stmt, err)
		}
	}
	must(t, "CREATE SCHEMA copy")
	must(t, script("EXECUTE format('CREATE TABLE copy.%I AS TABLE public.%I', t, t);"))
	return func(t *testing.T) {
		must(t, script("EXECUTE format('ALTER TABLE public.%I DISABLE TRIGGER ALL', t); EXECUTE format('DELETE FROM public.%I', t);"))
		must(t, script("EXECUTE format('INSERT INTO public.%I SELECT * FROM copy.%I', t, t); "+
			"EXECUTE (SELECT coalesce(string_agg(format('ALTER TABLE public.%I ENABLE ALWAYS TRIGGER %I', t, tgname), '; '), 'SELECT 1') FROM pg_trigger WHERE tgrelid = format('public.%I', t)::regclass AND NOT tgisinternal);"))
	}
}

func frozenOnWrite(t *testing.T, s *apptest.Site) {
	t.Helper()
	_, _, err := s.App.CreateCampaign(context.Background(), s.Actor("manager"), campaignInput("丙"))
	var f *fault.Error
	if !errors.As(err, &f) || f.Code != "ledger_frozen" || f.Kind != fault.UnavailableKind {
		t.Fatalf("a write answers %v", err)
	}
}

func TestAnOldBackupPutBackIsFound(t *testing.T) {
	ctx := context.Background()
	for _, forgotten := range []string{"", "signer", "site"} { // each memory is enough by itself
		t.Run("without "+forgotten, func(t *testing.T) {
			apptest.Each(t, func(t *testing.T, s *apptest.Site) {
				add(t, s, "甲")
				if err := s.App.SignHead(ctx); err != nil {
					t.Fatal(err)
				}
				putBack := older(t, s)
				seq := add(t, s, "乙")
				if err := s.App.SignHead(ctx); err != nil {
					t.Fatal(err)
				}
				by := store.BySite
				switch forgotten {
				case "site":
					by = store.BySigner
					if err := os.Remove(s.HeadFile); err != nil {
						t.Fatal(err)
					}
				case "signer":
					s.Signer = nil
				}
				if err := s.Store.Close(); err != nil {
					t.Fatal(err)
				}
				putBack(t)
				again := s.Again(t)
				if err := again.App.CheckHead(ctx); err != nil {
					t.Fatal(err)
				}
				f := again.App.Frozen()
				if f == nil || f.Code != store.FreezeShrunk || f.By != by || f.Remembered.Size != seq+1 || f.Found.Size != seq {
					t.Fatalf("%+v", f)
				}
				frozenOnWrite(t, again)
				if _, err := again.App.LedgerState(ctx, again.Actor("anna")); err != nil {
					t.Errorf("reading: %v", err)
				}
			})
		})
	}
}

func TestAnOldBackupPutBackUnderTheRunningServerIsFound(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		ctx := context.Background()
		add(t, s, "甲")
		putBack := older(t, s)
		add(t, s, "乙")
		if err := s.App.SignHead(ctx); err != nil {
			t.Fatal(err)
		}
		putBack(t)
		if err := s.App.CheckHead(ctx); err != nil { // as every two seconds
			t.Log(err)
		}
		if s.App.Frozen() == nil {
			t.Error("not found without a write")
		}
		frozenOnWrite(t, s)
		if err := s.App.SignHead(ctx); err == nil {
			t.Error("a frozen ledger is signed")
		}
	})
}

// TestAFileOverwrittenInPlaceIsFound keeps the file and changes its content.
func TestAFileOverwrittenInPlaceIsFound(t *testing.T) {
	ctx := context.Background()
	s := apptest.SQLite(t)
	add(t, s, "甲")
	copied := filepath.Join(t.TempDir(), "copy.db")
	copyDatabase(t, s, copied)
	add(t, s, "乙")
	if err := s.App.SignHead(ctx); err != nil {
		t.Fatal(err)
	}
	if err := s.Store.Close(); err != nil { // the log is folded into the file
		t.Fatal(err)
	}
	running := s.Again(t)
	if err := running.App.CheckHead(ctx); err != nil || running.App.Frozen() != nil {
		t.Fatalf("an honest restart: %v, %v", err, running.App.Frozen())
	}
	old, err := os.ReadFile(copied)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(s.DSN, old, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := running.App.CheckHead(ctx); err != nil {
		t.Log(err)
	}
	if f := running.App.Frozen(); f == nil || f.Code != store.FreezeShrunk {
		t.Errorf("%+v", f)
	}
}

func TestAnHonestRestartFreezesNothing(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		ctx := context.Background()
		for _, signed := range []bool{true, false, true} {
			add(t, s, "甲")
			if signed {
				if err := s.App.SignHead(ctx); err != nil {
					t.Fatal(err)
				}
			}
			if err := s.Store.Close(); err != nil {
				t.Fatal(err)
			}
			s = s.Again(t)
			if err := s.App.CheckHead(ctx); err != nil || s.App.Frozen() != nil {
				t.Fatalf("%v, %+v", err, s.App.Frozen())
			}
		}
	})
}

func TestHistoryWrittenAnewIsFound(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		ctx := context.Background()
		add(t, s, "甲")
		putBack := older(t, s)
		add(t, s, "乙")
		add(t, s, "丙")
		if err := s.App.SignHead(ctx); err != nil {
			t.Fatal(err)
		}
		if err := s.Store.Close(); err != nil {
			t.Fatal(err)
		}
		putBack(t)
		// Somebody fills the gap with other entries, past what was remembered, by
		// a program that remembers nothing.
		forger := *s
		forger.Signer, forger.HeadFile = nil, ""
		f := forger.Again(t)
		for _, title := range []string{"丁", "戊", "己"} {
			add(t, f, title)
		}
		again := s.Again(t)
		if err := again.App.CheckHead(ctx); err != nil {
			t.Fatal(err)
		}
		if f := again.App.Frozen(); f == nil || f.Code != store.FreezeRewritten {
			t.Fatalf("%+v", f)
		}
		frozenOnWrite(t, again)
	})
}

// A connection that ends under the question says nothing of the ledger; nodes
// that are gone do.
func TestADatabaseThatGoesAwayContradictsNothing(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		ctx := context.Background()
		for _, title := range []string{"甲", "乙", "丙"} {
			add(t, s, title)
		}
		if err := s.App.SignHead(ctx); err != nil {
			t.Fatal(err)
		}
		remembered, there := s.Store.Acknowledged()
		if !there {
			t.Fatal("nothing was acknowledged")
		}
		var gone *store.View
		err := s.Store.View(ctx, func(ctx context.Context, v *store.View) error {
			gone = v
			if frozen, err := s.App.Contradicts(ctx, v, store.BySite, remembered, remembered); frozen || err != nil {
				t.Errorf("%v %v", frozen, err)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if frozen, err := s.App.Contradicts(ctx, gone, store.BySite, remembered, remembered); frozen || err == nil ||
			s.App.Frozen() != nil {
			t.Fatalf("%v %v %+v", frozen, err, s.App.Frozen())
		}
		driver, off := "sqlite", "DROP TRIGGER ledger_hashes_no_delete"
		if s.Store.Dialect() == store.Postgres {
			driver, off = "pgx", "ALTER TABLE ledger_hashes DISABLE TRIGGER ALL"
		}
		db, err := sql.Open(driver, s.DSN)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = db.Close() }()
		for _, stmt := range []string{off, "DELETE FROM ledger_hashes"} {
			if _, err := db.Exec(stmt); err != nil {
				t.Fatal(stmt, err)
			}
		}
		err = s.Store.View(ctx, func(ctx context.Context, v *store.View) error {
			frozen, err := s.App.Contradicts(ctx, v, store.BySite, remembered, remembered)
			if !frozen || err != nil || s.App.Frozen() == nil || s.App.Frozen().Code != store.FreezeRewritten {
				t.Errorf("%v %v %+v", frozen, err, s.App.Frozen())
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestAPersonThawsAndTheEvidenceStays(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		ctx := context.Background()
		add(t, s, "甲")
		if err := s.App.SignHead(ctx); err != nil {
			t.Fatal(err)
		}
		putBack := older(t, s)
		seq := add(t, s, "乙")
		if err := s.App.SignHead(ctx); err != nil {
			t.Fatal(err)
		}
		remembered, err := os.ReadFile(s.HeadFile)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Store.Close(); err != nil {
			t.Fatal(err)
		}
		putBack(t)
		again := s.Again(t)
		if err := again.App.CheckHead(ctx); err != nil {
			t.Fatal(err)
		}
		why := heads.ThawInput{Reason: "硬盘损坏，经批准用三月一日的备份恢复"}
		for _, who := range []string{"anna", "system", "security", "manager"} {
			if _, _, _, err := again.App.Thaw(ctx, again.Actor(who), why); !fault.Is(err, fault.ForbiddenKind) &&
				!fault.Is(err, fault.NotFoundKind) {
				t.Errorf("%s thaws: %v", who, err)
			}
		}
		if _, _, _, err := again.App.Thaw(ctx, again.Actor("audit"), heads.ThawInput{Reason: "恢复"}); !fault.Is(err, fault.InvalidKind) ||
			again.App.Frozen() == nil {
			t.Errorf("without a reason: %v", err)
		}
		kept, now, receipt, err := again.App.Thaw(ctx, again.Actor("audit"), why)
		if err != nil {
			t.Fatal(err)
		}
		if now.Size != seq || receipt.Seq != seq || len(kept) != 2 {
			t.Errorf("goes on from %d with entry %d, kept %v", now.Size, receipt.Seq, kept)
		}
		for _, name := range kept {
			if raw, err := os.ReadFile(name); err != nil || string(raw) != string(remembered) {
				t.Errorf("%s: %q, %v", name, raw, err)
			}
		}
		add(t, again, "丙")
		if err := again.App.SignHead(ctx); err != nil {
			t.Fatal(err)
		}
		if _, _, _, err := again.App.Thaw(ctx, again.Actor("audit"), why); !fault.Is(err, fault.ConflictKind) {
			t.Errorf("a second thaw: %v", err)
		}
		if err := again.Store.Close(); err != nil {
			t.Fatal(err)
		}
		third := again.Again(t)
		if err := third.App.CheckHead(ctx); err != nil || third.App.Frozen() != nil {
			t.Fatalf("the start after it: %v, %+v", err, third.App.Frozen())
		}
		verdict, err := third.Store.Verify(ctx, nil)
		if err != nil || !verdict.OK() || verdict.Rows["thaw"] != 1 {
			t.Errorf("%+v, %v", verdict, err)
		}
		entryNames(t, third, receipt.Seq, "ledger.thaw")
	})
}

// TestATailCutOffLeavesNoFalseReceipts: the checkpoints over the lost entries
// stay as evidence, and no entry written after the thaw stands under them.
func TestATailCutOffLeavesNoFalseReceipts(t *testing.T) {
	ctx := context.Background()
	s := apptest.SQLite(t)
	add(t, s, "甲")
	seq := add(t, s, "乙")
	for _, title := range []string{"丙", "丁"} {
		add(t, s, title)
		if err := s.App.SignHead(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Store.Close(); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", s.DSN)
	if err != nil {
		t.Fatal(err)
	}
	for _, stmt := range []string{"DROP TRIGGER ledger_entries_no_delete",
		"DELETE FROM ledger_entries WHERE seq > (SELECT max(seq) - 2 FROM ledger_entries)",
		"DROP TRIGGER ledger_hashes_no_delete", fmt.Sprintf("DELETE FROM ledger_hashes WHERE idx >= %d",
			2*(seq+1)-int64(bits.OnesCount64(uint64(seq+1))))} {
		if _, err := db.Exec(stmt); err != nil {
			t.Fatal(stmt, err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	again := s.Again(t)
	if err := again.App.CheckHead(ctx); err != nil || again.App.Frozen() == nil {
		t.Fatal(err, again.App.Frozen())
	}
	again.Clock.Add(time.Minute)
	if _, now, _, err := again.App.Thaw(ctx, again.Actor("audit"), heads.ThawInput{Reason: "尾部丢失，经批准从现有记录继续"}); err != nil ||
		now.Size != seq+1 {
		t.Fatal(now, err)
	}
	again.Clock.Add(time.Minute)
	for range 4 {
		if err := again.App.SignHead(ctx); err != nil {
			t.Fatal(err)
		}
		add(t, again, "戊")
	}
	if err := again.App.SignHead(ctx); err != nil {
		t.Fatal(err)
	}
	trust := trusted(t, again)
	err = again.Store.View(ctx, func(ctx context.Context, v *store.View) error {
		size, _, err := v.Head(ctx)
		if err != nil {
			return err
		}
		for n := range size {
			row, err := v.CheckpointFor(ctx, n)
			if err != nil {
				return err
			}
			o, err := ledger.OpenCheckpoint([]byte(row.Note), trust)
			if err != nil {
				return err
			}
			e, err := v.EntryAt(ctx, n)
			if err != nil {
				return err
			}
			path, err := v.Proof(ctx, o.Size, n)
			if err != nil {
				return err
			}
			if err := ledger.CheckInclusion(path, o.Size, o.Root, n, ledger.Hash(e.Leaf)); err != nil {
				t.Errorf("entry %d under the checkpoint of %d: %v", n, o.Size, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func entryNames(t *testing.T, s *apptest.Site, seq int64, verb string) {
	t.Helper()
	err := s.Store.View(context.Background(), func(ctx context.Context, v *store.View) error {
		e, err := v.EntryAt(ctx, seq)
		if err == nil && (e.Verb != verb || !strings.Contains(string(e.Body), verb) || strings.Contains(string(e.Body), "硬盘")) {
			t.Errorf("entry %d: %s", seq, e.Body)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestAnotherLogsMemoryFreezes(t *testing.T) {
	ctx := context.Background()
	s := apptest.SQLite(t)
	add(t, s, "甲")
	if err := os.WriteFile(s.HeadFile, []byte("plumbline/other\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.App.CheckHead(ctx); err != nil {
		t.Fatal(err)
	}
	if f := s.App.Frozen(); f == nil || f.Code != store.FreezeForeign {
		t.Fatalf("%+v", f)
	}
	if _, _, _, err := s.App.Thaw(ctx, s.Actor("audit"), heads.ThawInput{Reason: "十个字以上的理由在这里"}); !fault.Is(err, fault.ConflictKind) {
		t.Errorf("%v", err)
	}
}
