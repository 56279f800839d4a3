package traits

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// schemaFile compiles a schema from testdata.
func schemaFile(t testing.TB, name string) *Schema {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", name+".schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	return schemaText(t, string(raw))
}

func schemaText(t testing.TB, text string) *Schema {
	t.Helper()
	s, err := Compile([]byte(text))
	if err != nil {
		t.Fatalf("compile schema: %v", err)
	}
	return s
}

// traitsSchema compiles a schema of the given traits properties and further
// members of the traits object.
func traitsSchema(t testing.TB, properties string, more ...string) *Schema {
	t.Helper()
	text := `{"type":"object","properties":{"traits":{"type":"object","properties":` + properties
	for _, m := range more {
		text += "," + m
	}
	return schemaText(t, text+`}}}`)
}

// members makes the JSON input of a submission.
func members(t testing.TB, object string) Input {
	t.Helper()
	var in Input
	if err := json.Unmarshal([]byte(object), &in.JSON); err != nil {
		t.Fatal(err)
	}
	return in
}

// invalid returns the *Invalid of an error.
func invalid(t testing.TB, err error) *Invalid {
	t.Helper()
	i, ok := errors.AsType[*Invalid](err)
	if !ok {
		t.Fatalf("got %v, want *Invalid", err)
	}
	return i
}

// complaint is a violation as the tables of the tests write it.
type complaint struct{ Field, Property, Text string }

func complaints(i *Invalid) []complaint {
	var out []complaint
	for _, v := range i.Violations {
		out = append(out, complaint{v.Field, v.Property, v.Text})
	}
	return out
}
