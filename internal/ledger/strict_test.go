package ledger

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

// TestEveryLineOfAReceiptCounts: a receipt with an additional, missing,
// repeated or misplaced line is invalid, and so is one with anything but white
// space around it.
func TestEveryLineOfAReceiptCounts(t *testing.T) {
	all, trust := receipts(t, 300, 123)
	trust.Quorum = 1
	text := string(all[0].Marshal())
	code, err := all[0].Code()
	if err != nil {
		t.Fatal(err)
	}
	refused := func(name, data string) {
		t.Helper()
		if j := Judge([]byte(data), trust); j.Problem == Holds {
			t.Errorf("%s: holds:\n%s", name, data)
		}
	}
	lines := strings.SplitAfter(strings.TrimSuffix(text, "\n"), "\n")
	lines[len(lines)-1] += "\n"
	with := func(lines []string) string { return strings.Join(lines, "") }
	if Judge([]byte(with(lines)), trust).Problem != Holds {
		t.Fatal("the honest one does not hold")
	}
	witness := strings.Replace(lines[len(lines)-1], "witness.example", "another.example", 1)
	log := strings.Replace(lines[len(lines)-2], "plumbline/test", "another.example", 1)
	for i := range lines {
		refused("a line less", with(slices.Delete(slices.Clone(lines), i, i+1)))
		refused("a line twice", with(slices.Insert(slices.Clone(lines), i, lines[i])))
		if i > 0 {
			swapped := slices.Clone(lines)
			swapped[i-1], swapped[i] = swapped[i], swapped[i-1]
			refused("two lines swapped", with(swapped))
		}
		if len(lines[i]) > 1 {
			refused("a line cut", with(append(slices.Clone(lines[:i]), append([]string{lines[i][:len(lines[i])/2] + "\n"},
				lines[i+1:]...)...)))
		}
	}
	for i := range len(lines) + 1 {
		for _, stray := range []string{"stray\n", lines[3], "index 5\n", "\u2014 stray AAAA\n",
			"\u2014 plumbline/test AAAAAAAA\n", log, "# a remark\n", receiptHead + "\n", "\u2014 \n", "\x00\n"} {
			refused("a stray line", with(slices.Insert(slices.Clone(lines), i, stray)))
		}
		if i > 0 && i < len(lines) {
			refused("an empty line", with(slices.Insert(slices.Clone(lines), i, "\n")))
			refused("a witness's line out of its place", with(slices.Insert(slices.Clone(lines), i-1, witness)))
		}
	}
	refused("something before", "My receipt:\n"+text)
	refused("something behind", text+"Kind regards\n")
	refused("two receipts", text+text)
	refused("two receipts apart", text+"\n"+text)
	refused("something before the code", "My code: "+strings.Join(code, " "))
	refused("something behind the code", strings.Join(code, " ")+" OK")
	refused("the code twice", strings.Join(code, " ")+" "+strings.Join(code, " "))
	refused("half of the code", strings.Join(code, " ")[:200])
	pdf := pdfOf([]byte(text))
	refused("two receipts in a PDF", string(append(slices.Clone(pdf), pdf...)))
	refused("a stray line in a PDF", string(pdfOf([]byte(text+"stray\n"))))
	refused("an empty line in a PDF", string(pdfOf([]byte(text+"\n"))))

	for name, data := range map[string]string{"lines of Windows": strings.ReplaceAll(text, "\n", "\r\n"),
		"no last line end": strings.TrimSuffix(text, "\n"), "white space around": "\xef\xbb\xbf\n" + text + "\n \n"} {
		if j := Judge([]byte(data), trust); j.Problem != Holds || !bytes.Equal(j.Receipt.Marshal(), []byte(text)) {
			t.Errorf("%s: %s", name, j.Problem)
		}
	}

	// A line in a witness's form under an unknown name may be a witness's: it
	// is skipped and reported as unproven.
	j := Judge([]byte(text+witness), trust)
	if j.Problem != Holds || !slices.ContainsFunc(j.Statements(), func(s Statement) bool {
		return !s.Proven && s.Key == "verify.unproven.signer" && strings.HasPrefix(s.Args[1], "another.example+")
	}) {
		t.Errorf("a line that no key checks: %s %+v", j.Problem, j.Statements())
	}
}
