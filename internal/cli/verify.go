package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"plumbline/internal/ledger"
	"plumbline/internal/signer"
	"plumbline/internal/store/verify"
	"plumbline/internal/witness"
	"plumbline/internal/words"
)

func init() { makers = append(makers, verifyCommand) }

// evidence is the outside evidence given by the flags of verify.
type evidence struct {
	env         *env
	keys        []string
	slip        string
	keysFile    string
	witnessKeys []string
	checkpoints []string
	digits      string
	size        int64
	receipts    []string
	history     string
}

func verifyCommand(e *env) *cobra.Command {
	quiet := false
	ev := &evidence{env: e}
	c := &cobra.Command{
		Use:   "verify [FILE]",
		Short: "Recompute the ledger and check every record against it, or check a single file",
		Long: `With a FILE (a receipt, a history or a folder of tiles), check only that: no site
and no network are needed. Without one, verify the whole site.

Recompute the Merkle tree from the stored bytes. Check every entry against its
predecessors, every signed checkpoint against its tree, every record against the
last entry that names it, texts against their commitments, salt slips against
their entries and pending uploads against their hashes. Recount the counters, and
compare tables, triggers, indexes and privileges with what the program creates.
The earliest discrepancy is reported first. The exit status is 0 only if there is
none.

A ledger rebuilt as a whole and signed with a stolen key is consistent in itself.
Only outside evidence exposes it: keys known from elsewhere (--trust), a note kept
by a witness or offline (--checkpoint), the digits from the notice board (--digits
with --size), or receipts handed out earlier (--receipt).`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 1 {
				if len(ev.checkpoints)+len(ev.receipts) > 0 {
					return errors.New("--checkpoint and --receipt are compared with a whole site, not with a FILE; leave FILE or the flags out")
				}
				return e.verifyFile(args[0], ev, quiet)
			}
			outside, err := ev.read()
			if err != nil {
				return err
			}
			return e.with(c.Context(), func(ctx context.Context, s *site) error {
				verdict, err := s.store.VerifyAgainst(ctx, outside, e.percent("verifying", quiet))
				if err != nil {
					return err
				}
				return e.printVerdict(verdict)
			})
		},
	}
	c.Flags().BoolVar(&quiet, "quiet", false, "no progress")
	e.outputFlag(c)
	ev.flags(c)
	return c
}

// flags adds the evidence flags.
func (ev *evidence) flags(c *cobra.Command) {
	f := c.Flags()
	f.SetNormalizeFunc(func(_ *pflag.FlagSet, name string) pflag.NormalizedName {
		if name == "log-key" { // the former name, still used in scripts
			name = "key"
		}
		return pflag.NormalizedName(name)
	})
	f.StringVar(&ev.keysFile, "trust", "", "file of verifier keys, one per line: the log's own and those of witnesses")
	f.StringArrayVar(&ev.keys, "key", nil, "key to trust: a verifier key (name+id+key), or a file of such keys; may be repeated")
	f.StringVar(&ev.slip, "slip", "", "salt slip of the receipt's entry: proves what was filed")
	f.StringArrayVar(&ev.witnessKeys, "witness-key", nil, "verifier key of a witness that must have signed; may be repeated")
	f.StringArrayVar(&ev.checkpoints, "checkpoint", nil, "file of a signed checkpoint kept elsewhere; may be repeated")
	f.StringVar(&ev.digits, "digits", "", "eight groups of four digits from the notice board (needs --size)")
	f.Int64Var(&ev.size, "size", 0, "number of entries covered by the digits")
	f.StringVar(&ev.history, "history", "", "file of a history that links a receipt to the digits (with FILE)")
	f.StringArrayVar(&ev.receipts, "receipt", nil, "file of a receipt handed out earlier; may be repeated")
}

// trust reads the keys. Every given witness must have signed.
func (ev *evidence) trust() (ledger.Trust, error) {
	var text string
	if ev.keysFile != "" {
		raw, err := os.ReadFile(ev.keysFile)
		if err != nil {
			return ledger.Trust{}, err
		}
		text = string(raw) + "\n"
	}
	for _, arg := range ev.keys {
		key, err := keyText(arg)
		if err != nil {
			return ledger.Trust{}, err
		}
		text += key + "\n"
	}
	text += strings.Join(ev.witnessKeys, "\n")
	trust, err := ledger.ParseTrust(text)
	if err != nil {
		return trust, err
	}
	second, err := signer.SM2Verifiers(text) // package ledger, which browsers load too, has no SM2
	trust.Log = append(trust.Log, second...)
	return trust, err
}

// read reads everything the flags name. Evidence that is invalid in itself is
// rejected here, before looking at the site, because it would accuse the wrong
// party.
func (ev *evidence) read() (out verify.Evidence, err error) {
	if ev.history != "" || ev.slip != "" {
		return out, errors.New("--history and --slip belong to a FILE that is checked alone; nothing was compared with them")
	}
	if out.Trust, err = ev.trust(); err != nil {
		return out, err
	}
	for _, file := range ev.checkpoints {
		raw, err := os.ReadFile(file)
		if err != nil {
			return out, err
		}
		c, err := noteOf(raw, out.Trust)
		if err != nil {
			return out, fmt.Errorf("%s: %w", file, err)
		}
		out.Notes = append(out.Notes, verify.KeptNote{From: file, Checkpoint: c})
	}
	if (ev.digits == "") != (ev.size == 0) {
		return out, errors.New("--digits and --size go together")
	}
	if ev.digits != "" {
		digits, err := tidyDigits(ev.digits)
		if err != nil {
			return out, err
		}
		out.Digits = append(out.Digits, verify.KeptDigits{From: "notice board", Digits: digits, Size: ev.size})
	}
	for _, file := range ev.receipts {
		raw, err := os.ReadFile(file)
		if err != nil {
			return out, err
		}
		r, _, err := ledger.FindReceipt(raw)
		if err != nil {
			return out, fmt.Errorf("%s: %w", file, err)
		}
		c, err := noteOf(r.Note, out.Trust)
		if err != nil {
			return out, fmt.Errorf("%s: %w", file, err)
		}
		if r.Seq >= c.Size || ledger.CheckInclusion(r.Path, c.Size, c.Root, r.Seq, r.Leaf) != nil {
			return out, fmt.Errorf("%s: the receipt is false in itself: its proof does not lead to its own checkpoint", file)
		}
		out.Receipts = append(out.Receipts, verify.KeptReceipt{From: file, Receipt: r, Size: c.Size})
		out.Notes = append(out.Notes, verify.KeptNote{From: file, Checkpoint: c})
	}
	return out, nil
}

// noteOf reads the checkpoint of a note. If keys are given, one of the log's
// must have signed it.
func noteOf(raw []byte, trust ledger.Trust) (ledger.Checkpoint, error) {
	if bytes.HasPrefix(raw, []byte("old ")) { // written by checkpoint export: the note follows its proof
		r, err := witness.ParseRequest(raw)
		if err != nil {
			return ledger.Checkpoint{}, err
		}
		raw = r.Note
	}
	if len(trust.Log) > 0 {
		trust.Quorum = 0 // the site is asked whether witnesses signed
		o, err := ledger.OpenCheckpoint(raw, trust)
		if err != nil {
			return ledger.Checkpoint{}, err
		}
		return o.Checkpoint, nil
	}
	text, _, _ := strings.Cut(string(raw), "\n\n")
	return ledger.ParseCheckpoint(strings.TrimSuffix(text, "\n") + "\n")
}

// tidyDigits accepts the digits in any grouping.
func tidyDigits(s string) (string, error) {
	var only []byte
	for _, r := range s {
		switch {
		case r >= '0' && r <= '9':
			only = append(only, byte(r))
		case r != ' ' && r != '-' && r != '　' && r != '\t':
			return "", errors.New("--digits holds something else than digits")
		}
	}
	if len(only) != 32 {
		return "", fmt.Errorf("--digits holds %d digits, not 32", len(only))
	}
	groups := make([]string, 8)
	for i := range groups {
		groups[i] = string(only[4*i : 4*i+4])
	}
	return strings.Join(groups, " "), nil
}

// percent draws a progress line on the error stream.
func (e *env) percent(what string, quiet bool) func(done, total int64) {
	shown := int64(-1)
	return func(done, total int64) {
		if quiet || total == 0 {
			return
		}
		if percent := done * 100 / total; percent != shown {
			shown = percent
			fmt.Fprintf(e.err, "\r%s [%-25s] %d %%", what, strings.Repeat("=", int(percent/4)), percent)
			if percent == 100 {
				fmt.Fprintln(e.err)
			}
		}
	}
}

// saidFinding is a finding with its sentence.
type saidFinding struct {
	verify.Finding
	Text string `json:"text"`
}

func (e *env) printVerdict(v *verify.Verdict) error {
	lang := words.Match("", e.Lang)
	said := make([]saidFinding, len(v.Findings))
	for i, f := range v.Findings {
		said[i] = saidFinding{f, words.Args(lang, "verdict."+f.Why, f.Args)}
	}
	switch e.Output {
	case "json":
		enc := json.NewEncoder(e.out)
		enc.SetIndent("", "  ")
		if err := enc.Encode(struct {
			*verify.Verdict
			Findings []saidFinding `json:"findings"`
		}{v, said}); err != nil {
			return err
		}
	case "table":
		e.sayVerdict(lang, v, said)
	default:
		if err := e.print(verdictTable(v, said)); err != nil {
			return err
		}
	}
	if !v.OK() {
		return errors.New(words.T(lang, "verdict.wrong"))
	}
	return nil
}

// verdictTable formats a verdict as rows: the counts by kind, then the
// findings.
func verdictTable(v *verify.Verdict, said []saidFinding) *table {
	t := &table{columns: []string{"what", "name", "value"}}
	t.add("log", "", v.Origin)
	t.add("entries", "", v.Entries)
	t.add("root", "", v.Root)
	t.add("signed", "", v.Checkpoints)
	t.add("witnessed", "", v.Witnessed)
	for _, kind := range slices.Sorted(maps.Keys(v.Rows)) {
		t.add("rows", kind, v.Rows[kind])
	}
	t.add("slips", "", v.Slips)
	t.add("counters", "", v.Counters)
	t.add("schema", "", v.Schema)
	t.add("erased", "", v.Erased)
	t.add("evidence", "", v.Evidence)
	t.add("unread", "", v.Unread)
	for _, column := range slices.Sorted(maps.Keys(v.Uncovered)) {
		t.add("uncovered", column, v.Uncovered[column])
	}
	for _, f := range said {
		t.add("finding", strings.Join([]string{f.What, f.Kind, f.ID}, " "), f.Text)
	}
	t.add("ok", "", v.OK())
	return t
}

// sayVerdict prints a verdict for people.
func (e *env) sayVerdict(lang words.Lang, v *verify.Verdict, said []saidFinding) {
	t := func(key string, kv ...any) string { return words.T(lang, "verdict."+key, kv...) }
	var lines [][]string
	line := func(key string, value any) { lines = append(lines, []string{t(key), fmt.Sprint(value)}) }
	line("log", v.Origin)
	line("entries", v.Entries)
	line("root", v.Root)
	line("signed", t("signed.value", "Count", v.Checkpoints))
	if v.Witnessed > 0 {
		line("witness", t("witness.value", "Seq", v.Witnessed-1))
	}
	for _, kind := range slices.Sorted(maps.Keys(v.Rows)) {
		line("rows", fmt.Sprint(kind, " ", v.Rows[kind]))
	}
	line("slips", v.Slips)
	line("counters", v.Counters)
	line("schema", t("schema.value", "Count", v.Schema))
	line("erased", v.Erased)
	line("evidence", v.Evidence)
	if v.Unread > 0 {
		line("unread", t("unread.value", "Count", v.Unread))
	}
	for _, column := range slices.Sorted(maps.Keys(v.Uncovered)) {
		line("uncovered", t("uncovered.value", "Column", column, "Count", v.Uncovered[column]))
	}
	_ = align(e.out, lines) // an error, here and below, means that the output was closed
	for _, f := range said {
		args := []any{"What", f.What, "Kind", f.Kind, "ID", f.ID, "Seq", f.Seq, "Time", f.At.UTC().Format(time.RFC3339Nano), "Why", f.Text}
		switch {
		case f.Seq < 0:
			fmt.Fprintln(e.out, t("line", args...))
		case f.At.IsZero():
			fmt.Fprintln(e.out, t("line.entry", args...))
		default:
			fmt.Fprintln(e.out, t("line.dated", args...))
		}
	}
	switch {
	case !v.OK():
		fmt.Fprintln(e.out, t("false", "Total", v.Total, "Listed", len(said)))
	case v.Unread > 0:
		fmt.Fprintln(e.out, t("ok.unread"))
	default:
		fmt.Fprintln(e.out, t("ok"))
	}
}
