package intake_test

import (
	"bytes"
	"context"
	"fmt"
	"testing"

	appintake "plumbline/internal/app/intake"
	"plumbline/internal/apptest"
	"plumbline/internal/intake"
	"plumbline/internal/roster"
	"plumbline/internal/store"
)

// TestABatchKeepsItsModel: a large file teaches a model, which the ledger keeps and its
// batch names; a small one is matched by the shipped weights, whatever was taught before.
func TestABatchKeepsItsModel(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		who := s.Actor("inspector")
		batch := func(rows int) *intake.AuditBatch {
			t.Helper()
			var b bytes.Buffer
			b.WriteString("姓名,警号,单位,问题类别,发生时间,问题描述\n")
			for i := range rows {
				fmt.Fprintf(&b, "查无此人%d,%d,单位east1,态度生硬,2026-02-03,第%d行\n", i, 800000+i, i)
			}
			in := appintake.ImportInput{AuditFile: appintake.AuditFile{Name: "x.csv", Data: b.Bytes(), Source: "petition"}}
			out, _, err := s.App.ImportAudit(ctx, who, in)
			if err != nil {
				t.Fatal(err)
			}
			if err := s.App.DrainJobs(ctx); err != nil {
				t.Fatal(err)
			}
			var got *intake.AuditBatch
			if err := s.Store.View(ctx, func(ctx context.Context, v *store.View) (err error) {
				got, err = v.Batch(ctx, out.BatchID, roster.Scope{All: true})
				return err
			}); err != nil || got.State != intake.Imported {
				t.Fatalf("%v %+v", err, got)
			}
			return got
		}
		for no := 1; no <= 2; no++ {
			large := batch(250 + no)
			if err := s.Store.View(ctx, func(ctx context.Context, v *store.View) error {
				kept, err := v.LinkageModel(ctx, large.ID)
				if err == nil {
					t.Errorf("a batch is a model: %+v", kept)
				}
				if kept, err = v.LinkageModel(ctx, large.ModelID); err != nil {
					return err
				}
				m, err := kept.Model()
				if err == nil && (kept.No != no || kept.BatchID != large.ID || m.Version != intake.SiteVersion(no) || m.Records != large.Rows) {
					t.Errorf("model %d: %+v of %s", no, kept, m.Version)
				}
				return err
			}); err != nil {
				t.Fatal(err)
			}
			if small := batch(3 + no); small.ModelID != "" {
				t.Errorf("a file of a few rows took a model: %s", small.ModelID)
			}
		}
	})
}
