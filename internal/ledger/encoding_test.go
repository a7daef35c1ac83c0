package ledger

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// first is a row as originally declared, grown the same kind with two more
// columns: one between the old ones, and one introduced an encoding later.
type (
	first struct {
		Stamp
		Name  string `bun:"name"`
		State string `bun:"state"`
	}
	grown struct {
		Stamp
		Name  string    `bun:"name"`
		Place string    `bun:"place" ledger:"v2"`
		State string    `bun:"state"`
		Until time.Time `bun:"until" ledger:"v3"`
	}
)

// TestARowGrowsAndItsDigestsStay: a digest from before a column existed stays
// the same, packed rows are read in the encoding they were written in, and a
// column counts from its own encoding on.
func TestARowGrowsAndItsDigestsStay(t *testing.T) {
	stamp := Stamp{ID: "a", Version: 3, Salt: NewSalt(), CreatedAt: time.UnixMicro(5).UTC(), ChangedAt: time.UnixMicro(7).UTC()}
	old := &first{stamp, "name", "open"}
	row := &grown{Stamp: stamp, Name: "name", State: "open"}
	if n, err := EncodingOf(old); n != 1 || err != nil {
		t.Errorf("the old type is of encoding %d, %v", n, err)
	}
	if n, err := EncodingOf(row); n != 3 || err != nil {
		t.Errorf("the grown type is of encoding %d, %v", n, err)
	}
	was, err := Digest("thing", old)
	if err != nil {
		t.Fatal(err)
	}
	packed, err := PackRows([]any{old}, 1)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[Hash]int{}
	for n := 1; n <= 3; n++ {
		digest, err := DigestAt("thing", row, n)
		if err != nil {
			t.Fatal(err)
		}
		if seen[digest] != 0 {
			t.Errorf("encodings %d and %d give the same", seen[digest], n)
		}
		seen[digest] = n
		columns, err := Columns(row, n)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := DigestColumns("thing", columns); err != nil || again != digest {
			t.Errorf("encoding %d shown column by column gives another digest: %v", n, err)
		}
	}
	if seen[was] != 1 {
		t.Error("the row of the first encoding has another digest now")
	}
	rows, err := UnpackRows(row, 1, packed, 1)
	if err != nil || !slices.ContainsFunc(rows[0], func(c Column) bool { return c.Name == "state" && c.Value == "open" }) {
		t.Errorf("a row packed before reads as %+v, %v", rows, err)
	}
	if _, err := UnpackRows(row, 1, packed, 2); err == nil {
		t.Error("a row packed in encoding 1 is read in encoding 2")
	}
	for _, n := range []int{0, -1, 4} {
		if _, err := DigestAt("thing", row, n); err == nil {
			t.Errorf("encoding %d exists", n)
		}
	}
	if newest, err := Digest("thing", row); err != nil || seen[newest] != 3 {
		t.Errorf("a new digest is of encoding %d, %v", seen[newest], err)
	}
}

// TestUncoveredSaysWhatNoEntryVouchesFor: a value in a column newer than the
// entry is listed, an empty column is not.
func TestUncoveredSaysWhatNoEntryVouchesFor(t *testing.T) {
	row := &grown{Name: "name", Place: "yard", Until: time.UnixMicro(9)}
	for encoding, want := range map[int]string{1: "place until", 2: "until", 3: ""} {
		if got, err := Uncovered(row, encoding); err != nil || strings.Join(got, " ") != want {
			t.Errorf("encoding %d leaves %v, want %s, %v", encoding, got, want, err)
		}
	}
	if got, err := Uncovered(&grown{Name: "name"}, 1); err != nil || got != nil {
		t.Errorf("an empty column is uncovered: %v, %v", got, err)
	}
}

// TestAWrongTagIsRefused: encodings are tagged "v2" and up, without gaps.
func TestAWrongTagIsRefused(t *testing.T) {
	type one struct {
		Stamp
		A string `bun:"a" ledger:"v1"`
	}
	type word struct {
		Stamp
		A string `bun:"a" ledger:"two"`
	}
	type gap struct {
		Stamp
		A string `bun:"a" ledger:"v3"`
	}
	for _, row := range []any{&one{}, &word{}, &gap{}} {
		if _, err := EncodingOf(row); err == nil {
			t.Errorf("%T is a row", row)
		}
	}
}
