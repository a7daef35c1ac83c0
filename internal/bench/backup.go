package bench

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"time"

	"plumbline/internal/app/casework"
	"plumbline/internal/issue"
)

const (
	backupWriters = 50
	triagesMost   = 20_000 // issues that the writers find work on

	// A recipient like any other: nobody opens the archive, which is removed.
	backupTo = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"
)

// backup has another process back the site up while 50 clients triage issues,
// and copies the database's bytes beside it.
func (s *site) backup(ctx context.Context, o Options) (f Figure, err error) {
	work, err := s.toTriage(ctx)
	if err != nil {
		return f, err
	}
	if err := os.WriteFile(s.dsn+".key", []byte(hex.EncodeToString(secret)), 0o600); err != nil {
		return f, err
	}
	program, err := os.Executable()
	if err != nil {
		return f, err
	}
	o.Tell("%d clients write during a backup\n", backupWriters)
	stop := make(chan struct{})
	var next, done, atEnd atomic.Int64
	failures := make([]error, backupWriters)
	var wg sync.WaitGroup
	for c := range backupWriters {
		wg.Go(func() { failures[c] = s.triage(ctx, work, &next, &done, stop) })
	}
	archive := s.dsn + ".backup"
	began := time.Now()
	said, err := exec.CommandContext(ctx, program, "backup", archive, "--db", s.dsn, "--key-file", s.dsn+".key", "--to", backupTo,
		"--quiet").CombinedOutput()
	took := time.Since(began)
	atEnd.Store(done.Load())
	close(stop)
	wg.Wait()
	if err = errors.Join(err, errors.Join(failures...)); err != nil {
		return f, fmt.Errorf("%w: %s", err, said)
	}
	if next.Load() >= int64(len(work)) {
		return f, fmt.Errorf("the writers ran out of work after %d issues", len(work))
	}
	st, err := os.Stat(archive)
	if err != nil {
		return f, err
	}
	bare, err := bareCopy(s.dsn, archive+".copy")
	if err != nil {
		return f, err
	}
	return Figure{Name: "sealed backup of the full site while 50 clients write", Measured: fmt.Sprintf("%.1f s", took.Seconds()),
		Baseline: fmt.Sprintf("%.1f s", bare.Seconds()),
		Ratio:    fmt.Sprintf("%.1f x", float64(took)/float64(bare)), Goal: "under 60 s",
		Note: fmt.Sprintf("%d MB; %.0f writes/s meanwhile; baseline: the database's file copied and synced", st.Size()>>20,
			float64(atEnd.Load())/took.Seconds())}, nil
}

// toTriage lists issues that wait for a first look.
func (s *site) toTriage(ctx context.Context) (work []issue.Row, err error) {
	who, err := s.app.ActorNamed(ctx, s.maker.Reader("demo-inspector"))
	if err != nil {
		return nil, err
	}
	in := casework.IssueListInput{Filter: issue.All(), Limit: 200}
	in.Filter.State, in.Filter.MaxSeverity = issue.Registered, 1
	for len(work) < triagesMost {
		page, err := s.app.Issues(ctx, who, in)
		if err != nil {
			return nil, err
		}
		work = append(work, page.Rows...)
		if in.Cursor = page.Next; in.Cursor == "" {
			break
		}
	}
	return work, nil
}

// triage is one client.
func (s *site) triage(ctx context.Context, work []issue.Row, next, done *atomic.Int64, stop <-chan struct{}) error {
	who, err := s.app.ActorNamed(ctx, s.maker.Reader("demo-inspector"))
	if err != nil {
		return err
	}
	for {
		select {
		case <-stop:
			return nil
		default:
		}
		i := int(next.Add(1)) - 1
		if i >= len(work) {
			return nil
		}
		r := work[i]
		if _, _, err := s.app.TriageIssue(ctx, who, casework.TriageIssueInput{
			Step: casework.Step{ID: r.ID, Version: r.Version, Reason: "按清单核定"}, Severity: r.Severity, Category: r.Category}); err != nil {
			return fmt.Errorf("triage: %w", err)
		}
		done.Add(1)
	}
}

// bareCopy copies a file and waits until it is on the disk.
func bareCopy(from, to string) (took time.Duration, err error) {
	began := time.Now()
	in, err := os.Open(from)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	out, err := os.Create(to)
	if err != nil {
		return 0, err
	}
	_, err = io.Copy(out, in)
	err = errors.Join(err, out.Sync(), out.Close())
	return time.Since(began), err
}
