package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// maxDepth is how many arrays and objects may be nested. RFC 8259, section 9, allows a limit;
// without one a small body takes hundreds of times its size of stack.
const maxDepth = 1000

// CheckJSON refuses JSON that two readers could understand differently: text that is
// not UTF-8, a member that an object has twice, at any depth, anything after the one value
// (RFC 8259, sections 4 and 8.1). It also refuses more than 1000 levels of nesting.
func CheckJSON(body []byte) error {
	if !utf8.Valid(body) {
		return errors.New("the text is not valid UTF-8")
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	if err := checkValue(dec, maxDepth); err != nil {
		return err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return errors.New("there is more than one JSON value")
	}
	return nil
}

// DecodeOne decodes the one JSON value that a body is, where CheckJSON lets it pass.
func DecodeOne(body []byte, into any) error {
	if err := CheckJSON(body); err != nil {
		return err
	}
	return json.Unmarshal(body, into)
}

// checkValue reads one value, which may nest as many levels as are left.
func checkValue(dec *json.Decoder, left int) error {
	token, err := nextToken(dec)
	open, nested := token.(json.Delim)
	if err != nil || !nested {
		return err
	}
	if left == 0 {
		return fmt.Errorf("more than %d arrays and objects are nested", maxDepth)
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
		if err := checkValue(dec, left-1); err != nil {
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
