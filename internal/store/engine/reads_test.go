package engine

import (
	"context"
	"path/filepath"
	"testing"

	"plumbline/internal/apptest/pgtest"
)

// BenchmarkReadIsLogged measures the extra cost of opening a personal file,
// which is logged, over a page that is not.
func BenchmarkReadIsLogged(b *testing.B) {
	for name, dsn := range map[string]func(b *testing.B) string{
		"sqlite":   func(b *testing.B) string { return filepath.Join(b.TempDir(), "test.db") },
		"postgres": func(b *testing.B) string { return pgtest.DSN(b) },
	} {
		for who, parallel := range map[string]int{"alone": 0, "together": 16} {
			b.Run(name+"/"+who, func(b *testing.B) {
				s := openTest(b, dsn(b))
				read := func() {
					err := s.LogReading(context.Background(), ReadLog{Account: "a", Kind: "file", ObjectID: "o", PersonID: "p",
						Purpose: "supervision"}, anybody)
					if err != nil {
						b.Error(err)
					}
				}
				b.ResetTimer()
				if parallel == 0 {
					for range b.N {
						read()
					}
					return
				}
				b.SetParallelism(parallel)
				b.RunParallel(func(pb *testing.PB) {
					for pb.Next() {
						read()
					}
				})
			})
		}
	}
}

func anybody(context.Context, *View) error { return nil }
