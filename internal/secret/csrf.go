package secret

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
)

// csrfBytes is the length of the random value behind the anti-CSRF cookie.
const csrfBytes = 32

// NewCSRF returns a value for the anti-CSRF cookie: standard base64 of 32
// random bytes, 44 characters.
func NewCSRF() string {
	var raw [csrfBytes]byte
	rand.Read(raw[:])
	return base64.StdEncoding.EncodeToString(raw[:])
}

// IsCSRF reports whether a cookie value is one that NewCSRF could have made.
func IsCSRF(cookie string) bool {
	_, ok := csrfRaw(cookie)
	return ok
}

// MaskCSRF returns a form token for a cookie: base64 of a fresh key and the
// cookie's bytes xored with it, 88 characters. The mask makes each rendering
// different, so that compression can't leak it (BREACH). It returns "" for a
// cookie that is absent or malformed.
func MaskCSRF(cookie string) string {
	raw, ok := csrfRaw(cookie)
	if !ok {
		return ""
	}
	var out [2 * csrfBytes]byte
	rand.Read(out[:csrfBytes])
	subtle.XORBytes(out[csrfBytes:], out[:csrfBytes], raw)
	return base64.StdEncoding.EncodeToString(out[:])
}

// CheckCSRF reports whether a submitted form token belongs to the cookie. Both
// the masked form and the bare cookie value are accepted (double submit cookie,
// OWASP CSRF Prevention Cheat Sheet).
func CheckCSRF(token, cookie string) bool {
	want, ok := csrfRaw(cookie)
	if !ok {
		return false
	}
	got, ok := decode(base64.StdEncoding, token)
	if !ok {
		return false
	}
	switch len(got) {
	case csrfBytes:
	case 2 * csrfBytes:
		var plain [csrfBytes]byte
		subtle.XORBytes(plain[:], got[:csrfBytes], got[csrfBytes:])
		got = plain[:]
	default:
		return false
	}
	return subtle.ConstantTimeCompare(got, want) == 1
}

func csrfRaw(cookie string) ([]byte, bool) {
	raw, ok := decode(base64.StdEncoding, cookie)
	return raw, ok && len(raw) == csrfBytes
}
