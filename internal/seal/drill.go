package seal

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
)

// Drill rehearses the loss of keys: it seals probes to three temporary
// custodians, two of whom are needed, and tries every group of them. It returns
// a line for each group, and an error if any group opened more or less than it
// should.
func Drill(records int) (report []string, err error) {
	const threshold, n = 2, 3
	keys, to := make([]*PrivateKey, n), make([]Recipient, n)
	for i := range keys {
		if keys[i], err = NewPrivateKey(); err != nil {
			return nil, err
		}
		to[i] = Recipient{ID: fmt.Sprintf("custodian %d", i+1), Key: keys[i].Public()}
	}
	opened := make([]int, 1<<n)
	for record := range records {
		at := Place{Table: "drill", Column: "probe", Record: fmt.Sprint(record)}
		text := make([]byte, 24)
		rand.Read(text)
		cipher, w, err := SealText(at, text, "drill", threshold, to)
		if err != nil {
			return nil, err
		}
		for group := range opened {
			if got, err := openAs(at, w, cipher, keys, group); err == nil && bytes.Equal(got, text) {
				opened[group]++
			}
		}
	}
	for group, count := range opened {
		who, holders := "nobody", 0
		for i := range keys {
			if group>>i&1 == 1 {
				if holders++; holders == 1 {
					who = to[i].ID
				} else {
					who += fmt.Sprintf(" and %d", i+1)
				}
			}
		}
		want, verdict := 0, "ok"
		if holders >= threshold {
			want = records
		}
		if count != want {
			verdict = "FALSE"
			err = errors.New("the drill failed: a group of custodians opened what it should not, or could not open what it should")
		}
		report = append(report, fmt.Sprintf("%-5s %d of %d probes opened by %s", verdict, count, records, who))
	}
	return report, err
}

func openAs(at Place, w *Wrapping, cipher []byte, keys []*PrivateKey, group int) ([]byte, error) {
	var shares []Share
	for i, k := range keys {
		if group>>i&1 == 0 {
			continue
		}
		s, err := OpenPart(at, w.Set, &w.Shares[i], k)
		if err != nil {
			return nil, err
		}
		shares = append(shares, s)
	}
	key, err := Unwrap(at, w, shares)
	if err != nil {
		return nil, err
	}
	return OpenText(at, key, cipher)
}
