package passhash

import (
	"context"
	"crypto/pbkdf2"
	"crypto/sha1" //nolint:gosec // imported hashes use it, inside HMAC, where its collisions do not matter
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"errors"
	"hash"

	"golang.org/x/crypto/bcrypt"
	"golang.org/x/crypto/scrypt"
)

// The algorithms, as hashes name them.
const (
	argon2id   = "argon2id"
	argon2i    = "argon2i"
	argon2d    = "argon2d"
	bcryptName = "bcrypt"
	scryptName = "scrypt"
	pbkdf2Name = "pbkdf2"
)

// spec is everything that a hash string says.
type spec struct {
	algorithm   string
	memoryKiB   uint32 // argon2
	iterations  uint32 // argon2, pbkdf2
	parallelism uint32 // argon2, scrypt
	cost        uint32 // bcrypt, scrypt: base-2 logarithm
	blockSize   uint32 // scrypt
	digest      string // pbkdf2: sha1, sha256 or sha512
	salt, key   []byte // all but bcrypt
	encoded     string // bcrypt, whose library reads no parts
	version     uint32 // argon2
	data        []byte // argon2: associated data, nil for none

	prehash func(password string) string // what is done to a password before; nil for nothing
	check   func(password string) bool   // compares by itself; nil for all of the above
}

// bytes is the memory that computing the hash takes.
func (s spec) bytes() int64 {
	switch s.algorithm {
	case argon2id, argon2i, argon2d:
		return int64(s.memoryKiB) << 10
	case scryptName: // RFC 7914 section 2
		return 128 * int64(s.blockSize) * (int64(1)<<s.cost + int64(s.parallelism))
	}
	return 64 << 10 // bcrypt and PBKDF2 need a few KiB; this covers what is around them
}

// work is what the time of a hash is proportional to: for argon2 memory in KiB times
// passes, for scrypt N*r*p, else the rounds.
func (s spec) work() uint64 {
	switch s.algorithm {
	case argon2id, argon2i, argon2d:
		return uint64(s.memoryKiB) * uint64(s.iterations)
	case scryptName:
		return uint64(s.blockSize) * uint64(s.parallelism) << s.cost
	case bcryptName:
		return 1 << s.cost
	}
	return uint64(s.iterations)
}

// heavy reports whether the hash takes much longer than those of a login should.
func (s spec) heavy() bool {
	switch s.algorithm {
	case argon2id, argon2i, argon2d:
		return s.work() > heavyArgon2Work
	case scryptName:
		return s.work() > heavyScryptWork
	case bcryptName:
		return s.cost > heavyBcryptCost
	}
	return s.iterations > heavyPBKDF2Iterations
}

// match computes the hash of a password again and compares in constant time.
// The error is *FormatError or that of ctx.
func (s spec) match(ctx context.Context, pool *argon2Pool, password string) (bool, error) {
	if s.check != nil {
		return s.check(password), nil
	}
	if s.prehash != nil {
		password = s.prehash(password)
	}
	if s.algorithm == bcryptName {
		err := bcrypt.CompareHashAndPassword([]byte(s.encoded), []byte(password))
		if err != nil && !errors.Is(err, bcrypt.ErrMismatchedHashAndPassword) {
			return false, &FormatError{Reason: "bcrypt that cannot be computed"}
		}
		return err == nil, nil
	}
	key, err := s.compute(ctx, pool, password)
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	if err != nil {
		return false, &FormatError{Reason: s.algorithm + " that cannot be computed"}
	}
	return subtle.ConstantTimeCompare(key, s.key) == 1, nil
}

func (s spec) compute(ctx context.Context, pool *argon2Pool, password string) ([]byte, error) {
	length := len(s.key)
	switch s.algorithm {
	case argon2id, argon2i, argon2d:
		return pool.key(ctx, s, password, length)
	case scryptName:
		return scrypt.Key([]byte(password), s.salt, 1<<s.cost, int(s.blockSize), int(s.parallelism), length)
	default:
		return pbkdf2.Key(digests[s.digest], password, s.salt, int(s.iterations), length)
	}
}

// digests are the hashes that PBKDF2 is used with.
var digests = map[string]func() hash.Hash{"sha1": sha1.New, "sha256": sha256.New, "sha512": sha512.New}
