package traits

import (
	"encoding/json"
	"testing"
)

// A mark that another schema of the same value makes counts as one beside the property's own keywords.
func TestReserved_named(t *testing.T) {
	t.Parallel()
	const mark = `"x-symbolon":{"writable":"admin"}`
	for name, traits := range map[string]string{
		"a pattern beside properties":       `"properties":{"email":{"type":"string"},"role":{"type":"string"}},"patternProperties":{"^r":{` + mark + `}}`,
		"additional to another schema":      `"allOf":[{"properties":{"email":{"type":"string"},"role":{"type":"string"}}},{"properties":{"email":{}},"additionalProperties":{` + mark + `}}]`,
		"not evaluated if a branch fails":   `"properties":{"email":{"type":"string"}},"anyOf":[{"properties":{"role":{"const":"x"}}},true],"unevaluatedProperties":{` + mark + `}`,
		"those of a member that is there":   `"properties":{"email":{"type":"string"},"role":{"type":"string"}},"dependentSchemas":{"email":{"properties":{"role":{` + mark + `}}}}`,
		"dependencies":                      `"properties":{"email":{"type":"string"},"role":{"type":"string"}},"dependencies":{"email":{"properties":{"role":{` + mark + `}}}}`,
		"a pattern through a reference":     `"properties":{"email":{"type":"string"},"role":{"type":"string"}},"patternProperties":{"^r":{"allOf":[{` + mark + `}]}}`,
		"a type that an array may have too": `"properties":{"email":{"type":"string"},"role":{"properties":{"x":{}},"items":{` + mark + `}}}`,
	} {
		draft := "https://json-schema.org/draft/2020-12/schema"
		if name == "dependencies" {
			draft = "http://json-schema.org/draft-07/schema#"
		}
		s := schemaText(t, `{"$schema":"`+draft+`","properties":{"traits":{"type":"object",`+traits+`}}}`)
		role := `"user"`
		if name == "a type that an array may have too" {
			role = `["user"]`
		}
		checkReserved(t, name, s, `{"email":"a","role":`+role+`}`, map[string][]string{"traits.email": {"a"}, "traits.role": {"admin"}}, `{"email":"a","role":["admin"]}`)
	}
	for name, traits := range map[string]string{
		"a part below a pattern":     `"properties":{"email":{"type":"string"},"o":{"type":"object","properties":{"r":{"type":"string"}}}},"patternProperties":{"^o$":{"properties":{"r":{` + mark + `}}}}`,
		"a mark that comes late":     `"properties":{"email":{"type":"string"},"o":{"allOf":[{"properties":{"r":{"type":"string"}}},{` + mark + `}]}}`,
		"a mark before a dependency": `"properties":{"email":{"type":"string"},"o":{"properties":{"r":{"type":"string"}}}},"dependentSchemas":{"email":{"properties":{"o":{` + mark + `}}}}`,
	} {
		s := schemaText(t, `{"$schema":"https://json-schema.org/draft/2020-12/schema","properties":{"traits":{"type":"object",`+traits+`}}}`)
		checkReserved(t, name, s, `{"email":"a","o":{"r":"user"}}`, map[string][]string{"traits.email": {"a"}, "traits.o.r": {"admin"}}, `{"email":"a","o":{"r":"admin"}}`)
	}
}

// A schema that contains itself reserves the same at each level, also where its fields end.
func TestReserved_recursive(t *testing.T) {
	t.Parallel()
	s := schemaText(t, `{"definitions":{"n":{"type":"object","properties":{"n":{"$ref":"#/definitions/n"},"r":{"type":"string","x-symbolon":{"writable":"admin"}}}}},"properties":{"traits":{"$ref":"#/definitions/n"}}}`)
	old, now := `{"r":"user"}`, `{"r":"admin"}`
	for range 10 {
		old, now = `{"n":`+old+`}`, `{"n":`+now+`}`
	}
	got, err := s.Returned(json.RawMessage(old), json.RawMessage(now))
	if err != nil || string(got) != old {
		t.Errorf("returned %s, %v", got, err)
	}
}

// A value that is not an object doesn't take the place of one of which a part is reserved.
func TestReserved_replaced(t *testing.T) {
	t.Parallel()
	s := schemaText(t, `{"properties":{"traits":{"properties":{"o":{"properties":{"n":{"type":"string"},"r":{"type":"string","x-symbolon":{"writable":"admin"}}}}}}}}`)
	const old = `{"o":{"n":"a","r":"user"}}`
	for _, sent := range []string{`""`, `[]`, `[""]`, `"x"`, `["x"]`, `7`, `false`, `null`, `{}`} {
		for way, in := range map[string]map[string]json.RawMessage{
			"nested": {"traits": json.RawMessage(`{"o":` + sent + `}`)},
			"dotted": {"traits.o": json.RawMessage(sent)},
			"whole":  {"traits": json.RawMessage(sent)},
		} {
			if got, err := s.Apply(json.RawMessage(old), Input{JSON: in}); err != nil || string(got) != old {
				t.Errorf("%s %s: %s, %v", way, sent, got, err)
			}
		}
		for _, whole := range []string{`{"o":` + sent + `}`, sent} {
			got, err := s.Returned(json.RawMessage(old), json.RawMessage(whole))
			if err != nil || string(got) != old && string(got) != `{"o":{"r":"user"}}` {
				t.Errorf("returned %s: %s, %v", whole, got, err)
			}
		}
	}
}
