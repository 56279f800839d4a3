package cli

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/symbolon/symbolon/internal/passhash"
)

func newHashersCommand(e *env) *cobra.Command {
	c := &cobra.Command{
		Use:   "hashers",
		Short: "Find parameters for the hashing of passwords, and hash one",
		Example: `  symbolon hashers argon2 calibrate 500ms
  symbolon hashers argon2 hash < password.txt`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	argon2 := &cobra.Command{
		Use:   "argon2",
		Short: "Argon2id, which hashes new passwords",
		Example: `  symbolon hashers argon2 calibrate 500ms
  symbolon hashers argon2 hash < password.txt`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	argon2.AddCommand(newCalibrateCommand(e), newHashCommand(e))
	c.AddCommand(argon2)
	return c
}

// argon2Flags are the parameters that both commands take.
type argon2Flags struct {
	parallelism, saltLength, keyLength uint32
}

func (f *argon2Flags) add(c *cobra.Command) {
	flags := c.Flags()
	byDefault := passhash.Default()
	flags.Uint32Var(&f.parallelism, "parallelism", uint32(byDefault.Parallelism), "lanes, 1 to 255")
	flags.Uint32Var(&f.saltLength, "salt-length", byDefault.SaltLength, "length of the salt in bytes, 16 to 64")
	flags.Uint32Var(&f.keyLength, "key-length", byDefault.KeyLength, "length of the hash in bytes, 16 to 64")
}

func (f *argon2Flags) parameters(memory memorySize, iterations uint32) (passhash.Argon2, error) {
	if f.parallelism < 1 || f.parallelism > math.MaxUint8 {
		return passhash.Argon2{}, usageError{fmt.Errorf("--parallelism must be from 1 to %d", math.MaxUint8)}
	}
	// RFC 9106 section 3.1 and NIST SP 800-132 ask for 16 bytes of each.
	for name, length := range map[string]uint32{"--salt-length": f.saltLength, "--key-length": f.keyLength} {
		if length < 16 || length > 64 {
			return passhash.Argon2{}, usageError{fmt.Errorf("%s must be from 16 to 64", name)}
		}
	}
	if iterations < 1 || iterations > 1000 {
		return passhash.Argon2{}, usageError{fmt.Errorf("iterations must be from 1 to 1000")}
	}
	if least := memorySize(8 * f.parallelism); memory < least {
		return passhash.Argon2{}, usageError{fmt.Errorf("%s of memory are too little for a parallelism of %d: RFC 9106 asks for %s", inUnits(memory), f.parallelism, inUnits(least))}
	}
	return passhash.Argon2{
		MemoryKiB: uint32(memory), Iterations: iterations, Parallelism: uint8(f.parallelism),
		SaltLength: f.saltLength, KeyLength: f.keyLength,
	}, nil
}

// memorySize is an amount of memory in KiB; as text 65536KB, 64MB or 1GB.
type memorySize uint32

// units are multiples of a KiB. Memory comes in powers of two regardless of the
// letters say.
var units = map[string]uint64{
	"": 1, "K": 1, "KB": 1, "KIB": 1, "M": 1 << 10, "MB": 1 << 10, "MIB": 1 << 10, "G": 1 << 20, "GB": 1 << 20, "GIB": 1 << 20,
}

// maxMemory is 64 GiB.
const maxMemory = 64 << 20

// String, Set and Type are pflag.Value.
func (m *memorySize) String() string { return inUnits(*m) }

// inUnits shows an amount in its largest whole unit.
func inUnits(m memorySize) string {
	switch {
	case m >= 1<<20 && m%(1<<20) == 0:
		return fmt.Sprintf("%dGB", m>>20)
	case m >= 1<<10 && m%(1<<10) == 0:
		return fmt.Sprintf("%dMB", m>>10)
	}
	return fmt.Sprintf("%dKB", uint32(m))
}

// Set reads a number with a unit; without one it is KiB, as in the configuration.
func (m *memorySize) Set(text string) error {
	digits := strings.TrimRight(text, "KkMmGgIiBb ")
	unit, known := units[strings.ToUpper(strings.TrimSpace(text[len(digits):]))]
	n, err := strconv.ParseUint(digits, 10, 32)
	if err != nil || !known || n < 1 || n > maxMemory/unit {
		return fmt.Errorf("must be an amount of memory like 65536KB, 64MB or 1GB, at most 64GB")
	}
	*m = memorySize(n * unit)
	return nil
}

// Type names the value in help texts.
func (m *memorySize) Type() string { return "memory" }
