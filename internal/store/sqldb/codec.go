package sqldb

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"symbolon/internal/errs"
	"symbolon/internal/secret"
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
