package config

import (
	"bytes"
	"path/filepath"
	"strings"
)

// parseFile parses a configuration file by its extension.
func parseFile(name string, data []byte) (*node, *Problem) {
	at := positions(name, data)
	if len(bytes.TrimSpace(data)) == 0 {
		return &node{shape: object, origin: Origin{Kind: FromFile, Name: name}}, nil
	}
	switch strings.ToLower(filepath.Ext(name)) {
	case ".yaml", ".yml":
		return readYAML(data, FromFile, name)
	case ".json":
		return readJSON(data, at)
	case ".toml":
		return readTOML(data, name, at)
	}
	return nil, &Problem{
		Text:   "the name must end in .yaml, .yml, .json or .toml",
		Origin: Origin{Kind: FromFile, Name: name},
	}
}

// positions turns byte offsets of a file into lines and columns.
func positions(name string, data []byte) func(offset int) Origin {
	return func(offset int) Origin {
		before := data[:min(max(offset, 0), len(data))]
		return Origin{
			Kind: FromFile, Name: name,
			Line:   1 + bytes.Count(before, []byte{'\n'}),
			Column: len(before) - bytes.LastIndexByte(before, '\n'),
		}
	}
}
