package attacker

import (
	"bufio"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"plumbline/internal/apptest/needs"
)

// Solver is the program that solves linear programs, of COIN-OR (Debian: coinor-clp).
const Solver = "clp"

// slack is by how much a world may miss an equation, being made of floating point
// numbers.
const slack = 1e-6

// Need ends a test where there is no solver.
func Need(t testing.TB) {
	t.Helper()
	if _, err := exec.LookPath(Solver); err != nil {
		needs.Missing(t, Solver, fmt.Errorf("no solver of linear programs; install the package coinor-clp: %w", err))
	}
}

// objective is what a world is to have much of, by atom: weights above 0 for what is to
// be large, below 0 for what is to be small.
type objective map[int]float64

// world asks for a possible world: atoms of at least 0 that fit every equation, which
// has as much of the objective as there can be. No atom of the objective is raised above
// most where most is given, so that a world has room for many of them. The world is
// checked against every equation: the solver is not trusted.
func (s *system) world(aim objective, most float64) ([]float64, error) {
	dir, err := os.MkdirTemp("", "attacker-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	in, out := filepath.Join(dir, "program.mps"), filepath.Join(dir, "world")
	if err := s.write(in, aim, most); err != nil {
		return nil, err
	}
	said, err := exec.Command(Solver, in, "-dualsimplex", "-solution", out).CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("%s: %w: %s", Solver, err, said)
	}
	value, err := s.read(out)
	if err != nil {
		return nil, fmt.Errorf("%w; %s said: %s", err, Solver, said)
	}
	return value, s.possible(value)
}

// write makes the program a file in the MPS format. What stands in an equation of
// nothing is nothing, and is left out.
func (s *system) write(name string, aim objective, most float64) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(f)
	line := func(format string, args ...any) { _, _ = fmt.Fprintf(w, format+"\n", args...) } // Flush says whether all was written
	line("NAME attack FREE\nROWS\n N aim")
	for r := range s.rows {
		if s.sum[r] > 0 {
			line(" E r%d", r)
		}
	}
	line("COLUMNS")
	for a, rows := range s.rowsOf {
		if s.empty(a) {
			continue
		}
		if weight := aim[a]; weight != 0 {
			line(" a%d aim %g", a, -weight) // it makes the objective small
		}
		for _, r := range rows {
			line(" a%d r%d 1", a, r)
		}
	}
	line("RHS")
	for r, n := range s.sum {
		if n > 0 {
			line(" told r%d %d", r, n)
		}
	}
	if most > 0 {
		line("BOUNDS")
		for a := range aim {
			if !s.empty(a) {
				line(" UP most a%d %g", a, max(most, float64(s.value[a])))
			}
		}
	}
	line("ENDATA")
	if err := w.Flush(); err != nil {
		_ = f.Close()
		return err
	}
	return f.Close()
}

// empty reports whether an equation of nothing counts an atom, or none counts it at all.
func (s *system) empty(a int) bool {
	for _, r := range s.rowsOf[a] {
		if s.sum[r] == 0 {
			return true
		}
	}
	return len(s.rowsOf[a]) == 0
}

// read takes the atoms that are not 0 from what the solver wrote: a line that says
// whether it is optimal, one with the objective, then number, name, value and reduced
// cost of each.
func (s *system) read(name string) ([]float64, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	value := make([]float64, len(s.rowsOf))
	lines := bufio.NewScanner(f)
	if lines.Scan(); !strings.HasPrefix(strings.ToLower(lines.Text()), "optimal") {
		return nil, fmt.Errorf("no world was found: %q", lines.Text())
	}
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) != 4 || fields[1][0] != 'a' {
			continue
		}
		a, err := strconv.Atoi(fields[1][1:])
		if err != nil || a >= len(value) {
			return nil, fmt.Errorf("an atom %q is not known", fields[1])
		}
		if value[a], err = strconv.ParseFloat(fields[2], 64); err != nil {
			return nil, err
		}
	}
	return value, lines.Err()
}

// possible reports the first equation that a world does not fit.
func (s *system) possible(value []float64) error {
	for a, v := range value {
		if v < -slack {
			return fmt.Errorf("atom %d of the world is %g", a, v)
		}
	}
	for r, atoms := range s.rows {
		var sum float64
		for _, a := range atoms {
			sum += value[a]
		}
		if math.Abs(sum-float64(s.sum[r])) > slack*max(1, float64(s.sum[r])) {
			return fmt.Errorf("equation %d says %d, and the world has %g", r, s.sum[r], sum)
		}
	}
	return nil
}
