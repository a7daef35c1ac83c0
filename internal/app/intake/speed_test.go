package intake_test

import (
	"bytes"
	"context"
	"fmt"
	"testing"
	"time"

	appintake "plumbline/internal/app/intake"
	"plumbline/internal/apptest"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
	"plumbline/internal/sheet"
	"plumbline/internal/store"
)

// BenchmarkAuditImport imports 22,000 rows against 14,000 people, ledger
// included: the size of the case.
func BenchmarkAuditImport(b *testing.B) {
	const people, rows = 14_000, 22_000
	for range b.N {
		b.StopTimer()
		s := apptest.New(b, b.TempDir()+"/site.db")
		_, err := s.Store.Update(context.Background(), store.Call{Account: "program:test", Op: "test.seed"}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
			var ps []*roster.Person
			var ids []*roster.Identifier
			var posts []*roster.Posting
			for i := range people {
				id := tx.NewID()
				ps = append(ps, &roster.Person{Stamp: ledger.Stamp{ID: id}, PersonnelNo: fmt.Sprint("N", i),
					Name: fmt.Sprintf("王%d", i%9000), NameFolded: "x", Kind: roster.Officer, State: roster.Serving, UnitID: s.Units["east1"]})
				ids = append(ids, &roster.Identifier{PersonID: id, Kind: roster.PoliceNo, Value: fmt.Sprint(300000 + i), Folded: "x",
					FromOn: "2020-01-01"})
				posts = append(posts, &roster.Posting{PersonID: id, UnitID: s.Units[[]string{"east1", "east2", "west1", "west2"}[i%4]],
					Main: true, FromOn: "2020-01-01"})
			}
			return []ledger.Fact{{Verb: "t", Kind: "unit", ID: "x"}}, "", tx.Insert(ctx, ps, ids, posts)
		})
		if err != nil {
			b.Fatal(err)
		}
		var buf bytes.Buffer
		w, err := sheet.NewXLSX(&buf, "A")
		if err != nil {
			b.Fatal(err)
		}
		w.Header("姓名", "警号", "单位", "问题类别", "发生时间", "受理日期", "问题描述")
		for i := range rows {
			number := fmt.Sprint(300000 + i%people)
			if i%10 == 0 {
				number = ""
			}
			w.Row(fmt.Sprintf("王%d", i%people%9000), number, "单位"+[]string{"east1", "east2", "west1", "west2"}[i%4], "态度生硬",
				time.Date(2025, 1, 1+i%300, 0, 0, 0, 0, time.UTC).Format("2006-01-02"), "2026-01-05", fmt.Sprintf("窗口服务态度问题第 %d 件，当事人反映", i))
		}
		w.Close()
		b.StartTimer()
		start := time.Now()
		out, _, err := s.App.ImportAudit(context.Background(), s.Actor("inspector"),
			appintake.ImportInput{AuditFile: appintake.AuditFile{Name: "a.xlsx", Data: buf.Bytes(), Source: "petition"}})
		if err != nil {
			b.Fatal(err)
		}
		if err := s.App.DrainJobs(context.Background()); err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		v, err := s.App.Batch(context.Background(), s.Actor("inspector"), out.BatchID)
		if err != nil || v.State != "imported" {
			b.Fatal(err, v)
		}
		b.Logf("%v %+v", time.Since(start), v.Counts)
	}
}
