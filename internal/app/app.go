package app

import (
	"log/slog"
	"time"

	"plumbline/internal/app/accounts"
	"plumbline/internal/app/approval"
	"plumbline/internal/app/casework"
	appcustody "plumbline/internal/app/custody"
	"plumbline/internal/app/desk"
	"plumbline/internal/app/heads"
	"plumbline/internal/app/home"
	"plumbline/internal/app/inspection"
	appintake "plumbline/internal/app/intake"
	"plumbline/internal/app/jobs"
	"plumbline/internal/app/people"
	"plumbline/internal/app/readlog"
	apprecusal "plumbline/internal/app/recusal"
	"plumbline/internal/app/reports"
	appselfcheck "plumbline/internal/app/selfcheck"
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
	*home.Home
	*reports.Reporting
	*inspection.Inspection
	*people.Personnel
	*appselfcheck.Selfcheck
	*appintake.Intake
	*readlog.Readings
	*uploads.Uploads
}

// New wires the application over an open, migrated store.
func New(cfg Config) (*App, error) {
	d, err := desk.Open(desk.Config{Store: cfg.Store, Pack: cfg.Pack, Zone: cfg.Zone, Secret: cfg.Secret, Log: cfg.Log,
		ProofLasts: cfg.ProofLasts, Routes: Routes})
	if err != nil {
		return nil, err
	}
	a := &App{Desk: d, Approvals: approval.New(d), Uploads: uploads.New(d, cfg.UploadBudget, cfg.Readers)}
	if a.Heads, err = heads.New(d, heads.Config{Signer: cfg.Signer, SignEvery: cfg.SignEvery, HeadFile: cfg.HeadFile,
		Witnesses: cfg.Witnesses, WitnessPace: cfg.WitnessPace}); err != nil {
		return nil, err
	}
	if a.Runner, err = jobs.New(d); err != nil {
		return nil, err
	}
	if a.Logins, err = accounts.New(d, a.Approvals); err != nil {
		return nil, err
	}
	a.Readings = readlog.New(d, a.Approvals, a.Runner)
	a.Safekeeping = appcustody.New(d, a.Approvals, a.Runner)
	a.Recusal = apprecusal.New(d, a.Approvals, a.Runner)
	a.Casework = casework.New(d, a.Approvals, a.Readings, a.Heads, a.Recusal)
	a.Selfcheck = appselfcheck.New(d, a.Runner, a.Casework)
	a.Personnel = people.New(d, a.Approvals, a.Runner, a.Uploads, a.Logins, a.Casework)
	a.Inspection = inspection.New(d, a.Casework)
	a.Reporting = reports.New(d, a.Readings, a.Casework, a.Selfcheck)
	a.Home = home.New(d, a.Approvals, a.Logins, a.Safekeeping, a.Heads, a.Recusal, a.Selfcheck)
	a.Intake = appintake.New(d, a.Approvals, a.Runner, a.Readings, a.Uploads, a.Safekeeping, a.Casework)
	return a, nil
}
