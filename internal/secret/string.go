package secret

import (
	"fmt"
	"io"
	"log/slog"
)

// String is a text that must not show up in logs, errors or JSON. Reveal
// returns it. Values in unexported fields of structs are beyond its reach:
// package fmt prints those without asking.
type String string

const redacted = "[redacted]"

// String implements fmt.Stringer without the secret.
func (String) String() string { return redacted }

// Format implements fmt.Formatter without the secret: a Stringer alone is not
// asked about verbs that do not fit, such as %d, whose complaint shows the value.
func (String) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// LogValue implements slog.LogValuer without the secret.
func (String) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText implements encoding.TextMarshaler without the secret.
func (String) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// Reveal returns the secret itself.
func (s String) Reveal() string { return string(s) }
