package auth0

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/symbolon/symbolon/internal/takeover"
)

// customHash is a hash as the import format of Auth0 describes it.
type customHash struct {
	Algorithm string  `json:"algorithm"`
	Hash      encoded `json:"hash"`
	Salt      *struct {
		encoded
		Position string `json:"position"` // "prefix" unless it says "suffix"
	} `json:"salt"`
	Password struct {
		Encoding string `json:"encoding"`
	} `json:"password"`
}

type encoded struct {
	Value    string `json:"value"`
	Encoding string `json:"encoding"` // base64, hex or utf8
}

// bytes decodes a value; otherwise is its encoding where it names none.
func (e encoded) bytes(otherwise string) ([]byte, error) {
	encoding := e.Encoding
	if encoding == "" {
		encoding = otherwise
	}
	switch encoding {
	case "base64":
		return takeover.Bytes(e.Value)
	case "hex":
		return hex.DecodeString(e.Value)
	case "utf8":
		return []byte(e.Value), nil
	}
	return nil, fmt.Errorf("the encoding %q is not known", encoding)
}

// encoded is the hash in a form that package passhash reads. Argon2, bcrypt, LDAP and PBKDF2
// are strings of such a form already.
func (h customHash) encoded() (string, error) {
	switch h.Algorithm {
	case "md5", "sha1", "sha256", "sha512":
	case "hmac", "scrypt", "md4":
		return "", fmt.Errorf("the algorithm %s has no counterpart", h.Algorithm)
	default:
		return h.Hash.Value, nil
	}
	if e := h.Password.Encoding; e != "" && e != "utf8" && e != "ascii" {
		return "", fmt.Errorf("it was made of the password in %s", e)
	}
	sum, err := h.Hash.bytes("hex")
	if err != nil {
		return "", fmt.Errorf("its value can't be read: %w", err)
	}
	form, salt := "{PASSWORD}", []byte(nil)
	if h.Salt != nil {
		if salt, err = h.Salt.bytes("utf8"); err != nil {
			return "", fmt.Errorf("its salt can't be read: %w", err)
		}
		form = "{SALT}{PASSWORD}"
		if strings.EqualFold(h.Salt.Position, "suffix") {
			form = "{PASSWORD}{SALT}"
		}
	}
	b64 := base64.StdEncoding.EncodeToString
	if salt == nil {
		return fmt.Sprintf("$%s$%s", h.Algorithm, b64(sum)), nil
	}
	return fmt.Sprintf("$%s$pf=%s$%s$%s", h.Algorithm, b64([]byte(form)), b64(salt), b64(sum)), nil
}
