package passhash_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/symbolon/symbolon/internal/passhash"
)

const (
	salt = "c29tZSBzYWx0IGhlcmUu"                                  // 15 bytes
	key  = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"           // 32 bytes
	blow = "CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW" // salt and key of bcrypt
	tail = "$" + salt + "$" + key
)

func TestAHostileHashIsRefusedAtOnceAndNamesTheKeyToRaise(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ hash, key string }{
		"argon2id of 4 GiB":      {"$argon2id$v=19$m=4194304,t=1,p=1" + tail, "hashers.limits.argon2.memory"},
		"argon2id of 2 TiB":      {"$argon2id$v=19$m=2147483647,t=1,p=1" + tail, "hashers.limits.argon2.memory"},
		"argon2id of many turns": {"$argon2id$v=19$m=64,t=2147483647,p=1" + tail, "hashers.limits.argon2.iterations"},
		"argon2i of many turns":  {"$argon2i$v=19$m=64,t=17,p=1" + tail, "hashers.limits.argon2.iterations"},
		"argon2id of many lanes": {"$argon2id$v=19$m=65536,t=1,p=255" + tail, "hashers.limits.argon2.parallelism"},
		"bcrypt of days":         {"$2b$31$" + blow, "hashers.limits.bcrypt.cost"},
		"bcrypt just above":      {"$2a$17$" + blow, "hashers.limits.bcrypt.cost"},
		"scrypt of many blocks":  {"$scrypt$ln=31,r=8,p=1" + tail, "hashers.limits.scrypt.cost"},
		"scrypt by N":            {"$scrypt$ln=1073741824,r=8,p=1" + tail, "hashers.limits.scrypt.cost"},
		"scrypt of large blocks": {"$scrypt$ln=10,r=1000000,p=1" + tail, "hashers.limits.scrypt.block_size"},
		"scrypt of many lanes":   {"$scrypt$ln=10,r=8,p=100000" + tail, "hashers.limits.scrypt.parallelism"},
		"argon2id 1 GiB x 16":    {"$argon2id$v=19$m=1048576,t=16,p=16" + tail, "the product of memory (KiB) and iterations of argon2"},
		"argon2i 512 MiB x 5":    {"$argon2i$v=19$m=524288,t=5,p=1" + tail, "the product of memory (KiB) and iterations of argon2"},
		"scrypt 2 GiB x 16":      {"$scrypt$ln=20,r=16,p=16" + tail, "the product of N, block size and parallelism of scrypt"},
		"pbkdf2 of ten million":  {"$pbkdf2-sha512$10000000" + tail, "hashers.limits.pbkdf2.iterations"},
		"pbkdf2 of many turns":   {"$pbkdf2-sha512$2147483647" + tail, "hashers.limits.pbkdf2.iterations"},
	}
	h := newHasher(t)
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			start := time.Now()
			_, verified := h.Verify(t.Context(), test.hash, "password")
			for door, err := range map[string]error{"Verify": verified, "Check": h.Check(test.hash)} {
				limit, ok := errors.AsType[*passhash.LimitError](err)
				if !ok || limit.Key != test.key || limit.Value <= limit.Limit || !strings.Contains(limit.Error(), test.key) {
					t.Errorf("%s: %v; want a limit of %s", door, err, test.key)
				}
			}
			if took := time.Since(start); took > time.Second {
				t.Errorf("took %v: something was computed", took)
			}
		})
	}
}

func TestLimitsCanBeLowered(t *testing.T) {
	t.Parallel()
	h := newHasher(t, func(c *passhash.Config) { c.Limits.BcryptCost = 4 })
	if err := h.Check("$2a$05$" + blow); err == nil {
		t.Error("a bcrypt hash of cost 5 passed a limit of 4")
	}
	if err := h.Check("$2a$04$" + blow); err != nil {
		t.Errorf("a bcrypt hash of cost 4 under a limit of 4: %v", err)
	}
}

func TestTheServersOwnParametersRaiseTheLimits(t *testing.T) {
	t.Parallel()
	h := newHasher(t, func(c *passhash.Config) {
		c.Argon2.MemoryKiB, c.Argon2.Iterations, c.Argon2.Parallelism = 512, 3, 4
		c.Limits.Argon2MemoryKiB, c.Limits.Argon2Iterations, c.Limits.Argon2Parallelism = 64, 1, 1
	})
	hash := mustHash(t, h, "x")
	if r, err := h.Verify(t.Context(), hash, "x"); err != nil || !r.Match {
		t.Errorf("%+v, %v; the server's own hash must verify", r, err)
	}
	if err := h.Check("$argon2id$v=19$m=513,t=1,p=1" + tail); err == nil {
		t.Error("the limit rose above the server's own parameters")
	}
}

func TestParametersThatArgon2CannotHaveAreRefusedAtTheStart(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*passhash.Argon2){
		"no passes":                   func(a *passhash.Argon2) { a.Iterations = 0 },
		"no lanes":                    func(a *passhash.Argon2) { a.Parallelism = 0 },
		"less than 8 KiB a lane":      func(a *passhash.Argon2) { a.MemoryKiB, a.Parallelism = 64, 9 },
		"no salt":                     func(a *passhash.Argon2) { a.SaltLength = 0 },
		"a key that chance could hit": func(a *passhash.Argon2) { a.KeyLength = 4 },
		"a key of a megabyte":         func(a *passhash.Argon2) { a.KeyLength = 1 << 20 },
	} {
		argon2 := cheap()
		change(&argon2)
		if _, err := passhash.New(passhash.Config{Argon2: argon2}); err == nil || !strings.Contains(err.Error(), "hashers.argon2") {
			t.Errorf("%s: %v; want an error that names hashers.argon2", name, err)
		}
	}
}

func TestWhatIsNoHashIsRefusedWithoutRepeatingIt(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"nothing":                     "",
		"a plain password":            "hunter2hunter2",
		"dollars":                     "$$$$",
		"only a name":                 "$argon2id$",
		"an unknown algorithm":        "$md4$v=1$secretsalt$secretkey",
		"argon2id of version 17":      "$argon2id$v=17$m=64,t=1,p=1" + tail,
		"bcrypt of a version unknown": "$2c$05$" + blow,
		"a parameter missing":         "$argon2id$v=19$m=64,t=1" + tail,
		"a parameter twice":           "$argon2id$v=19$m=64,m=64,t=1,p=1" + tail,
		"a parameter twice for one":   "$argon2id$v=19$m=64,m=64,t=1" + tail,
		"a parameter too many":        "$argon2id$v=19$m=64,t=1,p=1,x=1" + tail,
		"a negative parameter":        "$argon2id$v=19$m=-64,t=1,p=1" + tail,
		"a signed parameter":          "$argon2id$v=19$m=+64,t=1,p=1" + tail,
		"a parameter beyond 31 bits":  "$argon2id$v=19$m=4294967296,t=1,p=1" + tail,
		"too many lanes for argon2id": "$argon2id$v=19$m=65536,t=1,p=256" + tail,
		"no passes":                   "$argon2id$v=19$m=64,t=0,p=1" + tail,
		"a field too many":            "$argon2id$v=19$m=64,t=1,p=1" + tail + "$",
		"a salt that is not base64":   "$argon2id$v=19$m=64,t=1,p=1$!!!!$" + key,
		"a line feed in the salt":     "$argon2id$v=19$m=64,t=1,p=1$c29t\nc2FsdA$" + key,
		"an empty key":                "$argon2id$v=19$m=64,t=1,p=1$" + salt + "$",
		"a short key":                 "$argon2id$v=19$m=64,t=1,p=1$" + salt + "$AAAA",
		"an endless key":              "$argon2id$v=19$m=64,t=1,p=1$" + salt + "$" + strings.Repeat("A", 1<<20),
		"bcrypt of cost 3":            "$2a$03$" + blow,
		"bcrypt of cost 32":           "$2a$32$" + blow,
		"bcrypt with a signed cost":   "$2a$+5$" + blow,
		"bcrypt cut short":            "$2a$05$" + blow[1:],
		"bcrypt of other characters":  "$2a$05$" + strings.Replace(blow, "C", "=", 1),
		"scrypt of nothing":           "$scrypt$ln=0,r=8,p=1" + tail,
		"scrypt without blocks":       "$scrypt$ln=4,r=0,p=1" + tail,
		"scrypt without lanes":        "$scrypt$ln=4,r=8,p=0" + tail,
		"scrypt of an odd N":          "$scrypt$ln=1000,r=8,p=1" + tail,
		"scrypt with r*p too large":   "$scrypt$ln=4,r=1073741,p=1073741" + tail,
		"pbkdf2 without turns":        "$pbkdf2-sha256$0" + tail,
		"pbkdf2 of words":             "$pbkdf2-sha256$many" + tail,
		"pbkdf2 with other names":     "$pbkdf2-sha256$i=1,x=1" + tail,
		"pbkdf2 of an unknown digest": "$pbkdf2-md5$1000" + tail,
	}
	h := newHasher(t)
	for name, hash := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, verified := h.Verify(t.Context(), hash, "password")
			for door, err := range map[string]error{"Verify": verified, "Check": h.Check(hash)} {
				if _, ok := errors.AsType[*passhash.FormatError](err); !ok {
					t.Fatalf("%s: %v; want a format error", door, err)
				}
				for part := range strings.SplitSeq(hash, "$") {
					if len(part) > 8 && strings.Contains(err.Error(), part) {
						t.Errorf("%s repeats %q of the hash: %v", door, part, err)
					}
				}
			}
		})
	}
}
