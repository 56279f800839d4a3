package kratos

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// row is one row by the names of its columns. Drivers and versions differ in the types
// of values; the methods take what is there.
type row map[string]any

func (r row) text(column string) string {
	switch v := r[column].(type) {
	case nil:
		return ""
	case string:
		return v
	case []byte:
		return string(v)
	case time.Time:
		return v.Format(time.RFC3339Nano)
	case int64:
		return strconv.FormatInt(v, 10)
	default:
		return fmt.Sprint(v)
	}
}

// number reads a whole number; 0 if there is none.
func (r row) number(column string) int64 {
	n, _ := strconv.ParseInt(r.text(column), 10, 64) // what is not a number is none
	return n
}

// boolCol reads booleans, also SQLite's texts.
func (r row) boolCol(column string) bool {
	switch v := r[column].(type) {
	case bool:
		return v
	case int64:
		return v != 0
	default:
		ok, _ := strconv.ParseBool(r.text(column)) // what is not a boolean is false
		return ok
	}
}

// raw reads JSON; nil if there is none, or JSON's null.
func (r row) raw(column string) json.RawMessage {
	text := strings.TrimSpace(r.text(column))
	if text == "" || text == "null" {
		return nil
	}
	var compact bytes.Buffer
	if json.Compact(&compact, []byte(text)) != nil {
		return json.RawMessage(text) // the writer says that it is not JSON
	}
	return compact.Bytes()
}

// layouts are the spellings of times in SQLite and in MySQL without parseTime.
func layouts() []string {
	return []string{
		time.RFC3339Nano, "2006-01-02 15:04:05.999999999Z07:00", "2006-01-02 15:04:05.999999999-07:00",
		"2006-01-02 15:04:05.999999999 -0700 MST", "2006-01-02 15:04:05.999999999", "2006-01-02T15:04:05.999999999",
	}
}

// time reads a time in UTC; zero if there is none. The original stores UTC where the
// column has no zone.
func (r row) time(column string) time.Time {
	if t, ok := r[column].(time.Time); ok {
		return t.UTC()
	}
	text := r.text(column)
	for _, layout := range layouts() {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}
