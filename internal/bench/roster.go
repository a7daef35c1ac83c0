package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"plumbline/internal/app/desk"
	"plumbline/internal/app/people"
	"plumbline/internal/demo"
)

// postings is how many a roster of rosterPeople holds, eight each and a few more.
const (
	rosterPeople = 14000
	postings     = 114000
)

// rosterImport imports a bureau's people and all postings that they ever had from
// two files, into a site that has its units alone.
func rosterImport(ctx context.Context, o Options, file string) (f Figure, err error) {
	s, err := open(ctx, file, demo.Small, true)
	if err != nil {
		return f, err
	}
	defer func() { err = errors.Join(err, s.store.Close()) }()
	if err := s.maker.Make(ctx); err != nil {
		return f, err
	}
	var persons, served bytes.Buffer
	persons.WriteString("personnel_no,name\n")
	served.WriteString("personnel_no,unit_code,post,main,from,to\n")
	codes := s.maker.UnitCodes()
	for i, left := 0, postings; i < rosterPeople; i++ {
		no := fmt.Sprintf("R%06d", i)
		fmt.Fprintf(&persons, "%s,名册%d号\n", no, i)
		n := left / (rosterPeople - i)
		left -= n
		for k := range n {
			to := fmt.Sprintf("%d-12-31", 2000+2*k+1)
			if k == n-1 {
				to = ""
			}
			fmt.Fprintf(&served, "%s,%s,民警,yes,%d-01-01,%s\n", no, codes[(i+k)%len(codes)], 2000+2*k, to)
		}
	}
	who := desk.Program("operator")
	bring := func(table people.RosterTable, data []byte) (took time.Duration, r *people.RosterResult, err error) {
		began := time.Now()
		r, err = s.app.ImportRoster(ctx, who, people.RosterImport{Table: table, Name: string(table) + ".csv", Data: data})
		return time.Since(began), r, err
	}
	o.Tell("a roster of %d people and %d postings\n", rosterPeople, postings)
	if _, _, err := bring(people.PeopleTable, persons.Bytes()); err != nil {
		return f, err
	}
	took, r, err := bring(people.PostingTable, served.Bytes())
	if err != nil {
		return f, err
	}
	if r.Created != postings {
		return f, fmt.Errorf("%d of %d postings were taken: %v", r.Created, postings, r.Errors[:min(len(r.Errors), 3)])
	}
	return Figure{Name: fmt.Sprintf("roster: %d postings imported", postings), Measured: fmt.Sprintf("%.1f s", took.Seconds()),
		Goal: "5 s"}, nil
}
