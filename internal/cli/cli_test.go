package cli

import (
	"bytes"
	"database/sql"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"plumbline/internal/fault"
	"plumbline/internal/words"
)

// run runs one command line and returns its status, output and errors.
func run(t *testing.T, args ...string) (int, string, string) {
	t.Helper()
	var out, errOut bytes.Buffer
	status := Main(args, &out, &errOut)
	return status, out.String(), errOut.String()
}

func TestMigrate(t *testing.T) {
	db := filepath.Join(t.TempDir(), "a.db")
	if status, out, errOut := run(t, "migrate", "--db", db); status != 0 || !strings.Contains(out, "0001") {
		t.Fatalf("migrate: %d %q %q", status, out, errOut)
	}
	if status, out, _ := run(t, "migrate", "--db", db); status != 0 || !strings.Contains(out, "up to date") {
		t.Errorf("again: %d %q", status, out)
	}
	st, err := os.Stat(db + ".key")
	if err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("the secret: %v %v", st, err)
	}
}

// A database of another kind is left alone, gets no key beside it, and the
// message says what to do.
func TestWhatIsNoDatabaseOfOurs(t *testing.T) {
	t.Chdir(t.TempDir())
	db, err := sql.Open("sqlite", "other.db")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("CREATE TABLE letters (a TEXT)"); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(db.Close(), os.WriteFile("a.txt", []byte("a letter of more than sixteen bytes"), 0o600),
		os.Mkdir("folder", 0o700)); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile("other.db")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"other.db", "a.txt", "folder", "none/at/all.db"} {
		for _, command := range []string{"migrate", "demo --no-serve", "verify", "serve --addr 127.0.0.1:0", "user list",
			"backup b --identity-less"} {
			status, _, errs := run(t, append(strings.Fields(command), "--db", file)...)
			if status == 0 || !strings.Contains(errs, "--db") || strings.Contains(errs, "goroutine") {
				t.Errorf("%s --db %s: %d %s", command, file, status, errs)
			}
			if _, err := os.Stat(file + ".key"); err == nil && command == "migrate" {
				t.Errorf("%s left a key beside %s", command, file)
			}
		}
	}
	if status, _, errs := run(t, "restore", "b", "--db", "none/at/all.db"); status == 0 ||
		!strings.Contains(errs, "there is no folder none/at for the database") {
		t.Errorf("restore into no folder: %d %s", status, errs)
	}
	if after, err := os.ReadFile("other.db"); err != nil || !bytes.Equal(before, after) {
		t.Errorf("another program's database was changed: %v", err)
	}
}

// A usage error names the help page.
func TestTypedWrongly(t *testing.T) {
	for line, page := range map[string]string{
		"restore": "plumbline restore --help", "verify --frob": "plumbline verify --help", "frob": "plumbline --help",
		"import frob": "plumbline import --help", "thaw": "plumbline thaw --help",
	} {
		if status, _, errs := run(t, strings.Fields(line)...); status == 0 || !strings.Contains(errs, page) {
			t.Errorf("%s: %d %s", line, status, errs)
		}
	}
}

func TestRefusals(t *testing.T) {
	dir := t.TempDir()
	db := filepath.Join(dir, "a.db")
	if status, _, errOut := run(t, "serve", "--db", db, "--addr", "127.0.0.1:0"); status == 0 ||
		!strings.Contains(errOut, "plumbline migrate") {
		t.Errorf("a missing database: %d %q", status, errOut)
	}
	if status, _, _ := run(t, "no-such-command"); status == 0 {
		t.Error("an unknown command succeeds")
	}
	if status, _, _ := run(t, "migrate", "--no-such-flag"); status == 0 {
		t.Error("an unknown flag succeeds")
	}
	run(t, "migrate", "--db", db)
	if err := os.WriteFile(db+".key", []byte("short"), 0o600); err != nil {
		t.Fatal(err)
	}
	if status, _, errOut := run(t, "serve", "--db", db, "--addr", "127.0.0.1:0"); status == 0 || !strings.Contains(errOut, "damaged") {
		t.Errorf("a damaged secret: %d %q", status, errOut)
	}
}

func TestSettings(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "plumbline.toml")
	if err := os.WriteFile(file, []byte("db = '"+filepath.Join(dir, "file.db")+"'\naddr = '127.0.0.1:1'\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		env  string
		args []string
		want string
	}{
		{"", []string{"migrate", "--config", file}, "file.db"},
		{filepath.Join(dir, "env.db"), []string{"migrate", "--config", file}, "env.db"},
		{filepath.Join(dir, "env.db"), []string{"migrate", "--config", file, "--db", filepath.Join(dir, "flag.db")}, "flag.db"},
	} {
		if c.env != "" {
			t.Setenv("PLUMBLINE_DB", c.env)
		}
		_ = os.Remove(filepath.Join(dir, c.want))
		if status, _, errOut := run(t, c.args...); status != 0 {
			t.Fatalf("%v: %q", c.args, errOut)
		}
		if _, err := os.Stat(filepath.Join(dir, c.want)); err != nil {
			t.Errorf("%s was not used: %v", c.want, err)
		}
	}
	if err := os.WriteFile(file, []byte("dbb = 'x'\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if status, _, errOut := run(t, "migrate", "--config", file); status == 0 || !strings.Contains(errOut, "dbb") {
		t.Errorf("an unknown setting: %d %q", status, errOut)
	}
}

func TestPrint(t *testing.T) {
	rows := &table{columns: []string{"login", "rows"}}
	rows.add("a,b", 1)
	for output, want := range map[string]string{
		"table": "LOGIN  ROWS\na,b    1\n",
		"csv":   "login,rows\n\"a,b\",1\n",
		"json":  "[\n  {\n    \"login\": \"a,b\",\n    \"rows\": 1\n  }\n]\n",
	} {
		var b bytes.Buffer
		e := &env{Config: &Config{Lang: "en", Output: output}, out: &b}
		if err := e.print(rows); err != nil || b.String() != want {
			t.Errorf("%s: %q, %v", output, b.String(), err)
		}
	}
	if err := (&env{Config: &Config{Output: "xml"}, out: io.Discard}).print(rows); err == nil {
		t.Error("xml was printed")
	}
}

func TestHandler(t *testing.T) {
	e := &env{Config: defaults(), out: io.Discard, log: slog.New(slog.DiscardHandler)}
	e.DB = filepath.Join(t.TempDir(), "a.db")
	s, err := e.open(t.Context(), true)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	handler, err := e.handler(s, false)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	defer server.Close()
	get := func(path string) *http.Response {
		r, err := server.Client().Get(server.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		_ = r.Body.Close()
		if r.Header.Get("X-Request-Id") == "" {
			t.Errorf("%s has no request id", path)
		}
		return r
	}
	for path, want := range map[string]int{"/healthz": 200, "/readyz": 200, "/nowhere": 404, "/api/v1/openapi.json": 200,
		"/api/v1/nowhere": 404} {
		if got := get(path).StatusCode; got != want {
			t.Errorf("%s: %d, want %d", path, got, want)
		}
	}
	r, err := server.Client().Post(server.URL+"/language", "application/x-www-form-urlencoded", io.LimitReader(endless{}, bodyLimit+1))
	if err != nil {
		t.Fatal(err)
	}
	if r.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("an endless body: %d", r.StatusCode)
	}
	_ = r.Body.Close()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if got := get("/readyz").StatusCode; got != http.StatusServiceUnavailable {
		t.Errorf("ready without a database: %d", got)
	}
}

// endless is a body that never ends.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'a'
	}
	return len(p), nil
}

func TestMessagesAreSafeWords(t *testing.T) {
	e := &env{Config: &Config{Lang: "zh-CN"}}
	if got := e.explain(errNotFound()); got != words.T(words.ZH, "fault.not_found") {
		t.Errorf("explained as %q", got)
	}
}

func errNotFound() error { return fault.NotFound() }
