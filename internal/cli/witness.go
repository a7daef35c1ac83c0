package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/pelletier/go-toml/v2"
	"github.com/spf13/cobra"

	"plumbline/internal/ledger"
	"plumbline/internal/witness"
)

func init() { makers = append(makers, witnessCommand) }

// witnessEnv is shared by the commands of a witness.
type witnessEnv struct {
	*env
	dir, name string
}

func witnessCommand(e *env) *cobra.Command {
	w := &witnessEnv{env: e, dir: "witness"}
	c := &cobra.Command{
		Use:   "witness",
		Short: "Witness other ledgers: cosign consistent checkpoints, raise an alarm on others",
		Long: `Run a witness for the tier above or the audit office. It follows the ledgers added
with "witness trust", cosigns their checkpoints (C2SP tlog-witness), keeps every
checkpoint it accepted, and raises an alarm on a fork, a shrunken ledger or silence.
Its page shows each ledger. The first start creates the key.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return w.serve(c.Context(), c) },
	}
	c.PersistentFlags().StringVar(&w.dir, "dir", w.dir, "folder of the witness: key, checkpoints, alarms, evidence")
	c.PersistentFlags().StringVar(&w.name, "name", "", "name of the witness, needed once: audit.example/w1")
	c.Flags().StringVar(&e.Addr, "addr", "127.0.0.1:8090", "address to listen on")
	c.AddCommand(w.keyCommand(), w.trustCommand(), w.statusCommand(), w.acceptCommand(), w.resolveCommand(), importCosigned(e))
	return c
}

// logSetting is one [[log]] table of the witness's file.
type logSetting struct {
	Keys    []string `toml:"keys"`
	Label   string   `toml:"label,omitempty"`
	Silence string   `toml:"silence,omitempty"`
	Follow  string   `toml:"follow,omitempty"`
}

// logsFile is the file listing the followed logs: --config, or one in the
// witness's folder.
func (w *witnessEnv) logsFile(c *cobra.Command) string {
	if f := c.Flag("config"); f != nil && f.Value.String() != "" {
		return f.Value.String()
	}
	return filepath.Join(w.dir, "witness.toml")
}

func readLogs(path string) ([]witness.Log, error) {
	raw, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var file struct {
		Log []logSetting `toml:"log"`
	}
	if err := toml.Unmarshal(raw, &file); err != nil {
		return nil, fmt.Errorf("read the logs file %s: %w", path, err)
	}
	logs := make([]witness.Log, len(file.Log))
	for i, l := range file.Log {
		if logs[i], err = l.log(); err != nil {
			return nil, fmt.Errorf("%s: log %d: %w", path, i+1, err)
		}
	}
	return logs, nil
}

func (l logSetting) log() (out witness.Log, err error) {
	out = witness.Log{Keys: l.Keys, Label: l.Label, Follow: l.Follow}
	if len(l.Keys) == 0 {
		return out, errors.New("it has no keys")
	}
	v, err := ledger.NewVerifier(l.Keys[0])
	if err != nil {
		return out, fmt.Errorf("that is no Ed25519 key of a ledger, the first that plumbline checkpoint key prints: %w", err)
	}
	out.Origin = v.Name()
	if l.Silence != "" {
		if out.Silence, err = time.ParseDuration(l.Silence); err != nil || out.Silence < 0 {
			return out, fmt.Errorf("silence %q is no duration such as 15m", l.Silence)
		}
	}
	if l.Follow != "" && !strings.HasPrefix(l.Follow, "http://") && !strings.HasPrefix(l.Follow, "https://") {
		return out, fmt.Errorf("follow %q is no address of a site", l.Follow)
	}
	return out, nil
}

func (w *witnessEnv) open(c *cobra.Command) (*witness.Witness, error) {
	logs, err := readLogs(w.logsFile(c))
	if err != nil {
		return nil, err
	}
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		return nil, err
	}
	return witness.New(witness.Options{Dir: w.dir, Name: w.name, Logs: logs, Clock: time.Now, Zone: zone, Log: w.log})
}

func (w *witnessEnv) serve(ctx context.Context, c *cobra.Command) error {
	wit, err := w.open(c)
	if err != nil {
		return err
	}
	w.introduce(wit.Public(), wit.Made())
	listener, err := net.Listen("tcp", w.Addr)
	if err != nil {
		return err
	}
	server := wit.Server()
	watch, stop := context.WithCancel(context.WithoutCancel(ctx))
	var watching sync.WaitGroup
	watching.Go(func() { wit.Run(watch) })
	defer func() { stop(); watching.Wait() }()
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	fmt.Fprintf(w.out, "serving http://%s\n", listener.Addr())
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	fmt.Fprintln(w.out, "stopping")
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	return server.Shutdown(last)
}

func (w *witnessEnv) introduce(vkey string, made bool) {
	if made {
		fmt.Fprintln(w.out, "a key was made; hand the line below to the site, and compare the fingerprint by telephone")
	}
	fmt.Fprintf(w.out, "key          %s\nfingerprint  %s\n", vkey, witness.Fingerprint(vkey))
}

func (w *witnessEnv) keyCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "key",
		Short: "Show the witness's public key, creating it the first time",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			key, made, err := witness.OpenKey(w.dir, w.name)
			if err != nil {
				return err
			}
			w.introduce(key.Public(), made)
			return nil
		},
	}
}

func (w *witnessEnv) trustCommand() *cobra.Command {
	set := logSetting{Silence: "15m"}
	c := &cobra.Command{
		Use:   "trust KEY",
		Short: "Follow a ledger, named by its public key",
		Long: `Add a ledger to those this witness follows. KEY is the line that "plumbline
checkpoint key" prints on the site; compare the fingerprint with the site by
telephone. A running witness must be restarted to follow it.`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			set.Keys = []string{strings.TrimSpace(args[0])}
			add, err := set.log()
			if err != nil {
				return err
			}
			path := w.logsFile(c)
			logs, err := readLogs(path)
			if err != nil {
				return err
			}
			for _, l := range logs {
				if l.Origin == add.Origin {
					return fmt.Errorf("%s already follows %s; a second key goes into its keys by hand", path, l.Origin)
				}
			}
			raw, err := toml.Marshal(map[string][]logSetting{"log": {set}})
			if err != nil {
				return err
			}
			if err := os.MkdirAll(w.dir, 0o700); err != nil {
				return err
			}
			file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
			if err != nil {
				return err
			}
			_, err = file.Write(append([]byte("\n"), raw...))
			if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
				return err
			}
			fmt.Fprintf(w.out, "follows      %s\nfingerprint  %s\n", add.Origin, witness.Fingerprint(set.Keys[0]))
			return nil
		},
	}
	c.Flags().StringVar(&set.Label, "label", "", "display name of the ledger")
	c.Flags().StringVar(&set.Silence, "silence", set.Silence, "raise an alarm after this long without news; 0 means never")
	c.Flags().StringVar(&set.Follow, "follow", "", "address of the site to poll, if it cannot send checkpoints itself")
	return c
}

// errAlarm makes status exit with a non-zero status.
var errAlarm = errors.New("an alarm stands open")

func (w *witnessEnv) statusCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "status",
		Short: "Show every ledger and its alarms; the exit status is 0 only if no alarm is open",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			wit, err := w.open(c)
			if err != nil {
				return err
			}
			list, err := wit.Status()
			if err != nil {
				return err
			}
			t := &table{columns: []string{"log", "label", "entries", "checkpoint", "heard", "digits", "alarm", "since", "evidence"}}
			bad := false
			for _, s := range list {
				row := []any{s.Origin, s.Label, s.Size, stamp(s.At), stamp(s.Heard), s.Digits}
				if s.Size < 0 {
					row[2] = "-"
				}
				if s.Open() == 0 {
					state := "none"
					if s.Silent {
						state, bad = string(witness.Silence), true
					}
					t.add(append(row, state, "", "")...)
				}
				for _, a := range s.Alarms {
					if a.Open() {
						bad = true
						t.add(append(row, a.ID, stamp(a.Since), a.Evidence)...)
					}
				}
			}
			if err := w.print(t); err != nil {
				return err
			}
			if bad {
				return errAlarm
			}
			return nil
		},
	}
	w.outputFlag(c)
	return c
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format(time.RFC3339)
}

func (w *witnessEnv) acceptCommand() *cobra.Command {
	out := ""
	c := &cobra.Command{
		Use:   "accept FILE",
		Short: "Cosign a checkpoint from removable media",
		Long: `Read the output of "plumbline checkpoint export", check it as if the site had sent
it, and write the cosigned checkpoint to FILE.cosigned, for "plumbline witness
import" on the site. The witness may keep running.`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			wit, err := w.open(c)
			if err != nil {
				return err
			}
			body, err := readAtMost(args[0], witness.BodyMax)
			if err != nil {
				return err
			}
			a, err := wit.Add(c.Context(), body)
			if err != nil {
				return err
			}
			text := strings.TrimSpace(a.Body)
			switch a.Status {
			case 200:
			case 409:
				return fmt.Errorf("not cosigned: this witness stands at %s entries; let the site export again with --old %s, and look "+
					"at plumbline witness status", text, text)
			default:
				return fmt.Errorf("not cosigned (%d): %s; look at plumbline witness status", a.Status, text)
			}
			req, err := witness.ParseRequest(body)
			if err != nil {
				return err
			}
			if out == "" {
				out = args[0] + ".cosigned"
			}
			if err := os.WriteFile(out, append(req.Note, a.Body...), 0o644); err != nil {
				return fmt.Errorf("the checkpoint is cosigned and on record, but could not be written: %w", err)
			}
			fmt.Fprintf(w.out, "cosigned  %d entries of %s\ndigits    %s\nwritten   %s\n", req.Checkpoint.Size,
				req.Checkpoint.Origin, req.Checkpoint.Digits(), out)
			return nil
		},
	}
	c.Flags().StringVar(&out, "out", "", "file for the cosigned checkpoint (default: FILE.cosigned)")
	return c
}

func readAtMost(path string, limit int64) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > limit {
		return nil, fmt.Errorf("%s is no checkpoint file", path)
	}
	return os.ReadFile(path)
}

func (w *witnessEnv) resolveCommand() *cobra.Command {
	origin, why := "", ""
	c := &cobra.Command{
		Use:   "resolve ALARM",
		Short: "Close an alarm after investigation; it stays on record",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			wit, err := w.open(c)
			if err != nil {
				return err
			}
			if err := wit.Resolve(origin, args[0], why); err != nil {
				return err
			}
			fmt.Fprintf(w.out, "closed %s\n", args[0])
			return nil
		},
	}
	c.Flags().StringVar(&origin, "log", "", "ledger, as named by status")
	c.Flags().StringVar(&why, "why", "", "who investigated and what was found")
	return c
}
