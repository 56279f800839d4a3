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
// (RFC 8259, sections 4 and 8.1). The same text twice means one thing alone and passes:
// generated clients of Rust write method so. It also refuses more than 1000 levels of nesting.
func CheckJSON(body []byte) error {
	if !utf8.Valid(body) {
		return errors.New("the text is not valid UTF-8")
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	if _, err := checkValue(dec, maxDepth); err != nil {
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

// checkValue reads one value, which may nest as many levels as are left, and returns it
// if it is neither array nor object.
func checkValue(dec *json.Decoder, left int) (json.Token, error) {
	token, err := nextToken(dec)
	open, nested := token.(json.Delim)
	if err != nil || !nested {
		return token, err
	}
	if left == 0 {
		return nil, fmt.Errorf("more than %d arrays and objects are nested", maxDepth)
	}
	members := map[string]json.Token{}
	for dec.More() {
		var name json.Token
		if open == '{' {
			if name, err = nextToken(dec); err != nil {
				return nil, err
			}
		}
		value, err := checkValue(dec, left-1)
		if err != nil {
			return nil, err
		}
		key, named := name.(string)
		before, twice := members[key]
		if text, ok := value.(string); twice && (!ok || before != text) {
			return nil, fmt.Errorf("the member %q stands in the object twice", key)
		}
		if named {
			members[key] = value
		}
	}
	_, err = nextToken(dec)
	return nil, err
}

// nextToken returns the next token of a value that has not ended.
func nextToken(dec *json.Decoder) (json.Token, error) {
	token, err := dec.Token()
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return token, err
}
