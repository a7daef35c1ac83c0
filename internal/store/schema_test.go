package store

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plumbline/migrations"
)

var update = flag.Bool("update", false, "rewrite golden files")

// TestSchemaIsAsRendered checks schema/*.txt, against which verify compares a
// site, against what the migrations produce. After a migration:
//
//	go test ./internal/store -run TestSchema -update
func TestSchemaIsAsRendered(t *testing.T) {
	for name, dsn := range testDSNs(t) {
		t.Run(name, func(t *testing.T) {
			ctx := context.Background()
			s, err := Open(ctx, dsn(t), Options{Origin: "test", Keys: filepath.Join(t.TempDir(), "site.keys")})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			if _, err := s.Migrate(ctx); err != nil {
				t.Fatal(err)
			}
			is, err := schemaAsIs(ctx, &View{db: s.reader, s: s})
			if err != nil {
				t.Fatal(err)
			}
			sum, err := migrations.Sum()
			if err != nil {
				t.Fatal(err)
			}
			got, file := madeBy+sum+"\n"+is.String(), filepath.Join("schema", s.dialect.String()+".txt")
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("%s is stale; go test ./internal/store -run TestSchema -update (-written +is):\n%s", file, diff)
			}
			if again, err := parseSchema(string(want)); err != nil || !cmp.Equal(again, is) {
				t.Errorf("the file does not read as it was written: %v", err)
			}
		})
	}
}
