package passhash

import "fmt"

// Limits bound the hashes that are verified or imported. Without them anyone who can
// write a hash could take the memory and time of the server (OWASP ASVS 11.4.2).
// Beside each parameter its product is bounded, which is the time that a hash takes:
// see maxArgon2Work and maxScryptWork.
type Limits struct {
	Argon2MemoryKiB   uint32
	Argon2Iterations  uint32
	Argon2Parallelism uint32
	BcryptCost        uint32 // base-2 logarithm of the rounds
	ScryptCost        uint32 // base-2 logarithm of N
	ScryptBlockSize   uint32 // r
	ScryptParallelism uint32 // p
	PBKDF2Iterations  uint32

	ownArgon2Work uint64 // of the hashes that this server makes
}

// Bounds of products, each a few seconds of one processor.
const (
	// maxArgon2Work is memory (KiB) times passes: 2 GiB once, or 64 MiB 32 times.
	maxArgon2Work = 2 << 20
	// maxScryptWork is N times r times p: that of N = 2^20, r = 8, p = 1, which takes 1 GiB.
	maxScryptWork = 8 << 20
)

// Hashes that take longer than a few hundred milliseconds are heavy: see gate.
const (
	heavyArgon2Work       = maxArgon2Work / 8
	heavyScryptWork       = maxScryptWork / 8
	heavyBcryptCost       = 13
	heavyPBKDF2Iterations = 500_000
)

// DefaultLimits leave room for strong settings and none for hostile ones.
func DefaultLimits() Limits {
	return Limits{
		Argon2MemoryKiB: 1 << 20, Argon2Iterations: 16, Argon2Parallelism: 16,
		BcryptCost: 16, ScryptCost: 20, ScryptBlockSize: 32, ScryptParallelism: 16,
		PBKDF2Iterations: 4_000_000,
	}
}

// LimitError says that a hash costs more than this server may spend on one.
type LimitError struct {
	// Key is the configuration key to raise, or says that the hash does not fit
	// into the memory of the process, where the kernel would end it.
	Key   string
	Value uint64 // what the hash asks for
	Limit uint64
}

func (e *LimitError) Error() string {
	return fmt.Sprintf("password hash asks for %d where the limit of %s is %d", e.Value, e.Key, e.Limit)
}

// raisedTo makes room for the hashes that this server itself makes.
func (l Limits) raisedTo(a Argon2) Limits {
	l.Argon2MemoryKiB = max(l.Argon2MemoryKiB, a.MemoryKiB)
	l.Argon2Iterations = max(l.Argon2Iterations, a.Iterations)
	l.Argon2Parallelism = max(l.Argon2Parallelism, uint32(a.Parallelism))
	l.ownArgon2Work = uint64(a.MemoryKiB) * uint64(a.Iterations)
	return l
}

// check returns a *LimitError for the first parameter that is too high.
func (l Limits) check(s spec) error {
	type bound struct {
		key          string
		value, limit uint32
	}
	const prefix = "hashers.limits."
	var bounds []bound
	switch s.algorithm {
	case argon2id, argon2i, argon2d:
		bounds = []bound{
			{"argon2.memory", s.memoryKiB, l.Argon2MemoryKiB},
			{"argon2.iterations", s.iterations, l.Argon2Iterations},
			{"argon2.parallelism", s.parallelism, l.Argon2Parallelism},
		}
	case bcryptName:
		bounds = []bound{{"bcrypt.cost", s.cost, l.BcryptCost}}
	case scryptName:
		bounds = []bound{
			{"scrypt.cost", s.cost, l.ScryptCost},
			{"scrypt.block_size", s.blockSize, l.ScryptBlockSize},
			{"scrypt.parallelism", s.parallelism, l.ScryptParallelism},
		}
	case pbkdf2Name:
		bounds = []bound{{"pbkdf2.iterations", s.iterations, l.PBKDF2Iterations}}
	}
	for _, b := range bounds {
		if b.value > b.limit {
			return &LimitError{Key: prefix + b.key, Value: uint64(b.value), Limit: uint64(b.limit)}
		}
	}
	return l.checkWork(s)
}

// checkWork bounds the product of parameters, which is the time that a hash takes.
func (l Limits) checkWork(s spec) error {
	switch s.algorithm {
	case argon2id, argon2i, argon2d:
		if limit := max(maxArgon2Work, l.ownArgon2Work); s.work() > limit {
			return &LimitError{Key: "the product of memory (KiB) and iterations of argon2", Value: s.work(), Limit: limit}
		}
	case scryptName:
		if s.work() > maxScryptWork {
			return &LimitError{Key: "the product of N, block size and parallelism of scrypt", Value: s.work(), Limit: maxScryptWork}
		}
	}
	return nil
}
