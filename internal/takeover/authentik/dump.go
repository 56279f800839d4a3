package authentik

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/symbolon/symbolon/internal/takeover"
)

// The tables of the scratch.
const (
	tableUsers      = "users"      // objects of users
	tableNames      = "names"      // keys of users by each of their names
	tableParts      = "parts"      // devices and links, before assign
	tableBelongings = "belongings" // and after it, by the key of their user
	tableLinks      = "links"      // objects of links by their key
	tableCodes      = "codes"      // recovery codes by device
	tableDevices    = "devices"    // devices of recovery codes that are there
	tableLeft       = "left"       // owners that are not there
)

// dump is a file while it is read. Sources and groups are few, and held in memory.
type dump struct {
	takeover.Scratch
	sources map[string]string // slugs by key
	groups  map[string]string // names by key
	next    string            // the page of the list that follows
}

func newDump(s takeover.Scratch) *dump {
	return &dump{Scratch: s, sources: map[string]string{}, groups: map[string]string{}}
}

// kept is an object in the scratch.
type kept struct {
	Model  string          `json:"m,omitempty"` // without its application; empty for a user
	Key    string          `json:"k"`
	ID     string          `json:"i,omitempty"`
	Listed bool            `json:"l,omitempty"`
	Fields json.RawMessage `json:"f,omitempty"`
}

func (d *dump) keep(table, key string, k kept) error {
	raw, err := json.Marshal(k)
	if err == nil {
		d.Add(table, key, raw)
		err = d.Err()
	}
	return err
}

func restored(raw []byte) (k kept) {
	_ = json.Unmarshal(raw, &k) // keep wrote it
	return k
}

// read keeps the objects of a file that say something of users.
func (d *dump) read(r io.Reader) error {
	n := 0
	for o, err := range dumped(r) {
		if n++; err == nil {
			if o.Key == nil || name(o.Key) == "" { // a dump with natural keys
				o.Key = fmt.Sprintf("object %d", n)
			}
			err = d.add(o)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (d *dump) add(o object) error {
	_, model, _ := strings.Cut(o.Model, ".")
	k := kept{Model: model, Key: name(o.Key), ID: o.ID, Listed: o.listed, Fields: o.Fields}
	switch {
	case o.Model == "authentik_core.user":
		d.addNames(k)
		k.Model = ""
		return d.keep(tableUsers, "", k)
	case o.Model == "authentik_core.source", o.Model == "authentik_core.group":
		var s struct{ Slug, Name string }
		if json.Unmarshal(o.Fields, &s) == nil {
			for _, name := range k.names() {
				d.sources[name], d.groups[name] = s.Slug, s.Name
			}
		}
	case o.Model == nextPage:
		d.next = k.Key
	case k.isLink(), o.isDevice():
		return d.keep(tableParts, "", k)
	}
	return nil
}

// names are what other objects call it.
func (k kept) names() []string {
	if k.ID == "" || k.ID == k.Key {
		return []string{k.Key}
	}
	return []string{k.Key, k.ID}
}

// isLink reports whether the object links a user; links of groups have keys of their own, which may be the same.
func (k kept) isLink() bool {
	return strings.HasSuffix(k.Model, "sourceconnection") && !strings.HasPrefix(k.Model, "group")
}

func (o object) isDevice() bool {
	return strings.HasPrefix(o.Model, "authentik_stages_authenticator") && (strings.HasSuffix(o.Model, "device") || strings.HasSuffix(o.Model, "token"))
}
