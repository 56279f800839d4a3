package config

import (
	"errors"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// readTOML lets the library judge the document as a whole and then walks its
// syntax tree, which alone knows the places.
func readTOML(data []byte, name string, at func(offset int) Origin) (*node, *Problem) {
	var whole map[string]any
	if err := toml.Unmarshal(data, &whole); err != nil {
		p := &Problem{Text: strings.TrimPrefix(err.Error(), "toml: "), Origin: Origin{Kind: FromFile, Name: name}}
		if located, ok := errors.AsType[*toml.DecodeError](err); ok {
			p.Origin.Line, p.Origin.Column = located.Position()
		}
		return nil, p
	}
	r := &tomlReader{at: at, root: &node{shape: object, origin: at(0)}}
	r.parser.Reset(data)
	current := r.root
	for r.parser.NextExpression() {
		e := r.parser.Expression()
		switch e.Kind {
		case unstable.Table:
			current = r.descend(r.root, r.keys(e))
		case unstable.ArrayTable:
			current = r.appendTable(r.keys(e))
		case unstable.KeyValue:
			r.assign(current, e)
		default: // comments
		}
	}
	if err := r.parser.Error(); err != nil {
		return nil, &Problem{Text: err.Error(), Origin: Origin{Kind: FromFile, Name: name}}
	}
	return r.root, nil
}

type tomlReader struct {
	parser unstable.Parser
	at     func(offset int) Origin
	root   *node
}

// keys are the parts of a dotted key, without values.
func (r *tomlReader) keys(e *unstable.Node) []field {
	var keys []field
	for it := e.Key(); it.Next(); {
		k := it.Node()
		keys = append(keys, field{name: string(k.Data), place: r.at(int(k.Raw.Offset))})
	}
	return keys
}

// descend finds or makes the table of a dotted key. Of an array of tables it is
// the last one.
func (r *tomlReader) descend(from *node, keys []field) *node {
	for _, k := range keys {
		k.value = &node{shape: object, origin: k.place}
		from = from.member(k)
		if from.shape == list && len(from.items) > 0 {
			from = from.items[len(from.items)-1]
		}
	}
	return from
}

func (r *tomlReader) appendTable(keys []field) *node {
	parent, last := r.descend(r.root, keys[:len(keys)-1]), keys[len(keys)-1]
	last.value = &node{shape: list, origin: last.place}
	tables, table := parent.member(last), &node{shape: object, origin: last.place}
	tables.items = append(tables.items, table)
	return table
}

func (r *tomlReader) assign(table *node, e *unstable.Node) {
	keys := r.keys(e)
	parent, last := r.descend(table, keys[:len(keys)-1]), keys[len(keys)-1]
	last.value = r.value(e.Value(), last.place)
	parent.fields = append(parent.fields, last)
}

// value turns a value into a node. Its place is that of the key it belongs to:
// the tree does not tell more for every kind.
func (r *tomlReader) value(v *unstable.Node, place Origin) *node {
	n := &node{text: string(v.Data), origin: place}
	switch v.Kind {
	case unstable.Array:
		n.shape = list
		for it := v.Children(); it.Next(); {
			n.items = append(n.items, r.value(it.Node(), place))
		}
	case unstable.InlineTable:
		n.shape = object
		for it := v.Children(); it.Next(); {
			r.assign(n, it.Node())
		}
	case unstable.Bool:
		n.shape = boolean
	case unstable.Integer, unstable.Float:
		n.shape = number
	default:
		n.shape = text
	}
	return n
}
