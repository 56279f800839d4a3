package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/symbolon/symbolon/internal/passhash"
)

func newCalibrateCommand(e *env) *cobra.Command {
	var f argon2Flags
	var format outputFormat
	var quiet bool
	var iterations uint32
	var probes int
	start, most, step := memorySize(passhash.Default().MemoryKiB), memorySize(256<<10), memorySize(1<<10)
	c := &cobra.Command{
		Use:   "calibrate [DURATION]",
		Short: "Find the strongest parameters that stay within a time",
		Long: `Find the strongest Argon2id parameters with which this machine, when idle, hashes
a password within DURATION (500ms if it is not given): first as much memory as
fits, then as many iterations (RFC 9106, section 4). Print them as configuration.

Every login takes that long and that much memory. How many may run at once, the
server bounds by itself: see 'symbolon config explain hashers.budget'. OWASP
recommends no less than 19 MB and 2 iterations; allow more time rather than that.`,
		Example: `  symbolon hashers argon2 calibrate
  symbolon hashers argon2 calibrate 1s --max-memory 1GB
  symbolon hashers argon2 calibrate 250ms --quiet > hashers.yml`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			target, err := calibrationTime(args)
			if err != nil {
				return err
			}
			if start > most {
				return usageError{fmt.Errorf("--start-memory is %s and --max-memory %s", inUnits(start), inUnits(most))}
			}
			if probes < 1 || probes > 100 {
				return usageError{errors.New("--probe-runs must be from 1 to 100")}
			}
			p, err := f.parameters(start, iterations)
			if err != nil {
				return err
			}
			c := &calibration{target: target, most: uint32(most), step: uint32(step), measure: func(p passhash.Argon2) (time.Duration, error) {
				took, err := timeOfHash(cmd.Context(), p, probes)
				if err == nil && !quiet {
					fmt.Fprintf(e.Stderr, "%s, %s: %s\n", inUnits(memorySize(p.MemoryKiB)), plural(int(p.Iterations), "iteration", "iterations"), took.Round(time.Millisecond))
				}
				return took, err
			}}
			found, took, err := c.run(p)
			if err != nil {
				return err
			}
			return writeCalibration(e, format, found, took)
		},
	}
	c.Flags().VarP(&start, "start-memory", "m", "`MEMORY` to begin with")
	c.Flags().Var(&most, "max-memory", "`MEMORY` that one hash may take")
	c.Flags().Var(&step, "adjust-memory-by", "`MEMORY` of which the result is to be a multiple")
	c.Flags().Uint32VarP(&iterations, "start-iterations", "i", 1, "iterations to begin with")
	c.Flags().IntVarP(&probes, "probe-runs", "r", 2, "how often each is measured; the slowest counts")
	c.Flags().BoolVarP(&quiet, "quiet", "q", false, "do not show what is tried")
	f.add(c)
	format.add(c)
	return c
}

func calibrationTime(args []string) (time.Duration, error) {
	if len(args) == 0 {
		return 500 * time.Millisecond, nil
	}
	target, err := time.ParseDuration(args[0])
	if err != nil || target < time.Millisecond || target > time.Minute {
		return 0, usageError{fmt.Errorf("%q is not a duration from 1ms to 1m, for example 500ms", args[0])}
	}
	return target, nil
}

// timeOfHash returns the longest of several runs.
func timeOfHash(ctx context.Context, p passhash.Argon2, runs int) (time.Duration, error) {
	hasher, err := passhash.New(passhash.Config{Argon2: p})
	if err != nil {
		return 0, err
	}
	times := make([]time.Duration, runs)
	for i := range times {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		started := time.Now()
		if _, err := hasher.Hash(ctx, "a password of ordinary length"); err != nil {
			return 0, err
		}
		times[i] = time.Since(started)
	}
	return slices.Max(times), nil
}

// calibration looks for parameters that take at most a time.
type calibration struct {
	target     time.Duration
	most, step uint32 // KiB
	measure    func(passhash.Argon2) (time.Duration, error)
}

// run returns the strongest parameters it finds, and how long they take. The
// time of a hash grows with memory and iterations alike, so each guess is near.
func (c *calibration) run(p passhash.Argon2) (passhash.Argon2, time.Duration, error) {
	took, err := c.measure(p)
	if err != nil {
		return p, 0, err
	}
	if took > c.target {
		return p, 0, fmt.Errorf("even %s and %s take %s here; allow more time, or begin with less", inUnits(memorySize(p.MemoryKiB)),
			plural(int(p.Iterations), "iteration", "iterations"), took.Round(time.Millisecond))
	}
	if p, took, err = c.grow(p, took, c.most, c.step, func(p *passhash.Argon2) *uint32 { return &p.MemoryKiB }); err != nil {
		return p, 0, err
	}
	return c.grow(p, took, maxCalibrated, 1, func(p *passhash.Argon2) *uint32 { return &p.Iterations })
}

// maxCalibrated bounds the iterations: more memory is the better use of so much
// time.
const maxCalibrated = 100

// grow raises one parameter, in multiples of step, as far as the time allows.
func (c *calibration) grow(p passhash.Argon2, took time.Duration, most, step uint32, parameter func(*passhash.Argon2) *uint32) (passhash.Argon2, time.Duration, error) {
	for {
		now := *parameter(&p)
		guess := min(float64(now)*float64(c.target)/float64(max(took, 1)), float64(most))
		next := uint32(guess) / step * step
		if next <= now {
			return p, took, nil
		}
		tried := p
		*parameter(&tried) = next
		needed, err := c.measure(tried)
		if err != nil {
			return p, took, err
		}
		if needed <= c.target {
			p, took = tried, needed
			continue
		}
		// Too far: next time as much as it would have had to be, a step less at least.
		most = min(next-min(next, step), uint32(float64(next)*float64(c.target)/float64(needed)))
	}
}

// calibrated is the result in JSON and YAML.
type calibrated struct {
	Memory      uint32 `json:"memory"` // KiB
	Iterations  uint32 `json:"iterations"`
	Parallelism uint8  `json:"parallelism"`
	SaltLength  uint32 `json:"salt_length"`
	KeyLength   uint32 `json:"key_length"`
}

func writeCalibration(e *env, format outputFormat, p passhash.Argon2, took time.Duration) error {
	result := calibrated{p.MemoryKiB, p.Iterations, p.Parallelism, p.SaltLength, p.KeyLength}
	if format == formatJSON {
		return format.write(e.Stdout, result)
	}
	fmt.Fprintf(e.Stdout, "# A hash takes %s and %s of memory on this machine.\n", took.Round(time.Millisecond), inUnits(memorySize(p.MemoryKiB)))
	yaml := formatYAML
	return yaml.write(e.Stdout, map[string]any{"hashers": map[string]any{"argon2": result}})
}
