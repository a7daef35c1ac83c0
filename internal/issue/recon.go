package issue

// Cells are the four cells of the reconciliation over some set of issues, with
// what else the same counters tell.
type Cells struct {
	Both      int64 `json:"both"`
	SelfOnly  int64 `json:"self_only"`
	AuditOnly int64 `json:"audit_only"`
	Neither   int64 `json:"neither"` // (person, category) keys with nothing by the end of the period

	Counterpart int64 `json:"counterpart"` // declared issues whose audit issue is counted under Both
	Inspected   int64 `json:"inspected"`
	Touched     int64 `json:"-"` // keys with something by the end of the period
}

// Add counts n issues of a cell. inPeriod is false for those before the period,
// which only touch their key.
func (c *Cells) Add(cell Cell, first bool, n int64, inPeriod bool) {
	if first {
		c.Touched += n
	}
	if !inPeriod {
		return
	}
	switch cell {
	case Both:
		c.Both += n
	case SelfOnly:
		c.SelfOnly += n
	case AuditOnly:
		c.AuditOnly += n
	case Counterpart:
		c.Counterpart += n
	case Inspected:
		c.Inspected += n
	}
}

// Less takes other out of c: what lies below a unit, to leave the unit alone.
func (c *Cells) Less(other *Cells) {
	if other == nil {
		return
	}
	c.Both -= other.Both
	c.SelfOnly -= other.SelfOnly
	c.AuditOnly -= other.AuditOnly
	c.Counterpart -= other.Counterpart
	c.Inspected -= other.Inspected
	c.Touched -= other.Touched
}

// Sum adds other to c.
func (c *Cells) Sum(other Cells) {
	c.Both += other.Both
	c.SelfOnly += other.SelfOnly
	c.AuditOnly += other.AuditOnly
	c.Neither += other.Neither
	c.Counterpart += other.Counterpart
	c.Inspected += other.Inspected
	c.Touched += other.Touched
}

// Of is the number in a cell.
func (c Cells) Of(cell Cell) int64 {
	switch cell {
	case Both:
		return c.Both
	case SelfOnly:
		return c.SelfOnly
	case AuditOnly:
		return c.AuditOnly
	case Neither:
		return c.Neither
	case Counterpart:
		return c.Counterpart
	case Inspected:
		return c.Inspected
	}
	return 0
}

// Leave takes the rest of the keys as Neither: those that the roster has and
// nothing has touched.
func (c *Cells) Leave(keys int64) { c.Neither = max(0, keys-c.Touched) }

// PersonCells are the cells of one person.
type PersonCells struct {
	PersonID   string `bun:"person_id" json:"person_id"`
	PersonName string `bun:"-" json:"person_name"`
	Both       int64  `bun:"both_n" json:"both"`
	SelfOnly   int64  `bun:"self_n" json:"self_only"`
	AuditOnly  int64  `bun:"audit_n" json:"audit_only"`
	Touched    int64  `bun:"touched_n" json:"-"`
	OfLeaders  int64  `bun:"touched_leaders" json:"-"` // of Touched, the leaders' categories
	Neither    int64  `bun:"-" json:"neither"`
}
