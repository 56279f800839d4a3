package traits

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Limits on a schema document.
const (
	maxSchemaBytes = 1 << 20
	maxSchemaDepth = 64
	// maxSchemaParts bounds objects, arrays and booleans: all that may be a subschema.
	// The library's compiler takes quadratic time.
	maxSchemaParts = 10_000
)

// document is a parsed schema document. It remembers in which order the members
// of each "properties" object were written, which decoded JSON forgets and which
// is the order of form fields.
type document struct {
	value any
	order map[string][]string // by JSON pointer of the object (RFC 6901)
}

// parseDocument parses a schema document.
func parseDocument(raw []byte) (document, error) {
	if len(raw) > maxSchemaBytes {
		return document{}, fmt.Errorf("document is larger than %d bytes", maxSchemaBytes)
	}
	decoder := json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf"))))
	decoder.UseNumber()
	p := orderedParser{decoder: decoder, order: map[string][]string{}}
	value, err := p.value("", maxSchemaDepth)
	if err != nil {
		return document{}, fmt.Errorf("document is not usable JSON: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return document{}, errors.New("document has data after the JSON value")
	}
	return document{value: value, order: p.order}, nil
}

type orderedParser struct {
	decoder *json.Decoder
	order   map[string][]string
	parts   int
}

func (p *orderedParser) value(pointer string, depth int) (any, error) {
	token, err := p.decoder.Token()
	if err != nil {
		return nil, err
	}
	if depth == 0 {
		return nil, fmt.Errorf("nested deeper than %d levels", maxSchemaDepth)
	}
	switch t := token.(type) {
	case json.Delim:
		if err := p.count(); err != nil {
			return nil, err
		}
		if t == '{' {
			return p.object(pointer, depth-1)
		}
		return p.array(pointer, depth-1)
	case bool:
		return t, p.count()
	case json.Number:
		if !representable(string(t)) {
			return nil, fmt.Errorf("a number %w", errBadNumber)
		}
	}
	return token, nil
}

func (p *orderedParser) count() error {
	if p.parts++; p.parts > maxSchemaParts {
		return fmt.Errorf("more than %d parts", maxSchemaParts)
	}
	return nil
}

func (p *orderedParser) object(pointer string, depth int) (any, error) {
	members := map[string]any{}
	var names []string
	for p.decoder.More() {
		token, err := p.decoder.Token()
		if err != nil {
			return nil, err
		}
		name, _ := token.(string)
		member, err := p.value(pointer+"/"+escapePointer(name), depth)
		if err != nil {
			return nil, err
		}
		if _, repeated := members[name]; !repeated {
			names = append(names, name)
		}
		members[name] = member
	}
	if strings.HasSuffix(pointer, "/properties") {
		p.order[pointer] = names
	}
	_, err := p.decoder.Token()
	return members, err
}

func (p *orderedParser) array(pointer string, depth int) (any, error) {
	items := []any{}
	for p.decoder.More() {
		item, err := p.value(pointer+"/"+strconv.Itoa(len(items)), depth)
		if err != nil {
			return nil, err
		}
		items = append(items, item)
	}
	_, err := p.decoder.Token()
	return items, err
}

var pointerEscaper = strings.NewReplacer("~", "~0", "/", "~1")

// escapePointer makes a member name a token of a JSON pointer.
func escapePointer(name string) string { return pointerEscaper.Replace(name) }
