package traits

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSchema_Unfillable(t *testing.T) {
	t.Parallel()
	s := traitsSchema(t, `{
		"email": {"type": "string"}, "kind": {"enum": ["a", "b"]}, "either": {"type": ["string", "integer"]}, "optional": {"enum": [1]},
		"name": {"type": "object", "properties": {"first": {"enum": ["x"]}, "last": {"type": "string"}}, "required": ["first"]},
		"more": {"type": "object", "properties": {"first": {"enum": ["x"]}}, "required": ["first"]},
		"role": {"type": "string", "x-symbolon": {"writable": "admin"}}, "fixed": {"const": 1}
	}`, `"required": ["email", "kind", "either", "name", "role", "fixed"]`)
	if diff := cmp.Diff([]string{"traits.either", "traits.kind", "traits.name.first"}, slices.Sorted(slices.Values(s.Unfillable()))); diff != "" {
		t.Error(diff)
	}
}

func TestFieldsOfTheRecordedSchemas(t *testing.T) {
	t.Parallel()
	three, two, eighteen := 3, 2, 18.0
	for name, want := range map[string][]Field{
		"person": {
			{Name: "traits.email", Type: "email", Title: "E-Mail", Required: true, MinLength: &three, Identifier: true, Address: true, Autocomplete: "email"},
			{Name: "traits.name.first", Type: "text", MinLength: &two, Autocomplete: "given-name"},
			{Name: "traits.name.last", Type: "text", Autocomplete: "family-name"},
			{Name: "traits.age", Type: "number", Minimum: &eighteen},
			{Name: "traits.height", Type: "number"},
			{Name: "traits.newsletter", Type: "checkbox"},
			{Name: "traits.website", Type: "url", Autocomplete: "url"},
			{Name: "traits.birthday", Type: "date", Autocomplete: "bday"},
			{Name: "traits.seen", Type: "datetime-local"},
			{Name: "traits.phone", Type: "text", Pattern: `^\+[0-9]+$`, Autocomplete: "tel"},
			{Name: "traits.plan", Type: "text", Enum: []any{"free", "pro"}},
			{Name: "traits.tags", Type: "text", Multiple: true},
			{Name: "traits.nums", Type: "text", Multiple: true},
			{Name: "traits.meta", Type: "text", Structured: true},
		},
		"multi": {
			{Name: "traits.username", Type: "text", Required: true, Identifier: true, Autocomplete: "username"},
			{Name: "traits.emails", Type: "text", Multiple: true, Identifier: true, Address: true},
			{Name: "traits.consent", Type: "checkbox"},
			{Name: "traits.level", Type: "number"},
		},
		"noident": {{Name: "traits.nick", Type: "text"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(want, schemaFile(t, name).Fields()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestFieldsAreFoundThroughOtherKeywords(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		schema string
		want   string // names and types; required ones with a star
	}{
		"document order, not alphabetical": {
			`{"properties":{"traits":{"properties":{"z":{"type":"string"},"a":{"type":"string"},"m":{"type":"string"}}}}}`,
			"traits.z:text traits.a:text traits.m:text",
		},
		"references": {
			`{"properties":{"traits":{"$ref":"#/definitions/t"}},"definitions":{"t":{"required":["m"],"properties":{"m":{"$ref":"#/definitions/m"}}},"m":{"type":"string","format":"email"}}}`,
			"traits.m:email*",
		},
		"references with siblings in 2020-12": {
			`{"$schema":"https://json-schema.org/draft/2020-12/schema","properties":{"traits":{"$ref":"#/$defs/t","properties":{"n":{"type":"integer"}}}},"$defs":{"t":{"properties":{"m":{"type":"string","format":"date"}}}}}`,
			"traits.n:number traits.m:date",
		},
		"required by all schemas that always apply": {
			`{"properties":{"traits":{"allOf":[{"required":["a"]},{"properties":{"a":{"type":"string"},"b":{"type":"string"}}}],"required":["b"]}}}`,
			"traits.a:text* traits.b:text*",
		},
		"not required where only some schemas apply": {
			`{"properties":{"traits":{"properties":{"a":{"type":"string"}},"anyOf":[{"required":["a"]},{"properties":{"b":{"type":"string"}},"required":["b"]}]}}}`,
			"traits.a:text traits.b:text",
		},
		"not required below an optional parent": {
			`{"properties":{"traits":{"properties":{"o":{"properties":{"a":{"type":"string"}},"required":["a"]}}}}}`,
			"traits.o.a:text",
		},
		"required below a required parent": {
			`{"properties":{"traits":{"required":["o"],"properties":{"o":{"properties":{"a":{"type":"string"}},"required":["a"]}}}}}`,
			"traits.o.a:text*",
		},
		"conditions": {
			`{"properties":{"traits":{"if":{"properties":{"k":{"const":"x"}}},"then":{"properties":{"t":{"type":"string"}}},"else":{"properties":{"e":{"type":"boolean"}}},"not":{"properties":{"n":{"type":"string"}}}}}}`,
			"traits.n:text traits.k:text traits.t:text traits.e:checkbox",
		},
		"no field without one type": {
			`{"properties":{"traits":{"properties":{"a":{"type":["string","null"]},"b":{"enum":["x"]},"c":{"type":"null"},"d":{},"e":{"const":null},"f":{"type":"string"}}}}}`,
			"traits.a:text traits.f:text",
		},
		"objects without properties are fields": {
			`{"properties":{"traits":{"properties":{"o":{"type":"object"}}}}}`, "traits.o:text",
		},
		"traits without properties are one field": {
			`{"properties":{"traits":{"type":"object"}}}`, "traits:text",
		},
		"members beside traits are none": {
			`{"properties":{"other":{"type":"string"}}}`, "",
		},
		"a schema inside itself stops": {
			`{"properties":{"traits":{"$ref":"#/definitions/p"}},"definitions":{"p":{"properties":{"n":{"type":"string"},"boss":{"$ref":"#/definitions/p"}}}}}`,
			"traits.n:text traits.boss.n:text traits.boss.boss.n:text traits.boss.boss.boss.n:text traits.boss.boss.boss.boss.n:text",
		},
		"names like keywords": {
			`{"properties":{"traits":{"properties":{"properties":{"type":"string"},"a/b~c":{"type":"string"},"%41 ü":{"type":"string"}}}}}`,
			"traits.properties:text traits.a/b~c:text traits.%41 ü:text",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, f := range schemaText(t, test.schema).Fields() {
				star := ""
				if f.Required {
					star = "*"
				}
				got = append(got, f.Name+":"+f.Type+star)
			}
			if diff := cmp.Diff(test.want, strings.Join(got, " ")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestTheSchemaThatComesWithTheProgramWorks(t *testing.T) {
	t.Parallel()
	s := schemaText(t, string(DefaultSchema()))
	maxMail, minMail, maxName := 254, 3, 100
	want := []Field{
		{Name: "traits.email", Type: "email", Title: "E-Mail", Required: true, MinLength: &minMail, MaxLength: &maxMail, Identifier: true, Address: true, Autocomplete: "email"},
		{Name: "traits.name.first", Type: "text", Title: "First name", MaxLength: &maxName, Autocomplete: "given-name"},
		{Name: "traits.name.last", Type: "text", Title: "Last name", MaxLength: &maxName, Autocomplete: "family-name"},
	}
	if diff := cmp.Diff(want, s.Fields()); diff != "" {
		t.Error(diff)
	}
	traits := json.RawMessage(`{"email":"jane@example.org","name":{"first":"Jane"}}`)
	if err := s.Validate(traits); err != nil {
		t.Error(err)
	}
	found, err := s.Annotations(traits)
	if err != nil || len(found.Identifiers) != 1 || len(found.Verifiable) != 1 || len(found.Recovery) != 1 {
		t.Errorf("annotations %v, %v", found, err)
	}
}

func TestMissingObjectsAreToldByTheirRequiredFields(t *testing.T) {
	t.Parallel()
	s := traitsSchema(t, `{"name":{"type":"object","properties":{"first":{"type":"string"},"last":{"type":"string"}},"required":["first"]},
		"loose":{"type":"object","properties":{"x":{"type":"string"}}}}`, `"required":["name","loose"]`)
	got := complaints(invalid(t, s.Validate(json.RawMessage(`{}`))))
	want := []complaint{
		{"traits.name.first", "first", "Property first is missing."},
		{"traits.loose", "loose", "Property loose is missing."},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestChoicesAreToldByTheCausesOfEachBranch(t *testing.T) {
	t.Parallel()
	s := traitsSchema(t, `{"mail":{"type":"string"},"phone":{"type":"string"}}`, `"anyOf":[{"required":["phone"]},{"required":["mail"]},{"required":["mail"]}]`)
	got := complaints(invalid(t, s.Validate(json.RawMessage(`{}`))))
	want := []complaint{
		{"traits.mail", "mail", "Property mail is missing."},
		{"traits.phone", "phone", "Property phone is missing."},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestDraft2020SchemasAssertFormatsAndMarkTraits(t *testing.T) {
	t.Parallel()
	s := schemaText(t, `{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","properties":{"traits":{"type":"object",
		"properties":{"mails":{"type":"array","prefixItems":[{"$ref":"#/$defs/mail"}],"items":{"type":"string","format":"email"}}},
		"unevaluatedProperties":false}},
		"$defs":{"mail":{"type":"string","format":"email","ory.sh/kratos":{"credentials":{"password":{"identifier":true}},"recovery":{"via":"email"}}}}}`)
	got := complaints(invalid(t, s.Validate(json.RawMessage(`{"mails":["a@example.org","x"],"z":1}`))))
	want := []complaint{{"traits.mails.1", "", `"x" is not valid "email"`}, {"traits.z", "", "always fail"}}
	if diff := cmp.Diff(want, got, cmp.Transformer("set", func(c []complaint) map[complaint]bool {
		m := map[complaint]bool{}
		for _, x := range c {
			m[x] = true
		}
		return m
	})); diff != "" {
		t.Error(diff)
	}
	found, err := s.Annotations(json.RawMessage(`{"mails":["A@example.org","b@example.org"]}`))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"a@example.org"}, found.Identifiers); diff != "" {
		t.Error(diff)
	}
}
