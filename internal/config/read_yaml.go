package config

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// yamlReader turns YAML nodes into ours. Aliases are unfolded, which is why it
// counts.
type yamlReader struct {
	kind  OriginKind
	name  string
	count int
}

func readYAML(data []byte, kind OriginKind, name string) (*node, *Problem) {
	r := &yamlReader{kind: kind, name: name}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	var doc, more yaml.Node
	if err := dec.Decode(&doc); err != nil {
		if errors.Is(err, io.EOF) { // comments only
			return &node{shape: object, origin: r.place(nil)}, nil
		}
		return nil, r.problemAt(err)
	}
	if err := dec.Decode(&more); !errors.Is(err, io.EOF) {
		return nil, &Problem{Text: "holds more than one document; use one file for each", Origin: r.place(&more)}
	}
	return r.value(doc.Content[0], 0)
}

func (r *yamlReader) place(n *yaml.Node) Origin {
	o := Origin{Kind: r.kind, Name: r.name}
	if n != nil && r.kind == FromFile {
		o.Line, o.Column = n.Line, n.Column
	}
	return o
}

// problemAt finds the line in the library's message, "yaml: line 3: …".
func (r *yamlReader) problemAt(err error) *Problem {
	message := strings.TrimPrefix(err.Error(), "yaml: ")
	if strings.Contains(message, "cannot start any token") {
		message += "; indent with spaces, tabs are not allowed"
	}
	p := &Problem{Text: message, Origin: r.place(nil)}
	if m := regexp.MustCompile(`(?s)^line (\d+): (.*)$`).FindStringSubmatch(message); m != nil {
		if line, err := strconv.Atoi(m[1]); err == nil {
			p.Origin.Line, p.Origin.Column, p.Text = line, 1, m[2]
		}
	}
	return p
}

func (r *yamlReader) value(y *yaml.Node, depth int) (*node, *Problem) {
	r.count++
	if depth > maxDepth || r.count > maxNodes {
		return nil, &Problem{Text: "is nested too deeply or unfolds to too much", Origin: r.place(y)}
	}
	switch y.Kind {
	case yaml.AliasNode:
		return r.value(y.Alias, depth+1)
	case yaml.MappingNode:
		return r.object(y, depth)
	case yaml.SequenceNode:
		n := &node{shape: list, origin: r.place(y)}
		for _, item := range y.Content {
			v, p := r.value(item, depth+1)
			if p != nil {
				return nil, p
			}
			n.items = append(n.items, v)
		}
		return n, nil
	default:
		return &node{shape: yamlShape(y), text: y.Value, origin: r.place(y)}, nil
	}
}

func yamlShape(y *yaml.Node) shape {
	switch y.ShortTag() {
	case "!!null":
		return null
	case "!!bool":
		return boolean
	case "!!int", "!!float":
		return number
	}
	return text
}

func (r *yamlReader) object(y *yaml.Node, depth int) (*node, *Problem) {
	n := &node{shape: object, origin: r.place(y)}
	var merged []*yaml.Node
	for i := 0; i+1 < len(y.Content); i += 2 {
		name, value := y.Content[i], y.Content[i+1]
		if name.ShortTag() == "!!merge" {
			merged = append(merged, value)
			continue
		}
		v, p := r.value(value, depth+1)
		if p != nil {
			return nil, p
		}
		if p := n.add(field{name: name.Value, value: v, place: r.place(name)}); p != nil {
			return nil, p
		}
	}
	for _, source := range merged {
		if p := r.inherit(n, source, depth); p != nil {
			return nil, p
		}
	}
	return n, nil
}

// inherit carries out <<: members of the source, or of a list of sources, that
// the object does not have itself.
func (r *yamlReader) inherit(n *node, source *yaml.Node, depth int) *Problem {
	v, p := r.value(source, depth+1)
	if p != nil {
		return p
	}
	sources := []*node{v}
	if v.shape == list {
		sources = v.items
	}
	for _, s := range sources {
		for _, f := range s.fields {
			n.member(f)
		}
	}
	return nil
}
