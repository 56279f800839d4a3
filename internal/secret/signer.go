package secret

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
)

// Signer signs short values that a browser keeps for us. The first key signs,
// every key verifies: a secret is rotated by putting the new one in front, and
// values signed with the old one stay valid until it is removed.
type Signer struct {
	keys [][]byte
}

// NewSigner derives one HMAC key per secret and purpose, so that a value signed
// for one purpose is worth nothing for another. At least one secret is needed.
func NewSigner(purpose string, secrets []string) (*Signer, error) {
	if len(secrets) == 0 {
		return nil, errors.New("sign values: no secret is configured")
	}
	s := &Signer{keys: make([][]byte, len(secrets))}
	for i, text := range secrets {
		s.keys[i] = mac([]byte(text), []byte("symbolon/"+purpose))
	}
	return s, nil
}

// Sign returns base64url(value ‖ HMAC-SHA-256), without padding.
func (s *Signer) Sign(value string) string {
	return base64.RawURLEncoding.EncodeToString(append([]byte(value), mac(s.keys[0], []byte(value))...))
}

// Open returns the value that Sign was given, and false for anything that no
// configured secret has signed.
func (s *Signer) Open(signed string) (string, bool) {
	raw, ok := decode(base64.RawURLEncoding, signed)
	if !ok || len(raw) < sha256.Size {
		return "", false
	}
	cut := len(raw) - sha256.Size
	for _, key := range s.keys {
		if hmac.Equal(mac(key, raw[:cut]), raw[cut:]) {
			return string(raw[:cut]), true
		}
	}
	return "", false
}

func mac(key, data []byte) []byte {
	h := hmac.New(sha256.New, key)
	h.Write(data)
	return h.Sum(nil)
}
