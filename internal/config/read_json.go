package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// jsonReader walks the tokens of a document, because decoding into values would
// lose their places.
type jsonReader struct {
	data  []byte
	dec   *json.Decoder
	at    func(offset int) Origin
	start int // of the latest token
}

func readJSON(data []byte, at func(offset int) Origin) (*node, *Problem) {
	r := &jsonReader{data: data, dec: json.NewDecoder(bytes.NewReader(data)), at: at}
	r.dec.UseNumber()
	n, p := r.value(0)
	if p != nil {
		return nil, p
	}
	if _, _, err := r.next(); !errors.Is(err, io.EOF) {
		return nil, &Problem{Text: "there is more after the end of the document", Origin: r.at(r.start)}
	}
	return n, nil
}

// next reads one token and finds where it starts.
func (r *jsonReader) next() (json.Token, Origin, error) {
	r.start = int(r.dec.InputOffset())
	for r.start < len(r.data) && bytes.IndexByte([]byte(" \t\r\n,:"), r.data[r.start]) >= 0 {
		r.start++
	}
	token, err := r.dec.Token()
	return token, r.at(r.start), err
}

func (r *jsonReader) problemAt(err error) *Problem {
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &syntax):
		return &Problem{Text: syntax.Error(), Origin: r.at(max(int(syntax.Offset)-1, r.start))}
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return &Problem{Text: "the document ends too early", Origin: r.at(len(r.data))}
	}
	return &Problem{Text: err.Error(), Origin: r.at(int(r.dec.InputOffset()))}
}

func (r *jsonReader) value(depth int) (*node, *Problem) {
	token, place, err := r.next()
	if err != nil {
		return nil, r.problemAt(err)
	}
	if depth > maxDepth {
		return nil, &Problem{Text: "is nested too deeply", Origin: place}
	}
	switch v := token.(type) {
	case json.Delim:
		n := &node{shape: list, origin: place}
		if v == '{' {
			n.shape = object
		}
		return n, r.fill(n, depth)
	case string:
		return &node{shape: text, text: v, origin: place}, nil
	case json.Number:
		return &node{shape: number, text: v.String(), origin: place}, nil
	case bool:
		return &node{shape: boolean, text: fmt.Sprint(v), origin: place}, nil
	}
	return &node{shape: null, origin: place}, nil
}

// fill reads the items of a list, or the members of an object, and its end.
func (r *jsonReader) fill(n *node, depth int) *Problem {
	for r.dec.More() {
		var f field
		if n.shape == object {
			token, at, err := r.next()
			if err != nil {
				return r.problemAt(err)
			}
			f.name, _ = token.(string)
			f.place = at
		}
		var p *Problem
		if f.value, p = r.value(depth + 1); p != nil {
			return p
		}
		if n.shape == list {
			n.items = append(n.items, f.value)
		} else if p = n.add(f); p != nil {
			return p
		}
	}
	if _, _, err := r.next(); err != nil {
		return r.problemAt(err)
	}
	return nil
}
