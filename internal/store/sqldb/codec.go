package sqldb

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/secret"
)

// Times are stored as microseconds since 1970 in UTC: exact, sortable, and the same
// in every database.

// Micros is a time as it is stored.
func Micros(t time.Time) int64 { return t.UnixMicro() }

// TruncateTime is a time as it is read back from the database.
func TruncateTime(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

// TimeCol scans a time; NULL is the zero time.
func TimeCol(to *time.Time) sql.Scanner { return timeCol{to} }

type timeCol struct{ to *time.Time }

// Scan implements sql.Scanner.
func (c timeCol) Scan(value any) error {
	switch v := value.(type) {
	case nil:
		*c.to = time.Time{}
	case int64:
		*c.to = time.UnixMicro(v).UTC()
	default:
		return fmt.Errorf("read time: column holds %T", value)
	}
	return nil
}

// MicrosOrNull stores the zero time as NULL.
func MicrosOrNull(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return Micros(t)
}

// TextCol scans a text; NULL is the empty one.
func TextCol(to *string) sql.Scanner { return textCol{to} }

type textCol struct{ to *string }

// Scan implements sql.Scanner.
func (c textCol) Scan(value any) error {
	switch v := value.(type) {
	case nil:
		*c.to = ""
	case string:
		*c.to = v
	case []byte:
		*c.to = string(v)
	default:
		return fmt.Errorf("read text: column holds %T", value)
	}
	return nil
}

// BoolCol scans a boolean; NULL is false.
func BoolCol(to *bool) sql.Scanner { return boolCol{to} }

type boolCol struct{ to *bool }

// Scan implements sql.Scanner.
func (c boolCol) Scan(value any) error {
	switch v := value.(type) {
	case nil:
		*c.to = false
	case bool:
		*c.to = v
	case int64:
		*c.to = v != 0
	default:
		return fmt.Errorf("read boolean: column holds %T", value)
	}
	return nil
}

// TextOrNull stores the empty text as NULL.
func TextOrNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// ToJSON encodes a value for a JSON column.
func ToJSON(value any) (string, error) {
	b, err := json.Marshal(value)
	if err != nil {
		return "", fmt.Errorf("encode column: %w", err)
	}
	return string(b), nil
}

// FromJSON decodes a JSON column. Numbers keep their spelling.
func FromJSON(column string, value any) error {
	d := json.NewDecoder(strings.NewReader(column))
	d.UseNumber()
	if err := d.Decode(value); err != nil {
		return fmt.Errorf("decode column: %w", err)
	}
	return nil
}

// CanonicalID returns an id in the spelling in which ids are stored; false if the text
// is not an id.
func CanonicalID(id string) (string, bool) {
	return strings.ToLower(id), secret.IsID(id)
}

// MaxKey is how long an identifier or address may be, in bytes: what every
// database can index.
const MaxKey = 1024

// ErrUnstorable is the error for a text that one of the databases cannot store.
var ErrUnstorable = errs.New(errs.Invalid, "unstorable_text",
	"A value is too long to be kept, or holds a character that can't be kept.")

// IsKey reports whether a text can be stored as an identifier or address. PostgreSQL
// has no zero bytes, and servers take only UTF-8.
func IsKey(text string) bool {
	return len(text) <= MaxKey && utf8.ValidString(text) && !strings.Contains(text, "\x00")
}

// WellFormed returns JSON with U+FFFD in place of what is not a character: halves of surrogate
// pairs and bytes that are not UTF-8. That is what readers of this program see there in any
// case (RFC 8259, section 8.2); databases and programs beside it refuse the whole value.
func WellFormed(raw []byte) []byte {
	if !bytes.Contains(raw, []byte(`\u`)) && utf8.Valid(raw) {
		return raw
	}
	out := make([]byte, 0, len(raw))
	for len(raw) > 0 {
		n, isCharacter := wellFormed(raw)
		if isCharacter {
			out = append(out, raw[:n]...)
		} else {
			out = append(out, `\ufffd`...)
		}
		raw = raw[n:]
	}
	return out
}

// wellFormed returns the length of what a text begins with, and whether that is a
// character.
func wellFormed(raw []byte) (n int, isCharacter bool) {
	first, isEscape := escaped(raw)
	switch {
	case isEscape && utf16.IsSurrogate(first):
		second, _ := escaped(raw[escapeLength:])
		if utf16.DecodeRune(first, second) == utf8.RuneError {
			return escapeLength, false
		}
		return 2 * escapeLength, true
	case isEscape:
		return escapeLength, true
	case bytes.HasPrefix(raw, []byte(`\\`)): // what follows is not an escape
		return 2, true
	}
	r, n := utf8.DecodeRune(raw)
	return n, r != utf8.RuneError || n > 1
}

// escapeLength is that of \uXXXX.
const escapeLength = 6

// escaped is the code unit of the escape that a text begins with.
func escaped(raw []byte) (rune, bool) {
	if len(raw) < escapeLength || raw[0] != '\\' || raw[1] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(raw[2:escapeLength]), 16, 16)
	return rune(n), err == nil
}
