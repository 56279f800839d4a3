package event

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
)

// Keys seal events. The first seals new ones, all verify: secrets rotate. Without a key
// the seal is a plain chain of hashes, which anyone who can write the table can forge.
type Keys [][]byte

// Seal puts an event behind another one of its chain, whose hash is prev: HMAC-SHA-256
// (RFC 2104) of prev and the event.
func (k Keys) Seal(prev string, e *Event) error {
	var key []byte
	if len(k) > 0 {
		key = k[0]
	}
	e.KeyID = keyID(key)
	hash, err := hashOf(key, prev, *e)
	e.Hash = hash
	return err
}

// Check says what is wrong with an event behind prev; nil if it is as it was stored.
func (k Keys) Check(prev string, e Event) error {
	for _, key := range append(Keys{nil}, k...) {
		if keyID(key) != e.KeyID {
			continue
		}
		hash, err := hashOf(key, prev, e)
		if err != nil {
			return err
		}
		if !hmac.Equal([]byte(hash), []byte(e.Hash)) {
			return fmt.Errorf("event %d of chain %d was changed, or follows another event than when it was stored", e.Seq, e.Chain)
		}
		return nil
	}
	return fmt.Errorf("event %d of chain %d is sealed with a secret that is not configured", e.Seq, e.Chain)
}

// Sign signs a text, and CheckSign compares, for what a chain began with before its oldest
// events were removed.
func (k Keys) Sign(text string) string {
	if len(k) == 0 {
		return mac(nil, text)
	}
	return mac(k[0], text)
}

// CheckSign reports whether one of the keys signed the text.
func (k Keys) CheckSign(text, signature string) bool {
	for _, key := range append(Keys{nil}, k...) {
		if hmac.Equal([]byte(mac(key, text)), []byte(signature)) {
			return len(key) > 0 || len(k) == 0
		}
	}
	return false
}

func keyID(key []byte) string {
	if len(key) == 0 {
		return "none"
	}
	return mac(key, "symbolon event key")[:16]
}

func hashOf(key []byte, prev string, e Event) (string, error) {
	e.Hash = ""
	e.At = e.At.UTC()
	text, err := json.Marshal(e)
	if err != nil {
		return "", fmt.Errorf("seal event: %w", err)
	}
	return mac(key, prev+"\n"+string(text)), nil
}

func mac(key []byte, text string) string {
	m := hmac.New(sha256.New, key)
	m.Write([]byte(text))
	return hex.EncodeToString(m.Sum(nil))
}
