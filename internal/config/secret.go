package config

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
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

// withoutPassword blots out the password of a URL that a text is.
func withoutPassword(text string) string {
	if strings.Contains(text, "://") && strings.Contains(text, "@") {
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
		lower := strings.ToLower(name)
		if strings.Contains(lower, "pass") || strings.Contains(lower, "pwd") || strings.Contains(lower, "secret") || strings.Contains(lower, "token") {
			params[i] = name + "=" + redacted
		}
	}
	return path + "?" + strings.Join(params, "&")
}

// Format keeps every verb of fmt from printing the password.
func (u SecretURL) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, u.String()) }

// LogValue keeps slog from printing the password.
func (u SecretURL) LogValue() slog.Value { return slog.StringValue(u.String()) }

// MarshalJSON keeps encoding/json from printing the password.
func (u SecretURL) MarshalJSON() ([]byte, error) { return json.Marshal(u.String()) }
