package takeover

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Text is a text that an export may also write as a number or a boolean; null is empty.
type Text string

// UnmarshalJSON implements json.Unmarshaler.
func (t *Text) UnmarshalJSON(raw []byte) error {
	var text string
	switch first := raw[0]; {
	case string(raw) == "null":
		*t = ""
		return nil
	case first == '{' || first == '[':
		return fmt.Errorf("%.20s is no text", raw)
	case first != '"':
		*t = Text(raw)
		return nil
	}
	if err := json.Unmarshal(raw, &text); err != nil {
		return err
	}
	*t = Text(text)
	return nil
}

// Flag is a boolean that an export may also write as a text, a number or a time; null is false.
type Flag bool

// UnmarshalJSON implements json.Unmarshaler.
func (f *Flag) UnmarshalJSON(raw []byte) error {
	var text Text
	if err := text.UnmarshalJSON(raw); err != nil {
		return err
	}
	is, err := ParseFlag(string(text))
	*f = Flag(is)
	return err
}

// ParseFlag reads a boolean as people and programs write it. A time is when something became
// true. What is neither is an error: an address must not count as proven by mistake.
func ParseFlag(text string) (bool, error) {
	switch strings.ToLower(strings.TrimSpace(text)) {
	case "", "0", "f", "false", "n", "no", "off", "null", "none",
		"falsch", "nein", "faux", "non", "falso", "onwaar", "nee", "não": // spreadsheets write the words of their language
		return false, nil
	case "1", "t", "true", "y", "yes", "on",
		"wahr", "ja", "vrai", "oui", "verdadero", "sí", "vero", "sì", "waar", "verdadeiro", "sim":
		return true, nil
	}
	if !Happened(text) {
		return false, fmt.Errorf("%q is neither true nor false", text)
	}
	return true, nil
}

// Happened reports whether a text is a time at which something may have happened. Smaller numbers and earlier times
// stand for something else, such as a choice or never.
func Happened(text string) bool {
	const first = 100_000_000 // in March 1973
	return Moment(text).Unix() >= first
}

// Moment reads a time as databases, directories and spreadsheets write it, in UTC where it
// names no zone; a number is seconds, milliseconds or microseconds since 1970, perhaps with a
// fraction. It is zero for anything else.
func Moment(text string) time.Time {
	text = strings.TrimSpace(text)
	whole, _, _ := strings.Cut(text, ".")
	if n, err := strconv.ParseFloat(text, 64); err == nil && n > 0 && len(whole) <= 16 && strings.Trim(text, "0123456789.") == "" {
		switch {
		case len(whole) > 13:
			return time.UnixMicro(int64(n)).UTC()
		case len(whole) > 10:
			return time.UnixMilli(int64(n)).UTC()
		}
		return time.UnixMilli(int64(n * 1000)).UTC()
	}
	for _, layout := range []string{
		time.RFC3339Nano, "2006-01-02 15:04:05.999999999Z07:00", "2006-01-02 15:04:05.999999999Z07", "2006-01-02 15:04:05.999999999 MST",
		"2006-01-02 15:04:05.999999999", "2006-01-02T15:04:05.999999999Z0700", "2006-01-02T15:04:05.999999999", "2006-01-02", "20060102150405Z0700", "20060102150405.9Z0700", time.RFC1123Z, time.RFC1123,
		"2006-01-02 15:04", "2.1.2006 15:04:05", "2.1.2006 15:04", "2.1.2006",
	} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}
