package config

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// yamlReader turns YAML nodes into ours. Aliases are unfolded, which is why it
// counts. After a problem it goes no further.
type yamlReader struct {
	kind    OriginKind
	name    string
	count   int
	problem *Problem
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
	n := r.value(doc.Content[0], 0)
	return n, r.problem
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

func (r *yamlReader) value(y *yaml.Node, depth int) *node {
	n := &node{origin: r.place(y)}
	r.count++
	if depth > maxDepth || r.count > maxNodes {
		r.problem = cmp.Or(r.problem, &Problem{Text: "is nested too deeply or unfolds to too much", Origin: n.origin})
	}
	switch {
	case r.problem != nil:
	case y.Kind == yaml.AliasNode:
		return r.value(y.Alias, depth+1)
	case y.Kind == yaml.MappingNode:
		n.shape = object
		r.members(n, y, depth)
	case y.Kind == yaml.SequenceNode:
		n.shape = list
		for _, item := range y.Content {
			n.items = append(n.items, r.value(item, depth+1))
		}
	default:
		n.shape, n.text = yamlShape(y), y.Value
	}
	return n
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

// members reads those of an object, and carries out <<: members of the source, or of a list
// of sources, that the object does not have itself.
func (r *yamlReader) members(n *node, y *yaml.Node, depth int) {
	var sources []*node
	for i := 0; i+1 < len(y.Content) && r.problem == nil; i += 2 {
		name := y.Content[i]
		if name.ShortTag() == "!!merge" {
			continue
		}
		f := field{name: name.Value, value: r.value(y.Content[i+1], depth+1), place: r.place(name)}
		r.problem = cmp.Or(r.problem, n.add(f))
	}
	for i := 0; i+1 < len(y.Content); i += 2 {
		if y.Content[i].ShortTag() != "!!merge" {
			continue
		}
		source := r.value(y.Content[i+1], depth+1)
		if sources = source.items; source.shape != list {
			sources = []*node{source}
		}
		for _, s := range sources {
			for _, f := range s.fields {
				n.member(f)
			}
		}
	}
}
