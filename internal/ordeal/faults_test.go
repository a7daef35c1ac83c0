package ordeal

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"plumbline/internal/apptest/needs"
)

// diskFault is one kind of failing call. The n-th such call of a thread fails,
// and every one after it.
type diskFault struct {
	call  string
	file  string // ending of the file it concerns, after the database's name
	errno string
	ends  bool // the process must end by itself: what reached the disk nobody knows
	keys  bool // of the key store, where the first write of a life makes keys
}

var diskFaults = []diskFault{
	{call: "pwrite64", file: "-wal", errno: "EIO", ends: true},
	{call: "fsync", file: "-wal", errno: "EIO", ends: true},
	{call: "pwrite64", file: "-wal", errno: "ENOSPC"},
	{call: "write", file: ".head", errno: "EIO"},
	{call: "write", file: ".sign.state", errno: "EIO"},
	{call: "rename,renameat,renameat2", file: ".sign.state", errno: "EIO"},
	{call: "pwrite64", file: "-wal", errno: "EIO", keys: true},
	{call: "fsync", file: "-wal", errno: "EIO", keys: true},
	{call: "pwrite64", file: "-wal", errno: "ENOSPC", keys: true},
}

// tracer makes calls of a running process fail.
type tracer struct {
	cmd *exec.Cmd
	log string
}

// inject attaches to the process and returns when its calls have begun to count.
func inject(t *testing.T, s *server, p place, f diskFault, n int) *tracer {
	t.Helper()
	tr := &tracer{log: filepath.Join(t.TempDir(), "trace")}
	args := []string{"-f", "-o", tr.log, "-e", "trace=" + f.call, "-e", fmt.Sprintf("inject=%s:error=%s:when=%d+", f.call, f.errno, n),
		"-p", fmt.Sprint(s.cmd.Process.Pid)}
	if f.file != ".sign.state" && f.file != ".head" { // those are written under another name and renamed
		path := p.db
		if f.keys {
			path = p.db + ".keys"
		}
		args = append([]string{"-P", path + f.file}, args...)
	}
	tr.cmd = exec.Command("strace", args...)
	said, err := tr.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := tr.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(said)
	for lines.Scan() {
		if strings.Contains(lines.Text(), "attached") {
			go func() {
				for lines.Scan() { // threads that come and go
				}
			}()
			return tr
		}
	}
	t.Fatalf("strace did not attach: %v", tr.cmd.Wait())
	return nil
}

// end is called when the process has ended, and strace with it; it says how
// many calls were made to fail.
func (tr *tracer) end(t *testing.T) int {
	t.Helper()
	_ = tr.cmd.Wait() // strace ends with the status of what it followed
	raw, err := os.ReadFile(tr.log)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Count(string(raw), "INJECTED")
}

// Each write and sync of a write is made to fail in turn. The client gets an
// error or a success, never silence; where nobody can know what reached the
// disk the process ends; and the next life has all that was acknowledged, and
// takes the request again.
func TestTheDiskFails(t *testing.T) {
	if _, err := exec.LookPath("strace"); err != nil {
		needs.Missing(t, "strace", "no strace: the package strace brings it")
	}
	p := newPlace(t, "")
	l := newLoad("fault", 1)
	c := l.clients[0]
	failed, ended, answers := 0, 0, map[int]int{}
	for _, f := range diskFaults {
		for n := 1; n <= nightly(3, 40); n++ {
			s := serve(t, p)
			if l.token == "" {
				l.signIn(t, s.base)
			}
			key := func() string { return fmt.Sprintf("%s-0-%d", l.name, c.n) }
			if before := c.n; !f.keys && (!l.one(t, s.base, c, key()) || c.n == before) {
				t.Fatalf("no write before the fault: %s", s.said())
			}
			tr := inject(t, s, p, f, n)
			under := key()
			status, id, raw, err := l.write(s.base, under)
			answers[status]++
			if err == nil && status == 201 {
				c.acked[under], c.keys, c.n = id, append(c.keys, under), c.n+1
				l.count()
			} else if err == nil && status < 400 {
				t.Errorf("%v at %d: %d %s", f, n, status, raw)
			}
			if f.ends && status != 201 {
				select {
				case <-s.ended:
					ended++
					if s.cmd.ProcessState.ExitCode() <= 0 {
						t.Errorf("%v at %d: it ended with %v: %s", f, n, s.cmd.ProcessState, s.said())
					}
				case <-time.After(time.Minute):
					t.Errorf("%v at %d: it goes on after %d: %s", f, n, status, s.said())
				}
			}
			s.kill()
			hit := tr.end(t)
			failed += hit
			s = serve(t, p)
			for before, again := c.n, 0; id == "" && c.n == before; again++ {
				if !l.one(t, s.base, c, under) || again > 500 {
					t.Fatalf("%v at %d: the next life does not take the request: %s", f, n, s.said())
				}
			}
			s.kill()
			if hit == 0 {
				break // a write makes fewer such calls
			}
		}
	}
	l.judge(t, p)
	verify(t, p)
	if failed < 6 || ended < 2 {
		t.Errorf("%d calls failed and the process ended %d times: the ordeal sees nothing", failed, ended)
	}
	fmt.Printf("TestTheDiskFails: %d calls failed, the process ended %d times; answers by status (0 is none): %v\n", failed, ended, answers)
}
