package accounts

import (
	"bufio"
	"encoding/binary"
	"flag"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"plumbline/policies"
)

// commonList names the list of which script/passwords makes
// policies/passwords.bin.
var commonList = flag.String("common", "", "list of common passwords, the commonest first, to make policies/passwords.bin of")

// firstCommon is how many of the list are taken whatever their length. Of the
// rest those are, that are long enough to be chosen here.
const firstCommon = 100_000

func makeCommon(t *testing.T, path string) {
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	var digests []uint64
	lines := bufio.NewScanner(file)
	for n := 0; lines.Scan(); n++ {
		if p := strings.ToLower(lines.Text()); n < firstCommon || utf8.RuneCountInString(p) >= passwordMin {
			digests = append(digests, commonDigest(p))
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	slices.Sort(digests)
	digests = slices.Compact(digests)
	var out []byte
	last := uint64(0)
	for _, d := range digests {
		if d-last >= 1<<32 {
			t.Fatal("a distance does not fit")
		}
		out = binary.BigEndian.AppendUint32(out, uint32(d-last))
		last = d
	}
	if err := os.WriteFile("../../../policies/passwords.bin", out, 0o644); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d passwords, %d bytes", len(digests), len(out))
}

func TestCommonPasswords(t *testing.T) {
	if *commonList != "" {
		makeCommon(t, *commonList)
		return
	}
	if n := len(commonOnes()); n != len(policies.Passwords)/4 || n < 200_000 || !slices.IsSorted(commonOnes()) {
		t.Fatalf("%d passwords", n)
	}
	for _, p := range []string{"123456", "password", "qwerty", "dragon", "woaini1314", "1qaz2wsx3edc", "a123456789", "qq123456789",
		"basketball", "Password123",
		"PASSWORD123", "ｐａｓｓｗｏｒｄ１２３", "password2026", "Basketball1!", "!!manchester", "football.99"} {
		if !common(p) {
			t.Errorf("%q is not common", p)
		}
	}
	for _, p := range []string{"plumb-line-2026", "correct horse 42", "another word 77", "清晨的江边有两只白鹭", "quiet rivers bend twice",
		"xkq7-vvtm-02pz", "password of a lighthouse"} {
		if common(p) {
			t.Errorf("%q is common", p)
		}
	}
}
