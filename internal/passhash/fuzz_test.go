package passhash

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// FuzzHashString feeds what a database or an import may hold to everything that
// reads hash strings: an answer within the limits, or a typed error.
func FuzzHashString(f *testing.F) {
	const tail = "$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"
	for _, seed := range []string{
		"", "$", "$$$$", "$argon2id$v=19$m=64,t=1,p=1" + tail, "$argon2i$v=19$m=64,t=1,p=1" + tail,
		"$argon2id$v=19$m=4294967295,t=4294967295,p=255" + tail, "$argon2id$v=19$m=8,m=99999999,t=1,p=1" + tail,
		"$2a$04$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "$2b$31$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
		"$scrypt$ln=4,r=8,p=1" + tail, "$scrypt$ln=16,r=8,p=1" + tail, "$scrypt$ln=1073741824,r=1073741823,p=1" + tail,
		"$pbkdf2$1000" + tail, "$pbkdf2-sha256$i=1000,l=32" + tail, "$pbkdf2-sha512$2147483647" + tail,
		"$argon2id$v=19$m=64,t=1,p=1$\n$\r\n", "$argon2id$v=19$m=64,t=1,p=1$" + strings.Repeat("A", 600) + "$AAAA",
	} {
		f.Add(seed)
	}
	limits := Limits{
		Argon2MemoryKiB: 1024, Argon2Iterations: 2, Argon2Parallelism: 4, BcryptCost: 4,
		ScryptCost: 8, ScryptBlockSize: 8, ScryptParallelism: 2, PBKDF2Iterations: 1000,
	}
	const most = 1 << 20 // bytes, by the limits above
	h, err := New(Config{Argon2: Argon2{MemoryKiB: 64, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32}, Limits: limits, Budget: 64 << 20})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, encoded string) {
		checked := h.Check(encoded)
		start := time.Now()
		r, err := h.Verify(t.Context(), encoded, "password")
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("took %v", took)
		}
		var limit *LimitError
		var format *FormatError
		if err != nil && !errors.As(err, &limit) && !errors.As(err, &format) {
			t.Errorf("an error of no known kind: %v", err)
		}
		if err != nil && r != (Result{}) {
			t.Errorf("an error and a result: %+v, %v", r, err)
		}
		if (checked == nil) != (err == nil) {
			t.Errorf("Check says %v and Verify %v", checked, err)
		}
		if s, parsed := parse(encoded); checked == nil && (parsed != nil || s.bytes() > most || s.bytes() <= 0) {
			t.Errorf("%d bytes passed a limit of %d", s.bytes(), most)
		}
	})
}
