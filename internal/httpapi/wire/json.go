package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// CheckJSON refuses JSON that two readers could understand differently: text that is
// not UTF-8, a member that stands twice in an object at any depth, anything behind
// the one value (RFC 8259, sections 4 and 8.1).
func CheckJSON(body []byte) error {
	if !utf8.Valid(body) {
		return errors.New("the text is not valid UTF-8")
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	if err := checkValue(dec); err != nil {
		return err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return errors.New("there is more than one JSON value")
	}
	return nil
}

func checkValue(dec *json.Decoder) error {
	token, err := nextToken(dec)
	open, nested := token.(json.Delim)
	if err != nil || !nested {
		return err
	}
	names := map[string]bool{}
	for dec.More() {
		if open == '{' {
			name, err := nextToken(dec)
			if err != nil {
				return err
			}
			key, _ := name.(string)
			if names[key] {
				return fmt.Errorf("the member %q stands in the object twice", key)
			}
			names[key] = true
		}
		if err := checkValue(dec); err != nil {
			return err
		}
	}
	_, err = nextToken(dec)
	return err
}

// nextToken returns the next token of a value that has not ended.
func nextToken(dec *json.Decoder) (json.Token, error) {
	token, err := dec.Token()
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return token, err
}
