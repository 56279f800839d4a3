package config

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"strings"
)

const redacted = "[redacted]"

// Secret is a value that never prints: fmt, slog and JSON show [redacted].
type Secret string

// Reveal returns the secret itself.
func (s Secret) Reveal() string { return string(s) }

func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return redacted
}

// Format keeps every verb of fmt, also those for other types, from printing the
// value.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// LogValue keeps slog from printing the value.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalJSON keeps encoding/json from printing the value.
func (s Secret) MarshalJSON() ([]byte, error) { return json.Marshal(s.String()) }

// Reveal returns the secrets themselves.
func Reveal(secrets []Secret) []string {
	out := make([]string, len(secrets))
	for i, s := range secrets {
		out[i] = s.Reveal()
	}
	return out
}

// SecretURL is a URL or DSN that may hold a password, or base64:// and a secret document.
// It prints without them.
type SecretURL string

// Reveal returns the URL with its password.
func (u SecretURL) Reveal() string { return string(u) }

// String blots out the password of the user information and the values of query
// parameters that are named like secrets. Database DSNs are not always valid
// URLs (mysql://user:pw@tcp(host)/), so it works on the text: up to the last @.
func (u SecretURL) String() string {
	text := string(u)
	scheme, rest, ok := strings.Cut(text, "://")
	if !ok {
		if text == "" || text == "memory" {
			return text
		}
		return redacted
	}
	if strings.EqualFold(scheme, "base64") {
		return scheme + "://" + redacted
	}
	if at := strings.LastIndex(rest, "@"); at >= 0 {
		if user, _, found := strings.Cut(rest[:at], ":"); found {
			rest = user + ":" + redacted + rest[at:]
		}
	}
	return scheme + "://" + redactQuery(rest)
}

// withoutPassword blots out the password, and the parameters that are named like secrets, of a
// URL that a text is.
func withoutPassword(text string) string {
	if strings.Contains(text, "://") && strings.ContainsAny(text, "@?") {
		return SecretURL(text).String()
	}
	return text
}

func redactQuery(text string) string {
	path, query, ok := strings.Cut(text, "?")
	if !ok {
		return text
	}
	params := strings.Split(query, "&")
	for i, p := range params {
		name, _, _ := strings.Cut(p, "=")
		if namedLikeSecret(name) {
			params[i] = name + "=" + redacted
		}
	}
	return path + "?" + strings.Join(params, "&")
}

// namedLikeSecret reports whether a parameter is named as those are that let callers in:
// passwords, tokens, keys of interfaces, and signatures of links to storage.
func namedLikeSecret(name string) bool {
	if decoded, err := url.QueryUnescape(name); err == nil {
		name = decoded
	}
	lower := strings.ToLower(name)
	if lower == "sslkey" { // a file of PostgreSQL's clients
		return false
	}
	for _, part := range []string{"pass", "pwd", "secret", "token", "key", "sig", "auth", "cred"} {
		if strings.Contains(lower, part) {
			return true
		}
	}
	return lower == "code" || lower == "sas"
}

// Format keeps every verb of fmt from printing the password.
func (u SecretURL) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, u.String()) }

// LogValue keeps slog from printing the password.
func (u SecretURL) LogValue() slog.Value { return slog.StringValue(u.String()) }

// MarshalJSON keeps encoding/json from printing the password.
func (u SecretURL) MarshalJSON() ([]byte, error) { return json.Marshal(u.String()) }
