package config

import (
	"bytes"
	"path/filepath"
	"strings"
	"unicode/utf8"
)

// parseFile parses a configuration file by its extension.
func parseFile(name string, data []byte) (*node, *Problem) {
	data = bytes.TrimPrefix(data, []byte("\uFEFF")) // which editors of Windows write
	at := positions(name, data)
	if bad := notUTF8(data); bad >= 0 {
		return nil, &Problem{Text: "is not UTF-8; save the file in this encoding", Origin: at(bad)}
	}
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

// notUTF8 returns where a file stops being UTF-8, -1 for nowhere. Of YAML, UTF-16 is read too (YAML 1.2, section 5.2).
func notUTF8(data []byte) int {
	if bytes.HasPrefix(data, []byte{0xff, 0xfe}) || bytes.HasPrefix(data, []byte{0xfe, 0xff}) || utf8.Valid(data) {
		return -1
	}
	at := 0
	for r, size := utf8.DecodeRune(data); r != utf8.RuneError || size > 1; r, size = utf8.DecodeRune(data[at:]) {
		at += size
	}
	return at
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
