package traits

import (
	"encoding/json"
	"strconv"
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
		"those of a member that is there": {
			`"dependentSchemas":{"email":{"properties":{"role":{` + mark + `}}}}`, `{"email":"a"}`,
			map[string][]string{"traits.email": {"a"}, "traits.role": {"admin"}},
			`{"email":"a","role":"admin"}`,
		},
		"those that nothing describes": {
			`"unevaluatedProperties":{"type":"string",` + mark + `}`, `{"email":"a"}`,
			map[string][]string{"traits.email": {"a"}, "traits.role": {"admin"}},
			`{"email":"a","role":"admin"}`,
		},
	} {
		s := schemaText(t, `{"$schema":"https://json-schema.org/draft/2020-12/schema","properties":{"traits":{"type":"object","properties":{"email":{"type":"string"}},`+test.members+`}}}`)
		checkReserved(t, name, s, test.old, test.form, test.whole)
	}
	for name, test := range map[string]struct {
		list, old string
		form      map[string][]string
		whole     string
	}{
		"elements": {
			`"type":"array","items":{"type":"string",` + mark + `}`, `{"email":"a","list":["user"]}`,
			map[string][]string{"traits.email": {"a"}, "traits.list.0": {"admin"}},
			`{"email":"a","list":["admin"]}`,
		},
		"members of elements": {
			`"type":"array","items":{"type":"object","properties":{"n":{"type":"string"},"r":{"type":"string",` + mark + `}}}`, `{"email":"a","list":[{"n":"1","r":"user"}]}`,
			map[string][]string{"traits.email": {"a"}, "traits.list.0.r": {"admin"}},
			`{"email":"a","list":[{"n":"1","r":"admin"}]}`,
		},
		"one of the elements": {
			`"type":"array","contains":{"type":"string",` + mark + `}`, `{"email":"a","list":["user"]}`,
			map[string][]string{"traits.email": {"a"}, "traits.list.0": {"admin"}},
			`{"email":"a","list":["admin"]}`,
		},
		"members of a free object": {
			`"type":"object","patternProperties":{"^x_":{` + mark + `}}`, `{"email":"a","list":{"x_a":"1"}}`,
			map[string][]string{"traits.email": {"a"}, "traits.list.x_a": {"2"}, "traits.list.x_b": {"3"}},
			`{"email":"a","list":{"x_a":"2","x_b":"3"}}`,
		},
		"members of a value whose type a default says": {
			`"default":{},"additionalProperties":{` + mark + `}`, `{"email":"a","list":{"x":"1"}}`,
			map[string][]string{"traits.email": {"a"}, "traits.list.x": {"2"}},
			`{"email":"a","list":{"x":"2"}}`,
		},
		"members of a value of any type": {
			`"additionalProperties":{` + mark + `}`, `{"email":"a","list":{"x":"1"}}`,
			map[string][]string{"traits.email": {"a"}, "traits.list.x": {"2"}},
			`{"email":"a","list":{"x":"2"}}`,
		},
	} {
		s := schemaText(t, `{"properties":{"traits":{"type":"object","properties":{"email":{"type":"string"},"list":{`+test.list+`}}}}}`)
		checkReserved(t, name, s, test.old, test.form, test.whole)
	}
	s := schemaText(t, `{"properties":{"traits":{"type":"object","patternProperties":{"^l":{"type":"array","items":{"type":"object","properties":{"r":{`+mark+`}}}}}}}}`)
	checkReserved(t, "traits without names", s, `{"l":[{"r":"user"}]}`, map[string][]string{"traits.l.0.r": {"admin"}}, `{"l":[{"r":"admin"}]}`)
}

func checkReserved(t *testing.T, name string, s *Schema, old string, form map[string][]string, whole string) {
	t.Helper()
	for way, write := range map[string]func() (json.RawMessage, error){
		"a form of v1": func() (json.RawMessage, error) {
			return s.FormReturned(json.RawMessage(old), Input{Form: form, Numbered: true})
		},
		"JSON of v1":     func() (json.RawMessage, error) { return s.Returned(json.RawMessage(old), json.RawMessage(whole)) },
		"a form of v0.5": func() (json.RawMessage, error) { return s.Apply(json.RawMessage(old), Input{Form: form}) },
		"JSON of v0.5": func() (json.RawMessage, error) {
			return s.Apply(json.RawMessage(old), Input{JSON: map[string]json.RawMessage{"traits": json.RawMessage(whole)}})
		},
	} {
		if got, err := write(); err != nil || string(got) != old {
			t.Errorf("%s by %s: %s, %v, want %s", name, way, got, err, old)
		}
	}
	numbered := map[string]json.RawMessage{}
	for name, values := range form {
		numbered[name] = json.RawMessage(strconv.Quote(values[0]))
	}
	for way, in := range map[string]Input{
		"a form": {Form: form}, "a form of numbers": {Form: form, Numbered: true}, "names": {JSON: numbered, Numbered: true},
		"JSON": {JSON: map[string]json.RawMessage{"traits": json.RawMessage(whole)}},
	} {
		if got, err := s.Decode(in); err != nil || string(got) != `{"email":"a"}` && string(got) != `{}` {
			t.Errorf("%s at a registration by %s: %s, %v", name, way, got, err)
		}
	}
}
