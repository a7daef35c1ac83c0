package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestImportRoster(t *testing.T) {
	dir := t.TempDir()
	db := filepath.Join(dir, "a.db")
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	run(t, "migrate", "--db", db)
	args := []string{"import", "roster", "--db", db, "--output", "csv",
		"--units", file("units.csv", "code,name,tier,parent_code\nB00,Bureau,1,\nC01,Spring,2,B00\n"),
		"--people", file("people.csv", "personnel_no,name,police_no\nP1,单小红,000001\nP2,李雷,000002\nP3,韩梅梅,\n"),
		"--postings", file("postings.csv", "personnel_no,unit_code,team\nP1,C01,yes\nP2,C01,no\nP3,B00,no\n"),
		"--links", file("links.csv", "personnel_no,link,unit_code\nP1,head,C01\n")}
	status, out, errOut := run(t, append(args, "--dry-run")...)
	if status == 0 || !strings.Contains(out, "units,2,2,0,0,0,0,0") || !strings.Contains(errOut, "Personnel number") {
		t.Errorf("a dry run over people who are not there yet: %d %s %s", status, out, errOut)
	}
	status, out, errOut = run(t, args...)
	if status != 0 || out != "table,rows,created,updated,ended,unchanged,flagged,rejected\nunits,2,2,0,0,0,0,0\npeople,3,3,0,0,0,0,0\npostings,3,3,0,0,0,0,0\nlinks,1,1,0,0,0,0,0\n" {
		t.Fatalf("import: %d %s %s", status, out, errOut)
	}
	status, out, errOut = run(t, args...)
	if status != 0 || strings.Count(errOut, "nothing changed") != 4 || !strings.Contains(out, "people,3,0,0,0,3,0,0") {
		t.Errorf("again: %d %s %s", status, out, errOut)
	}
	rejects := filepath.Join(dir, "rejects.csv")
	status, out, errOut = run(t, "import", "roster", "--db", db, "--people",
		file("bad.csv", "personnel_no,name,born_on\nP4,王五,long ago\nP5,赵六,1990-01-01\n"), "--errors", rejects)
	if status == 0 || !strings.Contains(errOut, "rows not imported: 1") {
		t.Errorf("a bad row: %d %s %s", status, out, errOut)
	}
	if raw, err := os.ReadFile(rejects); err != nil || !strings.Contains(string(raw), "people,2,rejected,born_on,long ago,") {
		t.Errorf("rejects: %s %v", raw, err)
	}
	status, _, errOut = run(t, "import", "roster", "--db", db, "--lang", "zh-CN", "--people",
		file("bad.csv", "personnel_no,name,kind\nP4,王五,boss\n"))
	if status == 0 || !strings.Contains(errOut, "人员 第 2 行，人员类别：此列只能填下列之一：辅警 / Auxiliary; 民警 / Officer。") ||
		!strings.Contains(errOut, "未导入 1 行") {
		t.Errorf("in Chinese: %d %s", status, errOut)
	}
	if status, _, _ := run(t, "import", "roster", "--db", db); status == 0 {
		t.Error("no file at all succeeds")
	}
	if status, out, _ := run(t, "import", "template", "links", "--lang", "zh-CN"); status != 0 || !strings.Contains(out, "领导关系类型") {
		t.Errorf("template: %d %q", status, out)
	}
	if status, _, _ := run(t, "import", "template", "nothing"); status == 0 {
		t.Error("a template of nothing succeeds")
	}
	status, out, errOut = run(t, "verify", "--db", db)
	if status != 0 {
		t.Errorf("verify: %d %s %s", status, out, errOut)
	}
}
