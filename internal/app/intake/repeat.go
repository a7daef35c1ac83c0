package intake

import (
	"context"

	"plumbline/internal/intake"
	"plumbline/internal/store"
)

// earlierRecords are the live records that rows of a file may repeat: stored ones
// and earlier rows.
type earlierRecords struct {
	a     *Intake
	live  map[string][]*intake.Match // by sum, earliest first
	peaks map[*intake.Match]int      // highest severity that the record ever had
}

func (a *Intake) earlierRecords() *earlierRecords {
	return &earlierRecords{a: a, live: make(map[string][]*intake.Match), peaks: make(map[*intake.Match]int)}
}

// find reads the stored records that the rows may repeat.
func (e *earlierRecords) find(ctx context.Context, v *store.View, judged []judgedRow) error {
	var sums []string
	for _, j := range judged {
		if _, known := e.live[j.sum]; j.sum != "" && !known { // else its records were read with the row before
			sums = append(sums, j.sum)
		}
	}
	found, err := v.Originals(ctx, sums)
	if err != nil {
		return err
	}
	var records []string
	for _, matches := range found {
		for _, m := range matches {
			records = append(records, m.RecordID)
		}
	}
	peaks, err := v.RecordPeaks(ctx, records...)
	if err != nil {
		return err
	}
	for sum, matches := range found {
		e.live[sum] = matches
		for _, m := range matches {
			e.peaks[m] = peaks[m.RecordID]
		}
	}
	return nil
}

// of returns the record that the row repeats, or nil.
func (e *earlierRecords) of(j *judgedRow) *intake.Match {
	if j.sum == "" {
		return nil
	}
	for _, m := range e.live[j.sum] {
		if intake.Repeats(e.a.weight(j.reading.Severity), e.a.weight(e.peaks[m])) {
			return m
		}
	}
	return nil
}

// add makes a row available to be repeated by later ones.
func (e *earlierRecords) add(j *judgedRow, m *intake.Match) {
	e.live[j.sum] = append(e.live[j.sum], m)
	e.peaks[m] = j.reading.Severity
}
