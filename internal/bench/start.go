package bench

import (
	"bufio"
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"plumbline/internal/demo"
)

const loadFor = 10 * time.Second

// start measures this program serving the full site as a process of its own:
// from exec to the first answer, and the memory it took at most under reads
// and sign-ins. The site is closed meanwhile, as a site is before it starts.
func (s *site) start(ctx context.Context, o Options) (figures []Figure, err error) {
	filer := []demo.Filer{{Account: s.maker.Reader("demo-inspector")}}
	tokens, err := s.sessions(ctx, filer)
	if err != nil {
		return nil, err
	}
	key := s.dsn + ".key"
	if err := os.WriteFile(key, []byte(hex.EncodeToString(secret)), 0o600); err != nil {
		return nil, err
	}
	if err := s.store.Close(); err != nil {
		return nil, err
	}
	p, err := serve(ctx, s.dsn, key)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.stop()) }()
	figures = []Figure{{Name: "start on the full site, from exec to the first answer", Measured: p.took.Round(time.Millisecond).String(),
		Goal: "under 1 s"}}
	o.Tell("16 clients read and sign in for %.0f s\n", loadFor.Seconds())
	n, err := load(ctx, p.url, tokens[0])
	if err != nil {
		return nil, err
	}
	f := Figure{Name: "memory under load on the full site", Goal: "under 250 MB",
		Note: fmt.Sprintf("after %d requests: lists, reports, sign-ins", n)}
	if most, err := peak(p.command.Process.Pid); err != nil {
		f.Measured = "LEFT OUT: this system does not tell it"
	} else {
		f.Measured = fmt.Sprintf("%.0f MB", float64(most)/1024)
	}
	return append(figures, f), nil
}

// process is a running plumbline serve.
type process struct {
	command *exec.Cmd
	url     string
	took    time.Duration // from exec to the first answer
	said    bytes.Buffer
}

func serve(ctx context.Context, db, key string) (*process, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p := &process{command: exec.CommandContext(ctx, program, "serve", "--db", db, "--key-file", key, "--addr", "127.0.0.1:0")}
	p.command.Stderr = &p.said
	out, err := p.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	began := time.Now()
	if err := p.command.Start(); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return nil, errors.Join(fmt.Errorf("serve said nothing: %w: %s", err, p.said.String()), p.stop())
	}
	p.url = strings.TrimSpace(strings.TrimPrefix(line, "serving "))
	res, err := http.Get(p.url + "/readyz")
	if err != nil {
		return nil, errors.Join(err, p.stop())
	}
	p.took = time.Since(began)
	if err := res.Body.Close(); err != nil || res.StatusCode != http.StatusOK {
		return nil, errors.Join(fmt.Errorf("readyz answered %d", res.StatusCode), err, p.stop())
	}
	return p, nil
}

func (p *process) stop() error {
	if err := p.command.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	return p.command.Wait()
}

// load reads and signs in with 16 clients and counts the answers.
func load(ctx context.Context, url, token string) (n int, err error) {
	ctx, cancel := context.WithTimeout(ctx, loadFor)
	defer cancel()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 16}}
	paths := []string{"/api/v1/report", "/api/v1/issues?limit=200&live=1", "/api/v1/issues?limit=200&sort=severity",
		"/api/v1/issues?limit=50&source=audit"}
	accounts := demo.Accounts()
	counts, failures := make([]int, 16), make([]error, 16)
	var wg sync.WaitGroup
	for c := range counts {
		wg.Go(func() {
			for i := c; ctx.Err() == nil && failures[c] == nil; i++ {
				if c == 0 { // one of them signs in, again and again
					failures[c] = signIn(ctx, client, url, accounts[i%len(accounts)].Login)
				} else {
					failures[c] = get(ctx, client, url+paths[i%len(paths)], token)
				}
				counts[c]++
			}
			if ctx.Err() != nil { // the time was over in the middle of a request
				failures[c] = nil
			}
		})
	}
	wg.Wait()
	for _, c := range counts {
		n += c
	}
	return n, errors.Join(failures...)
}

func get(ctx context.Context, client *http.Client, url, token string) error {
	req, err := http.NewRequestWithContext(ctx, "GET", url, nil)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	return expect(client, req)
}

func signIn(ctx context.Context, client *http.Client, url, login string) error {
	body, err := json.Marshal(map[string]string{"login": login, "password": demo.Password})
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, "POST", url+"/api/v1/sessions", bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	return expect(client, req)
}

func expect(client *http.Client, req *http.Request) error {
	res, err := client.Do(req)
	if err != nil {
		return err
	}
	answer, err := io.ReadAll(res.Body)
	if err = errors.Join(err, res.Body.Close()); err == nil && res.StatusCode >= 300 {
		err = fmt.Errorf("%s: status %d: %.300s", req.URL.Path, res.StatusCode, answer)
	}
	return err
}

// peak is the most memory that a process had, in KiB.
func peak(pid int) (int, error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(raw)) {
		if value, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			return strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(value), "kB")))
		}
	}
	return 0, errors.New("no VmHWM")
}
