package bench

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"runtime/metrics"
	"slices"
	"time"

	"plumbline/internal/demo"
	"plumbline/internal/demo/linkage"
	"plumbline/internal/intake"
	"plumbline/internal/roster"
	"plumbline/internal/rules"
	"plumbline/internal/sheet"
	"plumbline/seeds"
)

// linkageSeed makes the forces of the bench. Another seed gives other people,
// and should give the same figures within their intervals.
const linkageSeed = 2026

// forces are what is matched against, and how many rows of each set.
var forces = []struct {
	name   string
	params linkage.Params
	rows   map[linkage.Set]int
}{
	{"Chinese", linkage.Params{Script: linkage.Han, People: 14_000, Seed: linkageSeed}, map[linkage.Set]int{linkage.Clean: 20_000,
		linkage.OneError: 20_000, linkage.Dirty: 20_000, linkage.OffRoster: 20_000}},
	{"Latin", linkage.Params{Script: linkage.Latin, People: 34_000, Seed: linkageSeed}, map[linkage.Set]int{linkage.Clean: 84_000,
		linkage.OneError: 50_000, linkage.Dirty: 50_000, linkage.OffRoster: 50_000}},
}

// What is asked of the figures. A set without a goal is measured all the same.
var (
	attachedGoal  = map[linkage.Set]string{linkage.Clean: "98 %", linkage.OneError: "90 %"}
	precisionGoal = "99.99 %, no wrong in 50,000"
)

// linked measures how records find their people, of each set and against each
// force; the truth is known, since both are invented.
func linked(ctx context.Context, o Options) (figures []Figure, err error) {
	for _, f := range forces {
		people, divide := f.params, 1
		if o.Size == demo.Small {
			divide = 20
		}
		people.People /= divide
		o.Tell("linkage: a %s force of %d\n", f.name, people.People)
		w := linkage.Make(people)
		var lists []*list
		for _, set := range linkage.Sets {
			lists = append(lists, newList(w, set, f.rows[set]/divide))
		}
		subjects, places := w.Subjects()
		postings := 0
		for _, s := range subjects {
			postings += len(s.Postings)
		}
		w = nil // what follows is measured without it
		for _, l := range lists {
			if err := ctx.Err(); err != nil {
				return figures, err
			}
			if err := l.match(ctx, subjects, places); err != nil {
				return figures, fmt.Errorf("match %s records, %s: %w", f.name, l.set, err)
			}
			o.Tell("linkage: %d %s records, %s, in %.1f s\n", len(l.truth), f.name, l.set, l.took.Seconds())
			if l.set == linkage.Clean {
				figures = append(figures, l.speed(f.name, len(subjects), postings))
			}
			figures = append(figures, l.figures(f.name)...)
		}
	}
	return figures, nil
}

// list is a file of records with what is true of its rows, and what matching
// made of them.
type list struct {
	set     linkage.Set
	data    []byte
	headers map[string]intake.Field
	until   roster.Date
	truth   []string // ids by row, "" for a stranger
	alone   int      // rows that fit their person and nobody else, with all that they say
	alike   int      // strangers whom somebody of the roster fits with all that the row says

	took, indexed time.Duration
	peak, before  uint64
	rejected      int
	strangers     int
	attached      int // rows of people on the roster that attached by themselves
	wrong         int // of these, to somebody else
	taken         int // rows of strangers that attached by themselves
	queued        int // rows of people on the roster that did not attach
	first, three  int // of these, where the right person stands
	shown         int
	predictions   []prediction
}

func newList(w *linkage.World, set linkage.Set, rows int) *list {
	records := w.Records(set, rows)
	l := &list{set: set, data: w.File(records), headers: w.Headers(), until: w.Until, truth: make([]string, rows)}
	for i := range records {
		fits := w.Fitting(&records[i])
		switch l.truth[i] = records[i].Truth; {
		case l.truth[i] == "" && len(fits) > 0:
			l.alike++
		case len(fits) == 1 && fits[0] == l.truth[i]:
			l.alone++
		}
	}
	return l
}

// match reads the file as an import does, and asks for each row whom it names.
func (l *list) match(ctx context.Context, subjects []intake.Subject, places []intake.Place) error {
	debug.FreeOSMemory()
	stop := peakMemory()
	defer func() { l.before, l.peak = stop() }()
	began := time.Now()
	index := intake.NewIndex(subjects, places)
	l.indexed = time.Since(began)
	readings, err := l.read()
	if err != nil {
		return err
	}
	err = ask(ctx, index, readings, &rules.Current().Matching, func(row int, out *intake.Outcome) { l.count(l.truth[row], out) })
	l.took = time.Since(began)
	return err
}

// ask is the only place of the bench that asks the matcher: it estimates a model from the
// rows, as an import does, and matches each. A row that could not be read is nil and stays
// unmatched.
func ask(ctx context.Context, x *intake.Index, readings []*intake.Reading, m *rules.Matching, see func(row int, out *intake.Outcome)) error {
	var asked []intake.Asked
	for _, r := range readings {
		if r != nil {
			asked = append(asked, intake.Asked{Facts: &r.Facts, On: r.EventOn})
		}
	}
	model, err := x.Estimate(ctx, asked, intake.Shipped(), intake.SiteVersion(1))
	if err != nil {
		return err
	}
	for i, r := range readings {
		out := intake.Outcome{Level: intake.Rejected}
		if r != nil {
			out = x.Match(&r.Facts, "", r.EventOn, m, model)
		}
		see(i, &out)
	}
	return nil
}

// posterior is how probable the matcher holds its first candidate.
func posterior(out *intake.Outcome) float64 { return out.Candidates[0].Posterior }

// read reads all rows of the file.
func (l *list) read() ([]*intake.Reading, error) {
	book, err := sheet.Open("records.csv", l.data)
	if err != nil {
		return nil, err
	}
	defer func() { _ = book.Close() }()
	which, err := book.Sheet("")
	if err != nil {
		return nil, err
	}
	rows, err := book.All(which)
	if err != nil {
		return nil, err
	}
	reader, err := l.reader(rows)
	if err != nil {
		return nil, err
	}
	if len(rows) != len(l.truth)+1 {
		return nil, fmt.Errorf("%d rows were read of %d", len(rows)-1, len(l.truth))
	}
	readings := make([]*intake.Reading, len(l.truth))
	for i, row := range rows[1:] {
		r, bad := reader.Read(row)
		if bad != nil {
			l.rejected++
			continue
		}
		readings[i] = &r
	}
	return readings, nil
}

// reader explains the columns; one whose field the program does not know is left
// out.
func (l *list) reader(rows []sheet.Row) (*intake.Reader, error) {
	if len(rows) < 2 {
		return nil, errors.New("the list has no rows")
	}
	said := map[string]intake.Field{}
	for header, field := range l.headers {
		if !slices.Contains(intake.Fields, field) {
			field = intake.Ignore
		}
		said[intake.HeaderKey(header)] = field
	}
	classes := map[string]string{}
	for _, s := range seeds.Sources() {
		for _, c := range s.Classes {
			classes[intake.HeaderKey(c.Class)], classes[intake.HeaderKey(c.EN)] = c.Category, c.Category
		}
	}
	headers := intake.Headers(rows[0].Cells, rows[1:])
	r := &intake.Reader{Columns: intake.Guess(headers, said, nil), Headers: headers, Classes: classes, Today: l.until}
	return r, r.Check()
}

// count compares what matching made of a row with the truth.
func (l *list) count(truth string, out *intake.Outcome) {
	at := slices.IndexFunc(out.Candidates, func(c intake.Candidate) bool { return c.Person == truth })
	if len(out.Candidates) > 0 {
		l.predictions = append(l.predictions, prediction{posterior(out), truth != "" && at == 0})
	}
	attached := out.Level == intake.Exact
	switch {
	case truth == "":
		l.strangers++
		if attached {
			l.taken++
		}
	case attached:
		l.attached++
		if at != 0 {
			l.wrong++
		}
	default:
		l.queued++
		if at == 0 {
			l.first++
		}
		if at >= 0 && at < 3 {
			l.three++
		}
		if at >= 0 {
			l.shown++
		}
	}
}

// figures are the lines of the table for the list.
func (l *list) figures(force string) []Figure {
	known, all := len(l.truth)-l.strangers, l.attached+l.taken
	name := func(what string) string { return fmt.Sprintf("linkage, %s, %s: %s", force, l.set, what) }
	queue := func(what string, n int, goal string) Figure {
		return Figure{Name: name(what), Measured: share(n, l.queued, 2), Goal: goal,
			Note: "with those attached: " + share(n+l.attached-l.wrong, known, 2)}
	}
	out := []Figure{
		{Name: name("attached by itself"), Measured: share(l.attached, known, 2), Goal: attachedGoal[l.set],
			Note: fmt.Sprintf("%d of %d rows; %.2f %% fit one person alone; %d rejected", l.attached, known,
				100*float64(l.alone)/float64(known), l.rejected)},
		{Name: name("right, of those attached"), Measured: share(all-l.wrong-l.taken, all, 4), Goal: precisionGoal,
			Note: fmt.Sprintf("%d wrong in %d", l.wrong+l.taken, all)},
		queue("right person first in the queue", l.first, "99.5 %"),
		queue("right person within three in the queue", l.three, ""),
		queue("right person shown in the queue", l.shown, "99.9 %"),
	}
	if l.strangers > 0 {
		out = append(out, Figure{Name: name("attached though not on the roster"), Measured: share(l.taken, l.strangers, 3), Goal: "none",
			Note: fmt.Sprintf("%d of %d; %d of them fit somebody in all that the row says", l.taken, l.strangers, l.alike)})
	}
	brier, tenths := calibration(l.predictions)
	return append(out, Figure{Name: name("calibration of the first candidate, Brier score"), Measured: fmt.Sprintf("%.4f", brier),
		Note: reliability(tenths)})
}

// speed is the line for how long reading and matching took.
func (l *list) speed(force string, people, postings int) Figure {
	return Figure{
		Name: fmt.Sprintf("linkage, %s: %d records read and matched against %d people with %d postings", force, len(l.truth), people,
			postings),
		Measured: fmt.Sprintf("%.2f s, %.0f rows/s, %d MB", l.took.Seconds(), float64(len(l.truth))/l.took.Seconds(), l.peak>>20),
		Goal:     "3 s, under 300 MB",
		Note: fmt.Sprintf("one goroutine; the index took %.2f s; memory of the whole process, which held %d MB of files and people before",
			l.indexed.Seconds(), l.before>>20),
	}
}

// peakMemory watches how much memory the process holds, until stop is called,
// which gives what it held at first, and the most.
func peakMemory() (stop func() (first, most uint64)) {
	sample := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	done, ended, peak := make(chan struct{}), make(chan struct{}), uint64(0)
	look := func() {
		metrics.Read(sample)
		peak = max(peak, sample[0].Value.Uint64()-sample[1].Value.Uint64())
	}
	look()
	before := peak
	go func() {
		defer close(ended)
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for {
			look()
			select {
			case <-done:
				return
			case <-tick.C:
			}
		}
	}()
	return func() (first, most uint64) {
		close(done)
		<-ended
		look()
		return before, peak
	}
}
