package authentik

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"strings"

	"github.com/symbolon/symbolon/internal/takeover"
)

// dumped yields the objects of a dump, of a blueprint as JSON, or of a list of users as the API answers it.
func dumped(r io.Reader) iter.Seq2[object, error] {
	buffered := bufio.NewReader(r)
	if !takeover.IsJSON(buffered) || first(buffered) == "[" {
		return decoded(takeover.Elements(buffered, ""))
	}
	return func(yield func(object, error) bool) {
		d := document{Decoder: json.NewDecoder(buffered), yield: yield}
		if err := d.read(); err != nil && !errors.Is(err, errStop) {
			yield(object{}, err)
		}
	}
}

// errStop says that the caller wants no more objects.
var errStop = errors.New("stopped")

// document is a blueprint as JSON, or a list of the API, while it is read.
type document struct {
	*json.Decoder
	yield func(object, error) bool
	found bool // one of the lists that have users was there
	n     int  // entries that were read
	pages struct {
		Next float64 `json:"next"` // 0 on the last one
	}
}

func (d *document) read() error {
	_, err := d.Token() // it is {
	for err == nil && d.More() {
		var name json.Token
		if name, err = d.Token(); err == nil {
			err = d.member(name)
		}
	}
	if err == nil {
		_, err = d.Token()
	}
	if err == nil {
		err = takeover.End(d.Decoder)
	}
	switch {
	case errors.Is(err, io.EOF):
		return io.ErrUnexpectedEOF
	case err != nil:
		return err
	case !d.found:
		return takeover.ErrNoUsers
	case d.pages.Next > 0:
		return d.give(object{Model: nextPage, Key: d.pages.Next}, nil)
	}
	return nil
}

func (d *document) member(name json.Token) error {
	switch name {
	case "entries":
		return d.list(name, d.entry)
	case "results":
		return d.list(name, d.listed)
	case "pagination":
		return d.Decode(&d.pages)
	}
	var skipped json.RawMessage
	return d.Decode(&skipped)
}

// list reads the array that follows; null is none.
func (d *document) list(name json.Token, each func(json.RawMessage) error) error {
	begin, err := d.Token()
	if err != nil || begin == nil {
		return err
	}
	if begin != json.Delim('[') {
		return fmt.Errorf("%v is no list", name)
	}
	d.found = true
	for err == nil && d.More() {
		var raw json.RawMessage
		if err = d.Decode(&raw); err == nil {
			err = each(raw)
		}
	}
	if err == nil {
		_, err = d.Token()
	}
	return err
}

func (d *document) give(o object, err error) error {
	if err == nil && !d.yield(o, nil) {
		err = errStop
	}
	return err
}

func first(r *bufio.Reader) string {
	next, _ := r.Peek(1) // empty at the end
	return string(next)
}

func decoded(raws iter.Seq2[json.RawMessage, error]) iter.Seq2[object, error] {
	return func(yield func(object, error) bool) {
		for raw, err := range raws {
			var o object
			if err == nil {
				err = json.Unmarshal(raw, &o)
			}
			if !yield(o, err) || err != nil {
				return
			}
		}
	}
}

// nextPage is the model of an object that tells which page follows, after those of a list.
const nextPage = "next page"

// entry is one object of a blueprint.
type entry struct {
	Model       string         `json:"model"`
	ID          string         `json:"id"`
	Identifiers map[string]any `json:"identifiers"`
	Attributes  map[string]any `json:"attrs"`
}

func (d *document) entry(raw json.RawMessage) error {
	var e entry
	if err := json.Unmarshal(raw, &e); err != nil {
		return err
	}
	d.n++
	fields := map[string]any{}
	for _, part := range []map[string]any{e.Identifiers, e.Attributes} {
		maps.Copy(fields, part)
	}
	o := object{Model: e.Model, Key: e.Identifiers["pk"], ID: e.ID}
	if o.Key == nil {
		o.Key = fmt.Sprintf("entry %d", d.n)
	}
	made, err := json.Marshal(fields)
	o.Fields = made
	return d.give(o, err)
}

// listed yields a user of a list of the API, and the groups that it names.
func (d *document) listed(raw json.RawMessage) error {
	var u struct {
		Key      any    `json:"pk"`
		Username string `json:"username"`
		Groups   []struct {
			Key  any    `json:"pk"`
			Name string `json:"name"`
		} `json:"groups_obj"`
	}
	err := json.Unmarshal(raw, &u)
	if err == nil && (u.Key == nil || strings.TrimSpace(u.Username) == "") {
		err = errors.New("an element of results is no user")
	}
	err = d.give(object{Model: "authentik_core.user", Key: u.Key, Fields: raw, listed: true}, err)
	for i := 0; err == nil && i < len(u.Groups); i++ {
		var fields []byte
		fields, err = json.Marshal(map[string]string{"name": u.Groups[i].Name})
		err = d.give(object{Model: "authentik_core.group", Key: u.Groups[i].Key, Fields: fields}, err)
	}
	return err
}
