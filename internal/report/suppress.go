package report

// Suppress hides small cells for a reader who cannot open the rows behind
// them, and in exports: every count from 1 to under-1, and where one hidden
// cell of a column could be had by subtracting the others from the total, a
// second one, the smallest that is not zero. A total that is small itself is
// hidden too, and so is the total where no second cell can cover the first.
// Rates of a line with a hidden cell are hidden with it. Hidden numbers lose
// their value and their list.
//
// The bound under is a value of the rule pack (5 by default). It returns the
// same report, changed.
func (r *Report) Suppress(under int64) *Report {
	r.Suppressed = true
	for i := range r.Sections {
		r.Sections[i].suppress(under)
	}
	for i := range r.Sections {
		for _, l := range r.Sections[i].all() {
			for c := range l.Values {
				if l.Values[c].Hidden {
					l.Values[c] = Number{Hidden: true}
				}
				l.Values[c].List, l.Values[c].Query = "", ""
			}
		}
	}
	return r
}

func (s *Section) all() []*Line {
	out := make([]*Line, 0, len(s.Lines)+1)
	for i := range s.Lines {
		out = append(out, &s.Lines[i])
	}
	if s.Total != nil {
		out = append(out, s.Total)
	}
	return out
}

func (s *Section) suppress(under int64) {
	small := func(n int64) bool { return n > 0 && n < under }
	for c := range s.Columns {
		if s.rate(c) {
			continue
		}
		hidden := 0
		var sum int64
		for i := range s.Lines {
			v := &s.Lines[i].Values[c]
			if small(v.N) {
				v.Hidden = true
				hidden++
				sum += v.N
			}
		}
		if s.Total == nil {
			continue
		}
		// One hidden cell follows from the total; so do several whose sum is
		// small, up to their split. Cover them with the smallest visible one.
		for hidden > 0 && (hidden == 1 || small(sum)) {
			next := -1
			for i := range s.Lines {
				v := s.Lines[i].Values[c]
				if !v.Hidden && v.N > 0 && (next < 0 || v.N < s.Lines[next].Values[c].N) {
					next = i
				}
			}
			if next < 0 {
				s.Total.Values[c].Hidden = true
				break
			}
			v := &s.Lines[next].Values[c]
			v.Hidden = true
			hidden++
			sum += v.N
		}
		if small(s.Total.Values[c].N) {
			s.Total.Values[c].Hidden = true
		}
	}
	for _, l := range s.all() {
		any := false
		for _, v := range l.Values {
			any = any || v.Hidden
		}
		if !any {
			continue
		}
		for c := range s.Columns {
			if s.rate(c) {
				l.Values[c].Hidden = true
			}
		}
	}
}
