package config

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// A setup directory is a configuration in several files: what all of them say
// together. Lists of groups (schemas, providers, operators) are those of all files,
// and beside settings the files may declare identities.

// Declared is an identity that a setup directory wants to exist.
type Declared struct {
	ExternalID     string          // by which it is found again
	Identifier     string          // by which one without an external id is found; empty for none
	SchemaID       string          // empty for the default one
	State          string          // empty leaves what is there
	Traits         json.RawMessage // an object
	MetadataPublic json.RawMessage // nil leaves what is there
	MetadataAdmin  json.RawMessage // nil leaves what is there
	HashedPassword Secret          // set when the identity is created
	Verified       []string        // addresses that are proven when the identity is created
	Origin         Origin
}

// identitiesField declares identities, beside the settings.
const identitiesField = "identities"

// isDir reports whether a source of settings is a directory.
func (l *loader) isDir(name string) bool {
	info, err := os.Stat(l.absolute("", name))
	return err == nil && info.IsDir()
}

// readDir reads all YAML files of a directory, in the order of their names, as one.
func (l *loader) readDir(dir string) (*node, *Problem) {
	entries, err := os.ReadDir(l.absolute("", dir))
	if err != nil {
		return nil, &Problem{Text: "cannot be read: " + cause(err), Origin: Origin{Kind: FromFile, Name: dir}}
	}
	all := &node{shape: object, origin: Origin{Kind: FromFile, Name: dir}}
	for _, entry := range entries {
		ext := strings.ToLower(filepath.Ext(entry.Name()))
		if entry.IsDir() || strings.HasPrefix(entry.Name(), ".") || ext != ".yaml" && ext != ".yml" {
			continue
		}
		root, p := l.readFile(filepath.Join(dir, entry.Name()))
		if p != nil {
			return nil, p
		}
		if root.shape != object {
			return nil, &Problem{Text: fmt.Sprintf("is %s; write settings as name: value", root.what()), Origin: root.origin}
		}
		if p := all.join(root); p != nil {
			return nil, p
		}
	}
	if f := all.field(identitiesField); f != nil {
		l.declare(f.value)
		all.remove(identitiesField)
	}
	return all, nil
}

// join puts the members of another file of a directory into an object. Lists of
// groups are put together; all else may be said once.
func (n *node) join(other *node) *Problem {
	for _, f := range other.fields {
		old := n.field(f.name)
		switch {
		case f.value.shape == null:
		case old == nil || old.value.shape == null:
			n.remove(f.name)
			n.fields = append(n.fields, f)
		case old.value.shape == object && f.value.shape == object:
			if p := old.value.join(f.value); p != nil {
				return p
			}
		case old.value.ofGroups() && f.value.ofGroups():
			old.value.items = append(old.value.items, f.value.items...)
		default:
			return &Problem{Text: fmt.Sprintf("%q is given twice in this directory, first at %s; keep one", f.name, old.place), Origin: f.place}
		}
	}
	return nil
}

// ofGroups reports whether a node is a list of groups of settings.
func (n *node) ofGroups() bool {
	return n.shape == list && !slices.ContainsFunc(n.items, func(item *node) bool { return item.shape != object })
}

// declare reads the list of identities.
func (l *loader) declare(n *node) {
	if n.shape != list {
		l.fail(identitiesField, fmt.Sprintf("is %s; write a list of identities", n.what()), n.origin)
		return
	}
	first := map[string]Origin{}
	for i, item := range n.items {
		d, p := declared(item)
		if p == nil && first[d.ExternalID] != (Origin{}) {
			p = &Problem{Text: fmt.Sprintf("external_id %q is given twice, first at %s", d.ExternalID, first[d.ExternalID]), Origin: item.origin}
		}
		if p != nil {
			l.fail(fmt.Sprintf("%s[%d]", identitiesField, i), p.Text, p.Origin)
			continue
		}
		first[d.ExternalID] = item.origin
		l.declared = append(l.declared, d)
	}
}

// declared reads one identity.
func declared(n *node) (Declared, *Problem) {
	d := Declared{Origin: n.origin}
	if n.shape != object {
		return d, &Problem{Text: fmt.Sprintf("is %s; write external_id, traits and so on", n.what()), Origin: n.origin}
	}
	var password string
	texts := map[string]*string{
		"external_id": &d.ExternalID, "identifier": &d.Identifier, "schema_id": &d.SchemaID, "state": &d.State, "hashed_password": &password,
	}
	objects := map[string]*json.RawMessage{"traits": &d.Traits, "metadata_public": &d.MetadataPublic, "metadata_admin": &d.MetadataAdmin}
	for _, f := range n.fields {
		var err error
		into, isText := texts[f.name]
		raw, isObject := objects[f.name]
		switch {
		case isText:
			*into, err = f.value.asText()
		case isObject && f.value.shape != object:
			err = fmt.Errorf("is %s; write a group", f.value.what())
		case isObject:
			*raw, err = json.Marshal(f.value.json())
		case f.name == "verified":
			d.Verified, err = f.value.texts()
		default:
			err = fmt.Errorf("is not known here; there are external_id, identifier, schema_id, state, traits, metadata_public, metadata_admin, hashed_password and verified")
		}
		if err != nil {
			return d, &Problem{Text: f.name + " " + err.Error(), Origin: f.place}
		}
	}
	d.HashedPassword = Secret(password)
	switch {
	case d.ExternalID == "":
		return d, &Problem{Text: "has no external_id, by which it is found again; give it one", Origin: n.origin}
	case d.Traits == nil:
		return d, &Problem{Text: "has no traits", Origin: n.origin}
	case d.State != "" && d.State != "active" && d.State != "inactive":
		return d, &Problem{Text: fmt.Sprintf("state is %q; write active or inactive", d.State), Origin: n.field("state").place}
	}
	return d, nil
}

// texts are the items of a list of texts.
func (n *node) texts() ([]string, error) {
	items, err := n.asList()
	if err != nil {
		return nil, err
	}
	out := make([]string, len(items))
	for i, item := range items {
		if out[i], err = item.asText(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Setup is what a setup directory holds.
type Setup struct {
	Identities []Declared
	Settings   []Place // in the order of the keys
}

// Place is a setting of a setup directory and where it stands.
type Place struct {
	Key    string
	Items  int // of a list, else 0
	Origin Origin
}

// ReadSetup reads a setup directory by itself. The error, if any, is a Problems: it
// covers the names of settings and the identities; values are judged by Load, together
// with what else a configuration consists of.
func ReadSetup(dir string) (Setup, error) {
	l := newLoader(Source{})
	root, p := l.readDir(dir)
	if p != nil {
		return Setup{}, Problems{*p}
	}
	l.rename(root)
	found := l.collect("", root)
	s := Setup{Identities: l.declared}
	for _, k := range l.table.keys {
		if n, ok := found[k.Path]; ok && !k.nested() {
			s.Settings = append(s.Settings, Place{Key: k.Path, Items: len(n.items), Origin: n.origin})
		}
	}
	if len(l.problems) > 0 {
		l.report() // which puts them in order
		return s, l.problems
	}
	return s, nil
}
