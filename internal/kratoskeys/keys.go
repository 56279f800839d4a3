package kratoskeys

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"strings"

	"github.com/gorilla/securecookie"
)

// Keys recognise with the secrets that the other server had.
type Keys struct {
	secrets []string
	codecs  []securecookie.Codec
}

// New takes the cookie secrets of the other server, or its default secrets where it had
// no others, in their order.
func New(secrets []string) *Keys {
	k := &Keys{secrets: secrets}
	var pairs [][]byte
	for _, s := range secrets {
		block := sha256.Sum256([]byte(s))
		k.add(securecookie.New([]byte(s), block[:])) // today's: the key that encrypts is derived
		k.add(securecookie.New([]byte(s), nil))      // version 0.5 with one secret
		pairs = append(pairs, []byte(s))
	}
	// Version 0.5 with several: the first signs, the second encrypts, the third signs …
	for i := 0; i+1 < len(pairs); i += 2 {
		switch len(pairs[i+1]) {
		case 16, 24, 32: // the sizes of AES keys
			k.add(securecookie.New(pairs[i], pairs[i+1]))
		}
	}
	return k
}

// add keeps a codec. Cookies last as long as their session, whose row says when it ends.
func (k *Keys) add(c *securecookie.SecureCookie) { k.codecs = append(k.codecs, c.MaxAge(0)) }

// SessionToken returns the token of the session that a cookie of that name stands for;
// false if the cookie is not one of the other server's.
func (k *Keys) SessionToken(name, value string) (string, bool) {
	for _, c := range k.codecs {
		values := map[any]any{}
		if c.Decode(name, value, &values) == nil {
			token, ok := values["session_token"].(string)
			return Bare(token), ok
		}
	}
	return "", false
}

// Bare is a session token without the mark that today's version puts before it, which
// this server reads away too.
func Bare(token string) string { return strings.TrimPrefix(token, "ory_st_") }

// Hashes returns the forms in which the other server stored a token or code.
func (k *Keys) Hashes(token string) []string {
	hashes := make([]string, len(k.secrets))
	for i, s := range k.secrets {
		mac := hmac.New(sha512.New512_256, []byte(s))
		mac.Write([]byte(token))
		hashes[i] = hex.EncodeToString(mac.Sum(nil))
	}
	return hashes
}
