package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"plumbline/internal/bundle"
	"plumbline/internal/ledger"
	"plumbline/internal/tiles"
	"plumbline/internal/words"
)

// fileMost is the largest file that verify reads on its own.
const fileMost = 256 << 20

// proven is what a file was found to prove, in order.
type proven struct {
	File  string       `json:"file"`
	Kind  string       `json:"kind"` // receipt, history, bundle
	OK    bool         `json:"ok"`
	Steps []provenStep `json:"steps"`
	// Content is what a slip opened, line by line.
	Content []string `json:"content,omitempty"`
	opened  *ledger.Opened
}

type provenStep struct {
	What string `json:"what"`
	Text string `json:"text"`
	OK   bool   `json:"ok"`
	Open bool   `json:"not_proven,omitempty"`
}

func (p *proven) good(what, format string, args ...any) {
	p.Steps = append(p.Steps, provenStep{What: what, Text: fmt.Sprintf(format, args...), OK: true})
}

func (p *proven) bad(what, format string, args ...any) {
	p.Steps = append(p.Steps, provenStep{What: what, Text: fmt.Sprintf(format, args...)})
}

// verifyFile checks a file on its own: no site, no network. The first bytes
// show what kind of file it is.
func (e *env) verifyFile(path string, ev *evidence, quiet bool) error {
	trust, err := ev.trust()
	if err != nil {
		return err
	}
	p := &proven{File: path}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		p.Kind = "log"
		if err := p.tiles(path, trust, ev, e.percent("reading", quiet)); err != nil {
			return err
		}
		return e.printProven(p)
	}
	raw, err := readMost(path)
	if err != nil {
		return err
	}
	switch {
	case bytes.HasPrefix(raw, []byte(ledger.HistoryHead+"\n")):
		p.Kind = "history"
		err = p.history(raw, trust, ev)
	case bytes.HasPrefix(raw, []byte(bundle.Head)):
		p.Kind = "bundle"
		err = p.bundle(raw, trust, ev)
	default:
		p.Kind = "receipt"
		err = p.receipt(raw, trust, ev)
	}
	if err != nil {
		return err
	}
	return e.printProven(p)
}

func readMost(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // read-only
	raw, err := io.ReadAll(io.LimitReader(f, fileMost+1))
	if err == nil && len(raw) > fileMost {
		err = fmt.Errorf("%s is larger than anything that plumbline writes to be verified alone", path)
	}
	return raw, err
}

// tiles checks a folder written by export tiles.
func (p *proven) tiles(dir string, trust ledger.Trust, ev *evidence, progress func(done, total int64)) error {
	if len(trust.Log) == 0 {
		p.bad("log", "%s", words.T(ev.lang(), "verify.file.no_key"))
		return nil
	}
	o, err := tiles.Check(os.DirFS(dir), trust, progress)
	var unread *fs.PathError
	if errors.As(err, &unread) && !errors.Is(err, fs.ErrNotExist) {
		return err // an existing file that cannot be read proves nothing about the log
	} else if err != nil {
		p.bad("log", "%s", words.T(ev.lang(), "verify.log.false", "Why", err))
		return nil
	}
	p.opened = o
	p.good("log", "%s", words.T(ev.lang(), "verify.log.holds", "Size", o.Size, "Log", o.Origin))
	p.witnesses(o.Witnesses, ev.lang())
	return p.beside(trust, ev)
}

// beside compares the receipt's checkpoint with the history and the digits.
func (p *proven) beside(trust ledger.Trust, ev *evidence) error {
	if ev.history != "" {
		raw, err := readMost(ev.history)
		if err != nil {
			return err
		}
		return p.history(raw, trust, ev)
	}
	if ev.digits == "" {
		return nil
	}
	if ev.size != p.opened.Size {
		return fmt.Errorf("the digits stand for %d entries and the file for %d: what lies between is proven by a history; get it "+
			"from the site, /api/v1/ledger/history?size=%d&size=%d, and give it with --history",
			ev.size, p.opened.Size, p.opened.Size, ev.size)
	}
	return p.digits(ev, []*ledger.Opened{p.opened})
}

// history checks a history, and that it contains the checkpoints of the receipt
// and of the digits.
func (p *proven) history(raw []byte, trust ledger.Trust, ev *evidence) error {
	h, err := ledger.ParseHistory(raw)
	if err != nil {
		p.bad("history", "%s", words.T(ev.lang(), "verify.history.unreadable"))
		return nil
	}
	if len(trust.Log) == 0 {
		p.bad("history", "%s", words.T(ev.lang(), "verify.file.no_key"))
		return nil
	}
	points, err := h.Check(trust)
	switch {
	case errors.Is(err, ledger.ErrInconsistent):
		p.bad("history", "%s", words.T(ev.lang(), "verify.history.inconsistent", "Why", err))
		return nil
	case err != nil:
		p.bad("history", "%s", words.T(ev.lang(), "verify.history.false", "Why", err))
		return nil
	}
	sizes := make([]string, len(points))
	held, lang := p.opened == nil, ev.lang()
	for i, c := range points {
		sizes[i] = fmt.Sprint(c.Size)
		if p.opened != nil && c.Size == p.opened.Size && c.Origin == p.opened.Origin {
			if c.Root != p.opened.Root {
				p.bad("history", "%s", words.T(lang, "verify.history.rewritten", "Size", c.Size))
				return nil
			}
			held = true
		}
	}
	if !held {
		p.bad("history", "%s", words.T(lang, "verify.history.lacks", "Size", p.opened.Size))
		return nil
	}
	p.good("history", "%s", words.T(lang, "verify.history.holds", "Sizes", strings.Join(sizes, " → ")))
	if p.opened != nil && len(p.opened.Witnesses) == 0 {
		p.witnesses(points[len(points)-1].Witnesses, lang)
	}
	return p.digits(ev, points)
}

// digits compares the published digits with the checkpoint of that size.
func (p *proven) digits(ev *evidence, points []*ledger.Opened) error {
	if ev.digits == "" {
		return nil
	}
	want, err := tidyDigits(ev.digits)
	if err != nil {
		return err
	}
	lang := ev.lang()
	for _, c := range points {
		if c.Size != ev.size {
			continue
		}
		if c.Digits() != want {
			p.bad("digits", "%s", words.T(lang, "verify.digits.differ", "Size", c.Size, "Here", c.Digits(), "Board", want))
			return nil
		}
		p.good("digits", "%s", words.T(lang, "verify.digits.hold", "Size", c.Size))
		return nil
	}
	p.bad("digits", "%s", words.T(lang, "verify.digits.lacks", "Size", ev.size))
	return nil
}

func (e *env) printProven(p *proven) error {
	p.OK = true
	for _, s := range p.Steps {
		p.OK = p.OK && s.OK
	}
	switch e.Output {
	case "json":
		enc := json.NewEncoder(e.out)
		enc.SetIndent("", "  ")
		if err := enc.Encode(p); err != nil {
			return err
		}
	case "table":
		for _, s := range p.Steps {
			mark := "ok   "
			if !s.OK {
				mark = "FALSE"
			} else if s.Open {
				mark = "-    "
			}
			fmt.Fprintf(e.out, "%s  %-8s %s\n", mark, s.What, s.Text)
		}
		for _, line := range p.Content {
			fmt.Fprintln(e.out, "    "+line)
		}
	default:
		t := &table{columns: []string{"ok", "not_proven", "what", "text"}}
		for _, s := range p.Steps {
			t.add(s.OK, s.Open, s.What, s.Text)
		}
		for _, line := range p.Content {
			t.add(true, false, "content", line)
		}
		if err := e.print(t); err != nil {
			return err
		}
	}
	if !p.OK {
		return errors.New(words.T(words.Match("", e.Lang), "verify.file_false"))
	}
	if e.Output == "table" {
		fmt.Fprintln(e.out, "ok: "+words.T(words.Match("", e.Lang), "verify."+p.Kind+"_holds"))
	}
	return nil
}
