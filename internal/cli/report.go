package cli

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"plumbline/internal/app/desk"
	"plumbline/internal/app/reports"
	"plumbline/internal/words"
)

func init() { makers = append(makers, reportCommand) }

func reportCommand(e *env) *cobra.Command {
	in := reports.ReportInput{}
	c := &cobra.Command{
		Use:   "report",
		Short: "Print the leadership report of a unit and a period",
		Long: `Print the leadership report. Run by the operator, it covers the whole bureau with
no bars applied: keep the output with the operator's other secrets.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return e.with(c.Context(), func(ctx context.Context, s *site) error {
				var err error
				if in.Unit, err = e.unitByCode(ctx, s, in.Unit); err != nil {
					return err
				}
				who := desk.Program("report")
				who.Lang = e.Lang
				r, err := s.app.Report(ctx, who, in)
				if err != nil {
					return err
				}
				if e.Output == "json" {
					enc := json.NewEncoder(e.out)
					enc.SetIndent("", "  ")
					return enc.Encode(r)
				}
				lang := words.Lang(e.Lang)
				out := &table{columns: []string{"section", "line", "column", "number"}}
				for i := range r.Sections {
					sec := &r.Sections[i]
					lines := sec.Lines
					if sec.Total != nil {
						lines = append(lines[:len(lines):len(lines)], *sec.Total)
					}
					for l := range lines {
						for n, col := range sec.Columns {
							number := strconv.FormatInt(lines[l].Values[n].N, 10)
							switch {
							case lines[l].Values[n].Hidden:
								number = words.T(lang, "report.hidden")
							case slices.Contains(sec.Rates, col):
								number = reports.RateText(lines[l].Values[n].N)
							}
							out.add(words.T(lang, "report.section."+sec.Key), reports.LineName(lang, sec, &lines[l]),
								words.T(lang, "report.value."+col), number)
						}
					}
				}
				return e.print(out)
			})
		},
	}
	c.Flags().StringVar(&in.Unit, "unit", "", "code or id of a unit (default: the bureau)")
	c.Flags().StringVar(&in.From, "from", "", "first month of the event, 2006-01")
	c.Flags().StringVar(&in.To, "to", "", "last month of the event, 2006-01")
	c.Flags().StringVar(&in.Period, "period", "", "a fixed period instead: 2026-03, 2026-Q1, 2026 or a campaign's id")
	c.Flags().StringVar(&in.Campaign, "campaign", "", "campaign whose completion is shown (default: the newest)")
	e.outputFlag(c)
	return c
}
