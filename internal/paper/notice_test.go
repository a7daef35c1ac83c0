package paper

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"plumbline/internal/ledger"
	"plumbline/internal/words"
)

// A notice hangs on a board: it is one sheet, also where the ledger signs with
// two keys, the second of them SM2's long one, and several witnesses cosign.
func TestANoticeIsOneSheet(t *testing.T) {
	const origin = "plumbline/01a20792-6d71-7484-9327-24ad7d0a248b"
	c := Posted{Checkpoint: ledger.Checkpoint{Origin: origin, Size: 1108}, At: time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)}
	c.Keys = []string{
		origin + "+a58ea5b1+" + strings.Repeat("A", 44) + "\nEd25519  12FC E429 9D7D B9BC 0478 F15A C5BE EA8E",
		origin + "+95baaecc+" + strings.Repeat("S", 124) + "\nSM2  F1EC 9190 A65C 17C5 3360 247A F607 88D2",
	}
	c.Note = c.Marshal() + "\n— " + origin + " " + strings.Repeat("A", 92) + "\n— " + origin + " " + strings.Repeat("S", 100) + "\n"
	for witnesses := range 4 {
		if witnesses > 0 {
			name := fmt.Sprintf("audit.example/w%d", witnesses)
			c.Witnesses = append(c.Witnesses, name)
			c.Note += "— " + name + " " + strings.Repeat("W", 104) + "\n"
		}
		for _, lang := range []words.Lang{words.ZH, words.EN} {
			pdf, err := Notice(lang, c, time.UTC)
			if err != nil {
				t.Fatal(err)
			}
			if pages := bytes.Count(pdf, []byte("/Type /Page\n")); pages != 1 {
				t.Errorf("%s with %d witnesses: %d sheets", lang, witnesses, pages)
			}
		}
	}
}
