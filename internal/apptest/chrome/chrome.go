// Package chrome drives a headless Chromium for tests: open a page, fill a
// form, press a button, look. It speaks the DevTools protocol over two pipes,
// so that it needs no library and opens no port.
//
// A machine without Chromium skips the test and says so; with
// PLUMBLINE_REQUIRE naming all or chromium that is a failure.
package chrome

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"plumbline/internal/apptest/needs"
	"plumbline/internal/apptest/poll"

	_ "embed"
)

//go:embed testdata/axe.min.js
var axe string

// Browser is one running Chromium.
type Browser struct {
	cmd    *exec.Cmd
	in     io.WriteCloser
	folder string

	mu      sync.Mutex
	last    int
	waiting map[int]chan reply
	gone    error
}

type reply struct {
	Result json.RawMessage
	Error  *struct{ Message string }
}

// Tab is one page with cookies of its own.
type Tab struct {
	b       *Browser
	session string
}

// Start runs a Chromium that ends with the test.
func Start(t testing.TB) *Browser {
	t.Helper()
	b, err := Launch()
	if errors.Is(err, ErrNone) {
		needs.Missing(t, "chromium", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}

// ErrNone says that there is no Chromium.
var ErrNone = errors.New("no Chromium was found in PATH; install the package chromium")

// Launch runs a Chromium for a program that is no test.
func Launch() (*Browser, error) {
	var path string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if p, err := exec.LookPath(name); err == nil {
			path = p
			break
		}
	}
	if path == "" {
		return nil, ErrNone
	}
	folder, err := os.MkdirTemp("", "plumbline-chrome-")
	if err != nil {
		return nil, err
	}
	fromUs, toIt, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	fromIt, toUs, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(path, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
		"--no-first-run", "--disable-extensions", "--disable-background-networking", "--disable-component-update",
		"--user-data-dir="+folder, "--remote-debugging-pipe", "about:blank")
	cmd.ExtraFiles = []*os.File{fromUs, toUs} // its descriptors 3 and 4
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", path, err)
	}
	_, _ = fromUs.Close(), toUs.Close() // ours; Chromium has its own copies
	b := &Browser{cmd: cmd, in: toIt, folder: folder, waiting: map[int]chan reply{}}
	go b.read(fromIt)
	return b, nil
}

// Close ends the browser and removes what it kept.
func (b *Browser) Close() {
	_ = b.in.Close() // Chromium ends when its pipe does
	done := make(chan struct{})
	go func() { _ = b.cmd.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(5 * time.Second):
		_ = syscall.Kill(-b.cmd.Process.Pid, syscall.SIGKILL)
		<-done
	}
	poll.Until(time.Second, func() bool { return os.RemoveAll(b.folder) == nil }) // its helpers may still be writing
}

// read hands each answer to the caller who waits for it.
func (b *Browser) read(from io.Reader) {
	r := bufio.NewReaderSize(from, 1<<20)
	for {
		raw, err := r.ReadBytes(0)
		if err != nil {
			b.mu.Lock()
			b.gone = fmt.Errorf("the browser ended: %w", err)
			for id, c := range b.waiting {
				close(c)
				delete(b.waiting, id)
			}
			b.mu.Unlock()
			return
		}
		var m struct {
			ID int
			reply
		}
		if json.Unmarshal(raw[:len(raw)-1], &m) != nil || m.ID == 0 {
			continue // an event
		}
		b.mu.Lock()
		c := b.waiting[m.ID]
		delete(b.waiting, m.ID)
		b.mu.Unlock()
		if c != nil {
			c <- m.reply
		}
	}
}

// call sends one command and waits for its answer.
func (b *Browser) call(session, method string, params any, into any) error {
	b.mu.Lock()
	if b.gone != nil {
		b.mu.Unlock()
		return b.gone
	}
	b.last++
	id, c := b.last, make(chan reply, 1)
	b.waiting[id] = c
	msg := map[string]any{"id": id, "method": method, "params": params}
	if params == nil {
		msg["params"] = map[string]any{}
	}
	if session != "" {
		msg["sessionId"] = session
	}
	raw, err := json.Marshal(msg)
	if err == nil {
		_, err = b.in.Write(append(raw, 0))
	}
	b.mu.Unlock()
	if err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	select {
	case r, ok := <-c:
		if !ok {
			return fmt.Errorf("%s: the browser ended", method)
		}
		if r.Error != nil {
			return fmt.Errorf("%s: %s", method, r.Error.Message)
		}
		if into != nil {
			return json.Unmarshal(r.Result, into)
		}
		return nil
	case <-ctx.Done():
		return fmt.Errorf("%s: no answer in a minute", method)
	}
}

// Tab opens an empty page of a width in CSS pixels, in a language, with
// cookies of its own. Below 700 px it is a phone.
func (b *Browser) Tab(width int, lang string) (*Tab, error) {
	var made struct{ BrowserContextID, TargetID, SessionID string }
	if err := b.call("", "Target.createBrowserContext", nil, &made); err != nil {
		return nil, err
	}
	if err := b.call("", "Target.createTarget", map[string]any{"url": "about:blank", "browserContextId": made.BrowserContextID},
		&made); err != nil {
		return nil, err
	}
	if err := b.call("", "Target.attachToTarget", map[string]any{"targetId": made.TargetID, "flatten": true}, &made); err != nil {
		return nil, err
	}
	t := &Tab{b: b, session: made.SessionID}
	height := 900
	if width < 700 {
		height = 740
	}
	for _, step := range []struct {
		method string
		params map[string]any
	}{
		{"Page.enable", nil},
		{"Network.enable", nil},
		{"Network.setExtraHTTPHeaders", map[string]any{"headers": map[string]string{"Accept-Language": lang}}},
		{"Page.addScriptToEvaluateOnNewDocument", map[string]any{"source": listen}},
		{"Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": height, "deviceScaleFactor": 1,
			"mobile": width < 700}},
	} {
		var params any
		if step.params != nil {
			params = step.params
		}
		if err := t.call(step.method, params, nil); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// listen notes what goes wrong in a page before anything else runs in it.
const listen = `window.__wrong = [];
document.addEventListener("securitypolicyviolation", function (e) { window.__wrong.push("refused by policy: " + e.violatedDirective + " " + e.blockedURI + " " + (e.sourceFile || "") + ":" + e.lineNumber); });
window.addEventListener("error", function (e) { window.__wrong.push("error: " + (e.message || (e.target && (e.target.src || e.target.href)))); }, true);`

// Wrong lists what went wrong in the page: scripts that failed, files that did
// not load, and what the content security policy refused.
func (t *Tab) Wrong() ([]string, error) {
	var list []string
	err := t.Eval("window.__wrong", &list)
	return list, err
}

func (t *Tab) call(method string, params any, into any) error {
	return t.b.call(t.session, method, params, into)
}

// Cookie keeps a cookie for the site at base.
func (t *Tab) Cookie(base, name, value string) error {
	return t.call("Network.setCookie", map[string]any{"url": base, "name": name, "value": value}, nil)
}

// Open goes to the address and waits until it is loaded.
func (t *Tab) Open(url string) error {
	return t.leaving(func() error {
		var r struct{ ErrorText string }
		if err := t.call("Page.navigate", map[string]any{"url": url}, &r); err != nil {
			return err
		}
		if r.ErrorText != "" {
			return fmt.Errorf("open %s: %s", url, r.ErrorText)
		}
		return nil
	})
}

// leaving does what leads to another page, and waits until that is loaded.
func (t *Tab) leaving(act func() error) error {
	if err := t.Eval(`window.__here = true`, nil); err != nil {
		return err
	}
	if err := act(); err != nil {
		return err
	}
	return t.Until(`!window.__here && document.readyState === "complete"`)
}

// Until waits until the expression is true, at most a minute.
func (t *Tab) Until(expression string) error {
	var err error
	if !poll.Until(time.Minute, func() bool {
		var yes bool
		err = t.Eval("!!("+expression+")", &yes) // an error here is a page on its way out
		return err == nil && yes
	}) {
		return fmt.Errorf("waited in vain for %s (%v)", expression, err)
	}
	return nil
}

// Eval runs the expression in the page; its value goes into into, if that is
// not nil. A promise is waited for.
func (t *Tab) Eval(expression string, into any) error {
	var r struct {
		Result           struct{ Value json.RawMessage }
		ExceptionDetails *struct {
			Text      string
			Exception struct{ Description string }
		}
	}
	err := t.call("Runtime.evaluate", map[string]any{"expression": expression, "awaitPromise": true, "returnByValue": true}, &r)
	if err != nil {
		return err
	}
	if e := r.ExceptionDetails; e != nil {
		return fmt.Errorf("in the page: %s %s", e.Text, e.Exception.Description)
	}
	if into == nil || r.Result.Value == nil {
		return nil
	}
	return json.Unmarshal(r.Result.Value, into)
}

// Fill puts the value into the field that the selector finds, as typed.
func (t *Tab) Fill(selector, value string) error {
	return t.on(selector, `el.value = `+quote(value)+`; el.dispatchEvent(new Event("input", {bubbles: true})); el.dispatchEvent(new Event("change", {bubbles: true}));`)
}

// Tick chooses the box or radio that the selector finds.
func (t *Tab) Tick(selector string) error { return t.on(selector, `if (!el.checked) el.click();`) }

// Press clicks what the selector finds, and stays.
func (t *Tab) Press(selector string) error { return t.on(selector, `el.click();`) }

// Follow clicks what the selector finds, and waits for the next page.
func (t *Tab) Follow(selector string) error {
	return t.leaving(func() error { return t.Press(selector) })
}

// on runs script with el as what the selector finds; what cannot be seen by a
// person cannot be used here either.
func (t *Tab) on(selector, script string) error {
	return t.Eval(`(function () {
		var el = document.querySelector(`+quote(selector)+`);
		if (!el) throw new Error("nothing is " + `+quote(selector)+`);
		if (el.type !== "file" && !el.getClientRects().length) throw new Error("not visible: " + `+quote(selector)+`);
		if (el.disabled) throw new Error("disabled: " + `+quote(selector)+`);
		`+script+`
	})()`, nil)
}

// Attach chooses a file for the field that the selector finds.
func (t *Tab) Attach(selector, file string) error {
	var root struct{ Root struct{ NodeID int } }
	if err := t.call("DOM.getDocument", nil, &root); err != nil {
		return err
	}
	var node struct{ NodeID int }
	if err := t.call("DOM.querySelector", map[string]any{"nodeId": root.Root.NodeID, "selector": selector}, &node); err != nil {
		return err
	}
	return t.call("DOM.setFileInputFiles", map[string]any{"files": []string{file}, "nodeId": node.NodeID}, nil)
}

// Text is the visible text of what the selector finds, "" if nothing.
func (t *Tab) Text(selector string) (string, error) {
	var s string
	err := t.Eval(`(document.querySelector(`+quote(selector)+`) || {innerText: ""}).innerText`, &s)
	return s, err
}

// Path is where the tab is, with the query.
func (t *Tab) Path() (string, error) {
	var s string
	err := t.Eval(`location.pathname + location.search`, &s)
	return s, err
}

// Wide says by how many pixels the page is wider than the window, and what
// sticks out furthest; a page that fits gives 0.
func (t *Tab) Wide() (int, string, error) {
	var r struct {
		By   int
		What string
	}
	err := t.Eval(`(function () {
		var room = document.documentElement.clientWidth, by = document.documentElement.scrollWidth - room, what = "", far = room;
		if (by > 0) document.querySelectorAll("body *").forEach(function (e) {
			var right = e.getBoundingClientRect().right;
			if (right > far + 0.5) { far = right; what = e.tagName + "." + e.className + " " + (e.textContent || "").trim().slice(0, 40); }
		});
		return {by: Math.max(0, by), what: what};
	})()`, &r)
	return r.By, r.What, err
}

// Axe runs axe-core's rules for WCAG 2 A and AA, and lists what they object to.
func (t *Tab) Axe() ([]string, error) {
	if err := t.Eval(axe+"\n;true", nil); err != nil {
		return nil, err
	}
	var found []string
	err := t.Eval(`axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}).then(function (r) {
		return r.violations.map(function (v) { return v.id + ": " + v.help + " — " + v.nodes.slice(0, 4).map(function (n) { return n.html.slice(0, 160); }).join(" | "); });
	})`, &found)
	return found, err
}

// Shot writes a picture of the whole page as PNG.
func (t *Tab) Shot(file string) error {
	var r struct{ Data string }
	var size struct {
		CSSContentSize struct{ Width, Height float64 }
	}
	if err := t.call("Page.getLayoutMetrics", nil, &size); err != nil {
		return err
	}
	clip := map[string]any{"x": 0, "y": 0, "width": size.CSSContentSize.Width, "height": min(size.CSSContentSize.Height, 8000), "scale": 1}
	if err := t.call("Page.captureScreenshot", map[string]any{"format": "png", "captureBeyondViewport": true, "clip": clip},
		&r); err != nil {
		return err
	}
	raw, err := base64.StdEncoding.DecodeString(r.Data)
	if err != nil {
		return err
	}
	return os.WriteFile(file, raw, 0o644)
}

// SignIn fills the sign-in form of a site and waits for the page after it.
func (t *Tab) SignIn(base, name, password string) error {
	if err := t.Open(base + "/signin"); err != nil {
		return err
	}
	form := `form[action^="/signin"] `
	if err := t.Fill(form+`input:not([type=hidden]):not([type=password]):not([type=checkbox])`, name); err != nil {
		return err
	}
	if err := t.Fill(form+`input[type=password]`, password); err != nil {
		return err
	}
	if err := t.Follow(form + `button[type=submit]`); err != nil {
		return err
	}
	if path, err := t.Path(); err != nil || strings.HasPrefix(path, "/signin") {
		text, _ := t.Text("main")
		return fmt.Errorf("sign in as %s: still at %s: %s", name, path, text)
	}
	return nil
}

func quote(s string) string {
	raw, _ := json.Marshal(s) // a string always encodes
	return string(raw)
}
