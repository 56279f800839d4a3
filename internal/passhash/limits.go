package passhash

import "fmt"

// Limits bound the hashes that are verified or imported: whoever can write one
// could else take the server's memory and time.
type Limits struct {
	Argon2MemoryKiB   uint32
	Argon2Iterations  uint32
	Argon2Parallelism uint32
	BcryptCost        uint32 // base-2 logarithm of the rounds
	ScryptCost        uint32 // base-2 logarithm of N
	ScryptBlockSize   uint32 // r
	ScryptParallelism uint32 // p
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

// LimitError says that a hash costs more than this server may spend on one.
type LimitError struct {
	// Key is the configuration key to raise, or says that the hash does not fit
	// into the memory of the process, where the kernel would end it.
	Key   string
	Value uint64 // what the hash asks for
	Limit uint64
}

func (e *LimitError) Error() string {
	return fmt.Sprintf("password hash asks for %d where %s allows %d", e.Value, e.Key, e.Limit)
}

// raisedTo makes room for the hashes that this server itself makes.
func (l Limits) raisedTo(a Argon2) Limits {
	l.Argon2MemoryKiB = max(l.Argon2MemoryKiB, a.MemoryKiB)
	l.Argon2Iterations = max(l.Argon2Iterations, a.Iterations)
	l.Argon2Parallelism = max(l.Argon2Parallelism, uint32(a.Parallelism))
	return l
}

// check returns a *LimitError for the first parameter that is too high.
func (l Limits) check(s spec) error {
	type bound struct {
		key          string
		value, limit uint32
	}
	var bounds []bound
	switch s.algorithm {
	case argon2id, argon2i:
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
			return &LimitError{Key: "hashers.limits." + b.key, Value: uint64(b.value), Limit: uint64(b.limit)}
		}
	}
	return nil
}
