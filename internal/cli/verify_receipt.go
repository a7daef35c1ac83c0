package cli

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"plumbline/internal/ledger"
	"plumbline/internal/signer"
	"plumbline/internal/slip"
	"plumbline/internal/words"
)

// receipt checks a receipt in any of its forms (text, PDF or QR code) and says
// in plain words what it proves and what it does not.
func (p *proven) receipt(raw []byte, trust ledger.Trust, ev *evidence) error {
	lang := words.Match("", ev.env.Lang)
	j := ledger.Judge(raw, trust)
	if j.Problem != ledger.Holds {
		key := "verify.problem." + string(j.Problem)
		if j.Problem == ledger.NoKey {
			key = "verify.problem.no_key.cli"
		}
		p.bad("receipt", "%s", words.T(lang, key))
		if len(j.Signers) > 0 {
			p.open("signed", words.T(lang, "verify.signers", "Names", strings.Join(j.Signers, ", ")))
		}
		return nil
	}
	p.opened = j.Opened
	for _, s := range j.Statements() {
		args := make([]any, len(s.Args))
		for i := range s.Args {
			args[i] = s.Args[i]
		}
		if text, what := words.T(lang, s.Key, args...), s.Key[strings.LastIndex(s.Key, ".")+1:]; !s.Proven {
			p.open(what, text)
		} else {
			p.good(what, "%s", text)
		}
	}
	p.sm2(j, trust, lang)
	if ev.slip != "" {
		if err := p.slip(j.Receipt, ev.slip, lang); err != nil {
			return err
		}
	}
	return p.beside(trust, ev)
}

// sm2 says for each given SM2 key whether its line is on the receipt. An
// invalid line was rejected earlier.
func (p *proven) sm2(j ledger.Judgement, trust ledger.Trust, lang words.Lang) {
	for _, v := range trust.Log {
		key := fmt.Sprintf("%s+%08x", v.Name(), v.KeyHash())
		if !signer.IsSM2(v) || key == j.Key {
			continue // Ed25519, or already named as the signer on the line before
		}
		if _, err := ledger.OpenCheckpoint(j.Receipt.Note, ledger.Trust{Log: []ledger.Verifier{v}}); err == nil {
			p.good("sm2", "%s", words.T(lang, "verify.proven.sm2", "Key", key))
		} else {
			p.open("sm2", words.T(lang, "verify.unproven.sm2", "Key", key))
		}
	}
}

// open records what is not proven.
func (p *proven) open(what, text string) {
	p.Steps = append(p.Steps, provenStep{What: what, Text: text, OK: true, Open: true})
}

// slip checks a salt slip against the receipt and prints what it opens.
func (p *proven) slip(r *ledger.Receipt, path string, lang words.Lang) error {
	raw, err := readMost(path)
	if err != nil {
		return err
	}
	s, err := slip.Parse(raw)
	if err != nil {
		p.bad("slip", "%s", words.T(lang, "verify.slip.unreadable"))
		return nil
	}
	v, err := s.Check(r.Seq, r.Leaf)
	if err == nil {
		err = v.Time(r)
	}
	var wrong *slip.Problem
	if errors.As(err, &wrong) {
		p.bad("slip", "%s", words.T(lang, "verify.slip."+wrong.Code, "Row", wrong.Row))
		return nil
	} else if err != nil {
		return err
	}
	p.good("slip", "%s", words.T(lang, "verify.slip.holds", "Seq", r.Seq))
	p.Steps = slices.DeleteFunc(p.Steps, func(s provenStep) bool { return s.Open && (s.What == "time" || s.What == "content") })
	p.good("time", "%s", words.T(lang, "verify.slip.time_holds", "Time", r.Time.Format(time.RFC3339)))
	if v.Missing > 0 {
		p.open("slip", words.T(lang, "verify.slip.missing", "Count", v.Missing))
	}
	if v.Closed > 0 {
		p.open("slip", words.T(lang, "verify.slip.closed", "Count", v.Closed))
	}
	p.Content = opened(s, v)
	return nil
}

// opened lists the contents of a slip: the act, then each row with its columns,
// without salts and commitments, and its texts.
func opened(s *slip.Slip, v *slip.Verdict) []string {
	out := []string{fmt.Sprintf("%s, %s, %s", v.Entry.Verb, v.Entry.Object, v.Entry.Time.Format("2006-01-02 15:04:05 MST"))}
	for i := range s.Rows {
		row := &s.Rows[i]
		out = append(out, row.Kind+" "+row.ID)
		for _, c := range row.Columns {
			if c.Value != "" && c.Type != "bytes" && c.Name != "id" {
				out = append(out, "  "+c.Name+" = "+c.Value)
			}
		}
		for _, t := range s.Texts {
			if t.Record == row.ID {
				out = append(out, "  "+t.Field+": "+strings.ReplaceAll(t.Value, "\n", "\n    "))
			}
		}
	}
	for _, a := range s.Answers {
		out = append(out, fmt.Sprintf("answer %d: nil %v, declared %d", a.Item, a.Nil, a.Declared))
	}
	return out
}

// keyText returns what --key names: a verifier key, or a file of them.
func keyText(arg string) (string, error) {
	if raw, err := os.ReadFile(arg); err == nil {
		return string(raw), nil
	} else if !strings.Contains(arg, "+") {
		return "", fmt.Errorf("--key %s is neither a key (name+id+key) nor a file that can be read: %w", shorten(arg, 60), err)
	}
	return arg, nil
}
