package cli

import (
	"bufio"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"plumbline/internal/app/accounts"
	"plumbline/internal/app/people"
	"plumbline/internal/fault"
	"plumbline/internal/roster"
)

func init() { makers = append(makers, userCommand) }

func userCommand(e *env) *cobra.Command {
	c := &cobra.Command{
		Use:   "user",
		Short: "Manage accounts, one-time codes and roles",
		Long: `Manage accounts, one-time codes and roles. The operator creates accounts and codes;
granting a role takes a security administrator, named by --as, with the password in
a file or on the first line of standard input.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(e.userSetup(), e.userAdd(), e.userCode(), e.userPassword(), e.userGrant(), e.userList(),
		e.userState("revoke", true), e.userState("enable", false))
	return c
}

// asFlags are the flags of commands that a person must answer for.
type asFlags struct{ login, file string }

func (f *asFlags) add(c *cobra.Command) {
	c.Flags().StringVar(&f.login, "as", "", "login of the person responsible")
	c.Flags().StringVar(&f.file, "password-file", "", "file with the password (default: the first line of standard input)")
	_ = c.MarkFlagRequired("as") // the flag exists
}

// as signs the person in for one command and out again afterwards.
func (e *env) as(ctx context.Context, s *site, f asFlags, do func(who *roster.Actor) error) (err error) {
	in := io.Reader(os.Stdin)
	if f.file != "" {
		file, err := os.Open(f.file)
		if err != nil {
			return err
		}
		defer file.Close()
		in = file
	}
	line, err := bufio.NewReader(in).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read the password: %w", err)
	}
	got, err := s.app.SignIn(ctx, accounts.SignInInput{Login: f.login, Password: strings.TrimRight(line, "\r\n"),
		Label: "plumbline command line", Bearer: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.app.EndSession(ctx, got.Actor, "")) }()
	if got.Renew {
		return errors.New("this is a one-time code, and it is used up now; issue another and set a password: plumbline user password")
	}
	return do(got.Actor)
}

func (e *env) userSetup() *cobra.Command {
	in := people.SetUpInput{}
	c := &cobra.Command{
		Use:   "setup",
		Short: "Create the first three administrators; works once",
		Long: `Create the first three administrators of the bureau from people on the roster, and
print a one-time code for each. This works once; from then on security
administrators grant roles. A second security administrator is optional, but
without one nobody can later approve a change of administrators. A security
administrator posted at the superior authority is optional too, but nobody inside
the bureau may grant a role above it, so without one nobody can accept the bureau's
own lists.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return e.with(c.Context(), func(ctx context.Context, s *site) error {
				made, _, err := s.app.SetUp(ctx, in)
				if err != nil {
					return err
				}
				return e.print(accessTable(made))
			})
		},
	}
	c.Flags().StringVar(&in.System, "system", "", "personnel number of the system administrator")
	c.Flags().StringVar(&in.Security, "security", "", "personnel number of the security administrator")
	c.Flags().StringVar(&in.Audit, "audit", "", "personnel number of the audit administrator")
	c.Flags().StringVar(&in.SecondSecurity, "second-security", "", "personnel number of a second security administrator")
	c.Flags().StringVar(&in.AuthoritySecurity, "authority-security", "",
		"personnel number of a security administrator of the superior authority")
	e.outputFlag(c)
	return c
}

func accessTable(rows []people.NewAccess) *table {
	t := &table{columns: []string{"login", "name", "unit", "role", "code", "until"}}
	for _, r := range rows {
		until := ""
		if r.Code != "" && !r.Until.IsZero() {
			until = r.Until.UTC().Format("2006-01-02T15:04Z")
		}
		t.add(r.Login, r.Name, r.Unit, r.Role, r.Code, until)
	}
	return t
}

func (e *env) userAdd() *cobra.Command {
	var login, unit, file string
	var all, noCode bool
	c := &cobra.Command{
		Use:   "add [PERSONNEL-NUMBER]",
		Short: "Create an account for somebody on the roster, or for everybody without one",
		Long: `Create an account and a one-time code for somebody on the roster, or with --all for
everybody serving who has none. The login is the personnel number unless --login
is given. Codes are printed once, or written to the --codes file, which only you
can read: hand them over in person.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if all == (len(args) == 1) {
				return errors.New("name one personnel number, or use --all")
			}
			return e.with(c.Context(), func(ctx context.Context, s *site) error {
				if all {
					return e.addAll(ctx, s, unit, file, !noCode)
				}
				if login == "" {
					login = strings.ToLower(args[0])
				}
				id, _, err := s.app.AddAccount(ctx, operator, accounts.AccountInput{Login: login, PersonnelNo: args[0]})
				if err != nil {
					return err
				}
				made := people.NewAccess{AccountID: id, Login: login, PersonnelNo: args[0]}
				if !noCode {
					if made.Code, made.Until, _, err = s.app.IssueCode(ctx, operator, id); err != nil {
						return err
					}
				}
				return e.print(accessTable([]people.NewAccess{made}))
			})
		},
	}
	c.Flags().StringVar(&login, "login", "", "login (default: the personnel number)")
	c.Flags().BoolVar(&all, "all", false, "everybody serving who has no account")
	c.Flags().StringVar(&unit, "unit", "", "with --all: only this unit and those below it, by code")
	c.Flags().StringVar(&file, "codes", "", "with --all: write logins and codes to this file")
	c.Flags().BoolVar(&noCode, "no-code", false, "do not issue one-time codes yet")
	e.outputFlag(c)
	return c
}

func (e *env) addAll(ctx context.Context, s *site, code, file string, codes bool) (err error) {
	unit, err := e.unitByCode(ctx, s, code)
	if err != nil {
		return err
	}
	to := e.out
	if file != "" {
		f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, f.Close()) }()
		to = f
	}
	made, skipped, err := s.app.AddAccounts(ctx, operator, people.AccountsInput{UnitID: unit, Codes: codes})
	inner := *e
	inner.out = to
	if file != "" && e.Output == "table" {
		inner.Output = "csv"
	}
	err = errors.Join(err, inner.print(accessTable(made))) // print created accounts even after a failure: codes are shown only once
	if file != "" {
		fmt.Fprintf(e.out, "%d accounts made; logins and codes are in %s\n", len(made), file)
	}
	if len(skipped) > 0 {
		fmt.Fprintf(e.err, "%d skipped, because the login is taken or unusable: %s\n", len(skipped),
			shorten(strings.Join(skipped, " "), 500))
	}
	return err
}

// unitByCode returns the id of a unit given its code or id; "" for "".
func (e *env) unitByCode(ctx context.Context, s *site, code string) (string, error) {
	if code == "" {
		return "", nil
	}
	units, err := s.app.UnitChoices(ctx, operator, "account.list")
	if err != nil {
		return "", err
	}
	for _, u := range units {
		if u.Code == code || u.ID == code {
			return u.ID, nil
		}
	}
	return "", fault.Invalid("unit_unknown", "unit")
}

// account looks up an account by its login.
func (e *env) account(ctx context.Context, s *site, login string) (accounts.AccountView, error) {
	rows, _, err := s.app.Accounts(ctx, operator, accounts.AccountQuery{Query: login, Limit: 200})
	for _, r := range rows {
		if roster.FoldLogin(r.Login) == roster.FoldLogin(login) {
			return r, err
		}
	}
	if err == nil {
		err = fault.Invalid("account_unknown", "login")
	}
	return accounts.AccountView{}, err
}

func (e *env) userCode() *cobra.Command {
	c := &cobra.Command{
		Use:   "code LOGIN",
		Short: "Issue a one-time code for a first sign-in or a forgotten password",
		Long: `Issue a one-time code. A newcomer, who has never set a password and holds no role,
can sign in with it at once. For anybody else it takes effect only once a security
administrator approves it on the approvals page, or the holder confirms it on a
device already signed in. Until the first administrator has set a password, the
operator alone is enough.`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return e.with(c.Context(), func(ctx context.Context, s *site) error {
				acc, err := e.account(ctx, s, args[0])
				if err != nil {
					return err
				}
				code, until, _, err := s.app.IssueCode(ctx, operator, acc.ID)
				if err != nil {
					return err
				}
				if until.IsZero() {
					fmt.Fprintln(e.err, "this code opens nothing yet: another administrator has to agree to it under Approvals, or the "+
						"holder where he is signed in")
				}
				return e.print(accessTable([]people.NewAccess{{Login: acc.Login, Name: acc.Name, Unit: acc.Unit, Code: code,
					Until: until}}))
			})
		},
	}
	e.outputFlag(c)
	return c
}

func (e *env) userPassword() *cobra.Command {
	return &cobra.Command{
		Use:   "password",
		Short: "Set passwords from standard input: LOGIN, CODE or old password, new password",
		Long: `Set passwords from standard input, one account per line: the login, the one-time
code or current password, and the new password, separated by tabs or single
spaces. The new password is the rest of the line and may contain spaces.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return e.with(c.Context(), func(ctx context.Context, s *site) error {
				lines := bufio.NewScanner(c.InOrStdin())
				for lines.Scan() {
					parts := strings.SplitN(strings.ReplaceAll(strings.TrimSpace(lines.Text()), "\t", " "), " ", 3)
					if len(parts) == 1 && parts[0] == "" {
						continue
					}
					if len(parts) != 3 {
						return errors.New("each line has a login, a code or the old password, and the new password")
					}
					if err := e.setPassword(ctx, s, parts[0], parts[1], parts[2]); err != nil {
						fmt.Fprintf(e.err, "%s: no password set\n", parts[0])
						return err
					}
					fmt.Fprintf(e.out, "%s: password set\n", parts[0])
				}
				return lines.Err()
			})
		},
	}
}

func (e *env) setPassword(ctx context.Context, s *site, login, old, fresh string) error {
	if err := s.app.JudgePassword(ctx, fresh, login); err != nil {
		return err // before the code is spent
	}
	got, err := s.app.SignIn(ctx, accounts.SignInInput{Login: login, Password: old, Label: "plumbline command line", Bearer: true})
	if err != nil {
		return err
	}
	_, err = s.app.SetPassword(ctx, got.Actor, accounts.PasswordInput{Old: old, New: fresh})
	return errors.Join(err, s.app.EndSession(ctx, got.Actor, ""))
}

func (e *env) userGrant() *cobra.Command {
	var by asFlags
	var unit, from, to, rolls string
	var heads bool
	c := &cobra.Command{
		Use:   "grant [LOGIN ROLE]",
		Short: "Grant a role as a security administrator, or grant unit heads their role from the roster",
		Args:  cobra.MaximumNArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) != 2 && !heads && rolls == "" || len(args) == 1 {
				return errors.New("name a login and a role, or use --heads or --table, or several of these")
			}
			return e.with(c.Context(), func(ctx context.Context, s *site) error {
				return e.as(ctx, s, by, func(who *roster.Actor) error {
					if heads {
						done, _, err := s.app.GrantHeads(ctx, who, "")
						if err != nil {
							return err
						}
						fmt.Fprintf(e.out, "unit_head granted, heads: %d\n", done.Granted)
						if len(done.Skipped) > 0 {
							fmt.Fprintf(e.err, "%d skipped, because the unit is outside your reach or another role forbids it: %s\n",
								len(done.Skipped), shorten(strings.Join(done.Skipped, " "), 300))
						}
					}
					if rolls != "" {
						if err := e.grantTable(ctx, s, who, rolls); err != nil {
							return err
						}
					}
					if len(args) == 0 {
						return e.staffing(ctx, s, who)
					}
					at, err := e.grantUnit(ctx, s, who, unit)
					if err != nil {
						return err
					}
					in := accounts.GrantInput{Login: args[0], Role: roster.Role(args[1]), UnitID: at, FromOn: roster.Date(from),
						ToOn: roster.Date(to)}
					if in.FromOn == "" {
						in.FromOn = s.app.Today()
					}
					if _, _, err := s.app.Grant(ctx, who, in); err != nil {
						return err
					}
					fmt.Fprintf(e.out, "%s granted to %s\n", args[1], args[0])
					return nil
				})
			})
		},
	}
	by.add(c)
	c.Flags().BoolVar(&heads, "heads", false, "grant unit_head to the heads on the roster")
	c.Flags().StringVar(&rolls, "table", "", "CSV file with one grant per line: login, role, unit code")
	c.Flags().StringVar(&unit, "unit", "", "code of the unit where the role is held (default: where you hold yours)")
	c.Flags().StringVar(&from, "from", "", "first day, 2006-01-02 (default: today)")
	c.Flags().StringVar(&to, "to", "", "last day (default: open)")
	return c
}

// grantTable grants the roles in a table, line by line. It skips existing
// grants, so that a table can be run again.
func (e *env) grantTable(ctx context.Context, s *site, who *roster.Actor, name string) error {
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	if len(rows) == 0 || strings.Join(rows[0], ",") != "login,role,unit_code" {
		return fmt.Errorf("%s: the first line must read login,role,unit_code", name)
	}
	done := 0
	for i, row := range rows[1:] {
		at, err := e.unitByCode(ctx, s, row[2])
		if err == nil {
			_, _, err = s.app.Grant(ctx, who, accounts.GrantInput{Login: row[0], Role: roster.Role(row[1]), UnitID: at,
				FromOn: s.app.Today()})
		}
		if err != nil && fault.As(err).Code != "grant_held_already" {
			return fmt.Errorf("%s, line %d: %w", name, i+2, err)
		}
		if err == nil {
			done++
		}
	}
	fmt.Fprintf(e.out, "roles granted by the table: %d\n", done)
	return nil
}

// staffing lists the roles that nobody holds yet, and so the work that nobody
// can do.
func (e *env) staffing(ctx context.Context, s *site, who *roster.Actor) error {
	roles, err := s.app.Staffing(ctx, who)
	if err != nil {
		return err
	}
	var none []string
	for _, r := range roles {
		if r.Holders == 0 {
			none = append(none, string(r.Role))
		}
	}
	if len(none) == 0 {
		fmt.Fprintln(e.out, "every role is held by somebody")
		return nil
	}
	fmt.Fprintf(e.out, "nobody holds yet: %s\n", strings.Join(none, " "))
	return nil
}

func (e *env) grantUnit(ctx context.Context, s *site, who *roster.Actor, code string) (string, error) {
	if code != "" {
		return e.unitByCode(ctx, s, code)
	}
	for _, h := range who.Held {
		if h.Role == roster.RoleSecurityAdmin {
			return h.Unit, nil
		}
	}
	return "", fault.Forbidden("not_allowed")
}

func (e *env) userList() *cobra.Command {
	var state, role string
	c := &cobra.Command{
		Use:   "list",
		Short: "List accounts",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return e.with(c.Context(), func(ctx context.Context, s *site) error {
				out := &table{columns: []string{"login", "personnel_no", "name", "unit", "state"}}
				by := *operator
				by.Lang = e.Lang
				q := accounts.AccountQuery{State: state, Role: roster.Role(role), Limit: 200}
				for {
					rows, next, err := s.app.Accounts(ctx, &by, q)
					if err != nil {
						return err
					}
					for _, r := range rows {
						out.add(r.Login, r.PersonnelNo, r.Name, r.Unit, r.State)
					}
					if q.Cursor = next; next == "" {
						return e.print(out)
					}
				}
			})
		},
	}
	c.Flags().StringVar(&state, "state", "", "only accounts in this state: new, active or disabled")
	c.Flags().StringVar(&role, "role", "", "only accounts with this role")
	e.outputFlag(c)
	return c
}

func (e *env) userState(name string, disabled bool) *cobra.Command {
	short := "Enable a disabled account again"
	if disabled {
		short = "Disable an account; its sessions end at once"
	}
	return &cobra.Command{
		Use:   name + " LOGIN",
		Short: short,
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return e.with(c.Context(), func(ctx context.Context, s *site) error {
				acc, err := e.account(ctx, s, args[0])
				if err != nil {
					return err
				}
				if _, err := s.app.SetAccountState(ctx, operator, acc.ID, acc.Version, disabled); err != nil {
					return err
				}
				fmt.Fprintf(e.out, "%s: %s\n", acc.Login, map[bool]string{true: "disabled", false: "enabled"}[disabled])
				return nil
			})
		},
	}
}
