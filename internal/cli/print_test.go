package cli

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"plumbline/internal/store/verify"
)

// TestAVerdictIsSaidInBothLanguages also fixes the names that scripts read.
func TestAVerdictIsSaidInBothLanguages(t *testing.T) {
	v := &verify.Verdict{Origin: "plumbline.example/one", Entries: 9, Rows: map[string]int{"person": 3}, Total: 2,
		Findings: []verify.Finding{
			{Seq: 4, At: time.Date(2026, 9, 16, 8, 0, 0, 0, time.UTC), Kind: "issue", ID: "i1", What: "row_changed",
				Reason: verify.Reason{Why: "row_changed"}},
			{Seq: -1, Kind: "counter", ID: "s/u", What: "counter", Reason: verify.Reason{Why: "counter_differs",
				Args: map[string]any{"Stored": int64(7), "Counted": int64(8)}}},
		}}
	for lang, want := range map[string][]string{
		"en": {"entries   9\n", "row_changed: issue i1 (entry 4, 2026-09-16T08:00:00Z): the row is not as its last entry left it\n",
			"counter: counter s/u: stored as 7, recounted from the rows as 8\n", "FALSE: 2 findings, 2 listed\n"},
		"zh-CN": {"记录      9\n", "row_changed：issue i1（第 4 号记录，2026-09-16T08:00:00Z）：这项数据与台账最后一次所记不同\n", "所存为 7，按数据重算为 8\n",
			"不符：发现 2 处，列出 2 处\n"},
	} {
		var out bytes.Buffer
		e := &env{Config: &Config{Lang: lang, Output: "table"}, out: &out}
		if err := e.printVerdict(v); err == nil {
			t.Errorf("%s: a false ledger ends without an error", lang)
		}
		for _, w := range want {
			if !strings.Contains(out.String(), w) {
				t.Errorf("%s: %q is not said:\n%s", lang, w, out.String())
			}
		}
		out.Reset()
		e.Output = "json"
		if err := e.printVerdict(v); err == nil {
			t.Errorf("%s: a false ledger ends without an error", lang)
		}
		var got struct {
			Findings []struct{ What, Why, Text string }
		}
		if err := json.Unmarshal(out.Bytes(), &got); err != nil || len(got.Findings) != 2 || got.Findings[1].Why != "counter_differs" ||
			!strings.Contains(want[2], got.Findings[1].Text) {
			t.Errorf("%s: %v\n%s", lang, err, out.String())
		}
	}
}

// TestTablesAlign: a Chinese character is as wide as two letters.
func TestTablesAlign(t *testing.T) {
	for lang, want := range map[string]string{
		"en":    "UNIT    TIER\n东分局  2\nx       3\n",
		"zh-CN": "单位    层级\n东分局  2\nx       3\n",
	} {
		var out bytes.Buffer
		e := &env{Config: &Config{Lang: lang, Output: "table"}, out: &out}
		tab := &table{columns: []string{"unit", "tier"}}
		tab.add("东分局", 2)
		tab.add("x", 3)
		if err := e.print(tab); err != nil {
			t.Fatal(err)
		}
		if out.String() != want {
			t.Errorf("%s:\n%q, want\n%q", lang, out.String(), want)
		}
	}
}
