package config

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// jsonReader walks the tokens of a document, because decoding into values would
// lose their places. After a problem it goes no further.
type jsonReader struct {
	data    []byte
	dec     *json.Decoder
	at      func(offset int) Origin
	start   int // of the latest token
	problem *Problem
}

func readJSON(data []byte, at func(offset int) Origin) (*node, *Problem) {
	r := &jsonReader{data: data, dec: json.NewDecoder(bytes.NewReader(data)), at: at}
	r.dec.UseNumber()
	n := r.value(0)
	if _, err := r.token(); r.problem == nil && !errors.Is(err, io.EOF) {
		r.problem = &Problem{Text: "there is more after the end of the document", Origin: r.at(r.start)}
	}
	return n, r.problem
}

// token reads one token and finds where it starts.
func (r *jsonReader) token() (json.Token, error) {
	r.start = int(r.dec.InputOffset())
	for r.start < len(r.data) && bytes.IndexByte([]byte(" \t\r\n,:"), r.data[r.start]) >= 0 {
		r.start++
	}
	return r.dec.Token()
}

// next is a token that must be there, and its place.
func (r *jsonReader) next() (json.Token, Origin) {
	token, err := r.token()
	var syntax *json.SyntaxError
	switch {
	case err == nil || r.problem != nil:
	case errors.As(err, &syntax):
		r.problem = &Problem{Text: syntax.Error(), Origin: r.at(max(int(syntax.Offset)-1, r.start))}
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		r.problem = &Problem{Text: "the document ends too early", Origin: r.at(len(r.data))}
	default:
		r.problem = &Problem{Text: err.Error(), Origin: r.at(int(r.dec.InputOffset()))}
	}
	return token, r.at(r.start)
}

func (r *jsonReader) value(depth int) *node {
	token, place := r.next()
	n := &node{shape: null, origin: place}
	if depth > maxDepth {
		r.problem = cmp.Or(r.problem, &Problem{Text: "is nested too deeply", Origin: place})
	}
	switch v := token.(type) {
	case json.Delim:
		n.shape = list
		if v == '{' {
			n.shape = object
		}
		r.fill(n, depth)
	case string:
		n.shape, n.text = text, v
	case json.Number:
		n.shape, n.text = number, v.String()
	case bool:
		n.shape, n.text = boolean, fmt.Sprint(v)
	}
	return n
}

// fill reads the items of a list, or the members of an object, and its end.
func (r *jsonReader) fill(n *node, depth int) {
	for r.problem == nil && r.dec.More() {
		if n.shape == list {
			n.items = append(n.items, r.value(depth+1))
			continue
		}
		token, place := r.next()
		name, _ := token.(string)
		f := field{name: name, value: r.value(depth + 1), place: place}
		r.problem = cmp.Or(r.problem, n.add(f))
	}
	r.next()
}
