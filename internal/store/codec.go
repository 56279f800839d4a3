package store

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"symbolon/internal/errs"
	"symbolon/internal/secret"
)

// Times are kept as microseconds since 1970 in UTC: exact, sortable, and the same
// in every database.

func micros(t time.Time) int64 { return t.UnixMicro() }

// edge is a time as it comes back from the database.
func edge(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

// at scans a time; NULL is the zero time.
type at struct{ *time.Time }

// Scan implements sql.Scanner.
func (a at) Scan(value any) error {
	switch v := value.(type) {
	case nil:
		*a.Time = time.Time{}
	case int64:
		*a.Time = time.UnixMicro(v).UTC()
	default:
		return fmt.Errorf("read time: column holds %T", value)
	}
	return nil
}

// microsOrNull keeps the zero time as NULL.
func microsOrNull(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return micros(t)
}

// text scans a text; NULL is the empty one.
type text struct{ *string }

// Scan implements sql.Scanner.
func (t text) Scan(value any) error {
	switch v := value.(type) {
	case nil:
		*t.string = ""
	case string:
		*t.string = v
	case []byte:
		*t.string = string(v)
	default:
		return fmt.Errorf("read text: column holds %T", value)
	}
	return nil
}

// flag scans a boolean; NULL is false.
type flag struct{ *bool }

// Scan implements sql.Scanner.
func (f flag) Scan(value any) error {
	switch v := value.(type) {
	case nil:
		*f.bool = false
	case bool:
		*f.bool = v
	case int64:
		*f.bool = v != 0
	default:
		return fmt.Errorf("read flag: column holds %T", value)
	}
	return nil
}

// textOrNull keeps the empty text as NULL.
func textOrNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// toJSON encodes a value for a column of JSON.
func toJSON(value any) (string, error) {
	b, err := json.Marshal(value)
	if err != nil {
		return "", fmt.Errorf("encode column: %w", err)
	}
	return string(b), nil
}

// fromJSON decodes a column of JSON. Numbers keep their spelling.
func fromJSON(column string, value any) error {
	d := json.NewDecoder(strings.NewReader(column))
	d.UseNumber()
	if err := d.Decode(value); err != nil {
		return fmt.Errorf("decode column: %w", err)
	}
	return nil
}

// canonical returns the spelling of an id that is stored, false if the text is
// no id at all and so can't be the id of anything.
func canonical(id string) (string, bool) {
	return strings.ToLower(id), secret.IsID(id)
}

// maxKey is how long an identifier or address may be, in bytes: what every
// database can index.
const maxKey = 1024

// errUnstorable is the error for a text that not every database can keep.
var errUnstorable = errs.New(errs.Invalid, "unstorable_text",
	"A value is too long to be kept, or holds a character that can't be kept.")

// isKey reports whether a text can be kept as identifier or address. PostgreSQL
// has no zero bytes, and servers nothing but UTF-8.
func isKey(text string) bool {
	return len(text) <= maxKey && utf8.ValidString(text) && !strings.Contains(text, "\x00")
}
