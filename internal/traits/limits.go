package traits

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Limits on what a client may send, so that judging it costs a bounded amount of
// memory and time with every schema.
const (
	maxBytes  = 1 << 20 // of a traits document
	maxDepth  = 32      // nested objects and arrays
	maxValues = 10_000  // members and elements in total
	maxNumber = 64      // characters of a number
	maxPower  = 400     // decimal exponent, beyond every float64
)

// These say why a document is refused before the schema is asked.
var (
	errTooBig     = fmt.Errorf("must not be larger than %d bytes", maxBytes)
	errTooDeep    = errors.New("is nested too deeply")
	errTooMany    = fmt.Errorf("must not have more than %d values", maxValues)
	errBadNumber  = errors.New("is not a number that can be represented")
	errBadText    = errors.New("must not contain the character U+0000")
	errNotJSON    = errors.New("is not valid JSON")
	errNotUTF8    = errors.New("is not UTF-8 text")
	errJSONAfter  = errors.New("has data after the JSON value")
	errTooComplex = errors.New("is nested too deeply for this schema")
)

// parse decodes one JSON value within the limits. Numbers stay as written. The
// error is an *Invalid on the field that name stands for.
func parse(raw []byte, name string) (any, error) {
	if len(raw) > maxBytes {
		return nil, refuse(name, errTooBig)
	}
	if !utf8.Valid(raw) { // which the decoder would replace in silence
		return nil, refuse(name, errNotUTF8)
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, refuse(name, errNotJSON)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, refuse(name, errJSONAfter)
	}
	if err := bound(value, name); err != nil {
		return nil, err
	}
	return value, nil
}

// bound checks a decoded value against the limits.
func bound(value any, name string) error {
	m := meter{left: maxValues}
	where, err := m.check(value, maxDepth)
	if err == nil {
		return nil
	}
	return refuse(strings.Join(append([]string{name}, where...), "."), err)
}

type meter struct{ left int }

// check returns the path of the first value that breaks a limit.
func (m *meter) check(value any, depth int) ([]string, error) {
	if m.left--; m.left < 0 {
		return nil, errTooMany
	}
	switch v := value.(type) {
	case json.Number:
		if !representable(string(v)) {
			return nil, errBadNumber
		}
	case string:
		if strings.ContainsRune(v, 0) {
			return nil, errBadText
		}
		if !utf8.ValidString(v) { // of a form
			return nil, errNotUTF8
		}
	case []any:
		return m.array(v, depth-1)
	case map[string]any:
		return m.object(v, depth-1)
	}
	return nil, nil
}

func (m *meter) array(array []any, depth int) ([]string, error) {
	if depth < 0 {
		return nil, errTooDeep
	}
	for i, item := range array {
		if where, err := m.check(item, depth); err != nil {
			return located(strconv.Itoa(i), where, err), err
		}
	}
	return nil, nil
}

func (m *meter) object(object map[string]any, depth int) ([]string, error) {
	if depth < 0 {
		return nil, errTooDeep
	}
	for _, name := range sortedNames(object) { // the same report each time
		if strings.ContainsRune(name, 0) {
			return nil, errBadText
		}
		if where, err := m.check(object[name], depth); err != nil {
			return located(escapeDots(name), where, err), err
		}
	}
	return nil, nil
}

// located prepends a step to the path of a value that is at fault itself; limits
// on the whole document are reported on the whole document.
func located(step string, rest []string, err error) []string {
	if errors.Is(err, errBadNumber) || errors.Is(err, errBadText) || errors.Is(err, errNotUTF8) {
		return append([]string{step}, rest...)
	}
	return nil
}

// representable reports whether exact arithmetic on the number is cheap and a
// float64 can hold it.
func representable(number string) bool {
	if len(number) > maxNumber {
		return false
	}
	if _, power, found := strings.Cut(strings.ToLower(number), "e"); found {
		if n, err := strconv.Atoi(power); err != nil || n > maxPower || n < -maxPower {
			return false
		}
	}
	_, err := strconv.ParseFloat(number, 64)
	return err == nil
}
