package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"go.yaml.in/yaml/v3"
)

// YAML is the configuration as a file, with the place of each value as a
// comment. Keys that are unset or without effect are left out; secrets are
// blotted out.
func (r *Report) YAML() ([]byte, error) {
	root := &yaml.Node{Kind: yaml.MappingNode}
	for _, v := range r.Values {
		if v.Value == nil || v.Key.index == nil {
			continue
		}
		value, err := yamlValue(v.Value)
		if err != nil {
			return nil, fmt.Errorf("write %s: %w", v.Key.Path, err)
		}
		place(root, strings.Split(v.Key.Path, "."), value, v.Origin.String())
	}
	return yaml.Marshal(root)
}

// EncodeYAML writes a value as YAML, with the names that encoding/json gives its
// members. The command line uses it for --format yaml.
func EncodeYAML(v any) ([]byte, error) {
	n, err := yamlValue(v)
	if err != nil {
		return nil, fmt.Errorf("write YAML: %w", err)
	}
	return yaml.Marshal(n)
}

// yamlValue goes through JSON, which knows json.RawMessage and sorts members.
func yamlValue(v any) (*yaml.Node, error) {
	data, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		return nil, err
	}
	unstyle(doc.Content[0])
	return doc.Content[0], nil
}

// unstyle drops JSON's braces and quotes where YAML needs none.
func unstyle(n *yaml.Node) {
	n.Style = 0
	for _, c := range n.Content {
		unstyle(c)
	}
}

// place puts a value below a group, which it makes if need be.
func place(group *yaml.Node, path []string, value *yaml.Node, comment string) {
	for i := 0; i < len(group.Content); i += 2 {
		if group.Content[i].Value == path[0] && len(path) > 1 {
			place(group.Content[i+1], path[1:], value, comment)
			return
		}
	}
	name := &yaml.Node{Kind: yaml.ScalarNode, Value: path[0]}
	if len(path) == 1 {
		if value.Kind == yaml.ScalarNode {
			value.LineComment = comment
		} else {
			name.HeadComment = comment
		}
		group.Content = append(group.Content, name, value)
		return
	}
	inner := &yaml.Node{Kind: yaml.MappingNode}
	group.Content = append(group.Content, name, inner)
	place(inner, path[1:], value, comment)
}

// JSONOfYAML is the one document of YAML as JSON. Tags that YAML does not know, as other systems have them, are left out.
func JSONOfYAML(r io.Reader) ([]byte, error) {
	var document any
	d := yaml.NewDecoder(r)
	if err := d.Decode(&document); err != nil {
		return nil, err
	}
	if err := d.Decode(new(any)); !errors.Is(err, io.EOF) {
		return nil, errors.New("the file goes on after its first document: give each a file of its own")
	}
	return json.Marshal(document)
}
