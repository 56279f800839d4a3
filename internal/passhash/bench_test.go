package passhash_test

import (
	"testing"

	"golang.org/x/crypto/argon2"

	"github.com/symbolon/symbolon/internal/passhash"
)

// The gate must cost nothing beside the hash: compare Verify with Raw.

func BenchmarkRaw(b *testing.B) {
	p, salt := passhash.Default(), make([]byte, 16)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			argon2.IDKey([]byte("password"), salt, p.Iterations, p.MemoryKiB, p.Parallelism, p.KeyLength)
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	h := newHasher(b, func(c *passhash.Config) { c.Argon2 = passhash.Default() })
	hash := mustHash(b, h, "password")
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := h.Verify(b.Context(), hash, "password"); err != nil {
				b.Error(err)
			}
		}
	})
}

func BenchmarkHash(b *testing.B) {
	h := newHasher(b, func(c *passhash.Config) { c.Argon2 = passhash.Default() })
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := h.Hash(b.Context(), "password"); err != nil {
				b.Error(err)
			}
		}
	})
}

// BenchmarkCheck is what reading a hash string costs, beside computing it.
func BenchmarkCheck(b *testing.B) {
	h := newHasher(b)
	hash := mustHash(b, h, "password")
	b.ReportAllocs()
	for b.Loop() {
		if err := h.Check(hash); err != nil {
			b.Fatal(err)
		}
	}
}
