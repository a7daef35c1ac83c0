package store

import (
	"context"
	"slices"

	"github.com/uptrace/bun"

	"plumbline/internal/issue"
	"plumbline/internal/ledger"
	"plumbline/internal/store/engine"
)

// issueKeysMax is the most keys that one comparison query carries.
const issueKeysMax = 200

// AddIssues adds new issues about any number of people. It compares them in one
// query with the stored issues that share their keys, inserts them, and saves
// the stored ones that the comparison changed. Each issue must have its ID.
func (tx *Tx) AddIssues(ctx context.Context, fresh []*issue.Issue, t issue.Timing) (err error) {
	defer engine.Doing(&err, "add issues", "")
	if len(fresh) == 0 {
		return nil
	}
	stored, err := tx.issuesOfKeys(ctx, keysOf(fresh...))
	if err != nil {
		return err
	}
	changes := issue.Compare(stored, fresh, t)
	if err := tx.Insert(ctx, fresh); err != nil {
		return err
	}
	for _, c := range changes { // a handful: declared issues that an audit record now matches
		if err := tx.Save(ctx, c.Before, c.After); err != nil {
			return err
		}
	}
	return nil
}

// AddDeclared adds the issues that a person files. The slip gives the filer the
// rows of their own entry, so these may reveal only the part of the comparison
// that the filer may know. Changes that rest on a record the filer was not told
// of go into a separate entry.
func (tx *Tx) AddDeclared(ctx context.Context, fresh []*issue.Issue, t issue.Timing) (err error) {
	defer engine.Doing(&err, "add declared issues", "")
	if len(fresh) == 0 {
		return nil
	}
	stored, err := tx.issuesOfKeys(ctx, keysOf(fresh...))
	if err != nil {
		return err
	}
	issue.Compare(visibleToSubject(stored), fresh, t)
	if err := tx.Insert(ctx, fresh); err != nil {
		return err
	}
	return tx.compareInSeparateEntry(ctx, append(stored, fresh...), t)
}

// SaveDeclared saves the issues that a person files again, with the same
// separation as AddDeclared.
func (tx *Tx) SaveDeclared(ctx context.Context, changes []issue.Change, t issue.Timing) (err error) {
	defer engine.Doing(&err, "save declared issues", "")
	var filed, touched []*issue.Issue
	for _, c := range changes {
		filed, touched = append(filed, c.After), append(touched, c.Before, c.After)
	}
	if len(filed) == 0 {
		return nil
	}
	stored, err := tx.issuesOfKeys(ctx, keysOf(touched...))
	if err != nil {
		return err
	}
	stored = slices.DeleteFunc(stored, func(i *issue.Issue) bool {
		return slices.ContainsFunc(filed, func(f *issue.Issue) bool { return f.ID == i.ID })
	})
	issue.Compare(visibleToSubject(stored), filed, t)
	if err := tx.keepPeaks(ctx, changes); err != nil {
		return err
	}
	for _, c := range changes {
		if err := tx.Save(ctx, c.Before, c.After); err != nil {
			return err
		}
	}
	return tx.compareInSeparateEntry(ctx, append(stored, filed...), t)
}

// visibleToSubject returns the issues that the subject has been told of.
func visibleToSubject(issues []*issue.Issue) []*issue.Issue {
	return slices.DeleteFunc(slices.Clone(issues), func(i *issue.Issue) bool { return !i.VisibleToSubject() })
}

// compareInSeparateEntry compares all issues of the keys and writes the
// resulting changes in a separate entry.
func (tx *Tx) compareInSeparateEntry(ctx context.Context, all []*issue.Issue, t issue.Timing) error {
	for _, c := range issue.Compare(all, nil, t) {
		if err := tx.SaveInSeparateEntry(ctx, c.Before, c.After); err != nil {
			return err
		}
	}
	return nil
}

// SeparateEntry returns the rows changed by a filing beyond what was filed. The
// filer's own entry must not name them.
func (tx *Tx) SeparateEntry() []ledger.After { return tx.Journal.SeparateEntry }

// SaveIssue saves a changed issue and the other issues whose comparison it
// changes.
func (tx *Tx) SaveIssue(ctx context.Context, before, after *issue.Issue, t issue.Timing) error {
	return tx.SaveIssues(ctx, []issue.Change{{Before: before, After: after}}, t)
}

// SaveIssues saves many changed issues and runs the comparison once for all.
func (tx *Tx) SaveIssues(ctx context.Context, changes []issue.Change, t issue.Timing) (err error) {
	defer engine.Doing(&err, "save issues", "")
	var touched []*issue.Issue
	changed := make(map[string]bool, len(changes))
	for _, c := range changes {
		changed[c.After.ID] = true
		if issue.Unsettles(c.Before, c.After, t) {
			touched = append(touched, c.Before, c.After)
		}
	}
	if len(touched) > 0 {
		stored, err := tx.issuesOfKeys(ctx, keysOf(touched...))
		if err != nil {
			return err
		}
		stored = slices.DeleteFunc(stored, func(i *issue.Issue) bool { return changed[i.ID] })
		keys := keysOf(touched...)
		var moving []*issue.Issue
		for _, c := range changes {
			if slices.Contains(keys, c.After.Key()) {
				moving = append(moving, c.After)
			}
		}
		changes = append(changes, issue.Compare(stored, moving, t)...)
	}
	if err := tx.keepPeaks(ctx, changes); err != nil {
		return err
	}
	for _, c := range changes {
		if err := tx.Save(ctx, c.Before, c.After); err != nil {
			return err
		}
	}
	return nil
}

// issuesOfKeys loads the stored issues with the keys, for the comparison.
func (v *View) issuesOfKeys(ctx context.Context, keys []issue.Key) ([]*issue.Issue, error) {
	var people, units [][]string
	for _, k := range keys {
		if k.Person != "" {
			people = append(people, []string{k.Person, k.Category})
		} else {
			units = append(units, []string{k.Unit, k.Category})
		}
	}
	var out []*issue.Issue
	if person := onlyPerson(keys); person != "" { // a self-check: read the person's few issues by index and filter categories in Go
		if err := v.Read(ctx, &out, "SELECT * FROM issues WHERE person_id = ?", person); err != nil {
			return nil, err
		}
		return slices.DeleteFunc(out, func(i *issue.Issue) bool { return !slices.Contains(keys, i.Key()) }), nil
	}
	load := func(columns string, pairs [][]string, where string) error {
		for chunk := range slices.Chunk(pairs, issueKeysMax) {
			var rows []*issue.Issue
			tuples := make([]bun.TupleValues, len(chunk))
			for i, pair := range chunk {
				tuples[i] = bun.Tuple(pair)
			}
			q := v.db.NewSelect().Model(&rows).Where("? IN (VALUES ?)", bun.Safe(columns), bun.List(tuples))
			if where != "" {
				q = q.Where(where)
			}
			if err := q.Scan(ctx); err != nil {
				return err
			}
			out = append(out, rows...)
		}
		return nil
	}
	if err := load("(person_id, category)", people, ""); err != nil {
		return nil, err
	}
	return out, load("(unit_id, category)", units, "person_id = ''")
}

// onlyPerson returns the person that all keys concern, or "" if there are
// several.
func onlyPerson(keys []issue.Key) string {
	for _, k := range keys {
		if k.Person == "" || k.Person != keys[0].Person {
			return ""
		}
	}
	return keys[0].Person
}

func keysOf(issues ...*issue.Issue) []issue.Key {
	seen := make(map[issue.Key]bool, len(issues))
	keys := make([]issue.Key, 0, len(issues))
	for _, i := range issues {
		if k := i.Key(); !seen[k] {
			seen[k] = true
			keys = append(keys, k)
		}
	}
	return keys
}
