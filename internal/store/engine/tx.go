package engine

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"plumbline/internal/fault"
	"plumbline/internal/ledger"
)

// Tx is one member's part of a write transaction. It journals what it writes,
// so that the fact names each row with its digest.
type Tx struct {
	View
	now         time.Time
	tree        *Placement
	Journal     *Journal
	treeChanged bool
	outdated    string // the generation that its rows have incremented
}

// Now is the time of this commit: the clock, or the newest entry's time if
// later.
func (tx *Tx) Now() time.Time { return tx.now }

// NewID returns a new id.
func (tx *Tx) NewID() string { return NewID() }

// Insert writes new rows: pointers to structs, or slices of structs or of
// pointers. It sets Version, Salt, CreatedAt, ChangedAt (and ID if empty),
// derives the branch of placed rows, and journals the digests. The rows of one
// slice, and neighbours of one type, go in one statement.
func (tx *Tx) Insert(ctx context.Context, rows ...any) error {
	for len(rows) > 0 {
		v, n := nextRows(rows)
		for i := range v.Len() {
			e := v.Index(i)
			if e.Kind() != reflect.Pointer {
				e = e.Addr()
			}
			if err := tx.stamp(e.Interface()); err != nil {
				return err
			}
		}
		if err := tx.s.InsertRows(ctx, *tx.raw, v, ""); err != nil {
			return err
		}
		if err := tx.outdate(ctx, modelType(v.Interface())); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}

// nextRows takes a slice of rows, or as many neighbours as are of one type, and
// returns how many arguments that were.
func nextRows(rows []any) (v reflect.Value, n int) {
	v = reflect.ValueOf(rows[0])
	if v.Kind() == reflect.Pointer && v.Elem().Kind() == reflect.Slice {
		return v.Elem(), 1
	}
	if v.Kind() == reflect.Slice {
		return v, 1
	}
	many := reflect.MakeSlice(reflect.SliceOf(v.Type()), 0, len(rows))
	for ; n < len(rows) && reflect.TypeOf(rows[n]) == v.Type(); n++ {
		many = reflect.Append(many, reflect.ValueOf(rows[n]))
	}
	return many, n
}

func (tx *Tx) stamp(r any) error {
	row, ok := r.(ledger.Row)
	if !ok {
		return nil // part of another row, such as a submission's answers, whose digest covers it
	}
	st := row.RowStamp()
	if st.ID == "" {
		st.ID = NewID()
	}
	st.Version, st.Salt, st.CreatedAt, st.ChangedAt = 1, tx.Journal.salt(st.ID, 1), tx.now, tx.now
	tx.place(r)
	return tx.Journal.wrote(nil, row)
}

func (tx *Tx) place(r any) { tx.tree.Place(r) }

// Place derives the columns that depend on a row's place in the tree.
func (p *Placement) Place(r any) {
	if r, ok := r.(ledger.Placed); ok {
		r.PlaceBranch(p.Branch(r.PlaceUnit()))
	}
}

// Save writes after over the row loaded as before. It updates exactly one row
// at the version read, or returns a conflict. It increments after's version and
// draws a new salt. before and after must be different pointers.
func (tx *Tx) Save(ctx context.Context, before, after ledger.Row) error {
	if err := tx.update(ctx, before, after, tx.Journal.salt(before.RowID(), before.RowStamp().Version+1)); err != nil {
		return err
	}
	return tx.Journal.wrote(before, after)
}

// SaveInSeparateEntry saves a row that the first fact must not name.
// SeparateEntry returns it for a fact of its own, and no slip includes it or holds
// the seed of its salt.
func (tx *Tx) SaveInSeparateEntry(ctx context.Context, before, after ledger.Row) error {
	if err := tx.update(ctx, before, after, ledger.NewSalt()); err != nil {
		return err
	}
	return tx.Journal.wroteInSeparateEntry(before, after)
}

func (tx *Tx) update(ctx context.Context, before, after ledger.Row, salt []byte) error {
	b, a := before.RowStamp(), after.RowStamp()
	if b == a {
		return errors.New("store: Save needs the row as it was and as it shall be, not the same pointer twice")
	}
	a.ID, a.CreatedAt = b.ID, b.CreatedAt
	a.Version, a.Salt, a.ChangedAt = b.Version+1, salt, tx.now
	tx.place(after)
	res, err := tx.s.updateRow(ctx, *tx.raw, before, after, b.ID, b.Version)
	if err != nil {
		return fmt.Errorf("save %T: %w", after, err)
	}
	if n, err := res.RowsAffected(); err != nil || n != 1 {
		return fault.Conflict("stale_version", "Current", b.Version)
	}
	return tx.outdate(ctx, modelType(after))
}

// outdate increments the generation of what is cached from rows of the type, once
// for each write.
func (tx *Tx) outdate(ctx context.Context, t reflect.Type) error {
	k := KindByName[KindByType[t]]
	if k == nil || k.stale == "" || k.stale == tx.outdated {
		return nil
	}
	tx.outdated = k.stale
	return tx.Bump(ctx, k.stale)
}

// Bump increments a generation, which invalidates whatever was cached under it.
func (tx *Tx) Bump(ctx context.Context, name string) error {
	if name == GenerationTree {
		tx.treeChanged, tx.placed = true, nil
	}
	return bump(ctx, tx.db, name)
}

func bump(ctx context.Context, db bun.IDB, name string) error {
	_, err := db.NewInsert().Model(&Generation{Name: name, N: 1}).On("CONFLICT (name) DO UPDATE").Set("n = generation.n + 1").Exec(ctx)
	return err
}

// The generations.
const (
	GenerationTree      = "tree"      // units, their parents, merges
	GenerationAuthority = "authority" // sessions, grants, postings, command links, parties
	GenerationRoster    = "roster"    // units, people, their numbers and postings; see RowKind
)

// Generation reads a generation. It is 0 if never incremented.
func (v *View) Generation(ctx context.Context, name string) (int64, error) {
	if v.placed != nil && name == GenerationTree { // the writer's lock keeps others from changing it
		return v.placed.generation, nil
	}
	var rows []Generation
	if err := v.Read(ctx, &rows, "SELECT name, n FROM generations WHERE name = ?", name); err != nil || len(rows) == 0 {
		return 0, err
	}
	return rows[0].N, nil
}

// InsertAll writes rows that no journal records, in one statement if it can.
func InsertAll[T any](ctx context.Context, s *Store, tx bun.Tx, rows []T) error {
	return s.InsertRows(ctx, tx, reflect.ValueOf(rows), "")
}

// Journal records what a member wrote.
type Journal struct {
	after         []ledger.After
	rows          []ledger.Row // one for each line of after
	SeparateEntry []ledger.After
	bonds         []ledger.After // sessions and secrets
	Deltas        []Delta
	keep          bool   // keep a slip
	seed          []byte // of the salts of this write's rows
	salts         *ledger.Salts
}

// salt draws the salt of a row that the member writes.
func (j *Journal) salt(id string, version int64) []byte {
	if j.seed == nil {
		j.seed = ledger.NewSalt()
		j.salts = ledger.SaltsOf(j.seed)
	}
	return j.salts.Of(id, version)
}

// Delta is what a row adds to a counter.
type Delta struct {
	CounterKey
	N int64
}

// CounterKey names a counter of the report.
type CounterKey struct{ Section, Unit, Month, Key string }

// wrote records a row as it was (nil for a new one) and as it is now.
func (j *Journal) wrote(before, after ledger.Row) error {
	line, err := lineOf(after)
	if err != nil {
		return err
	}
	if lineAt(j.SeparateEntry, line) >= 0 {
		return fmt.Errorf("store: %s %s was written apart before: its last entry would not name it as it is", line.Kind, line.ID)
	}
	i := -1
	if before != nil { // a row written twice in one write is named once, in its final state
		i = lineAt(j.after, line)
	}
	if i >= 0 {
		j.after[i], j.rows[i] = line, after
	} else {
		j.after, j.rows = append(j.after, line), append(j.rows, after)
	}
	j.Count(before, -1)
	j.Count(after, 1)
	return nil
}

// wroteInSeparateEntry records a row that a separate fact will name.
func (j *Journal) wroteInSeparateEntry(before, after ledger.Row) error {
	line, err := lineOf(after)
	if err != nil {
		return err
	}
	if i := lineAt(j.SeparateEntry, line); i >= 0 {
		j.SeparateEntry[i] = line
	} else {
		j.SeparateEntry = append(j.SeparateEntry, line)
	}
	j.Count(before, -1)
	j.Count(after, 1)
	return nil
}

// lineOf returns the line by which an entry names a row.
func lineOf(row ledger.Row) (ledger.After, error) {
	kind := kindOf(row)
	if kind == "" {
		return ledger.After{}, fmt.Errorf("store: %T is not registered in kinds.go, so verify could not check it", row)
	}
	encoding, err := ledger.EncodingOf(row)
	if err != nil {
		return ledger.After{}, err
	}
	digest, err := ledger.DigestAt(kind, row, encoding)
	return ledger.After{Kind: kind, ID: row.RowID(), Encoding: encoding, Digest: digest}, err
}

// lineAt finds the line of the same row, or returns -1.
func lineAt(lines []ledger.After, line ledger.After) int {
	return slices.IndexFunc(lines, func(a ledger.After) bool { return a.ID == line.ID && a.Kind == line.Kind })
}

// Count adds what a row counts for, or takes it away where sign is -1.
func (j *Journal) Count(row ledger.Row, sign int64) {
	if c, ok := row.(ledger.Counted); ok && row != nil {
		c.Deltas(func(section, unit, month, key string, n int64) {
			j.Deltas = append(j.Deltas, Delta{CounterKey{section, unit, month, key}, sign * n})
		})
	}
}

// attachRows attaches the rows to the facts. Rows that no fact claims go to the
// first.
func (j *Journal) attachRows(facts []ledger.Fact) {
	claimed := make(map[ledger.After]bool) // keyed by digest too: a row may be named first as filed and then as compared
	for _, f := range facts {
		for _, r := range f.Rows {
			claimed[r] = true
		}
	}
	for _, r := range j.after {
		if !claimed[r] {
			facts[0].Rows = append(facts[0].Rows, r)
		}
	}
	if len(j.bonds) > 0 {
		facts[0].Rows = append(facts[0].Rows, j.bonds...)
	}
}

// AddTo adds the deltas to the sums of the unit and of every unit above it.
func (j *Journal) AddTo(sums map[CounterKey]int64, tree *Placement) {
	for _, d := range j.Deltas {
		for unit := d.Unit; ; {
			k := d.CounterKey
			k.Unit = unit
			sums[k] += d.N
			parent, ok := tree.RollsUp(unit)
			if !ok {
				break
			}
			unit = parent
		}
	}
}

// Placement is today's tree, reduced to what the writer needs.
type Placement struct {
	generation int64
	Parent     map[string]string // a merged unit's parent is its successor
	Tier       map[string]int
}

// Branch returns the tier-2 unit that a unit belongs to, or "" above tier 2.
func (p *Placement) Branch(unit string) string {
	for range 8 {
		tier, ok := p.Tier[unit]
		if !ok {
			return ""
		}
		if tier == 2 && p.Tier[p.Parent[unit]] < 2 {
			return unit
		}
		unit = p.Parent[unit]
	}
	return ""
}

// RollsUp returns the unit whose counters include this unit's. There is none
// above tier 1.
func (p *Placement) RollsUp(unit string) (parent string, ok bool) {
	parent, ok = p.Parent[unit]
	return parent, ok && parent != "" && p.Tier[parent] != 0
}

// Under reports whether a unit is root or below it. Root "" covers everything.
func (p *Placement) Under(unit, root string) bool {
	for n := 0; unit != root && unit != "" && n < 8; n++ {
		unit = p.Parent[unit]
	}
	return root == "" || unit == root
}

// Placement is the tree of units as of the newest change, from memory while it has not
// changed.
func (s *Store) Placement(ctx context.Context, db bun.IDB) (*Placement, error) {
	g, err := (&View{db: db, s: s}).Generation(ctx, GenerationTree)
	if err != nil {
		return nil, err
	}
	if p := s.tree.Load(); p != nil && p.generation == g {
		return p, nil
	}
	p, err := ReadPlacement(ctx, db)
	if err != nil {
		return nil, err
	}
	p.generation = g
	s.tree.Store(p)
	return p, nil
}

// ReadPlacement reads the tree from the units, bypassing the cache.
func ReadPlacement(ctx context.Context, db bun.IDB) (*Placement, error) {
	var units []struct {
		ID          string `bun:"id"`
		Tier        int    `bun:"tier"`
		ParentID    string `bun:"parent_id"`
		SuccessorID string `bun:"successor_id"`
	}
	if err := db.NewSelect().TableExpr("units").Column("id", "tier", "parent_id", "successor_id").Scan(ctx, &units); err != nil {
		return nil, err
	}
	p := &Placement{Parent: make(map[string]string, len(units)), Tier: make(map[string]int, len(units))}
	for _, u := range units {
		p.Tier[u.ID] = u.Tier
		p.Parent[u.ID] = u.ParentID
		if u.SuccessorID != "" {
			p.Parent[u.ID] = u.SuccessorID
		}
	}
	return p, nil
}
