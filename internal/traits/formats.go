package traits

import (
	"errors"
	"net/mail"
	"strings"
	"unicode"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/symbolon/symbolon/internal/address"
)

// emailFormat replaces the library's, which accepts an empty local part and line
// breaks inside quotes.
var emailFormat = &jsonschema.Format{Name: "email", Validate: func(v any) error {
	if s, ok := v.(string); ok && !IsEmail(s) {
		return errors.New("not an e-mail address")
	}
	return nil
}}

// telFormat names phone numbers. It refuses none, as v0.5 did not know the format: a
// number that is verified or gets codes is checked by the keyword.
var telFormat = &jsonschema.Format{Name: "tel", Validate: func(any) error { return nil }}

// IsEmail reports whether s is a bare e-mail address (RFC 5321 lengths, RFC 5322
// syntax without comments, display name or surrounding space; letters beyond
// ASCII in the local part as in RFC 6531). The domain is a host name, which may be
// internationalised (RFC 5890).
func IsEmail(s string) bool {
	s = address.ASCII(s)
	at := strings.LastIndexByte(s, '@')
	if at < 1 || at > 64 || len(s) > 254 || !hostname(s[at+1:]) {
		return false
	}
	if strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) || r == unicode.ReplacementChar }) {
		return false
	}
	parsed, err := mail.ParseAddress(s)
	if err != nil {
		return false
	}
	bare := mail.Address{Address: parsed.Address}
	return bare.String() == "<"+s+">"
}

// hostname follows RFC 1123 section 2.1.
func hostname(s string) bool {
	if len(s) > 253 {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		if strings.ContainsFunc(label, notHostname) {
			return false
		}
	}
	return true
}

func notHostname(r rune) bool {
	return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-')
}
