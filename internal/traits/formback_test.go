package traits

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A person of v1 replaces the traits by a form. What the form gives back as it was served, and what it has no field for, stays.
func TestFormReturned(t *testing.T) {
	t.Parallel()
	const open = `{"properties":{"traits":{"type":"object","properties":{
		"email":{"type":"string","format":"email"}, "nick":{"type":["string","null"]}, "meta":{"type":"object"}, "any":{}, "switch":{"enum":[true,false]},
		"name":{"type":"object","properties":{"first":{"type":"string"},"last":{"type":["string","null"]}}}, "tags":{"type":"array","items":{"type":"string"}}, "n":{"type":"integer"}
	}}}}`
	const closed = `{"properties":{"traits":{"type":"object","properties":{"email":{"type":"string"}},"patternProperties":{"^x_":{"type":"string"}},"additionalProperties":false}}}`
	for name, test := range map[string]struct {
		schema, old string
		form        map[string][]string
		want        string
	}{
		"a null":                       {open, `{"nick":null}`, map[string][]string{"traits.nick": {""}}, `{"nick":null}`},
		"a null that is written over":  {open, `{"nick":null}`, map[string][]string{"traits.nick": {"Bo"}}, `{"nick":"Bo"}`},
		"a null within":                {open, `{"name":{"first":"Ada","last":null}}`, map[string][]string{"traits.name.first": {"Ada"}, "traits.name.last": {""}}, `{"name":{"first":"Ada","last":null}}`},
		"numbers of a free object":     {open, `{"meta":{"a":{"b":[1,2]},"c":true}}`, map[string][]string{"traits.meta": {""}, "traits.meta.a.b.0": {"1"}, "traits.meta.a.b.1": {"2"}, "traits.meta.c": {"true"}}, `{"meta":{"a":{"b":[1,2]},"c":true}}`},
		"one of them changed":          {open, `{"meta":{"a":{"b":[1,2]}}}`, map[string][]string{"traits.meta.a.b.0": {"1"}, "traits.meta.a.b.1": {"3"}}, `{"meta":{"a":{"b":[1,3]}}}`},
		"a value of any type":          {open, `{"any":1,"switch":true}`, map[string][]string{"traits.any": {"1"}, "traits.switch": {"true"}}, `{"any":1,"switch":true}`},
		"a value of any type, changed": {open, `{"any":1,"switch":true}`, map[string][]string{"traits.any": {"2"}, "traits.switch": {"false"}}, `{"any":2,"switch":false}`},
		"a value of any type, unsent":  {open, `{"any":[1],"email":"a@b.example"}`, map[string][]string{"traits.email": {"a@b.example"}}, `{"email":"a@b.example","any":[1]}`},
		"what the schema allows":       {open, `{"other":1,"n":2}`, map[string][]string{"traits.n": {"2"}}, `{"n":2,"other":1}`},
		"what a pattern names":         {closed, `{"email":"a@b.example","x_a":"1","y":2}`, map[string][]string{"traits.email": {"c@b.example"}}, `{"email":"c@b.example","x_a":"1"}`},
		"a field that is not sent":     {open, `{"n":1,"name":{"first":"Ada"},"tags":["a"]}`, map[string][]string{"traits.n": {"1"}}, `{"n":1}`},
		"an empty object":              {open, `{"email":"a","name":{}}`, map[string][]string{"traits.email": {"b"}}, `{"email":"b","name":{}}`},
		"an object of nulls":           {open, `{"email":"a","name":{"last":null}}`, map[string][]string{"traits.email": {"b"}}, `{"email":"b","name":{"last":null}}`},
		"a list of one less":           {open, `{"tags":["a","b"]}`, map[string][]string{"traits.tags.0": {"b"}}, `{"tags":["b"]}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := schemaText(t, test.schema).FormReturned(json.RawMessage(test.old), Input{Form: test.form, Numbered: true})
			if diff := cmp.Diff(test.want, string(got)); diff != "" || err != nil {
				t.Errorf("%v\n%s", err, diff)
			}
		})
	}
}

func TestMerge_patternMember(t *testing.T) {
	t.Parallel()
	s := schemaText(t, `{"properties":{"traits":{"type":"object","properties":{"n":{"type":"integer"}},"patternProperties":{"^x_":{"type":"string"}},"additionalProperties":false}}}`)
	got, err := s.Merge(json.RawMessage(`{"n":1,"x_a":"1","y":2}`), json.RawMessage(`{"n":2}`))
	if diff := cmp.Diff(`{"n":2,"x_a":"1"}`, string(got)); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
}
