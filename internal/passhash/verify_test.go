package passhash_test

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"testing"

	cryptargon2 "github.com/go-crypt/crypt/algorithm/argon2"
	cryptbcrypt "github.com/go-crypt/crypt/algorithm/bcrypt"
	cryptpbkdf2 "github.com/go-crypt/crypt/algorithm/pbkdf2"
	cryptscrypt "github.com/go-crypt/crypt/algorithm/scrypt"
	"golang.org/x/crypto/bcrypt"

	"github.com/symbolon/symbolon/internal/passhash"
)

// cheap are parameters that keep tests fast; nothing here is about strength.
func cheap() passhash.Argon2 {
	return passhash.Argon2{MemoryKiB: 64, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32}
}

func newHasher(t testing.TB, change ...func(*passhash.Config)) *passhash.Hasher {
	t.Helper()
	c := passhash.Config{Argon2: cheap(), Limits: passhash.DefaultLimits(), Budget: 64 << 20}
	for _, f := range change {
		f(&c)
	}
	h, err := passhash.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func mustHash(t testing.TB, h *passhash.Hasher, password string) string {
	t.Helper()
	hash, err := h.Hash(t.Context(), password)
	if err != nil {
		t.Fatal(err)
	}
	return hash
}

func TestANewHashIsArgon2idInPHCFormatAndMatchesItsPasswordAlone(t *testing.T) {
	t.Parallel()
	h := newHasher(t)
	for _, password := range []string{"correct horse", "", "пароль", strings.Repeat("x", 5000), "nul\x00byte", "\xff\xfe"} {
		hash := mustHash(t, h, password)
		if !regexp.MustCompile(`^\$argon2id\$v=19\$m=64,t=1,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$`).MatchString(hash) {
			t.Errorf("hash %s is not in the format", hash)
		}
		if r, err := h.Verify(t.Context(), hash, password); err != nil || r != (passhash.Result{Match: true}) {
			t.Errorf("right password %.20q: %+v, %v; want a match that is not outdated", password, r, err)
		}
		if r, err := h.Verify(t.Context(), hash, password+"x"); err != nil || r.Match {
			t.Errorf("%.20q with one character more: %+v, %v; want no match", password, r, err)
		}
	}
}

func TestTwoHashesOfOnePasswordDiffer(t *testing.T) {
	t.Parallel()
	h := newHasher(t)
	if a, b := mustHash(t, h, "same"), mustHash(t, h, "same"); a == b {
		t.Errorf("both are %s: the salt is not random", a)
	}
}

func TestTheDefaultsAreThoseOfOWASP(t *testing.T) {
	t.Parallel()
	h, err := passhash.New(passhash.Config{})
	if err != nil {
		t.Fatal(err)
	}
	if hash := mustHash(t, h, "x"); !strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("hash with no configuration at all: %s", hash)
	}
}

// Made by the reference implementation, crypt_blowfish and OpenSSL, so that both directions could not be wrong in the same way.
func TestHashesMadeElsewhereVerifyAndAreOutdated(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ hash, password string }{
		"argon2id, reference implementation": {"$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4", "password"},
		"argon2id with parameters reordered": {"$argon2id$v=19$p=1,t=2,m=256$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4", "password"},
		"argon2i, reference implementation":  {"$argon2i$v=19$m=256,t=2,p=1$c29tZXNhbHQ$iekCn0Y3spW+sCcFanM2xBT63UP2sghkUoHLIUpWRS8", "password"},
		"bcrypt 2a, crypt_blowfish":          {"$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "U*U"},
		"bcrypt 2b":                          {"$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "U*U"},
		"bcrypt 2y":                          {"$2y$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "U*U"},
		"argon2id with lanes":                {"$argon2id$v=19$m=4096,t=3,p=4$c29tZXNhbHQ$OZF7JIt4K125cDCDw0lKQ+6/Okf5PkD/", "password"},
		"scrypt, OpenSSL":                    {"$scrypt$ln=10,r=8,p=2$+/+++/+++/+++/+++/++AQ$NRJA5sGYwTOS3QwbkAeNyhiaPLy/qZRa9TTsYqkVKTk", "password"},
		"pbkdf2-sha1, OpenSSL":               {"$pbkdf2$6400$./.../.../.../.../..AQ$J8j25pfDSAoyLuILmK5ABaikthw", "password"},
		"pbkdf2-sha256, OpenSSL":             {"$pbkdf2-sha256$6400$./.../.../.../.../..AQ$exua7C2Ht09fXTkKpX9mtNLHNnDkS1PdEckn3gO5Pmk", "password"},
		"pbkdf2-sha512, OpenSSL":             {"$pbkdf2-sha512$6400$./.../.../.../.../..AQ$.4hS/YiqNFn/lbhZ9itrtmM9X3Clin5I30lcTG9J1zIyxcpyMiPQI8OMFVng.JnjNIcEngBBtYlGeW9zip3hhg", "password"},
	}
	h := newHasher(t)
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := h.Check(test.hash); err != nil {
				t.Errorf("Check: %v", err)
			}
			if r, err := h.Verify(t.Context(), test.hash, test.password); err != nil || r != (passhash.Result{Match: true, Outdated: true}) {
				t.Errorf("right password: %+v, %v; want an outdated match", r, err)
			}
			if r, err := h.Verify(t.Context(), test.hash, "wrong"); err != nil || r.Match {
				t.Errorf("wrong password: %+v, %v; want no match", r, err)
			}
		})
	}
}

// A second implementation of every format makes what this one must read.
func TestWhatAnIndependentLibraryHashesVerifies(t *testing.T) {
	t.Parallel()
	type digest interface{ Encode() string }
	made := map[string]func(password string) (digest, error){}
	argon := func(name string, options ...cryptargon2.Opt) {
		made[name] = func(p string) (digest, error) {
			h, err := cryptargon2.New(append(options, cryptargon2.WithM(64), cryptargon2.WithT(2))...)
			if err != nil {
				return nil, err
			}
			return h.Hash(p)
		}
	}
	argon("argon2id", cryptargon2.WithVariantID(), cryptargon2.WithP(1))
	argon("argon2id, lanes", cryptargon2.WithVariantID(), cryptargon2.WithP(4))
	argon("argon2i", cryptargon2.WithVariantI(), cryptargon2.WithP(1))
	made["bcrypt"] = func(p string) (digest, error) {
		h, err := cryptbcrypt.New(cryptbcrypt.WithIterations(10))
		if err != nil {
			return nil, err
		}
		return h.Hash(p)
	}
	made["scrypt"] = func(p string) (digest, error) {
		h, err := cryptscrypt.New(cryptscrypt.WithLN(4), cryptscrypt.WithR(8), cryptscrypt.WithP(2))
		if err != nil {
			return nil, err
		}
		return h.Hash(p)
	}
	for name, variant := range map[string]cryptpbkdf2.Variant{
		"pbkdf2-sha1": cryptpbkdf2.VariantSHA1, "pbkdf2-sha256": cryptpbkdf2.VariantSHA256, "pbkdf2-sha512": cryptpbkdf2.VariantSHA512,
	} {
		made[name] = func(p string) (digest, error) {
			h, err := cryptpbkdf2.New(cryptpbkdf2.WithVariant(variant), cryptpbkdf2.WithIterations(100_000))
			if err != nil {
				return nil, err
			}
			return h.Hash(p)
		}
	}
	h := newHasher(t)
	for name, hash := range made {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const password = "пароль from elsewhere"
			d, err := hash(password)
			if err != nil {
				t.Fatal(err)
			}
			if r, err := h.Verify(t.Context(), d.Encode(), password); err != nil || !r.Match || !r.Outdated {
				t.Errorf("%s: %+v, %v; want an outdated match", d.Encode(), r, err)
			}
		})
	}
}

// Later versions of the v0.5 API write N for its logarithm, pad base64, and give
// PBKDF2 a named number of iterations and a length.
func TestVariantsOfAFormatAreTheSameHash(t *testing.T) {
	t.Parallel()
	h := newHasher(t)
	d, err := cryptscrypt.New(cryptscrypt.WithLN(10), cryptscrypt.WithR(8), cryptscrypt.WithP(1))
	if err != nil {
		t.Fatal(err)
	}
	made, err := d.Hash("password")
	if err != nil {
		t.Fatal(err)
	}
	pbkdf2 := "$pbkdf2-sha256$6400$./.../.../.../.../..AQ$exua7C2Ht09fXTkKpX9mtNLHNnDkS1PdEckn3gO5Pmk"
	for name, hash := range map[string]string{
		"scrypt with N":                     strings.Replace(made.Encode(), "ln=10", "ln=1024", 1),
		"scrypt with padding":               made.Encode() + "=",
		"pbkdf2 with i=":                    strings.Replace(pbkdf2, "$6400$", "$i=6400$", 1),
		"pbkdf2 with i= and l=":             strings.Replace(pbkdf2, "$6400$", "$i=6400,l=32$", 1),
		"pbkdf2 in base64 without the dots": strings.ReplaceAll(pbkdf2, ".", "+"),
	} {
		if r, err := h.Verify(t.Context(), hash, "password"); err != nil || !r.Match {
			t.Errorf("%s: %+v, %v; want a match", name, r, err)
		}
	}
}

func TestAHashIsOutdatedByAnyParameterThatDiffers(t *testing.T) {
	t.Parallel()
	today := newHasher(t)
	for name, change := range map[string]func(*passhash.Argon2){
		"memory":      func(a *passhash.Argon2) { a.MemoryKiB = 128 },
		"iterations":  func(a *passhash.Argon2) { a.Iterations = 2 },
		"parallelism": func(a *passhash.Argon2) { a.Parallelism = 2 },
		"salt length": func(a *passhash.Argon2) { a.SaltLength = 20 },
		"key length":  func(a *passhash.Argon2) { a.KeyLength = 24 },
	} {
		before := newHasher(t, func(c *passhash.Config) { change(&c.Argon2) })
		r, err := today.Verify(t.Context(), mustHash(t, before, "x"), "x")
		if err != nil || r != (passhash.Result{Match: true, Outdated: true}) {
			t.Errorf("hash with another %s: %+v, %v; want an outdated match", name, r, err)
		}
	}
}

func TestImportedBcryptSeesTheFirst72BytesAloneAndIsOutdated(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 72)
	hash, err := bcrypt.GenerateFromPassword([]byte(long), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	h := newHasher(t)
	r, err := h.Verify(t.Context(), string(hash), long+"and more")
	if err != nil || r != (passhash.Result{Match: true, Outdated: true}) {
		t.Errorf("%+v, %v; want the outdated match that its old home gave", r, err)
	}
	// The hash that takes its place knows the whole password.
	next := mustHash(t, h, long+"and more")
	if r, err := h.Verify(t.Context(), next, long); err != nil || r.Match {
		t.Errorf("the upgraded hash matches the first 72 bytes: %+v, %v", r, err)
	}
}

func TestVerifyingNothingIsNotRefusedAndFindsNothing(t *testing.T) {
	t.Parallel()
	if err := newHasher(t).VerifyNothing(t.Context(), "anything"); err != nil {
		t.Error(err)
	}
}

func TestWhoeverHasGoneGetsTheirOwnErrorBack(t *testing.T) {
	t.Parallel()
	h := newHasher(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := h.Hash(ctx, "x"); !errors.Is(err, context.Canceled) {
		t.Errorf("Hash: %v, want context.Canceled", err)
	}
	if err := h.VerifyNothing(ctx, "x"); !errors.Is(err, context.Canceled) {
		t.Errorf("VerifyNothing: %v, want context.Canceled", err)
	}
}
