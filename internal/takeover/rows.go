package takeover

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strconv"
	"strings"
)

// IsJSON reports whether the text begins as JSON does, and skips the byte order mark and blanks before it.
func IsJSON(r *bufio.Reader) bool {
	SkipMark(r)
	for {
		next, err := r.Peek(1)
		if err != nil || !strings.ContainsRune(" \t\r\n", rune(next[0])) {
			return err == nil && (next[0] == '{' || next[0] == '[')
		}
		_, _ = r.Discard(1)
	}
}

// Rows reads the rows of a table as JSON objects: an array of them, one on each line, or CSV whose first line names the
// columns. A value of CSV is a text; one without a value is left out. A column a.b is the member b of the object a, and
// a[0].b that of the first element of the array a. CSV without a column of one of the keys is no such table. An error is the
// last element.
func Rows(r io.Reader, keys ...string) iter.Seq2[json.RawMessage, error] {
	buffered := bufio.NewReader(r)
	if IsJSON(buffered) {
		return jsonRows(buffered)
	}
	return func(yield func(json.RawMessage, error) bool) {
		rows := csv.NewReader(buffered)
		names, err := rows.Read()
		if !slices.ContainsFunc(names, func(name string) bool { return slices.Contains(keys, strings.TrimSpace(name)) }) {
			err = ErrNoUsers
		}
		for n := 1; err == nil; n++ {
			var values []string
			if values, err = rows.Read(); errors.Is(err, io.EOF) { // the length of rows is checked
				return
			}
			if err == nil && !yield(csvRow(names, values), nil) {
				return
			}
		}
		yield(nil, err)
	}
}

func jsonRows(r *bufio.Reader) iter.Seq2[json.RawMessage, error] {
	if first, _ := r.Peek(1); string(first) == "[" {
		return Elements(r, "")
	}
	return func(yield func(json.RawMessage, error) bool) {
		for d := json.NewDecoder(r); ; {
			var raw json.RawMessage
			err := d.Decode(&raw)
			if errors.Is(err, io.EOF) || !yield(raw, err) || err != nil {
				return
			}
		}
	}
}

func csvRow(names, values []string) json.RawMessage {
	made := map[string]any{}
	for i, name := range names {
		if value := values[i]; value != "" && !slices.Contains([]string{"NULL", "null", `\N`}, value) {
			setMember(made, strings.Split(strings.TrimSpace(name), "."), value)
		}
	}
	return mustJSON(made)
}

// maxElements bounds the arrays that names of columns make.
const maxElements = 50

// setMember sets a value at a path of names. A part that another value stands at is left out.
func setMember(in map[string]any, path []string, value string) {
	name, index, isElement := strings.Cut(strings.TrimSuffix(path[0], "]"), "[")
	n, err := strconv.Atoi(index)
	if isElement = isElement && err == nil && n >= 0 && n < maxElements && len(path) > 1; !isElement {
		name = path[0]
	}
	switch {
	case isElement:
		list, _ := in[name].([]any)
		for len(list) <= n {
			list = append(list, map[string]any{})
		}
		in[name] = list
		if inner, ok := list[n].(map[string]any); ok {
			setMember(inner, path[1:], value)
		}
	case len(path) == 1:
		in[name] = value
	default:
		if in[name] == nil {
			in[name] = map[string]any{}
		}
		if inner, ok := in[name].(map[string]any); ok {
			setMember(inner, path[1:], value)
		}
	}
}

// Object is a JSON object, which a table may also have as a text; null is none.
type Object map[string]any

// UnmarshalJSON implements json.Unmarshaler.
func (o *Object) UnmarshalJSON(raw []byte) error {
	if raw[0] == '"' {
		var text string
		if err := json.Unmarshal(raw, &text); err != nil {
			return err
		}
		if raw = []byte(text); text == "" {
			raw = []byte("null")
		}
	}
	var made map[string]any
	if err := json.Unmarshal(raw, &made); err != nil {
		return fmt.Errorf("%.20s is no object", raw)
	}
	*o = made
	return nil
}
