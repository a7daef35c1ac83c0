package engine

import (
	"context"
	"reflect"
	"slices"

	"github.com/uptrace/bun"

	"plumbline/internal/ledger"
)

// MoveUnit updates derived data after a unit gets a new parent: the sums of its
// subtree leave the units above the old place and join those above the new one,
// and every row that stores its branch gets the new one. Recorded data does not
// change. Call it after saving the unit's row.
func (tx *Tx) MoveUnit(ctx context.Context, unit, from, to string) (err error) {
	defer Doing(&err, "move unit", unit)
	s := tx.View.s
	before := tx.tree.above(from)
	if err := tx.Bump(ctx, GenerationTree); err != nil {
		return err
	}
	s.tree.Store(nil)
	tree, err := s.Placement(ctx, tx.db)
	if err != nil {
		return err
	}
	tx.tree = tree
	after := tree.above(to)
	for _, step := range []struct {
		units []string
		sign  int64
	}{{minus(before, after), -1}, {minus(after, before), 1}} {
		for _, up := range step.units { // a tree has three tiers
			if err := tx.addCounters(ctx, unit, up, step.sign); err != nil {
				return err
			}
		}
	}
	return tx.rewriteBranches(ctx, unit)
}

func (tx *Tx) addCounters(ctx context.Context, unit, up string, sign int64) error {
	var rows []Counter
	if err := tx.db.NewSelect().Model(&rows).Where("unit_id = ? AND n <> 0", unit).Scan(ctx); err != nil {
		return err
	}
	sums := make(map[CounterKey]int64, len(rows))
	for _, r := range rows {
		sums[CounterKey{r.Section, up, r.Month, r.Key}] = sign * r.N
	}
	return tx.s.UpsertCounters(ctx, *tx.raw, sums)
}

// rewriteBranches updates the branch of every row in the unit's subtree.
func (tx *Tx) rewriteBranches(ctx context.Context, unit string) error {
	byBranch := map[string][]string{}
	for id := range tx.tree.Tier {
		if slices.Contains(tx.tree.above(id), unit) {
			byBranch[tx.tree.Branch(id)] = append(byBranch[tx.tree.Branch(id)], id)
		}
	}
	placed := reflect.TypeFor[ledger.Placed]()
	for _, k := range Kinds {
		if !reflect.PointerTo(k.Type).Implements(placed) {
			continue
		}
		table := tx.s.writer.Dialect().Tables().Get(k.Type)
		if !table.HasField("branch_id") || !table.HasField("unit_id") {
			continue
		}
		for branch, units := range byBranch {
			if _, err := tx.db.NewRaw("UPDATE ? SET branch_id = ? WHERE unit_id IN (?)", bun.Ident(table.Name), branch,
				bun.List(units)).Exec(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// above lists the unit and its counted ancestors, nearest first.
func (p *Placement) above(unit string) []string {
	var out []string
	for unit != "" && p.Tier[unit] > 0 && !slices.Contains(out, unit) {
		if _, ok := p.Tier[unit]; !ok {
			break
		}
		out = append(out, unit)
		unit = p.Parent[unit]
	}
	return out
}

func minus(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(x string) bool { return slices.Contains(b, x) })
}
