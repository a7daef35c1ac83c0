package app

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"plumbline/internal/app/accounts"
	"plumbline/internal/app/approval"
	"plumbline/internal/app/casework"
	appcustody "plumbline/internal/app/custody"
	"plumbline/internal/app/desk"
	"plumbline/internal/app/heads"
	"plumbline/internal/app/jobs"
	"plumbline/internal/app/readlog"
	apprecusal "plumbline/internal/app/recusal"
	"plumbline/internal/app/uploads"
	"plumbline/internal/rules"
	"plumbline/internal/store"
	"plumbline/internal/witness"
)

// Config of New.
type Config struct {
	Store  *store.Store
	Pack   *rules.Pack    // nil for the newest embedded one
	Zone   *time.Location // of civil dates; nil for Asia/Shanghai
	Secret []byte         // site secret, 32 bytes, kept in a file outside the database
	Log    *slog.Logger

	Signer      heads.Signer     // signs the heads of the tree; nil for none
	SignEvery   time.Duration    // least time between the starts of two signings; 0 is SignEvery
	HeadFile    string           // where the acknowledged head is written beside the site; "" for nowhere
	Witnesses   []witness.Target // who cosign the checkpoints
	WitnessPace witness.Pace

	ProofLasts time.Duration // how long a password stands for a session's grave acts; 0 is ProofLasts

	UploadBudget int64 // bytes of all uploads under way together; 0 is DefaultUploadBudget
	Readers      int   // spreadsheets read at a time; 0 is DefaultReaders
}

// App is the program behind every face. It is safe for concurrent use.
type App struct {
	*desk.Desk
	*heads.Heads
	*approval.Approvals
	*jobs.Runner
	*accounts.Logins
	*appcustody.Safekeeping
	*apprecusal.Recusal
	*casework.Casework
	*readlog.Readings
	*uploads.Uploads

	checklists sync.Map // items by checklist id: a published edition never changes
	strengths  atomic.Pointer[strengths]
	opened     atomic.Pointer[openedBatch] // the file read last, for its import
}

// New wires the application over an open, migrated store.
func New(cfg Config) (*App, error) {
	d, err := desk.Open(desk.Config{Store: cfg.Store, Pack: cfg.Pack, Zone: cfg.Zone, Secret: cfg.Secret, Log: cfg.Log, ProofLasts: cfg.ProofLasts, Routes: Routes})
	if err != nil {
		return nil, err
	}
	proofs, err := heads.New(d, heads.Config{Signer: cfg.Signer, SignEvery: cfg.SignEvery, HeadFile: cfg.HeadFile,
		Witnesses: cfg.Witnesses, WitnessPace: cfg.WitnessPace})
	if err != nil {
		return nil, err
	}
	runner, err := jobs.New(d)
	if err != nil {
		return nil, err
	}
	approvals := approval.New(d)
	who, err := accounts.New(d, approvals)
	if err != nil {
		return nil, err
	}
	readings := readlog.New(d, approvals)
	bars := apprecusal.New(d, approvals, runner)
	a := &App{Casework: casework.New(d, approvals, readings, proofs, bars), Desk: d, Heads: proofs, Approvals: approvals, Runner: runner, Logins: who, Recusal: bars, Safekeeping: appcustody.New(d, approvals, runner), Readings: readings, Uploads: uploads.New(d, cfg.UploadBudget, cfg.Readers)}
	a.registerCampaignJob()
	a.registerIntakeImport()
	a.registerIntakeWithdraw()
	a.registerMatch()
	a.registerRosterPast()
	a.housekeeping()
	return a, nil
}

// housekeeping says what comes round by itself, and how often.
func (a *App) housekeeping() {
	a.Every(time.Minute, "fold the read log", func(ctx context.Context) error { _, err := a.FoldReadings(ctx); return err })
	a.Every(time.Hour, "drop staged files that nobody came back for", a.forgetStaged)
	a.EveryDay("put people where their postings stand today", func(ctx context.Context) error { _, err := a.PlacePeople(ctx); return err })
}
