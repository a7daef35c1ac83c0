package cli

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"plumbline/internal/app/heads"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
	"plumbline/internal/signer"
	"plumbline/internal/store"
)

func init() { makers = append(makers, signerCommand, thawCommand) }

// signingPatience is how long a command waits for the signature when it ends.
const signingPatience = 5 * time.Second

// signer returns what signs the ledger's heads: the signer behind the --signer
// socket, or the key beside the database. It creates the key if the command may
// do so and nothing has ever been signed.
func (e *env) signer(ctx context.Context, st *store.Store, makeKey bool) (heads.Signer, error) {
	if e.Signer != "" {
		path, ok := strings.CutPrefix(e.Signer, "unix:")
		if !ok || path == "" {
			return nil, fmt.Errorf("--signer is unix:PATH, not %q", shorten(e.Signer, 60))
		}
		if e.SM2Key != "" {
			return nil, errors.New("--sm2-key belongs to the signer: give it to plumbline signer")
		}
		return signer.Dial(path), nil
	}
	path := e.signKeyPath()
	s, err := signer.Open(path, e.SM2Key)
	if err == nil {
		return s, nil
	}
	if !errors.Is(err, signer.ErrNoKey) {
		return nil, err
	}
	if !makeKey && !e.makeSigner || st.Origin() == "" {
		return nil, nil // the server signs at its next start
	}
	if signed, err := everSigned(ctx, st); err != nil {
		return nil, err
	} else if signed {
		return nil, fmt.Errorf("the signing key %s is missing, although this ledger was signed before: put it back with its "+
			".state file, or name it by --signer-key", path)
	}
	if err := signer.Make(path, st.Origin()); err != nil {
		return nil, err
	}
	return signer.Open(path, e.SM2Key)
}

func (e *env) signKeyPath() string {
	if e.SignerKey != "" {
		return e.SignerKey
	}
	return e.beside(".sign")
}

func everSigned(ctx context.Context, st *store.Store) (bool, error) {
	if migrated, err := st.Migrated(ctx); err != nil || !migrated {
		return false, err
	}
	signed := false
	err := st.View(ctx, func(ctx context.Context, v *store.View) error {
		_, err := v.LastCheckpoint(ctx)
		if errors.Is(err, store.ErrNone) {
			return nil
		}
		signed = err == nil
		return err
	})
	return signed, err
}

// saySigner tells the operator who holds the key, and what to compare.
func (e *env) saySigner(ctx context.Context, s *site) {
	ctx, cancel := context.WithTimeout(ctx, signingPatience)
	defer cancel()
	fmt.Fprintf(e.out, "log     %s\n", s.store.Origin())
	switch s.app.SignerMode() {
	case heads.SignerTrial:
		fmt.Fprintf(e.out, "signer  in this process, key %s: TRIAL, key and server are in the same hands\n", e.signKeyPath())
	case heads.SignerApart:
		fmt.Fprintf(e.out, "signer  apart, at %s\n", e.Signer)
	default:
		fmt.Fprintln(e.out, "signer  none: nothing is signed")
	}
	keys, err := s.app.SignerKeys(ctx)
	if err != nil && !errors.Is(err, heads.ErrNoSigner) {
		fmt.Fprintf(e.out, "signer  does not answer; writing goes on, and it will catch up: %v\n", err)
	}
	printKeys(e, keys)
	if f := s.app.Frozen(); f != nil {
		fmt.Fprintln(e.out, frozenText(f))
	}
}

func printKeys(e *env, keys []string) {
	for _, k := range keys {
		fmt.Fprintf(e.out, "key     %s\n        fingerprint %s\n", k, signer.Fingerprint(k))
	}
}

func frozenText(f *store.Freeze) string {
	return fmt.Sprintf(`WRITING IS FROZEN (%s): the %s remembers %d entries with root %x,
and the database holds %d with root %x.
Reading works. Find out whether an old backup was put back or somebody changed
the database; put the right one back, or have the audit administrator decide:
plumbline thaw`, f.Code, f.By, f.Remembered.Size, f.Remembered.Root[:8], f.Found.Size, f.Found.Root[:8])
}

func signerCommand(e *env) *cobra.Command {
	socket, key, origin, group := "", "", "", false
	c := &cobra.Command{
		Use:   "signer",
		Short: "Sign the ledger's heads in a process of its own",
		Long: `Sign the ledger's heads in a process of its own, preferably under its own user,
behind a unix socket. It stores the last size and root beside the key, checks
that each new head extends it, and refuses everything else.
The first start creates the key for the log named by --origin, which the server
prints. Give the fingerprint to those who will check the ledger.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			s, err := e.openSigner(key, origin)
			if err != nil {
				return err
			}
			return e.serveSigner(c.Context(), s, socket, group)
		},
	}
	c.PersistentFlags().StringVar(&key, "key", "", "file of the signing key")
	_ = c.MarkPersistentFlagRequired("key") // the flag exists
	c.Flags().StringVar(&socket, "socket", "", "path of the unix socket")
	_ = c.MarkFlagRequired("socket") // the flag exists
	c.Flags().StringVar(&origin, "origin", "", "name of the log, needed to create the key")
	c.Flags().BoolVar(&group, "group", false, "allow the socket's group to connect, not only its owner")
	to := ""
	restart := &cobra.Command{
		Use:   "restart",
		Short: "Restart signing from another head, only after somebody has decided it",
		Long: `Restart signing from the checkpoint in the --to file (three lines, as printed by
plumbline thaw). The previous state is kept beside the new one. Witnesses also
remember, and will report that the ledger was rewritten.`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			raw, err := os.ReadFile(to)
			if err != nil {
				return err
			}
			head, err := ledger.ParseCheckpoint(string(raw))
			if err != nil {
				return err
			}
			s, err := signer.Open(key, "")
			if err != nil {
				return err
			}
			kept, err := s.Restart(head)
			if err != nil {
				return err
			}
			fmt.Fprintf(e.out, "goes on from %d entries; what was remembered is kept in %s\n", head.Size, kept)
			return nil
		},
	}
	restart.Flags().StringVar(&to, "to", "", "file with the checkpoint to continue from")
	_ = restart.MarkFlagRequired("to") // the flag exists
	c.AddCommand(restart)
	return c
}

func (e *env) openSigner(key, origin string) (*signer.Signer, error) {
	s, err := signer.Open(key, e.SM2Key)
	switch {
	case errors.Is(err, signer.ErrNoKey) && origin == "":
		return nil, fmt.Errorf("%w; to make one, name the log: --origin (the server prints it)", err)
	case errors.Is(err, signer.ErrNoKey):
		if err := signer.Make(key, origin); err != nil {
			return nil, err
		}
		return signer.Open(key, e.SM2Key)
	case err == nil && origin != "" && origin != s.Origin():
		return nil, fmt.Errorf("the key %s belongs to the log %s", key, s.Origin())
	}
	return s, err
}

func (e *env) serveSigner(ctx context.Context, s *signer.Signer, socket string, group bool) error {
	l, err := signer.Listen(socket, group)
	if err != nil {
		return err
	}
	server := &http.Server{
		Handler:           s.Handler(func(err error) { e.log.Error("refused to sign", "err", err) }),
		ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 10 * time.Second,
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(l) }()
	fmt.Fprintf(e.out, "signing on %s\nlog     %s\n", socket, s.Origin())
	keys, err := s.Keys(ctx)
	if err != nil {
		return errors.Join(err, server.Close())
	}
	printKeys(e, keys)
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), signingPatience)
	defer cancel()
	return server.Shutdown(last)
}

func thawCommand(e *env) *cobra.Command {
	var as asFlags
	in := heads.ThawInput{}
	c := &cobra.Command{
		Use:   "thaw",
		Short: "Resume writing although the ledger is not the one remembered",
		Long: `Resume writing although the ledger is not the one remembered, for example after an
old backup was restored on purpose. Only the audit administrator may do this, named
by --as, with the password in a file or on the first line of standard input. The
remembered head, the head found and the reason become an entry of the ledger, and
the state of the other tree is kept beside its successor. Stop the server first.
Witnesses and receipts of the lost entries remain: this hides nothing.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return e.with(c.Context(), func(ctx context.Context, s *site) error {
				f := s.app.Frozen()
				if f != nil {
					fmt.Fprintln(e.out, frozenText(f))
				}
				return e.as(ctx, s, as, func(who *roster.Actor) error { return e.thaw(ctx, s, who, in) })
			})
		},
	}
	as.add(c)
	c.Flags().StringVar(&in.Reason, "reason", "", "why writing may resume; recorded in the ledger")
	_ = c.MarkFlagRequired("reason") // the flag exists
	return c
}

func (e *env) thaw(ctx context.Context, s *site, who *roster.Actor, in heads.ThawInput) error {
	kept, from, receipt, err := s.app.Thaw(ctx, who, in)
	if err != nil {
		return err
	}
	fmt.Fprintf(e.out, "writing goes on; the decision is entry %d\n", receipt.Seq)
	for _, k := range kept {
		fmt.Fprintf(e.out, "kept as evidence: %s\n", k)
	}
	if s.app.SignerMode() == heads.SignerApart {
		fmt.Fprintf(e.out, "The signer still remembers the other tree. Its own operator must agree: put these three\nlines into a "+
			"file and run plumbline signer restart --key FILE --to FILE\n%s", from.Marshal())
	}
	return nil
}
