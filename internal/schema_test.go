package house

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"plumbline/migrations"
)

// TestRenderedSchemasAreOfTheseMigrations: verify compares a site with the
// rendered schemas of package store; one that is older than a migration would
// accuse every site. It costs nothing and needs no database.
func TestRenderedSchemasAreOfTheseMigrations(t *testing.T) {
	sum, err := migrations.Sum()
	if err != nil {
		t.Fatal(err)
	}
	for _, dialect := range []string{"sqlite", "postgres"} {
		file := filepath.Join("store", "verify", "schema", dialect+".txt")
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if first, _, _ := strings.Cut(string(text), "\n"); first != "# migrations "+sum {
			t.Errorf("%s was rendered from other migrations: go test ./internal/store/verify -run TestSchema -update", file)
		}
	}
}
