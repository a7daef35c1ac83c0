package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"plumbline/internal/app/desk"
	appselfcheck "plumbline/internal/app/selfcheck"
	"plumbline/internal/roster"
	"plumbline/internal/selfcheck"
)

func init() { makers = append(makers, campaignCommand) }

func campaignCommand(e *env) *cobra.Command {
	c := &cobra.Command{
		Use:   "campaign",
		Short: "Open self-check campaigns and follow their completion",
		Args:  cobra.NoArgs,
		RunE:  func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(e.campaignOpen(), e.campaignList(), e.campaignCompletion())
	for _, s := range []struct{ step, short string }{
		{"lock", "End filing: what is filed is locked, and only dated supplements follow"},
		{"inspect", "Begin the inspection of a locked campaign"},
		{"rectify", "Begin the rectification of what was found"},
		{"close", "Close a campaign"},
	} {
		c.AddCommand(e.campaignStep(s.step, s.short))
	}
	return c
}

var operator = desk.Program("cli")

func (e *env) campaignOpen() *cobra.Command {
	var in appselfcheck.CampaignInput
	var opens, closes, from, to string
	c := &cobra.Command{
		Use:   "open",
		Short: "Draft and open a campaign and write its roster of required lists",
		Long: "Draft a campaign for the bureau, open it and write the roster of who must file which list,\n" +
			"from today's postings. If there are no checklists yet, the two built-in ones of 50 items\n" +
			"are published first.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return e.with(c.Context(), func(ctx context.Context, s *site) error {
				today := s.app.Today()
				in.OpensOn, in.ClosesOn = or(opens, today), or(closes, today.AddMonths(1))
				in.PeriodFrom, in.PeriodTo = or(from, today.AddMonths(-36)), or(to, today)
				if err := s.app.EnsureChecklists(ctx, operator); err != nil {
					return err
				}
				id, _, err := s.app.CreateCampaign(ctx, operator, in)
				if err != nil {
					return err
				}
				if err := e.moveCampaign(ctx, s, id, "open"); err != nil {
					return err
				}
				done, err := s.app.Completion(ctx, operator, id)
				if err != nil {
					return err
				}
				fmt.Fprintf(e.out, "%s open, %d lists owed in %d units\n", id, done.Total.Owed, len(done.Units))
				return nil
			})
		},
	}
	f := c.Flags()
	f.StringVar(&in.Title, "title", "", "title of the campaign")
	f.StringVar(&opens, "opens", "", "first day of filing, 2026-03-01 (default: today)")
	f.StringVar(&closes, "closes", "", "last day of filing (default: a month from today)")
	f.StringVar(&from, "period-from", "", "first day of the conduct under review (default: three years back)")
	f.StringVar(&to, "period-to", "", "last day of the conduct under review (default: today)")
	_ = c.MarkFlagRequired("title") // the flag is defined above
	return c
}

func or(given string, otherwise roster.Date) roster.Date {
	if given == "" {
		return otherwise
	}
	return roster.Date(given)
}

// moveCampaign performs a step and the work that follows from it.
func (e *env) moveCampaign(ctx context.Context, s *site, id, step string) error {
	c, err := s.app.Campaign(ctx, operator, id)
	if err != nil {
		return err
	}
	if _, err := s.app.MoveCampaign(ctx, operator, appselfcheck.CampaignStep{ID: id, Version: c.Version, Step: step}); err != nil {
		return err
	}
	return s.app.DrainJobs(ctx)
}

func (e *env) campaignStep(step, short string) *cobra.Command {
	return &cobra.Command{
		Use:   step + " [ID]",
		Short: short,
		Args:  cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return e.with(c.Context(), func(ctx context.Context, s *site) error {
				x, err := theCampaign(ctx, s, args)
				if err != nil {
					return err
				}
				if err := e.moveCampaign(ctx, s, x.ID, step); err != nil {
					return err
				}
				v, err := s.app.Campaign(ctx, operator, x.ID)
				if err != nil {
					return err
				}
				fmt.Fprintf(e.out, "%s %s\n", x.ID, v.State)
				return nil
			})
		},
	}
}

// theCampaign returns the named campaign, or the only running one.
func theCampaign(ctx context.Context, s *site, args []string) (selfcheck.Campaign, error) {
	all, err := s.app.Campaigns(ctx, operator)
	if err != nil {
		return selfcheck.Campaign{}, err
	}
	var fit []selfcheck.Campaign
	for _, x := range all {
		if len(args) == 1 && x.ID == args[0] || len(args) == 0 && x.Running() {
			fit = append(fit, x)
		}
	}
	switch {
	case len(fit) == 1:
		return fit[0], nil
	case len(args) == 1:
		return selfcheck.Campaign{}, fmt.Errorf("there is no campaign %s; see: plumbline campaign list", shorten(args[0], 40))
	case len(fit) == 0:
		return selfcheck.Campaign{}, errors.New("no campaign is running; open one with: plumbline campaign open --title TITLE")
	}
	return selfcheck.Campaign{}, errors.New("several campaigns are running; name one of: plumbline campaign list")
}

func (e *env) campaignList() *cobra.Command {
	c := &cobra.Command{
		Use:   "list",
		Short: "List the campaigns",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return e.with(c.Context(), func(ctx context.Context, s *site) error {
				all, err := s.app.Campaigns(ctx, operator)
				if err != nil {
					return err
				}
				t := &table{columns: []string{"id", "state", "opens", "closes", "title"}}
				for _, x := range all {
					t.add(x.ID, x.State, x.OpensOn, x.ClosesOn, x.Title)
				}
				return e.print(t)
			})
		},
	}
	e.outputFlag(c)
	return c
}

func (e *env) campaignCompletion() *cobra.Command {
	c := &cobra.Command{
		Use:   "completion [ID]",
		Short: "Print the completion of a campaign by unit",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return e.with(c.Context(), func(ctx context.Context, s *site) error {
				x, err := theCampaign(ctx, s, args)
				if err != nil {
					return err
				}
				list, err := s.app.Completion(ctx, operator, x.ID)
				if err != nil {
					return err
				}
				t := &table{columns: []string{"unit", "tier", "owed", "filed", "excused", "not_filed", "per_mille", "nil_per_mille",
					"certified"}}
				for _, u := range list.Units {
					name := u.Name
					if e.Output == "table" {
						name = strings.Repeat("  ", max(0, u.Tier-1)) + name
					}
					t.add(name, u.Tier, u.All.Owed, u.All.Filed(), u.All.Excused, u.All.Missing(), u.All.PerMille(), u.All.NilPerMille(),
						u.Certified != nil)
				}
				return e.print(t)
			})
		},
	}
	e.outputFlag(c)
	return c
}
