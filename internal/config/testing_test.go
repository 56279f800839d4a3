package config

import (
	"errors"
	"io/fs"
	"strings"
	"testing"
)

// files is a file system of a test.
type files map[string]string

func (f files) read(path string) ([]byte, error) {
	if text, ok := f[path]; ok {
		return []byte(text), nil
	}
	return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
}

// source reads one file, /etc/c.yaml.
func source(text string) Source {
	return Source{
		Files: []string{"/etc/c.yaml"}, ReadFile: files{"/etc/c.yaml": text}.read,
	}
}

func mustLoad(t *testing.T, src Source) (*Config, *Report) {
	t.Helper()
	c, r, err := Load(src)
	if err != nil {
		t.Fatalf("load: %v", err)
	}
	return c, r
}

// mistakes are the lines of the error, without the place of /etc/c.yaml's name.
func mistakes(t *testing.T, src Source) []string {
	t.Helper()
	c, _, err := Load(src)
	if err == nil {
		return nil
	}
	if c != nil {
		t.Error("an invalid configuration was returned")
	}
	problems, ok := errors.AsType[Problems](err)
	if !ok {
		t.Fatalf("error is a %T", err)
	}
	return texts(problems)
}

func texts(problems []Problem) []string {
	var out []string
	for _, p := range problems {
		out = append(out, strings.TrimPrefix(p.Error(), "/etc/c.yaml:"))
	}
	return out
}

func warnings(r *Report) string { return strings.Join(texts(r.Warnings), "\n") }

// wantContains checks each line for its part.
func wantContains(t *testing.T, got, want []string) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("got %d lines, want %d:\n%s", len(got), len(want), strings.Join(got, "\n"))
	}
	for i := range want {
		if !strings.Contains(got[i], want[i]) {
			t.Errorf("line %d is %q, want it to contain %q", i+1, got[i], want[i])
		}
	}
}
