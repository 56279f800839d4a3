package secret

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"encoding/hex"
	"math/big"
	mathrand "math/rand/v2" //nolint:depguard // for ids that are no secret

	"github.com/gofrs/uuid/v5"
)

// TokenLength is the length of a session or link token in characters. With 62
// symbols a character, 32 of them carry 190 bits (OWASP ASVS 7.2.3 asks for 128).
const TokenLength = 32

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

// Token returns TokenLength random characters of [A-Za-z0-9].
func Token() string {
	out := make([]byte, 0, TokenLength)
	var buf [48]byte
	for {
		rand.Read(buf[:]) // never fails; crypto/rand aborts the program instead
		for _, b := range buf {
			// 248 is the largest multiple of 62 in a byte: the rest would favour
			// the first letters.
			if b < 248 {
				out = append(out, alphabet[int(b)%len(alphabet)])
				if len(out) == TokenLength {
					return string(out)
				}
			}
		}
	}
}

// Hash returns the lower-case hex SHA-256 of a random token, the form in which
// tokens are stored. No key and no salt: a token of 190 random bits can't be
// guessed from its hash, and rotating secrets must not end sessions.
func Hash(token string) string {
	sum := sha256.Sum256([]byte(token))
	var text [2 * sha256.Size]byte // hex.EncodeToString would allocate twice
	hex.Encode(text[:], sum[:])
	return string(text[:])
}

// NewRequestID returns a UUID of version 4 that tells requests apart. It is no secret: it comes from a
// generator that costs less than that of NewID, since every request takes one.
func NewRequestID() string {
	var id uuid.UUID
	binary.NativeEndian.PutUint64(id[:8], mathrand.Uint64()) //nolint:gosec // no secret
	binary.NativeEndian.PutUint64(id[8:], mathrand.Uint64()) //nolint:gosec // no secret
	id.SetVersion(uuid.V4)
	id.SetVariant(uuid.VariantRFC9562)
	return id.String()
}

// NewID returns a random UUID (version 4, RFC 9562), for flows, sessions and
// errors: knowing the id is part of the right to read them.
func NewID() string {
	return uuid.Must(uuid.NewV4()).String()
}

// NewOrderedID returns a UUID of version 7 (RFC 9562): ids in the order of creation give
// listings a stable order.
func NewOrderedID() string {
	return uuid.Must(uuid.NewV7()).String()
}

// NewIdentityID returns an id in the order of NewOrderedID that passes for a UUID of
// version 4, which published clients of v0.5 check: 122 of its bits are free, and nothing
// says how they are drawn. 48 of them are the time, so such an id is not a secret.
func NewIdentityID() string {
	id := uuid.Must(uuid.NewV7())
	id.SetVersion(uuid.V4)
	return id.String()
}

// IsID reports whether s is a UUID of any version in its text form of 36
// characters, in either case (RFC 9562 section 4).
func IsID(s string) bool {
	if len(s) != 36 {
		return false
	}
	_, err := uuid.FromString(s)
	return err == nil
}

// Equal compares in time that depends on the lengths alone.
func Equal(a, b string) bool {
	return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1
}

// Below returns a random number in [0, n); n must be positive.
func Below(n int64) int64 {
	picked, err := rand.Int(rand.Reader, big.NewInt(n))
	if err != nil {
		panic(err) // crypto/rand never fails
	}
	return picked.Int64()
}
