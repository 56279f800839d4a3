package config

import (
	"os"
	"path/filepath"
	"testing"
)

// FuzzLoad feeds files that no operator would write: they load or are refused
// with a place, and never more than that.
func FuzzLoad(f *testing.F) {
	paths, err := filepath.Glob("testdata/v05/*")
	if err != nil {
		f.Fatal(err)
	}
	formats := map[string]byte{".yaml": 0, ".yml": 0, ".json": 1, ".toml": 2}
	for _, path := range paths {
		raw, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(formats[filepath.Ext(path)], string(raw))
	}
	for _, text := range []string{"a: *b", "? [a]\n: b", "<<: [1]", "!!binary x", "- - - -", "{", "[[a]]\n[a]", "a.b=1\na=2", "\xff\xfe", `{"a":{"a":{}}`, "dsn: !!null memory", "serve: {<<: {public: &p {port: 1}}}"} {
		for format := range byte(3) {
			f.Add(format, text)
		}
	}
	f.Fuzz(func(t *testing.T, format byte, text string) {
		name := []string{"/c.yaml", "/c.json", "/c.toml"}[format%3]
		c, report, err := Load(Source{Files: []string{name}, ReadFile: files{name: text}.read})
		if (c == nil) != (err != nil) || report == nil {
			t.Fatalf("config %v, error %v", c, err)
		}
		if err != nil {
			return
		}
		if _, err := report.YAML(); err != nil {
			t.Fatalf("print: %v", err)
		}
		if changes := Diff(c, c); len(changes) != 0 {
			t.Fatalf("differs from itself: %v", changes)
		}
	})
}
