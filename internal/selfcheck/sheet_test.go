package selfcheck

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func filedAnswers(units, named int) (answers []Answer) {
	for n := range ItemCount {
		a := Answer{SubmissionID: "list", Round: 2, ItemNo: int64(n + 1), Nil: n%3 != 0, ReviewUnitID: fmt.Sprint("所", n%units)}
		if !a.Nil {
			a.Declared = int64(n)
		}
		if n < named {
			a.LeaderID = "boss"
		}
		answers = append(answers, a)
	}
	return answers
}

// TestASheetHoldsItsAnswers: what is packed is unpacked, in item order, and has the
// digest that it had; whoever names a leader is not on the sheet.
func TestASheetHoldsItsAnswers(t *testing.T) {
	for _, c := range []struct{ units, named int }{{1, 0}, {1, 3}, {7, 1}, {3, ItemCount}} {
		want := filedAnswers(c.units, c.named)
		sheet, named := PackAnswers(want)
		if sheet.SubmissionID != "list" || sheet.Round != 2 || len(named) != c.named {
			t.Errorf("%+v: sheet of %s in round %d, %d items apart", c, sheet.SubmissionID, sheet.Round, len(named))
		}
		if bytes.Contains(sheet.Body, []byte("boss")) {
			t.Errorf("%+v: the sheet names a leader", c)
		}
		got, err := UnpackAnswers(sheet, named)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%+v: %v, unpacked (-want +got):\n%s", c, err, diff)
		}
		if !bytes.Equal(AnswersDigest(want), AnswersDigest(got)) {
			t.Errorf("%+v: another digest", c)
		}
	}
}

// TestADamagedSheetIsNotTheSame: cut anywhere, or changed in any bit, it is refused
// or has another digest, and it never makes the reader fall over.
func TestADamagedSheetIsNotTheSame(t *testing.T) {
	want := filedAnswers(2, 0)
	sheet, _ := PackAnswers(want)
	digest := AnswersDigest(want)
	same := func(body []byte) bool {
		got, err := UnpackAnswers(AnswerSheet{SubmissionID: "list", Round: 2, Body: body}, nil)
		return err == nil && bytes.Equal(AnswersDigest(got), digest)
	}
	for n := range sheet.Body {
		if same(sheet.Body[:n]) {
			t.Errorf("%d of %d bytes are the whole sheet", n, len(sheet.Body))
		}
		for bit := range 8 {
			other := bytes.Clone(sheet.Body)
			other[n] ^= 1 << bit
			if same(other) {
				t.Errorf("byte %d, bit %d: a change is not noticed", n, bit)
			}
		}
	}
	all, named := PackAnswers(filedAnswers(1, ItemCount)) // whose sheet is empty, and must be whole all the same
	for _, body := range [][]byte{nil, {1}, {1, 1, 'a'}} {
		if got, err := UnpackAnswers(AnswerSheet{SubmissionID: all.SubmissionID, Round: all.Round, Body: body}, named); err == nil ||
			got != nil {
			t.Errorf("%d answers are read beside a sheet of % x", len(got), body)
		}
	}
	huge := []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1} // 2^64 - 1 units
	for _, body := range [][]byte{nil, huge, {1}, {1, 9, 'a'}, append([]byte{1, 0, 1}, huge...), bytes.Repeat([]byte{0x80}, 40)} {
		if same(body) {
			t.Errorf("% x is the sheet", body)
		}
	}
}
