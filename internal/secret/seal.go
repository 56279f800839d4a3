package secret

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
)

// ErrSealed says that none of the secrets opens a sealed value.
var ErrSealed = errors.New("sealed value does not open with any configured secret")

// Sealer encrypts what must not be readable in the database (AES-256-GCM,
// NIST SP 800-38D). The first secret seals, every secret opens.
type Sealer struct {
	keys []cipher.AEAD
}

// NewSealer derives a key per secret and purpose with HKDF-SHA-256 (RFC 5869).
// At least one secret is needed.
func NewSealer(purpose string, secrets []string) (*Sealer, error) {
	if len(secrets) == 0 {
		return nil, errors.New("seal values: no secret is configured")
	}
	s := &Sealer{}
	for _, text := range secrets {
		key, err := hkdf.Key(sha256.New, []byte(text), nil, "symbolon/"+purpose, 32)
		if err != nil {
			return nil, fmt.Errorf("derive sealing key: %w", err)
		}
		block, err := aes.NewCipher(key)
		if err != nil {
			return nil, fmt.Errorf("seal values: %w", err)
		}
		aead, err := cipher.NewGCMWithRandomNonce(block)
		if err != nil {
			return nil, fmt.Errorf("seal values: %w", err)
		}
		s.keys = append(s.keys, aead)
	}
	return s, nil
}

// Seal encrypts plain. bound is not stored but must be the same at Open; it
// ties the value to the row it belongs to.
func (s *Sealer) Seal(plain, bound string) string {
	return base64.RawStdEncoding.EncodeToString(s.keys[0].Seal(nil, nil, []byte(plain), []byte(bound)))
}

// Open decrypts what Seal returned; ErrSealed if no secret fits or bound differs.
func (s *Sealer) Open(sealed, bound string) (string, error) {
	plain, err := s.OpenBytes(sealed, bound)
	return string(plain), err
}

// OpenBytes is Open for long values: it makes no copy of what it decrypts.
func (s *Sealer) OpenBytes(sealed, bound string) ([]byte, error) {
	raw, ok := decode(base64.RawStdEncoding, sealed)
	if !ok {
		return nil, ErrSealed
	}
	for _, key := range s.keys {
		if plain, err := key.Open(nil, nil, raw, []byte(bound)); err == nil {
			return plain, nil
		}
	}
	return nil, ErrSealed
}
