// Package pgtest owns a PostgreSQL for tests: one server per test binary, made
// with initdb in a folder of its own, reached over a unix socket only, run by
// an account that is not root, and ended with the binary whatever happens. The
// bench takes one the same way, with Start.
//
// A machine without PostgreSQL skips the test and says so; with
// PLUMBLINE_REQUIRE set to all (or to a list that names postgres) that is a
// failure, so that no test run passes by testing nothing.
package pgtest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"plumbline/internal/apptest/needs"
	"plumbline/internal/apptest/poll"

	_ "github.com/jackc/pgx/v5/stdlib"
)

// Server is a running PostgreSQL: the one of a test binary, or of the bench.
type Server struct {
	folder string
	bin    string
	owner  *syscall.Credential // nil when we are not root
	alive  io.Closer           // the pipe to the watcher: closed, it ends the server
	watch  *exec.Cmd
}

var (
	once    sync.Once
	running *Server
	why     error // why there is none
	number  atomic.Int64
)

// DSN makes an empty database of the test's own and gives its URL. The
// database goes when the test ends.
func DSN(t testing.TB) string {
	t.Helper()
	return fresh(t, "template0")
}

// patterns are the databases that others are copied from, by name.
var patterns sync.Map // string → func() error

// Like makes a database of the test's own that is a copy of one that prepare
// has filled, once for each name in a test binary: to apply all migrations takes
// far longer than to copy what they made. prepare must leave no connection open.
func Like(t testing.TB, name string, prepare func(dsn string) error) string {
	t.Helper()
	pattern := fmt.Sprintf("like%d_%s", os.Getpid(), name)
	make := sync.OnceValue(func() error {
		dsn, err := running.Database(pattern, "template0")
		if err != nil {
			return err
		}
		return prepare(dsn)
	})
	started(t)
	first, _ := patterns.LoadOrStore(name, make)
	if err := first.(func() error)(); err != nil {
		t.Fatalf("prepare the database %s: %v", name, err)
	}
	return fresh(t, pattern)
}

// started skips the test where there is no PostgreSQL.
func started(t testing.TB) {
	t.Helper()
	once.Do(func() { running, why = start(Durable) })
	if why != nil {
		needs.Missing(t, "postgres", why)
	}
}

// fresh makes a database that is dropped when the test ends.
func fresh(t testing.TB, pattern string) string {
	t.Helper()
	started(t)
	name := fmt.Sprintf("t%d_%d", os.Getpid(), number.Add(1))
	dsn, err := running.Database(name, pattern)
	if err != nil {
		t.Fatalf("create database: %v", err)
	}
	t.Cleanup(func() {
		if err := running.exec("DROP DATABASE IF EXISTS " + name + " WITH (FORCE)"); err != nil {
			t.Logf("drop database: %v", err)
		}
	})
	return dsn
}

// Exec runs one statement on the database of a DSN, as its owner; for tests
// that look at or break what lies in it.
func Exec(t testing.TB, dsn, statement string) {
	t.Helper()
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if _, err := db.ExecContext(context.Background(), statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// DataFolder is where the server of the URL keeps its data, its log included.
func DataFolder(t testing.TB, dsn string) string {
	t.Helper()
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	folder := ""
	if err := db.QueryRowContext(context.Background(), "SHOW data_directory").Scan(&folder); err != nil {
		t.Fatal(err)
	}
	return folder
}

func (s *Server) url(database string) string {
	q := url.Values{"host": {s.folder}, "user": {"plumbline"}, "sslmode": {"disable"}}
	return "postgres:///" + database + "?" + q.Encode()
}

func (s *Server) exec(statement string) error {
	db, err := sql.Open("pgx", s.url("postgres"))
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	_, err = db.ExecContext(ctx, statement)
	return err
}

// ErrNone says that the machine has no PostgreSQL to start.
var ErrNone = errors.New("no PostgreSQL was found under /usr/lib/postgresql or in PATH; install the package postgresql")

// Database makes a database as the pattern is, template0 for an empty one, and
// gives its URL.
func (s *Server) Database(name, pattern string) (string, error) {
	return s.url(name), s.exec("CREATE DATABASE " + name + " TEMPLATE " + pattern)
}

// Stop ends the server and removes its folder.
func (s *Server) Stop() error {
	return errors.Join(s.alive.Close(), s.watch.Wait(), os.RemoveAll(s.folder))
}

// Start makes a cluster and waits until it answers. It ends with this process,
// or with Stop.
func Start() (*Server, error) { return start(true) }

// Durable makes the server of this test binary wait for the disk. Package ordeal
// sets it, whose tests take machines and servers away; no other test does, and
// waiting would be half of its time.
var Durable bool

func start(durable bool) (*Server, error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	sweep()
	folder, err := os.MkdirTemp("", folderPrefix)
	if err != nil {
		return nil, err
	}
	s := &Server{folder: folder, bin: bin}
	if s.owner, err = owner(); err != nil {
		return nil, err
	}
	if s.owner != nil {
		if err := os.Chown(folder, int(s.owner.Uid), int(s.owner.Gid)); err != nil {
			return nil, err
		}
	}
	if err := os.Chmod(folder, 0o700); err != nil {
		return nil, err
	}
	data := filepath.Join(folder, "data")
	out, err := s.command("initdb", "-D", data, "-U", "plumbline", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-instructions",
		"--no-sync").CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("initdb: %w: %s", err, out)
	}
	// A watcher ends the server when this process is gone, even if a test
	// panicked or was killed: its standard input then closes.
	fsync := "off"
	if durable {
		fsync = "on"
	}
	watch := s.command("sh", "-c", watcher, "sh", filepath.Join(bin, "postgres"), folder, data, fsync)
	alive, err := watch.StdinPipe() // held open until this process ends
	if err != nil {
		return nil, err
	}
	watch.SysProcAttr.Setpgid = true // a Ctrl-C for the tests is not one for the server
	if err := watch.Start(); err != nil {
		return nil, err
	}
	s.alive, s.watch = alive, watch
	answers := func() bool {
		err = s.exec("SELECT 1")
		return err == nil
	}
	if !poll.Until(time.Minute, answers) {
		text, _ := os.ReadFile(filepath.Join(folder, "server.log"))
		return nil, fmt.Errorf("the server did not answer: %w: %s", err, text)
	}
	return s, nil
}

const folderPrefix = "plumbline-pg-"

// watcher runs the server, and runs it again when it was killed, as the
// supervisor of a site would; it waits for its standard input to close, and
// ends the server and its folder.
const watcher = `
exec >"$2/server.log" 2>&1
(
  while [ ! -e "$2/stop" ]; do
    "$1" -D "$3" -c unix_socket_directories="$2" -c listen_addresses= -c max_connections=120 \
      -c fsync="$4" -c synchronous_commit=on -c shared_buffers=128MB -c max_wal_size=1GB -c log_min_messages=fatal </dev/null
    sleep 0.1
  done
) &
keeper=$!
cat >/dev/null
touch "$2/stop"
pid=$(head -n 1 "$3/postmaster.pid" 2>/dev/null) && kill -INT $pid 2>/dev/null
wait $keeper
rm -rf "$3" "$2"/* "$2"/.s.*
rmdir "$2" 2>/dev/null || true # where the folder above is not its own, Stop does it
`

// Kill ends the server with SIGKILL; it is started again at once. One that is
// still starting after an earlier kill is waited for.
func (s *Server) Kill() error {
	var err error
	poll.Until(time.Minute, func() bool {
		var pid int
		if pid, err = s.pid(); err == nil {
			err = syscall.Kill(pid, syscall.SIGKILL)
		}
		return err == nil
	})
	return err
}

// pid is the server's process by its own file, which stays when it is killed.
func (s *Server) pid() (int, error) {
	raw, err := os.ReadFile(filepath.Join(s.folder, "data", "postmaster.pid"))
	if err != nil {
		return 0, err
	}
	line, _, _ := strings.Cut(string(raw), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil || pid <= 1 {
		return 0, fmt.Errorf("postmaster.pid holds %q", line)
	}
	return pid, nil
}

// Socket is the path of the unix socket that the server listens on.
func (s *Server) Socket() string { return filepath.Join(s.folder, ".s.PGSQL.5432") }

// Own starts a server for this test alone, to be mistreated, with one empty
// database.
func Own(t testing.TB) (*Server, string) {
	t.Helper()
	s, err := Start()
	if err != nil {
		needs.Missing(t, "postgres", err)
	}
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Logf("stop PostgreSQL: %v", err)
		}
	})
	dsn, err := s.Database("own", "template0")
	if err != nil {
		t.Fatal(err)
	}
	return s, dsn
}

// command is a server program run as the owner.
func (s *Server) command(name string, args ...string) *exec.Cmd {
	path := filepath.Join(s.bin, name)
	if name == "sh" {
		path = "/bin/sh"
	}
	c := exec.Command(path, args...)
	c.Dir = s.folder
	c.Env = []string{"PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8", "TZ=UTC"}
	c.SysProcAttr = &syscall.SysProcAttr{Credential: s.owner}
	return c
}

// owner is an account that is not root, nil when we are not root ourselves.
func owner() (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
		if err1 == nil && err2 == nil {
			return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
		}
	}
	return nil, errors.New("we are root and there is neither an account postgres nor nobody")
}

// binaries finds the folder with initdb and postgres, the newest version first.
func binaries() (string, error) {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	sort.Slice(found, func(i, j int) bool { return version(found[i]) > version(found[j]) })
	if len(found) > 0 {
		return filepath.Dir(found[0]), nil
	}
	if path, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(path), nil
	}
	return "", ErrNone
}

func version(path string) int {
	n, _ := strconv.Atoi(strings.Split(path, "/")[4])
	return n
}

// sweep removes what a killed machine left behind: folders older than a day.
func sweep() {
	old, _ := filepath.Glob(filepath.Join(os.TempDir(), folderPrefix+"*"))
	for _, f := range old {
		if st, err := os.Stat(f); err == nil && time.Since(st.ModTime()) > 24*time.Hour {
			_ = os.RemoveAll(f)
		}
	}
}
