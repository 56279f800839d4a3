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
		var document struct {
			Entries []entry           `json:"entries"`
			Results []json.RawMessage `json:"results"`
			Pages   struct {
				Next float64 `json:"next"` // 0 on the last one
			} `json:"pagination"`
		}
		d := json.NewDecoder(buffered)
		err := d.Decode(&document)
		if err == nil {
			err = takeover.End(d)
		}
		switch {
		case err != nil:
			yield(object{}, err)
		case document.Entries != nil:
			entries(document.Entries, yield)
		case document.Results != nil:
			if list(document.Results, yield) && document.Pages.Next > 0 {
				yield(object{Model: nextPage, Key: document.Pages.Next}, nil)
			}
		default:
			yield(object{}, takeover.ErrNoUsers)
		}
	}
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

func entries(all []entry, yield func(object, error) bool) {
	for n, e := range all {
		fields := map[string]any{}
		for _, part := range []map[string]any{e.Identifiers, e.Attributes} {
			maps.Copy(fields, part)
		}
		o := object{Model: e.Model, Key: e.Identifiers["pk"], ID: e.ID}
		if o.Key == nil {
			o.Key = fmt.Sprintf("entry %d", n+1)
		}
		raw, err := json.Marshal(fields)
		if o.Fields = raw; !yield(o, err) || err != nil {
			return
		}
	}
}

// list yields the users of a list of the API, and the groups that they name. It reports whether more may follow.
func list(results []json.RawMessage, yield func(object, error) bool) bool {
	for _, raw := range results {
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
		if !yield(object{Model: "authentik_core.user", Key: u.Key, Fields: raw, listed: true}, err) || err != nil {
			return false
		}
		for _, g := range u.Groups {
			fields, err := json.Marshal(map[string]string{"name": g.Name})
			if !yield(object{Model: "authentik_core.group", Key: g.Key, Fields: fields}, err) {
				return false
			}
		}
	}
	return true
}
