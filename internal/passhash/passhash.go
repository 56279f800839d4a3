package passhash

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"math"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/symbolon/symbolon/internal/argon2"
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

// bytes is the memory that one hash takes.
func (a Argon2) bytes() int64 { return int64(a.MemoryKiB) << 10 }

// Config of a Hasher.
type Config struct {
	Argon2 Argon2 // of new hashes; zero is Default()
	// Limits bound what is verified and imported; zero is DefaultLimits(). Argon2
	// raises them where it is higher.
	Limits Limits
	// Budget is how many bytes all hashes together may use; 0 is a quarter of what
	// the process may use, at most 1 GiB. At least one new hash always fits.
	Budget int64
	// XCrypto computes Argon2 with golang.org/x/crypto instead of package argon2.
	XCrypto bool
	// Processors is how many ordinary hashes run at a time at most; 0 is runtime.GOMAXPROCS.
	Processors int
	// Wait is how long a request waits for its share; 0 is DefaultWait.
	Wait time.Duration
}

// DefaultWait is how long a request waits by default.
const DefaultWait = 10 * time.Second

// Hasher makes and verifies hashes. It is safe for concurrent use.
type Hasher struct {
	argon2  Argon2
	limits  Limits
	largest int64 // bytes of one hash, above all limits
	gate    *gate
	pool    *argon2Pool
	dummy   string // a hash of an unknown password, with the current parameters
}

// New returns a hasher. The error says which parameter of Argon2 is impossible, or needs more memory than this process may
// use.
func New(c Config) (*Hasher, error) {
	if c.Argon2 == (Argon2{}) {
		c.Argon2 = Default()
	}
	if c.Limits == (Limits{}) {
		c.Limits = DefaultLimits()
	}
	if c.Wait == 0 {
		c.Wait = DefaultWait
	}
	if c.Budget == 0 {
		c.Budget = deriveBudget(memoryLimit("/", debug.SetMemoryLimit(-1)))
	}
	available := memoryLimit("/", math.MaxInt64)
	if c.Argon2.bytes() > available {
		return nil, fmt.Errorf("hashers.argon2.memory: %d MiB for one hash are more than the %d MiB that this process may use, so the first password would end it",
			c.Argon2.bytes()>>20, available>>20)
	}
	budget := max(c.Budget, c.Argon2.bytes())
	h := &Hasher{
		pool:   &argon2Pool{budget: budget, external: c.XCrypto, release: debug.FreeOSMemory},
		argon2: c.Argon2, limits: c.Limits.raisedTo(c.Argon2),
		largest: max(largestHash(available), c.Argon2.bytes()),
		gate:    newGate(budget, c.Wait, cmp.Or(c.Processors, runtime.GOMAXPROCS(0))),
	}
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
	// Outdated asks to hash the password again: another algorithm, other parameters
	// or another normal form than today's.
	Outdated bool
}

// Hash returns an Argon2id hash in PHC format, of the normal form of the password. The error is *Busy if memory was
// not free in time.
func (h *Hasher) Hash(ctx context.Context, password string) (string, error) {
	release, err := h.gate.enter(ctx, h.argon2.bytes(), false)
	if err != nil {
		return "", err
	}
	defer release()
	p := h.argon2
	s := spec{
		algorithm: argon2id, memoryKiB: p.MemoryKiB, iterations: p.Iterations, parallelism: uint32(p.Parallelism),
		salt: random(p.SaltLength),
	}
	key, err := h.pool.key(ctx, s, normalize(password), int(p.KeyLength))
	if err != nil {
		return "", err
	}
	return h.encode(s.salt, key), nil
}

// Verify compares a password with a stored hash. The error is *LimitError or
// *FormatError for hashes that are not judged, which is for the log: the
// person who signs in sees a wrong password. It is *Busy if memory was not free in
// time.
//
// bcrypt sees the first 72 bytes of a password alone. Hashes made so elsewhere
// are verified so, and outdated.
func (h *Hasher) Verify(ctx context.Context, encoded, password string) (Result, error) {
	s, err := h.read(encoded)
	if err != nil {
		return Result{}, err
	}
	heavy := !h.current(s) && (s.heavy() || s.bytes() > h.gate.budget/2)
	release, err := h.gate.enter(ctx, s.bytes(), heavy)
	if err != nil {
		return Result{}, err
	}
	defer release()
	for i, spelling := range spellings(password) {
		match, err := s.match(ctx, h.pool, spelling)
		if err != nil {
			return Result{}, err
		}
		if match {
			return Result{Match: true, Outdated: i > 0 || !h.current(s)}, nil
		}
	}
	return Result{Outdated: !h.current(s)}, nil
}

// VerifyNothing costs what verifying a current hash costs. It is for unknown
// identifiers, so that time does not tell them from wrong passwords (OWASP
// ASVS 6.3.8). The error is *Busy if memory was not free in time.
func (h *Hasher) VerifyNothing(ctx context.Context, password string) error {
	_, err := h.Verify(ctx, h.dummy, password)
	return err
}

// Check reports whether a hash from elsewhere could be verified: *FormatError or
// *LimitError if not.
func (h *Hasher) Check(encoded string) error {
	_, err := h.read(encoded)
	return err
}

// Stats tells what the gate is doing.
func (h *Hasher) Stats() Stats { return h.gate.stats() }

// read is the one way from a hash string to a computation.
func (h *Hasher) read(encoded string) (spec, error) {
	s, err := parse(encoded)
	if err != nil {
		return spec{}, err
	}
	if err := h.limits.check(s); err != nil {
		return spec{}, err
	}
	if need := s.bytes(); need > h.largest {
		return spec{}, &LimitError{Key: "the memory of this process", Value: uint64(need), Limit: uint64(h.largest)}
	}
	return s, nil
}

func (h *Hasher) current(s spec) bool {
	p := h.argon2
	return s.algorithm == argon2id && s.version == argon2.Version13 && s.data == nil && s.memoryKiB == p.MemoryKiB && s.iterations == p.Iterations &&
		s.parallelism == uint32(p.Parallelism) && len(s.salt) == int(p.SaltLength) && len(s.key) == int(p.KeyLength)
}

func (h *Hasher) encode(salt, key []byte) string {
	p := h.argon2
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version13, p.MemoryKiB, p.Iterations, p.Parallelism,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(key))
}

func random(n uint32) []byte {
	b := make([]byte, n)
	rand.Read(b)
	return b
}
