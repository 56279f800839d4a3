package passhash

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"runtime"
	"time"

	"github.com/go-crypt/crypt"
	"golang.org/x/crypto/argon2"
)

// Argon2 are the parameters of Argon2id.
type Argon2 struct {
	MemoryKiB   uint32
	Iterations  uint32
	Parallelism uint8
	SaltLength  uint32 // bytes
	KeyLength   uint32 // bytes
}

// Default returns the parameters that the OWASP Password Storage Cheat Sheet
// recommends: 19 MiB, two passes, one lane.
func Default() Argon2 {
	return Argon2{MemoryKiB: 19456, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}
}

// Config of a Hasher.
type Config struct {
	Argon2 Argon2
	Limits Limits
	// Budget is how many bytes all hashes together may use; 0 derives it from what
	// the process may use (see MemoryBudget).
	Budget int64
	// Wait is how long a request waits for its share; 0 is DefaultWait.
	Wait time.Duration
}

// DefaultWait is how long a request waits by default.
const DefaultWait = 10 * time.Second

// Hasher makes and verifies hashes. It is safe for concurrent use.
type Hasher struct {
	config Config
	gate   *gate
	dummy  string // a hash of nothing anyone knows, with the current parameters
}

// New returns a hasher. The error names a parameter outside of its limits.
func New(c Config) (*Hasher, error) {
	if c.Wait == 0 {
		c.Wait = DefaultWait
	}
	if c.Budget == 0 {
		c.Budget = MemoryBudget(MemoryLimit("/"))
	}
	h := &Hasher{config: c, gate: newGate(c.Budget, c.Wait, runtime.GOMAXPROCS(0))}
	// The dummy is never compared successfully, so it need not be a real hash: a
	// random key of the right length costs the same to verify and nothing to make.
	h.dummy = h.encode(random(c.Argon2.SaltLength), random(c.Argon2.KeyLength))
	if err := h.Check(h.dummy); err != nil {
		return nil, fmt.Errorf("hashers.argon2: %w", err)
	}
	return h, nil
}

// Result is what a verification found.
type Result struct {
	Match bool
	// Outdated asks to hash the password again: another algorithm or other
	// parameters than today's.
	Outdated bool
}

// Hash returns an Argon2id hash in PHC format. The error is *Busy if memory was
// not free in time.
func (h *Hasher) Hash(ctx context.Context, password string) (string, error) {
	release, err := h.gate.enter(ctx, int64(h.config.Argon2.MemoryKiB)<<10)
	if err != nil {
		return "", err
	}
	defer release()
	salt := random(h.config.Argon2.SaltLength)
	p := h.config.Argon2
	return h.encode(salt, argon2.IDKey([]byte(password), salt, p.Iterations, p.MemoryKiB, p.Parallelism, p.KeyLength)), nil
}

// Verify compares a password with a stored hash. The error is *LimitError or
// *FormatError for hashes that are not judged, and *Busy if memory was not free
// in time.
func (h *Hasher) Verify(ctx context.Context, encoded, password string) (Result, error) {
	s, err := parse(encoded)
	if err != nil {
		return Result{}, err
	}
	if err := h.config.Limits.check(s); err != nil {
		return Result{}, err
	}
	release, err := h.gate.enter(ctx, s.bytes())
	if err != nil {
		return Result{}, err
	}
	defer release()
	match, err := s.match(encoded, password)
	if err != nil {
		return Result{}, &FormatError{Reason: err.Error()}
	}
	return Result{Match: match, Outdated: !h.current(s)}, nil
}

// VerifyNothing costs what Verify costs, for an identifier that nobody has.
func (h *Hasher) VerifyNothing(ctx context.Context, password string) error {
	_, err := h.Verify(ctx, h.dummy, password)
	return err
}

// Check reports whether a hash from elsewhere could be verified: *FormatError or
// *LimitError if not.
func (h *Hasher) Check(encoded string) error {
	s, err := parse(encoded)
	if err != nil {
		return err
	}
	return h.config.Limits.check(s)
}

func (h *Hasher) current(s spec) bool {
	p := h.config.Argon2
	return s.algorithm == argon2id && s.memoryKiB == p.MemoryKiB && s.iterations == p.Iterations &&
		s.parallelism == uint32(p.Parallelism) && len(s.salt) == int(p.SaltLength) && len(s.key) == int(p.KeyLength)
}

func (h *Hasher) encode(salt, key []byte) string {
	p := h.config.Argon2
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, p.MemoryKiB, p.Iterations, p.Parallelism,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(key))
}

// match computes the hash again. Argon2id is computed directly, all others by
// the library that knows their formats.
func (s spec) match(encoded, password string) (bool, error) {
	if s.algorithm != argon2id {
		return crypt.CheckPassword(password, encoded)
	}
	key := argon2.IDKey([]byte(password), s.salt, s.iterations, s.memoryKiB, uint8(s.parallelism), uint32(len(s.key)))
	return subtle.ConstantTimeCompare(key, s.key) == 1, nil
}

func random(n uint32) []byte {
	b := make([]byte, n)
	rand.Read(b)
	return b
}

// Stats tells what the gate is doing.
func (h *Hasher) Stats() Stats { return h.gate.stats() }
