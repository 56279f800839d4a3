package secret

import (
	"crypto/hmac"
	"crypto/rand"
	"encoding/base64"
)

// CSRFKeys issues values for the anti-CSRF cookie that are bound to the identity
// that is signed in the browser. A value that another site of the domain sets in
// a victim's browser (cookie tossing) is worth nothing once the victim has signed in:
// the attacker can get only values that are bound to no identity or to himself (OWASP CSRF
// Prevention Cheat Sheet, signed double-submit cookie).
//
// A value has the form of NewCSRF: random bytes, a MAC that shows that it was issued
// here, and a MAC that shows for whom. Both are cut to 80 bits (RFC 2104, section 5);
// they can only be guessed online.
type CSRFKeys struct{ keys [][]byte }

// The parts of the 32 bytes.
const (
	csrfRandom = 12
	csrfIssued = 22 // where the second MAC begins
)

// NewCSRFKeys derives the keys: the first secret signs, every one verifies.
func NewCSRFKeys(secrets []string) (*CSRFKeys, error) {
	s, err := NewSigner("csrf-cookie", secrets)
	if err != nil {
		return nil, err
	}
	return &CSRFKeys{keys: s.keys}, nil
}

// Issue returns a new value for the browser of an identity, "" where no identity is
// signed in.
func (k *CSRFKeys) Issue(owner string) string {
	var raw [csrfBytes]byte
	rand.Read(raw[:csrfRandom])
	copy(raw[csrfRandom:csrfIssued], issuedMAC(k.keys[0], raw[:]))
	copy(raw[csrfIssued:], ownerMAC(k.keys[0], raw[:], owner))
	return base64.StdEncoding.EncodeToString(raw[:])
}

// Valid reports whether a cookie value counts in the browser of an identity: it was
// issued here, and for that identity. Where no identity is signed in any value that was
// issued here counts, as every client could get one.
func (k *CSRFKeys) Valid(cookie, owner string) bool {
	raw, ok := csrfRaw(cookie)
	if !ok {
		return false
	}
	for _, key := range k.keys {
		if hmac.Equal(issuedMAC(key, raw), raw[csrfRandom:csrfIssued]) &&
			(owner == "" || hmac.Equal(ownerMAC(key, raw, owner), raw[csrfIssued:])) {
			return true
		}
	}
	return false
}

func issuedMAC(key, raw []byte) []byte {
	return mac(key, append([]byte("issued/"), raw[:csrfRandom]...))[:csrfIssued-csrfRandom]
}

func ownerMAC(key, raw []byte, owner string) []byte {
	return mac(key, append(append([]byte("owner/"), raw[:csrfIssued]...), owner...))[:csrfBytes-csrfIssued]
}
