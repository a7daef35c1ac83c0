package cli

import (
	"time"

	"plumbline/internal/bundle"
	"plumbline/internal/ledger"
	"plumbline/internal/words"
)

func (ev *evidence) lang() words.Lang { return words.Match("", ev.env.Lang) }

// bundle checks an exported case or personal file.
//
// A bundle leaves the site as soon as its export is signed, before any witness
// could see that. To require a witness, supply a history that leads from there
// to a checkpoint the witness signed.
func (p *proven) bundle(raw []byte, trust ledger.Trust, ev *evidence) error {
	lang := ev.lang()
	t := func(key string, kv ...any) string { return words.T(lang, "verify.bundle."+key, kv...) }
	b, err := bundle.Parse(raw)
	if err != nil {
		p.bad("bundle", "%s", t("unreadable", "Why", err.Error()))
		return nil
	}
	if len(trust.Log) == 0 {
		p.bad("bundle", "%s", words.T(lang, "verify.file.no_key"))
		return nil
	}
	asked := trust.Quorum
	trust.Quorum = 0
	v, err := b.Check(trust)
	if err != nil {
		p.bad("bundle", "%s", t("false", "Why", err))
		return nil
	}
	p.opened = v.Opened
	reader := "reader"
	if v.Stated.Own {
		reader = "self"
	}
	p.good("stated", "%s", t("stated", "Reader", t(reader), "Count", len(v.Stated.Records)))
	p.good("bundle", "%s", t("taken", "Kind", t(string(b.Kind)), "Ref", b.Ref, "Time", b.At.Format(time.RFC3339), "Seq", b.Export))
	p.good("signed", "%s", t("signed", "Log", v.Opened.Origin, "Size", v.Opened.Size))
	p.good("rows", "%s", t("rows", "Rows", v.Rows, "Entries", v.Entries))
	p.good("texts", "%s", t("texts", "Open", v.Texts, "Closed", v.Closed))
	p.witnesses(v.Opened.Witnesses, lang)
	if len(v.Opened.Witnesses) < asked && ev.history == "" {
		p.bad("witness", "%s", t("unwitnessed", "Size", v.Opened.Size))
	}
	trust.Quorum = asked
	return p.beside(trust, ev)
}

// witnesses prints who cosigned, and when.
func (p *proven) witnesses(list []ledger.Cosignature, lang words.Lang) {
	for _, w := range list {
		p.good("witness", "%s", words.T(lang, "verify.file.witness", "Name", w.Witness, "Time", w.Time.Format(time.RFC3339)))
	}
}
