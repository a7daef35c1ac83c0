package cli

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"plumbline/internal/seal"
)

func init() { makers = append(makers, custodianCommand) }

// keyWork is the scrypt work factor: trying one passphrase takes about a
// second.
const keyWork = 18

func custodianCommand(e *env) *cobra.Command {
	c := &cobra.Command{
		Use:   "custodian",
		Short: "Manage custodian keys and release shares; works without a site",
		Long: `Manage custodian keys and release shares. Run these commands on the custodian's
own machine; they need no site and no network. The passphrase is read from
--passphrase-file, or from the first line of standard input.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(e.custodianNew(), e.custodianShow(), e.custodianRelease(), e.custodianDrill(), e.custodianBundle(),
		e.custodianRewrap(), e.custodianApply())
	return c
}

// passphrase reads a passphrase from a file or standard input. It is never
// an argument, which other users could see.
func passphrase(file string) (string, error) {
	in := io.Reader(os.Stdin)
	if file != "" {
		f, err := os.Open(file)
		if err != nil {
			return "", err
		}
		defer func() { _ = f.Close() }() // read-only
		in = f
	}
	line, err := bufio.NewReader(in).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("read the passphrase: %w", err)
	}
	return strings.TrimRight(line, "\r\n"), nil
}

func readKey(file, passphraseFile string) (*seal.PrivateKey, error) {
	raw, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	words, err := passphrase(passphraseFile)
	if err != nil {
		return nil, err
	}
	key, err := seal.ReadKeyFile(raw, words)
	if err != nil {
		return nil, fmt.Errorf("open the key file %s: %w", file, err)
	}
	return key, nil
}

func (e *env) custodianNew() *cobra.Command {
	file := ""
	c := &cobra.Command{
		Use:   "new KEYFILE",
		Short: "Generate a key protected by a passphrase, and print its public line",
		Args:  cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if _, err := os.Lstat(args[0]); !errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("%s exists already; a key is never overwritten", args[0])
			}
			words, err := passphrase(file)
			if err != nil {
				return err
			}
			if len([]rune(words)) < 12 {
				return errors.New("the passphrase needs at least 12 characters")
			}
			key, err := seal.NewPrivateKey()
			if err != nil {
				return err
			}
			var out bytes.Buffer
			if err := seal.WriteKeyFile(&out, key, words, keyWork); err != nil {
				return err
			}
			f, err := os.OpenFile(args[0], os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
			if err != nil {
				return err
			}
			_, err = f.Write(out.Bytes())
			if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
				return fmt.Errorf("write %s: %w", args[0], err)
			}
			fmt.Fprintf(e.out, "%s\nfingerprint  %s\n", key.Public(), key.Public().Fingerprint())
			return nil
		},
	}
	c.Flags().StringVar(&file, "passphrase-file", "", "file with the passphrase (default: the first line of standard input)")
	return c
}

func (e *env) custodianShow() *cobra.Command {
	file := ""
	c := &cobra.Command{
		Use:   "show KEYFILE",
		Short: "Print the public line and the fingerprint of a key",
		Args:  cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			key, err := readKey(args[0], file)
			if err != nil {
				return err
			}
			fmt.Fprintf(e.out, "%s\nfingerprint  %s\n", key.Public(), key.Public().Fingerprint())
			return nil
		},
	}
	c.Flags().StringVar(&file, "passphrase-file", "", "file with the passphrase (default: the first line of standard input)")
	return c
}

func (e *env) custodianRelease() *cobra.Command {
	file, keyFile := "", ""
	c := &cobra.Command{
		Use:   "release REQUESTFILE",
		Short: "Open your share for one request and print the response to paste into the page",
		Long: `Open your share for one request and print the response to paste into the page.
The response works for this reveal only, and only on the server that asked.
The reference is printed first: compare it with the page before you paste.`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			text, err := os.ReadFile(args[0])
			if err != nil {
				return err
			}
			request, err := seal.ParseRequest(string(text))
			if err != nil {
				return err
			}
			key, err := readKey(keyFile, file)
			if err != nil {
				return err
			}
			response, err := request.Release(key)
			if errors.Is(err, seal.ErrOpen) {
				return errors.New("this key does not open the share of this request: it is another custodian's, or the request was changed")
			} else if err != nil {
				return err
			}
			fmt.Fprintf(e.err, "request    %s\nlog        %s\nrecord     %s %s\n", request.Ref, request.Origin, request.Place.Column,
				request.Place.Record)
			fmt.Fprint(e.out, response.Text())
			return nil
		},
	}
	c.Flags().StringVar(&keyFile, "key", "", "the custodian's key file")
	c.Flags().StringVar(&file, "passphrase-file", "", "file with the passphrase (default: the first line of standard input)")
	_ = c.MarkFlagRequired("key") // the flag exists
	return c
}

func (e *env) custodianDrill() *cobra.Command {
	records := 100
	var keyFiles, words []string
	c := &cobra.Command{
		Use:   "drill [BUNDLE]",
		Short: "Rehearse the loss of custodian keys with temporary ones: two of three recover, one cannot",
		Long: `Rehearse the loss of custodian keys. The drill creates three custodians, seals
probes to them and tries every combination of lost keys: two of the three keys
must open every probe, and one must open none. It reads and writes nothing of
any site.

With a BUNDLE (plumbline custodian bundle) and some --key files, it reports how
many of the site's own record keys they open. It opens no text.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 1 {
				return e.drillBundle(args[0], keyFiles, words)
			}
			report, err := seal.Drill(records)
			for _, line := range report {
				fmt.Fprintln(e.out, line)
			}
			return err
		},
	}
	c.Flags().IntVar(&records, "records", records, "number of probes to seal")
	c.Flags().StringSliceVar(&keyFiles, "key", nil, "key files to try on BUNDLE; may be repeated")
	c.Flags().StringSliceVar(&words, "passphrase-file", nil, "files with their passphrases, in the same order")
	return c
}
