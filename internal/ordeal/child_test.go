package ordeal

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"plumbline/internal/apptest/pgtest"
	"plumbline/internal/apptest/poll"
	"plumbline/internal/cli"
)

// childEnv makes the test binary run as the program itself.
const childEnv = "PLUMBLINE_TEST_CHILD"

func TestMain(m *testing.M) {
	pgtest.Durable = true
	if os.Getenv(childEnv) != "" {
		os.Exit(cli.Main(os.Args[1:], os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

// nightly gives the number for CI, or the whole one for the night.
func nightly(ci, night int) int {
	if os.Getenv("PLUMBLINE_NIGHTLY") != "" {
		return night
	}
	return ci
}

// run runs one command of the program in this process.
func run(t *testing.T, args ...string) (status int, out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	status = cli.Main(args, &o, &e)
	return status, o.String(), e.String()
}

// must runs one command that has to succeed.
func must(t *testing.T, args ...string) string {
	t.Helper()
	status, out, errs := run(t, args...)
	if status != 0 {
		t.Fatalf("plumbline %s: %s %s", strings.Join(args, " "), out, errs)
	}
	return out
}

// place is a site of the test's own: the arguments that name it.
type place struct {
	dir string
	db  string
}

// flags name the site's files, all of them in its folder.
func (p place) flags() []string {
	if !strings.HasPrefix(p.db, "postgres") {
		return []string{"--db", p.db}
	}
	return []string{"--db", p.db, "--key-file", filepath.Join(p.dir, "site.key"), "--keys", filepath.Join(p.dir, "site.keys")}
}

// newPlace makes a small demonstration to mistreat.
func newPlace(t *testing.T, dsn string) place {
	t.Helper()
	p := place{dir: t.TempDir(), db: dsn}
	if dsn == "" {
		p.db = filepath.Join(p.dir, "site.db")
	}
	t.Chdir(p.dir) // what has no flag of its own lies in the working folder on PostgreSQL
	must(t, append([]string{"demo", "--no-serve"}, p.flags()...)...)
	return p
}

// server is the program in a process of its own.
type server struct {
	cmd   *exec.Cmd
	base  string
	ready time.Duration // from its start to the first answer of /readyz

	ended  chan struct{}
	mu     sync.Mutex
	errOut bytes.Buffer
}

func (s *server) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.errOut.Write(b)
}

// said is what it wrote to its standard error.
func (s *server) said() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.errOut.String()
}

// launch starts the program without waiting until it serves; address is
// closed, or gives where it listens.
func launch(t *testing.T, args ...string) (s *server, address <-chan string) {
	t.Helper()
	s = &server{cmd: exec.Command(os.Args[0], args...), ended: make(chan struct{})}
	s.cmd.Env = append(os.Environ(), childEnv+"=1")
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	s.cmd.Stderr = s
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	found := make(chan string, 1)
	go func() {
		defer close(s.ended)
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			if _, a, ok := strings.Cut(lines.Text(), "serving "); ok {
				found <- strings.TrimSpace(a)
			}
		}
		close(found)
		_, _ = io.Copy(io.Discard, out)
		_ = s.cmd.Wait()
	}()
	t.Cleanup(s.kill)
	return s, found
}

// serve starts the server and waits until it is ready.
func serve(t *testing.T, p place, more ...string) *server {
	t.Helper()
	from := time.Now()
	s, address := launch(t, append(append([]string{"serve", "--addr", "127.0.0.1:0"}, p.flags()...), more...)...)
	base, ok := <-address
	if !ok {
		<-s.ended
		t.Fatalf("the program ended before it served: %s", s.said())
	}
	s.base = base
	ready := poll.Until(time.Minute, func() bool { // the listener is open: the first answer comes at once
		res, err := http.Get(base + "/readyz")
		if err != nil {
			t.Fatalf("ready: %v %s", err, s.said())
		}
		_ = res.Body.Close()
		return res.StatusCode == http.StatusOK
	})
	if !ready {
		t.Fatalf("never ready: %s", s.said())
	}
	s.ready = time.Since(from)
	return s
}

// kill is SIGKILL: nothing is told, nothing is closed.
func (s *server) kill() {
	_ = s.cmd.Process.Kill()
	<-s.ended
}
