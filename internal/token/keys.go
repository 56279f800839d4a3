package token

import (
	"cmp"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/go-jose/go-jose/v4"
)

// maxKeys bounds a key set, so that one for another purpose is not taken by mistake.
const maxKeys = 100

// minRSABits and minSecretBytes are the least that RFC 7518 allows (sections 3.3 and 3.2).
const (
	minRSABits     = 2048
	minSecretBytes = 32
)

// Keys is a key set. Its first key signs; the others are published, so that tokens that
// they have signed, or will sign, are verified too.
type Keys struct{ set jose.JSONWebKeySet }

// ParseKeys reads a JSON Web Key Set (RFC 7517). The name is for the error, which never
// shows a key. What is wrong with the first key is told when it is to sign.
func ParseKeys(name, text string) (*Keys, error) {
	var raw struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal([]byte(text), &raw); err != nil {
		return nil, fmt.Errorf("%s: is no JSON Web Key Set", name)
	}
	if len(raw.Keys) > maxKeys {
		return nil, fmt.Errorf("%s: has more than %d keys", name, maxKeys)
	}
	var keys Keys
	for i, one := range raw.Keys {
		var key jose.JSONWebKey
		if err := key.UnmarshalJSON(one); err != nil {
			return nil, fmt.Errorf("%s: key %d cannot be read", name, i+1)
		}
		keys.set.Keys = append(keys.set.Keys, key)
	}
	return &keys, nil
}

// DeriveKeys makes a key set of secrets, an Ed25519 key of each (RFC 8037), so that all
// nodes have the same keys and a new secret in front brings a new key. The id of a key is
// its thumbprint (RFC 7638).
func DeriveKeys(secrets []string) (*Keys, error) {
	var keys Keys
	for _, secret := range secrets {
		seed, err := hkdf.Key(sha256.New, []byte(secret), nil, "session-tokens", ed25519.SeedSize)
		if err != nil {
			return nil, fmt.Errorf("derive signing key: %w", err)
		}
		key := jose.JSONWebKey{Key: ed25519.NewKeyFromSeed(seed), Algorithm: string(jose.EdDSA), Use: "sig"}
		thumbprint, err := key.Thumbprint(crypto.SHA256)
		if err != nil {
			return nil, fmt.Errorf("derive signing key: %w", err)
		}
		key.KeyID = base64.RawURLEncoding.EncodeToString(thumbprint)
		keys.set.Keys = append(keys.set.Keys, key)
	}
	return &keys, nil
}

// Check reports why the set cannot sign.
func (k *Keys) Check() error {
	_, err := k.sign([]byte("{}"))
	return err
}

// Public returns the keys that others verify with. Symmetric keys have no public part and
// are left out.
func (k *Keys) Public() []jose.JSONWebKey {
	public := []jose.JSONWebKey{}
	for _, key := range k.set.Keys {
		if _, symmetric := key.Key.([]byte); symmetric {
			continue
		}
		shown := key.Public()
		shown.Use = cmp.Or(shown.Use, "sig")
		public = append(public, shown)
	}
	return public
}

// sign signs claims with the first key. A set without one that can is told in the words of
// v1, which blame the operator's set.
func (k *Keys) sign(claims []byte) (string, error) {
	if len(k.set.Keys) == 0 {
		return "", invalid("Could not find key a suitable key for tokenization in the JWKS url.", nil)
	}
	key := k.set.Keys[0]
	if key.Algorithm == "" || key.Algorithm == "none" {
		return "", invalid(fmt.Sprintf("The JSON Web Key must include a valid \"alg\" parameter but %q was given.", key.Algorithm), nil)
	}
	signer, err := newSigner(key)
	if err != nil {
		return "", invalid("Unable to sign JSON Web Token.", err)
	}
	signed, err := signer.Sign(claims)
	if err != nil {
		return "", invalid("Unable to sign JSON Web Token.", err)
	}
	return signed.CompactSerialize()
}

func newSigner(key jose.JSONWebKey) (jose.Signer, error) {
	if !strong(key.Key) {
		return nil, errors.New("the first key of the set is public or too short")
	}
	options := (&jose.SignerOptions{}).WithType("JWT").WithHeader("kid", key.KeyID)
	return jose.NewSigner(jose.SigningKey{Algorithm: jose.SignatureAlgorithm(key.Algorithm), Key: key.Key}, options)
}

// strong reports whether a key can sign and is as long as its kind must be.
func strong(key any) bool {
	switch key := key.(type) {
	case *ecdsa.PrivateKey, ed25519.PrivateKey:
		return true
	case *rsa.PrivateKey:
		return key.N.BitLen() >= minRSABits
	case []byte:
		return len(key) >= minSecretBytes
	}
	return false
}
