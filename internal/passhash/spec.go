package passhash

import (
	"encoding/base64"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// The algorithms, as hashes name them.
const (
	argon2id = "argon2id"
	argon2i  = "argon2i"
	bcrypt   = "bcrypt"
	scrypt   = "scrypt"
	pbkdf2   = "pbkdf2"
)

// maxEncoded bounds a hash string, maxPart its decoded salt and key.
const (
	maxEncoded = 1024
	maxPart    = 512
)

// spec is what a hash string says of its cost. salt and key are filled in for
// Argon2 alone.
type spec struct {
	algorithm   string
	memoryKiB   uint32 // argon2
	iterations  uint32 // argon2, pbkdf2
	parallelism uint32 // argon2, scrypt
	cost        uint32 // bcrypt, scrypt: base-2 logarithm
	blockSize   uint32 // scrypt
	salt, key   []byte
}

// FormatError says that a text is not a hash of a known kind. It never repeats
// the text.
type FormatError struct{ Reason string }

func (e *FormatError) Error() string { return "password hash: " + e.Reason }

// LimitError says that a hash costs more than this server may spend on one.
type LimitError struct {
	Key   string // the configuration key to raise
	Value uint64 // what the hash asks for
	Limit uint64
}

func (e *LimitError) Error() string {
	return fmt.Sprintf("password hash asks for %d where %s allows %d", e.Value, e.Key, e.Limit)
}

// Limits bound the hashes that are verified or imported.
type Limits struct {
	Argon2MemoryKiB   uint32
	Argon2Iterations  uint32
	Argon2Parallelism uint32
	BcryptCost        uint32
	ScryptCost        uint32 // base-2 logarithm of N
	ScryptBlockSize   uint32
	ScryptParallelism uint32
	PBKDF2Iterations  uint32
}

// DefaultLimits leave room for strong settings and none for hostile ones.
func DefaultLimits() Limits {
	return Limits{
		Argon2MemoryKiB: 1 << 20, Argon2Iterations: 16, Argon2Parallelism: 16,
		BcryptCost: 16, ScryptCost: 20, ScryptBlockSize: 16, ScryptParallelism: 16,
		PBKDF2Iterations: 10_000_000,
	}
}

func (l Limits) check(s spec) error {
	rules := []struct {
		key          string
		value, limit uint32
	}{
		{"hashers.limits.argon2.memory", s.memoryKiB, l.Argon2MemoryKiB},
	}
	add := func(key string, value, limit uint32) {
		rules = append(rules, struct {
			key          string
			value, limit uint32
		}{key, value, limit})
	}
	switch s.algorithm {
	case argon2id, argon2i:
		add("hashers.limits.argon2.iterations", s.iterations, l.Argon2Iterations)
		add("hashers.limits.argon2.parallelism", s.parallelism, l.Argon2Parallelism)
	case bcrypt:
		add("hashers.limits.bcrypt.cost", s.cost, l.BcryptCost)
	case scrypt:
		add("hashers.limits.scrypt.cost", s.cost, l.ScryptCost)
		add("hashers.limits.scrypt.block_size", s.blockSize, l.ScryptBlockSize)
		add("hashers.limits.scrypt.parallelism", s.parallelism, l.ScryptParallelism)
	case pbkdf2:
		add("hashers.limits.pbkdf2.iterations", s.iterations, l.PBKDF2Iterations)
	}
	for _, r := range rules {
		if r.value > r.limit {
			return &LimitError{Key: r.key, Value: uint64(r.value), Limit: uint64(r.limit)}
		}
	}
	return nil
}

// bytes is the memory that computing the hash takes.
func (s spec) bytes() int64 {
	switch s.algorithm {
	case argon2id, argon2i:
		return int64(s.memoryKiB) << 10
	case scrypt:
		return 128 * int64(s.blockSize) << min(s.cost, 40)
	}
	return 64 << 10
}

// parse reads a hash string. It allocates nothing that the string could blow up.
func parse(encoded string) (spec, error) {
	if len(encoded) > maxEncoded {
		return spec{}, &FormatError{Reason: fmt.Sprintf("longer than %d characters", maxEncoded)}
	}
	parts := strings.Split(encoded, "$")
	if len(parts) < 4 || parts[0] != "" {
		return spec{}, &FormatError{Reason: "not of the form $algorithm$parameters$salt$key"}
	}
	switch name := parts[1]; {
	case name == argon2id || name == argon2i:
		return parseArgon2(name, parts[2:])
	case name == "2a" || name == "2b" || name == "2y":
		return parseBcrypt(parts[2:])
	case name == scrypt:
		return parseScrypt(parts[2:])
	case name == pbkdf2 || strings.HasPrefix(name, "pbkdf2-sha"):
		return parsePBKDF2(parts[2:])
	}
	return spec{}, &FormatError{Reason: "unknown algorithm; known are argon2id, argon2i, bcrypt (2a, 2b, 2y), scrypt and pbkdf2"}
}

func parseArgon2(name string, parts []string) (spec, error) {
	if len(parts) != 4 || parts[0] != "v=19" {
		return spec{}, &FormatError{Reason: name + " without v=19, parameters, salt and key"}
	}
	values, err := numbers(parts[1], "m", "t", "p")
	if err != nil {
		return spec{}, err
	}
	s := spec{algorithm: name, memoryKiB: values["m"], iterations: values["t"], parallelism: values["p"]}
	// RFC 9106 section 3.1: at least one pass and lane, and 8 KiB a lane.
	if s.iterations < 1 || s.parallelism < 1 || s.parallelism > math.MaxUint8 || s.memoryKiB < 8*s.parallelism {
		return spec{}, &FormatError{Reason: name + " with parameters that RFC 9106 does not allow"}
	}
	if s.salt, err = part(parts[2]); err != nil {
		return spec{}, err
	}
	s.key, err = part(parts[3])
	return s, err
}

func parseBcrypt(parts []string) (spec, error) {
	if len(parts) != 2 || len(parts[0]) != 2 || len(parts[1]) != 53 {
		return spec{}, &FormatError{Reason: "bcrypt without cost and 53 characters of salt and key"}
	}
	cost, err := number(parts[0])
	if err != nil || cost < 4 || cost > 31 {
		return spec{}, &FormatError{Reason: "bcrypt with a cost outside of 4 to 31"}
	}
	return spec{algorithm: bcrypt, cost: cost}, nil
}

func parseScrypt(parts []string) (spec, error) {
	if len(parts) != 3 {
		return spec{}, &FormatError{Reason: "scrypt without parameters, salt and key"}
	}
	values, err := numbers(parts[0], "ln", "r", "p")
	if err != nil {
		return spec{}, err
	}
	s := spec{algorithm: scrypt, cost: values["ln"], blockSize: values["r"], parallelism: values["p"]}
	if s.cost < 1 || s.cost > 40 || s.blockSize < 1 || s.parallelism < 1 {
		return spec{}, &FormatError{Reason: "scrypt with parameters that RFC 7914 does not allow"}
	}
	return s, nil
}

func parsePBKDF2(parts []string) (spec, error) {
	if len(parts) != 3 {
		return spec{}, &FormatError{Reason: "pbkdf2 without iterations, salt and key"}
	}
	n, err := number(strings.TrimPrefix(parts[0], "i="))
	if err != nil || n < 1 {
		return spec{}, &FormatError{Reason: "pbkdf2 without a number of iterations"}
	}
	return spec{algorithm: pbkdf2, iterations: n}, nil
}

// numbers reads "a=1,b=2" with exactly the names given.
func numbers(text string, names ...string) (map[string]uint32, error) {
	values := map[string]uint32{}
	for entry := range strings.SplitSeq(text, ",") {
		name, digits, _ := strings.Cut(entry, "=")
		n, err := number(digits)
		if err != nil {
			return nil, &FormatError{Reason: "parameters are not of the form name=number"}
		}
		values[name] = n
	}
	for _, name := range names {
		if _, ok := values[name]; !ok || len(values) != len(names) {
			return nil, &FormatError{Reason: "parameters are not exactly " + strings.Join(names, ", ")}
		}
	}
	return values, nil
}

func number(text string) (uint32, error) {
	n, err := strconv.ParseUint(text, 10, 31)
	return uint32(n), err
}

// part decodes a salt or key: base64 of the standard alphabet, without padding.
func part(text string) ([]byte, error) {
	raw, err := base64.RawStdEncoding.Strict().DecodeString(text)
	if err != nil || len(raw) < 4 || len(raw) > maxPart {
		return nil, &FormatError{Reason: fmt.Sprintf("salt and key must be 4 to %d bytes in base64 without padding", maxPart)}
	}
	return raw, nil
}
