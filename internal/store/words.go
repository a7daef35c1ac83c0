package store

import (
	"context"

	"plumbline/internal/ledger"
	"plumbline/internal/roster"
	"plumbline/internal/store/dialect"
	"plumbline/internal/store/engine"
)

// The engine's words that callers use; package engine explains each.
type (
	Call              = engine.Call
	Receipt           = engine.Receipt
	Options           = engine.Options
	Dialect           = dialect.Kind
	Page              = engine.Page
	Content           = engine.Content
	Job               = engine.Job
	ReadLog           = engine.ReadLog
	LedgerEntry       = engine.LedgerEntry
	LedgerCheckpoint  = engine.LedgerCheckpoint
	LedgerCosignature = engine.LedgerCosignature
	Freeze            = engine.Freeze
	Snapshot          = engine.Snapshot
	Refill            = engine.Refill
)

// PageMax is the most rows of a page.
const PageMax = engine.PageMax

// The databases.
const (
	SQLite   = dialect.SQLite
	Postgres = dialect.Postgres
)

// The generations, and the verb that folds lines of the read log.
const (
	GenerationTree      = engine.GenerationTree
	GenerationAuthority = engine.GenerationAuthority
	GenerationRoster    = engine.GenerationRoster
	VerbRead            = engine.VerbRead
)

// Why writing is frozen, and who remembers otherwise.
const (
	FreezeShrunk    = engine.FreezeShrunk
	FreezeRewritten = engine.FreezeRewritten
	FreezeReplaced  = engine.FreezeReplaced
	FreezeForeign   = engine.FreezeForeign
	BySite          = engine.BySite
	BySigner        = engine.BySigner
	ByServer        = engine.ByServer
	ByCheckpoint    = engine.ByCheckpoint
)

// Errors that callers tell apart.
var (
	ErrUnchanged = engine.ErrUnchanged
	ErrNone      = engine.ErrNone
	ErrDamaged   = engine.ErrDamaged
	ErrKeysOlder = engine.ErrKeysOlder
)

// ReceiptVerbs lists the verbs after which a receipt is offered.
var ReceiptVerbs = engine.ReceiptVerbs

// NewID returns a new UUIDv7 in 26 characters.
func NewID() string { return engine.NewID() }

// NewShortID returns a new id of a unit or a campaign.
func NewShortID() string { return engine.NewShortID() }

// NewText draws the salt of a text to be written by PutTexts.
func NewText(recordID, field, value string) Content { return engine.NewText(recordID, field, value) }

// KindOf returns the kind under which entries name a row.
func KindOf(row ledger.Row) string { return engine.KindOf(row) }

// KindExercises maps each ledgered kind to the kind of the route table under which the
// shared exercises plant it.
func KindExercises() map[string]roster.Kind { return engine.KindExercises() }

// KeyNumbers parses the key numbers of a tombstone.
func KeyNumbers(list string) []int64 { return engine.KeyNumbers(list) }

// DialectOf classifies a --db value: a postgres:// URL, or otherwise a file path.
func DialectOf(dsn string) Dialect { return dialect.Of(dsn) }

// MustBeOurs rejects another program's database before it is opened.
func MustBeOurs(ctx context.Context, dsn string) error { return engine.MustBeOurs(ctx, dsn) }

// EmptyUnfinished empties a database that an unfinished restore left, and reports
// whether it holds a complete site instead, which is left alone.
func EmptyUnfinished(ctx context.Context, dsn string) (whole bool, err error) {
	return engine.EmptyUnfinished(ctx, dsn)
}
