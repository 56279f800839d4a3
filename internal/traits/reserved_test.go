package traits

import (
	"encoding/json"
	"testing"
)

// What a schema reserves for administrators stays as it was, wherever the mark stands and however a person writes.
func TestReserved(t *testing.T) {
	t.Parallel()
	const mark = `"x-symbolon":{"writable":"admin"}`
	for name, test := range map[string]struct {
		members, old string // of the schema, and of the stored traits
		form         map[string][]string
		whole        string
	}{
		"a pattern": {
			`"patternProperties":{"^x_":{"type":"string",` + mark + `}}`, `{"email":"a","x_a":"1"}`,
			map[string][]string{"traits.email": {"a"}, "traits.x_a": {"2"}, "traits.x_b": {"3"}},
			`{"email":"a","x_a":"2","x_b":"3"}`,
		},
		"a pattern, removed": {
			`"patternProperties":{"^x_":{"type":"string",` + mark + `}}`, `{"email":"a","x_a":"1"}`,
			map[string][]string{"traits.email": {"a"}, "traits.x_a": {""}},
			`{"email":"a"}`,
		},
		"all other members": {
			`"additionalProperties":{"type":"string",` + mark + `}`, `{"email":"a","other":"1"}`,
			map[string][]string{"traits.email": {"a"}, "traits.other": {"2"}},
			`{"email":"a","other":"2","more":"3"}`,
		},
		"a pattern within": {
			`"additionalProperties":false,"patternProperties":{"^o$":{"type":"object","patternProperties":{"^x_":{` + mark + `}}}}`, `{"email":"a","o":{"x_a":1}}`,
			map[string][]string{"traits.email": {"a"}, "traits.o.x_a": {"2"}},
			`{"email":"a","o":{"x_a":2}}`,
		},
	} {
		s := schemaText(t, `{"properties":{"traits":{"type":"object","properties":{"email":{"type":"string"}},`+test.members+`}}}`)
		checkReserved(t, name, s, test.old, test.form, test.whole)
	}
	for name, test := range map[string]struct {
		list, old string
		form      map[string][]string
		whole     string
	}{
		"elements": {
			`"items":{"type":"string",` + mark + `}`, `{"email":"a","list":["user"]}`,
			map[string][]string{"traits.email": {"a"}, "traits.list.0": {"admin"}},
			`{"email":"a","list":["admin"]}`,
		},
		"members of elements": {
			`"items":{"type":"object","properties":{"n":{"type":"string"},"r":{"type":"string",` + mark + `}}}`, `{"email":"a","list":[{"n":"1","r":"user"}]}`,
			map[string][]string{"traits.email": {"a"}, "traits.list.0.r": {"admin"}},
			`{"email":"a","list":[{"n":"1","r":"admin"}]}`,
		},
	} {
		s := schemaText(t, `{"properties":{"traits":{"type":"object","properties":{"email":{"type":"string"},"list":{"type":"array",`+test.list+`}}}}}`)
		checkReserved(t, name, s, test.old, test.form, test.whole)
	}
}

func checkReserved(t *testing.T, name string, s *Schema, old string, form map[string][]string, whole string) {
	t.Helper()
	for way, write := range map[string]func() (json.RawMessage, error){
		"a form of v1": func() (json.RawMessage, error) {
			return s.FormReturned(json.RawMessage(old), Input{Form: form, Numbered: true})
		},
		"JSON of v1":     func() (json.RawMessage, error) { return s.Returned(json.RawMessage(old), json.RawMessage(whole)) },
		"a form of v0.5": func() (json.RawMessage, error) { return s.Apply(json.RawMessage(old), Input{Form: form}) },
	} {
		if got, err := write(); err != nil || string(got) != old {
			t.Errorf("%s by %s: %s, %v, want %s", name, way, got, err, old)
		}
	}
}
