package config

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// shape is what a node is before its key is known.
type shape int

const (
	null   shape = iota // nothing; the key counts as not given
	loose               // text from the environment, a flag or a default: becomes what the key needs
	text                // a string
	number              // written in digits, with or without a fraction
	boolean
	list
	object
)

// node is one value of an input, with its place.
type node struct {
	shape  shape
	text   string // of scalars, as written
	items  []*node
	fields []field
	origin Origin
}

// field is one member of an object. Names are unique within it.
type field struct {
	name  string
	value *node
	place Origin // of the name
}

// maxNodes bounds what one file may unfold to (YAML aliases), maxDepth how deep
// it may nest.
const (
	maxNodes = 20_000
	maxDepth = 64
)

func (n *node) field(name string) *field {
	for i := range n.fields {
		if n.fields[i].name == name {
			return &n.fields[i]
		}
	}
	return nil
}

// member is the value of a member, which is added if there is none of that name.
func (n *node) member(f field) *node {
	if old := n.field(f.name); old != nil {
		return old.value
	}
	n.fields = append(n.fields, f)
	return f.value
}

// below is what a path leads to in an object; nil if there is nothing.
func (n *node) below(path []string) *node {
	for _, name := range path {
		f := n.field(name)
		if f == nil {
			return nil
		}
		n = f.value
	}
	return n
}

func (n *node) remove(name string) {
	n.fields = slices.DeleteFunc(slices.Clone(n.fields), func(f field) bool { return f.name == name }) // an alias has the same fields
}

// merge lays a later file over an earlier one: objects member by member,
// everything else as a whole. A later x replaces an earlier x_file and the
// other way round.
func merge(under, over *node) *node {
	if under == nil || over.shape != object || under.shape != object {
		return over
	}
	for _, f := range over.fields {
		if f.value.shape == null {
			continue
		}
		under.remove(f.name + fileSuffix)
		if base, ok := strings.CutSuffix(f.name, fileSuffix); ok {
			under.remove(base)
		}
		if old := under.field(f.name); old != nil {
			old.value, old.place = merge(old.value, f.value), f.place
			continue
		}
		under.fields = append(under.fields, f)
	}
	return under
}

// what names the shape in messages.
func (n *node) what() string {
	switch n.shape {
	case text, loose:
		return "text"
	case number:
		return "a number"
	case boolean:
		return "true or false"
	case list:
		return "a list"
	case object:
		return "a group of settings"
	default:
		return "nothing"
	}
}

func (n *node) asText() (string, error) {
	switch n.shape {
	case text, loose:
		return n.text, nil
	case number, boolean:
		return "", fmt.Errorf("is %s, but text is needed; put it in quotes", n.what())
	default:
		return "", fmt.Errorf("is %s, but text is needed", n.what())
	}
}

func (n *node) asBool() (bool, error) {
	if n.shape == boolean || n.shape == loose {
		if v, err := strconv.ParseBool(n.text); err == nil {
			return v, nil
		}
	}
	return false, fmt.Errorf("is %s; write true or false", n.shown())
}

func (n *node) asInt() (int, error) {
	if n.shape == number || n.shape == loose {
		if v, err := strconv.ParseInt(strings.ReplaceAll(n.text, "_", ""), 0, 0); err == nil {
			return int(v), nil
		}
	}
	return 0, fmt.Errorf("is %s; write a whole number without quotes", n.shown())
}

func (n *node) asDuration() (time.Duration, error) {
	if n.shape == text || n.shape == loose {
		if d, ok := parseDuration(n.text); ok {
			return d, nil
		}
	}
	return 0, fmt.Errorf("is %s; write a duration such as 30s, 15m or 1h30m (units ns, us, ms, s, m, h)", n.shown())
}

// asList answers the items of a list, or of text with commas, or of a JSON list
// in text.
func (n *node) asList() ([]*node, error) {
	switch n.shape {
	case list:
		return n.items, nil
	case loose:
		if strings.HasPrefix(strings.TrimSpace(n.text), "[") {
			n, err := n.parsed()
			if err != nil {
				return nil, err
			}
			return n.items, nil
		}
		return n.split(","), nil
	default:
		return nil, fmt.Errorf("is %s; write a list", n.what())
	}
}

func (n *node) split(sep string) []*node {
	var items []*node
	for part := range strings.SplitSeq(n.text, sep) {
		if part = strings.TrimSpace(part); part != "" {
			items = append(items, &node{shape: loose, text: part, origin: n.origin})
		}
	}
	return items
}

func (n *node) asObject() (*node, error) {
	n, err := n.parsed()
	if err != nil {
		return nil, err
	}
	if n.shape != object {
		return nil, fmt.Errorf("is %s; write a group of settings", n.what())
	}
	return n, nil
}

// parsed reads JSON in text from the environment or a flag. Everything in it
// has the place of the whole. Values of a file stay.
func (n *node) parsed() (*node, error) {
	if n.shape != loose {
		return n, nil
	}
	parsed, err := readJSON([]byte(n.text), func(int) Origin { return n.origin })
	if err != nil {
		return nil, fmt.Errorf("is not valid JSON (%s)", err.Text)
	}
	return parsed, nil
}

// json renders the node for settings that are passed on as they are.
func (n *node) json() any {
	switch n.shape {
	case null:
		return nil
	case boolean, number:
		if n.text == "true" || n.text == "false" {
			return n.text == "true"
		}
		if json.Valid([]byte(n.text)) {
			return json.Number(n.text)
		}
		return n.text
	case list:
		out := make([]any, len(n.items))
		for i, item := range n.items {
			out[i] = item.json()
		}
		return out
	case object:
		out := make(map[string]any, len(n.fields))
		for _, f := range n.fields {
			out[f.name] = f.value.json()
		}
		return out
	default:
		return n.text
	}
}

// shown is the value in messages: short, and never used for secrets.
func (n *node) shown() string {
	switch n.shape {
	case text, loose, number, boolean:
		shown := withoutPassword(n.text)
		if len(shown) > 60 {
			shown = shown[:60] + "…"
		}
		return strconv.Quote(shown)
	default:
		return n.what()
	}
}

// add appends a member, which must be new.
func (n *node) add(f field) *Problem {
	if old := n.field(f.name); old != nil {
		return &Problem{
			Text:   fmt.Sprintf("%q is given twice, first at %s; keep one", f.name, old.place),
			Origin: f.place,
		}
	}
	n.fields = append(n.fields, f)
	return nil
}
