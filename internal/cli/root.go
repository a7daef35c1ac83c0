// Package cli is the command line: it reads the configuration, wires store, app
// and faces together, and prints. It decides nothing that belongs in a face or
// the app. An operator's command acts as the program itself, or as the account
// named by --as if a person must answer for it.
//
// A setting comes from the --config file (TOML), then from the environment
// (PLUMBLINE_DB for --db), then from the flag; the last one wins.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/pelletier/go-toml/v2"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"plumbline/internal/app/heads"
	"plumbline/internal/app/uploads"
	"plumbline/internal/fault"
	"plumbline/internal/witness"
	"plumbline/internal/words"
)

// Config is the configuration with its defaults.
type Config struct {
	DB     string // a file path or a postgres:// URL
	Addr   string
	Key    string // path of the site secret; "" means beside the database
	Keys   string // path of the key store; "" means beside the database
	Secure bool   // cookies only over https
	// TrustedProxies are the networks of the site's own reverse proxies.
	// X-Forwarded-For is believed from these only.
	TrustedProxies []string
	Lang           string
	Output         string // table, json or csv

	Signer    string // "" for in-process, or unix:PATH
	SignerKey string // path of the signing key; "" means beside the database
	SM2Key    string // path of a second key; "" for none

	Witnesses []string // NAME+ID+KEY@URL of each cosigning witness

	KeyBackups string // folder for hourly copies of the key store; "" for none

	UploadBudget int // MB of all uploads in progress
	Readers      int // spreadsheets read concurrently

	SignEvery   time.Duration // minimum interval between signatures under load
	WitnessPace witness.Pace
}

func defaults() *Config {
	return &Config{DB: "plumbline.db", Addr: "127.0.0.1:8080", Lang: locale(os.Getenv), Output: "table",
		UploadBudget: uploads.DefaultUploadBudget >> 20, Readers: uploads.DefaultReaders,
		SignEvery: heads.SignEvery, WitnessPace: witness.Pace{Every: 3 * time.Second, Heartbeat: 5 * time.Minute}}
}

// locale returns the terminal's language if supported.
func locale(getenv func(string) string) string {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if v := getenv(name); strings.HasPrefix(v, "zh") {
			return string(words.ZH)
		} else if v != "" {
			break
		}
	}
	return string(words.EN)
}

// env is the environment of a command.
type env struct {
	*Config
	out, err io.Writer
	log      *slog.Logger

	makeSigner bool // this command may create the signing key if there is none
	olderKeys  bool // this command accepts a key store that is an older copy
}

// makers build the commands; each file of this package adds its own.
var makers []func(e *env) *cobra.Command

// Main runs the command line and returns the exit status, which is 0 only on
// success.
func Main(args []string, out, errOut io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	defer ownScratch()()
	return MainIn(ctx, args, out, errOut)
}

// MainIn is Main with a context, whose end acts like a signal.
func MainIn(ctx context.Context, args []string, out, errOut io.Writer) int {
	e := &env{Config: defaults(), out: out, err: errOut}
	e.log = slog.New(slog.NewTextHandler(errOut, nil))
	root := e.root()
	root.SetArgs(args)
	if c, err := root.ExecuteContextC(ctx); err != nil {
		fmt.Fprintln(errOut, "plumbline: "+e.explain(err)+manual(c, err))
		return 1
	}
	return 0
}

func (e *env) root() *cobra.Command {
	root := &cobra.Command{
		Use:           "plumbline",
		Short:         "Personnel issue-tracking and accountability ledger",
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          cobra.NoArgs,
		RunE:          func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	root.SetOut(e.out)
	root.SetErr(e.err)
	root.CompletionOptions.DisableDefaultCmd = true
	config := ""
	f := root.PersistentFlags()
	f.SortFlags = false
	f.StringVar(&e.DB, "db", e.DB, "database: a file path or a postgres:// URL")
	f.StringVar(&config, "config", "", "configuration file (TOML)")
	f.StringVar(&e.Key, "key-file", e.Key, "file of the site secret (default: the database path with .key)")
	f.StringVar(&e.Keys, "keys", e.Keys, "file of the key store (default: the database path with .keys)")
	f.StringVar(&e.Signer, "signer", e.Signer, "separate signer of the ledger: unix:PATH (default: in this process)")
	f.StringVar(&e.SignerKey, "signer-key", e.SignerKey, "file of the signing key (default: the database path with .sign)")
	f.StringVar(&e.SM2Key, "sm2-key", e.SM2Key, "file of an SM2 key for a second signature line; created if missing")
	f.StringArrayVar(&e.Witnesses, "witness", nil, "witness of the ledger: its key, @ and its address; may be repeated")
	f.StringVar(&e.Lang, "lang", e.Lang, "language of messages: en or zh-CN")
	root.PersistentPreRunE = func(c *cobra.Command, _ []string) error { return fillFlags(c.Flags(), config) }
	for _, m := range makers {
		root.AddCommand(m(e))
	}
	return root
}

// fillFlags sets each flag that was not given on the command line from the
// environment or the file.
func fillFlags(flags *pflag.FlagSet, config string) error {
	if config == "" {
		config = os.Getenv("PLUMBLINE_CONFIG")
	}
	file := map[string]any{}
	if config != "" {
		raw, err := os.ReadFile(config)
		if err != nil {
			return err
		}
		if err := toml.Unmarshal(raw, &file); err != nil {
			return fmt.Errorf("read %s: %w", config, err)
		}
		for name := range file {
			if flags.Lookup(name) == nil && !known[name] {
				return fmt.Errorf("%s: there is no setting %q", config, name)
			}
		}
	}
	var err error
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Changed || f.Name == "config" || f.Name == "help" || err != nil {
			return
		}
		value, ok := os.LookupEnv("PLUMBLINE_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_")))
		if !ok {
			v, there := file[f.Name]
			if !there {
				return
			}
			if list, many := v.([]any); many {
				for _, one := range list {
					if e := flags.Set(f.Name, fmt.Sprint(one)); e != nil {
						err = fmt.Errorf("setting %s: %w", f.Name, e)
					}
				}
				return
			}
			value = fmt.Sprint(v)
		}
		if e := flags.Set(f.Name, value); e != nil {
			err = fmt.Errorf("setting %s: %w", f.Name, e)
		}
	})
	return err
}

// known lists settings of one command that a shared file may contain for
// another.
var known = map[string]bool{"addr": true, "secure": true, "trusted-proxy": true, "output": true, "log": true,
	"sign-every": true, "witness-every": true, "witness-heartbeat": true, "upload-budget": true, "readers": true}

// addrFlag and outputFlag add flags that several commands share.
func (e *env) addrFlag(c *cobra.Command) {
	c.Flags().StringVar(&e.Addr, "addr", e.Addr, "address to listen on")
	c.Flags().BoolVar(&e.Secure, "secure", e.Secure, "send cookies over https only (set this behind TLS)")
	c.Flags().StringArrayVar(&e.TrustedProxies, "trusted-proxy", nil,
		"network (CIDR) or address of a reverse proxy whose X-Forwarded-For is trusted; may be repeated")
}

// paceFlags set how often the ledger's head is signed and sent. The bounds keep
// receipts from waiting longer than a page does, and witnesses from long
// silence.
func (e *env) paceFlags(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&e.KeyBackups, "key-backups", e.KeyBackups,
		"folder for hourly copies of the key store, kept as long as the rule pack allows (default: no copies)")
	f.DurationVar(&e.SignEvery, "sign-every", e.SignEvery, "minimum interval between signatures of the ledger's head: 10ms to 2s")
	f.DurationVar(&e.WitnessPace.Every, "witness-every", e.WitnessPace.Every,
		"minimum interval between checkpoints sent to a witness: 1s to 1h")
	f.DurationVar(&e.WitnessPace.Heartbeat, "witness-heartbeat", e.WitnessPace.Heartbeat,
		"resend an unchanged checkpoint after this long, so that no witness raises an alarm: 10s to 24h")
}

// loadFlags limit how much the site takes on at once.
func (e *env) loadFlags(c *cobra.Command) {
	f := c.Flags()
	f.IntVar(&e.UploadBudget, "upload-budget", e.UploadBudget,
		"total MB of uploads in progress: 21 to 4096; further uploads wait, then are asked to retry")
	f.IntVar(&e.Readers, "readers", e.Readers, "spreadsheets read concurrently: 1 to 64; each may take 200 MB")
}

// bounded rejects limits outside the workable range.
func (e *env) bounded() error {
	if e.UploadBudget < 21 || e.UploadBudget > 4096 {
		return fmt.Errorf("--upload-budget is from 21 to 4096, not %d", e.UploadBudget)
	}
	if e.Readers < 1 || e.Readers > 64 {
		return fmt.Errorf("--readers is from 1 to 64, not %d", e.Readers)
	}
	return nil
}

// paced rejects intervals outside the bounds.
func (e *env) paced() error {
	for _, p := range []struct {
		name            string
		got, least, top time.Duration
	}{
		{"sign-every", e.SignEvery, 10 * time.Millisecond, 2 * time.Second},
		{"witness-every", e.WitnessPace.Every, time.Second, time.Hour},
		{"witness-heartbeat", e.WitnessPace.Heartbeat, 10 * time.Second, 24 * time.Hour},
	} {
		if p.got < p.least || p.got > p.top {
			return fmt.Errorf("--%s is from %s to %s, not %s", p.name, p.least, p.top, p.got)
		}
	}
	return nil
}

func (e *env) outputFlag(c *cobra.Command) {
	c.Flags().StringVar(&e.Output, "output", e.Output, "output format: table, json or csv")
}

// explain formats an error for the operator: a fault's safe text and, because
// an operator may see it, its cause.
func (e *env) explain(err error) string {
	var f *fault.Error
	if !errors.As(err, &f) {
		return err.Error()
	}
	lang := words.Match("", e.Lang)
	text := words.Args(lang, "fault."+f.Code, f.Args)
	if f.Field != "" {
		text = f.Field + ": " + text
	}
	if f.Cause != nil {
		text += " (" + f.Cause.Error() + ")"
	}
	for _, m := range f.More {
		text += "\n  " + e.explain(m)
	}
	return text
}

// misused lists the prefixes of cobra's usage errors.
var misused = []string{"unknown ", "accepts ", "requires ", "required flag", "invalid argument", "flag needs", "if any flags", "bad flag"}

// manual returns the help command to suggest after a usage error.
func manual(c *cobra.Command, err error) string {
	for _, beginning := range misused {
		if strings.HasPrefix(err.Error(), beginning) {
			return "\nhow it is typed: " + c.CommandPath() + " --help"
		}
	}
	return ""
}
