package verify

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plumbline/internal/apptest/storetest"
	"plumbline/internal/store/engine"
	"plumbline/migrations"
)

var update = flag.Bool("update", false, "rewrite golden files")

// TestSchemaIsAsRendered checks schema/*.txt, against which verify compares a
// site, against what the migrations produce. After a migration:
//
//	go test ./internal/store/verify -run TestSchema -update
func TestSchemaIsAsRendered(t *testing.T) {
	for name, dsn := range storetest.DSNs() {
		t.Run(name, func(t *testing.T) {
			ctx := context.Background()
			s, err := engine.Open(ctx, dsn(t), engine.Options{Origin: "test", Keys: filepath.Join(t.TempDir(), "site.keys")})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			if _, err := s.Migrate(ctx); err != nil {
				t.Fatal(err)
			}
			is, err := schemaAsIs(ctx, engine.On(s, engine.Reader(s)))
			if err != nil {
				t.Fatal(err)
			}
			sum, err := migrations.Sum()
			if err != nil {
				t.Fatal(err)
			}
			got, file := madeBy+sum+"\n"+is.String(), filepath.Join("schema", s.Dialect().String()+".txt")
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
				t.Errorf("%s is stale; go test ./internal/store/verify -run TestSchema -update (-written +is):\n%s", file, diff)
			}
			if again, err := parseSchema(string(want)); err != nil || !cmp.Equal(again, is) {
				t.Errorf("the file does not read as it was written: %v", err)
			}
		})
	}
}
