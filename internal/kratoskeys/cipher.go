package kratoskeys

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/hex"

	"golang.org/x/crypto/chacha20poly1305"
)

// Decrypt opens a provider's token as today's version stores it: hexadecimal of a nonce and
// the text in AES-256-GCM (NIST SP 800-38D) or XChaCha20-Poly1305, with one of the cipher
// secrets of 32 bytes; or in clear, where there were none. It is false for a text that none
// of them opens.
func Decrypt(secrets []string, stored string) (string, bool) {
	if len(secrets) == 0 || stored == "" {
		return stored, true
	}
	sealed, err := hex.DecodeString(stored)
	if err != nil {
		return "", false
	}
	for _, s := range secrets {
		for _, open := range []func([]byte) (cipher.AEAD, error){gcm, chacha20poly1305.NewX} {
			aead, err := open([]byte(s))
			if err != nil || len(sealed) < aead.NonceSize() {
				continue // the secret has another length, or the text was cut off
			}
			if plain, err := aead.Open(nil, sealed[:aead.NonceSize()], sealed[aead.NonceSize():], nil); err == nil {
				return string(plain), true
			}
		}
	}
	return "", false
}

func gcm(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}
