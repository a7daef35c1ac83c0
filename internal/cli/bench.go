package cli

import (
	"fmt"
	"net/http"
	"os"
	"runtime/pprof"

	"github.com/spf13/cobra"

	"plumbline/internal/app"
	"plumbline/internal/bench"
	"plumbline/internal/demo"
)

func init() { makers = append(makers, benchCommand) }

func benchCommand(e *env) *cobra.Command {
	o := bench.Options{Tell: func(format string, args ...any) { fmt.Fprintf(e.err, format, args...) }}
	asJSON, size, profile := false, string(demo.Full), ""
	c := &cobra.Command{
		Use:   "bench",
		Short: "Benchmark the program on this machine against raw baselines",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if asJSON {
				e.Output = "json"
			}
			if o.Size = demo.Size(size); o.Size != demo.Small && o.Size != demo.Full {
				return fmt.Errorf("--size is small or full, not %q", shorten(size, 20))
			}
			o.Handler = func(a *app.App) (http.Handler, error) { return e.handler(&site{app: a}, false) }
			if profile != "" {
				stop, err := profileTo(profile)
				if err != nil {
					return err
				}
				defer stop()
			}
			figures, err := bench.Run(c.Context(), o)
			t := &table{columns: []string{"figure", "measured", "baseline", "ratio", "goal", "note"}}
			for _, f := range figures {
				t.add(f.Name, f.Measured, f.Baseline, f.Ratio, f.Goal, f.Note)
			}
			if printErr := e.print(t); err == nil {
				err = printErr
			}
			return err
		},
	}
	c.Flags().StringSliceVar(&o.Only, "only", nil, fmt.Sprintf("parts to measure, of %v", bench.Parts))
	c.Flags().StringVar(&o.Postgres, "postgres", "",
		"URL of an empty PostgreSQL database for one of the parts that end in -postgres, instead of a server of the bench's own")
	c.Flags().StringVar(&size, "size", size, "size of the site for import, list, report and start; small is only a smoke test")
	c.Flags().StringVar(&profile, "cpuprofile", "", "file for a CPU profile of the whole run (go tool pprof)")
	c.Flags().BoolVar(&asJSON, "json", false, "the same as --output json")
	e.outputFlag(c)
	return c
}

// profileTo writes a CPU profile until stop is called.
func profileTo(file string) (stop func(), err error) {
	out, err := os.Create(file)
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(out); err != nil {
		return nil, err
	}
	return func() { pprof.StopCPUProfile(); out.Close() }, nil
}
