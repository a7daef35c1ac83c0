package witness

import (
	"bytes"
	_ "embed"
	"html/template"
	"net/http"
	"strconv"
	"time"

	"plumbline/internal/words"
)

//go:embed page.html
var pageText string

//go:embed style.css
var styleText string

var pageTemplate = template.Must(template.New("page").Funcs(template.FuncMap{
	"t":       func(l words.Lang, key string) string { return words.T(l, key) },
	"number":  func(n int64) string { return strconv.FormatInt(n, 10) },
	"groups":  func(digits string) []string { return splitSpaces(digits) },
	"instant": func(t time.Time) string { return t.Format(time.RFC3339) },
}).Parse(pageText))

// view is what the page shows.
type view struct {
	Lang        words.Lang
	Name, Key   string
	Fingerprint string
	Now         time.Time
	Time        string // the same for people
	Alarms      int
	Logs        []logView
}

type logView struct {
	Status
	Lang        words.Lang
	State, Tone string // key of the word, and how it looks
	Size, Last  string
	Heard       string
	Limit       string
	Open        []alarmView
	Past        []alarmView
}

type alarmView struct {
	Alarm
	Lang         words.Lang
	Title, Text  string
	Since, Until string
}

const pastShown = 10

// servePage shows every log with its size, time, digits and alarms.
func (w *Witness) servePage(rw http.ResponseWriter, r *http.Request) {
	lang := words.Match(r.Header.Get("Accept-Language"), r.URL.Query().Get("lang"))
	list, err := w.Status()
	if err != nil {
		w.log.Error("the page cannot be made", "error", err)
		answer(rw, plain(http.StatusInternalServerError, words.T(lang, "fault.internal")))
		return
	}
	v := view{Lang: lang, Name: w.Name(), Key: w.Public(), Fingerprint: Fingerprint(w.Public()), Now: w.clock().UTC(),
		Time: w.clockText(w.clock())}
	for _, s := range list {
		l := w.viewOf(lang, s)
		v.Alarms += len(l.Open)
		v.Logs = append(v.Logs, l)
	}
	var b bytes.Buffer
	if err := pageTemplate.Execute(&b, v); err != nil {
		w.log.Error("the page cannot be made", "error", err)
		answer(rw, plain(http.StatusInternalServerError, words.T(lang, "fault.internal")))
		return
	}
	h := rw.Header()
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'")
	h.Set("Content-Language", string(lang))
	h.Set("Referrer-Policy", "no-referrer")
	answer(rw, Answer{http.StatusOK, "text/html; charset=utf-8", b.String()})
}

func (w *Witness) viewOf(lang words.Lang, s Status) logView {
	l := logView{Status: s, Lang: lang, State: "witness.state.fine", Tone: "ok"}
	l.Size, l.Last, l.Heard = "–", "–", "–"
	if s.Size >= 0 {
		l.Size, l.Last = strconv.FormatInt(s.Size, 10), w.clockText(s.At)
	}
	if !s.Heard.IsZero() {
		l.Heard = w.clockText(s.Heard)
	}
	if s.Silence > 0 {
		l.Limit = words.T(lang, "witness.minutes", "Count", int(s.Silence.Minutes()))
	}
	for _, a := range s.Alarms {
		v := alarmView{Alarm: a, Lang: lang, Title: words.T(lang, "witness.alarm."+string(a.Kind)), Since: w.clockText(a.Since),
			Text: words.T(lang, "witness.alarm."+string(a.Kind)+".text", "Size", a.Size, "Known", a.Known)}
		switch {
		case a.Open():
			l.Open = append(l.Open, v)
		case len(l.Past) < pastShown:
			v.Until = w.clockText(a.Closed)
			l.Past = append(l.Past, v)
		}
	}
	switch {
	case len(l.Open) > 0:
		l.State, l.Tone = "witness.state.alarm", "bad"
	case s.Silent:
		l.State, l.Tone = "witness.state.silent", "bad"
	case s.Size < 0:
		l.State, l.Tone = "witness.state.waiting", "warn"
	}
	return l
}

func (w *Witness) clockText(t time.Time) string {
	return t.In(w.zone).Format("2006-01-02 15:04:05 -07:00")
}

func splitSpaces(s string) []string {
	var out []string
	for part := range bytes.FieldsSeq([]byte(s)) {
		out = append(out, string(part))
	}
	return out
}

func serveStyle(rw http.ResponseWriter, _ *http.Request) {
	answer(rw, Answer{http.StatusOK, "text/css; charset=utf-8", styleText})
}
