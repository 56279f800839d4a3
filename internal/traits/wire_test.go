package traits

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The expectations in this file are the recorded answers of version 0.5, with one
// message for each cause where the original repeats or collapses them.

func TestAdminReportsAreThoseOfTheWire(t *testing.T) {
	t.Parallel()
	person := schemaFile(t, "person")
	const format = `I[#/traits/email] S[#/properties/traits/properties/email/format] `
	for name, test := range map[string]struct{ traits, want string }{
		"a wrong address is listed by the format and by the channel": {
			`{"email": "not-an-email"}`,
			"I[#/traits/email] S[#/properties/traits/properties/email] validation failed\n" +
				"  " + format + `"not-an-email" is not valid "email"` + "\n" +
				"  " + format + `"not-an-email" is not valid "email"`,
		},
		"a missing property is named at its parent": {
			`{}`, `I[#/traits] S[#/properties/traits/required] missing properties: "email"`,
		},
		"two errors are nested under their common parent": {
			`{"email": "x@example.org", "age": 3, "name": {"first": "a"}}`,
			"I[#/traits] S[#/properties/traits] validation failed\n" +
				"  I[#/traits/name/first] S[#/properties/traits/properties/name/properties/first/minLength] length must be >= 2, but got 1\n" +
				"  I[#/traits/age] S[#/properties/traits/properties/age/minimum] must be >= 18 but found 3",
		},
		"an unknown property is named at its parent": {
			`{"email": "x@example.org", "foo": 1}`,
			`I[#/traits] S[#/properties/traits/additionalProperties] additionalProperties "foo" not allowed`,
		},
		"null is no object":     {`null`, `I[#/traits] S[#/properties/traits/type] expected object, but got null`},
		"text is no object":     {`"x"`, `I[#/traits] S[#/properties/traits/type] expected object, but got string`},
		"absent traits are nil": {``, `I[#/traits] S[#/properties/traits/type] expected object, but got null`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := invalid(t, person.Validate(json.RawMessage(test.traits))).Dump
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestSubmissionsAreAnsweredAsOnTheWire(t *testing.T) {
	t.Parallel()
	person := schemaFile(t, "person")
	for name, test := range map[string]struct {
		in   Input
		want []complaint
	}{
		"invalid-email": {
			members(t, `{"traits.email": "nope", "password": "uncommon-secret-1"}`),
			[]complaint{{"traits.email", "", `"nope" is not valid "email"`}},
		},
		"missing-email": {
			members(t, `{"traits.name.first": "Jane", "password": "uncommon-secret-1"}`),
			[]complaint{{"traits.email", "email", "Property email is missing."}},
		},
		"many-errors": {
			members(t, `{"traits.email": "jane@example.org", "traits.name.first": "J", "traits.age": 7, "traits.plan": "gold",
				"traits.phone": "abc", "traits.website": "::", "traits.birthday": "13.13.2020"}`),
			[]complaint{
				{"traits.name.first", "", "length must be >= 2, but got 1"},
				{"traits.age", "", "must be >= 18 but found 7"},
				{"traits.website", "", `"::" is not valid "uri"`},
				{"traits.birthday", "", `"13.13.2020" is not valid "date"`},
				{"traits.phone", "", `does not match pattern "^\\+[0-9]+$"`},
				{"traits.plan", "", `value must be one of "free", "pro"`},
			},
		},
		"type-mismatch": {
			members(t, `{"traits.email": "jane@example.org", "traits.age": "abc", "traits.newsletter": "maybe"}`),
			[]complaint{
				{"traits.age", "", "expected integer, but got string"},
				{"traits.newsletter", "", "expected boolean, but got string"},
			},
		},
		"browser errors": {
			formInput(t, "traits.email=nope&traits.name.first=J&traits.age=abc&traits.newsletter=maybe&traits.tags=x&traits.tags=y&"+
				"traits.nums=1&traits.nums=z&traits.meta=%7B%22a%22%3A1%7D"),
			[]complaint{
				{"traits.email", "", `"nope" is not valid "email"`},
				{"traits.name.first", "", "length must be >= 2, but got 1"},
				{"traits.age", "", "expected integer, but got string"},
				{"traits.newsletter", "", "expected boolean, but got string"},
				{"traits.nums.1", "", "expected number, but got string"},
				{"traits.meta", "", "expected object, but got string"},
			},
		},
		"oidc missing-traits": {
			members(t, `{"traits": {"name": {"first": "U"}, "website": "https://u3.example.org"}}`),
			[]complaint{
				{"traits.email", "email", "Property email is missing."},
				{"traits.name.first", "", "length must be >= 2, but got 1"},
			},
		},
		"trim-email": {
			members(t, `{"traits.email": " trim@example.org "}`),
			[]complaint{{"traits.email", "", `" trim@example.org " is not valid "email"`}},
		},
		"empty-string-values": {
			formInput(t, "traits.email=empties%40example.org&traits.name.first=&traits.age=&traits.website="),
			[]complaint{
				{"traits.name.first", "", "length must be >= 2, but got 0"},
				{"traits.age", "", "expected integer, but got string"},
				{"traits.website", "", `"" is not valid "uri"`},
			},
		},
		"bad-int": {
			members(t, `{"traits.email": "more@example.org", "traits.age": 30.5}`),
			[]complaint{{"traits.age", "", "expected integer, but got number"}},
		},
		"a short wrong address is told both": {
			members(t, `{"traits.email": "no"}`),
			[]complaint{
				{"traits.email", "", "length must be >= 3, but got 2"},
				{"traits.email", "", `"no" is not valid "email"`},
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			traits, err := person.Decode(test.in)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, complaints(invalid(t, person.Validate(traits)))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAcceptedSubmissionsGiveTheTraitsOfTheWire(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		schema string
		in     Input
		want   string
	}{
		"json-types": {
			"person", members(t, `{"traits.email": "more@example.org", "traits.age": 30.0, "traits.newsletter": "true", "traits.height": "1.5"}`),
			`{"email":"more@example.org","age":30,"height":1.5,"newsletter":true}`,
		},
		"browser ok": {
			"person", formInput(t, "traits.email=Browser%40Example.org&traits.name.first=Bo&traits.age=21&traits.newsletter=true&"+
				"traits.tags=x&traits.tags=y&traits.nums=1&traits.nums=2.5&password=uncommon-secret-1"),
			`{"email":"Browser@Example.org","name":{"first":"Bo"},"age":21,"newsletter":true,"tags":["x","y"],"nums":[1,2.5]}`,
		},
		"indexed-array-form": {
			"person", formInput(t, "traits.email=arr2%40example.org&traits.tags.0=a&traits.tags.1=b"),
			`{"email":"arr2@example.org","tags":["a","b"]}`, // v0.5 drops them; decision: numbered names are the array
		},
		"unknown-trait": {
			"person", members(t, `{"traits.email": "unk@example.org", "traits.foo": "bar", "password": "abc"}`),
			`{"email":"unk@example.org"}`,
		},
		"json array": {
			"person", members(t, `{"traits.email": "arr@example.org", "traits.nums": [1, 2], "traits.tags": ["a", "b"]}`),
			`{"email":"arr@example.org","tags":["a","b"],"nums":[1,2]}`,
		},
		"null-values": {
			"person", members(t, `{"traits.email": "nulls@example.org", "traits.name.first": null, "traits.age": null}`),
			`{"email":"nulls@example.org"}`,
		},
		"nested-json-traits": {
			"person", members(t, `{"traits": {"email": "nested@example.org"}, "password": "uncommon-secret-1"}`),
			`{"email":"nested@example.org"}`,
		},
		"a ticked check box without a value": {
			"person", formInput(t, "traits.email=a%40example.org&traits.newsletter=on"),
			`{"email":"a@example.org","newsletter":true}`,
		},
		"the last value of a check box": {
			"multi", formInput(t, "traits.username=JoeUser&traits.emails=A%40example.org&traits.emails=b%40example.org&"+
				"traits.consent=false&traits.consent=true"),
			`{"username":"JoeUser","emails":["A@example.org","b@example.org"],"consent":true}`,
		},
		"a single value for a list": {
			"multi", members(t, `{"traits.username": "joe2", "traits.emails": "a@example.org"}`),
			`{"username":"joe2","emails":["a@example.org"]}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := schemaFile(t, test.schema)
			traits, err := s.Decode(test.in)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, string(traits)); diff != "" {
				t.Error(diff)
			}
			if err := s.Validate(traits); err != nil {
				t.Errorf("valid traits are refused: %v", err)
			}
		})
	}
}

func TestUnknownChannelsAreRefusedWhenAValueIsJudged(t *testing.T) {
	t.Parallel()
	s := schemaFile(t, "ext")
	if err := s.Validate(json.RawMessage(`{}`)); err != nil {
		t.Errorf("absent property: %v", err)
	}
	got := complaints(invalid(t, s.Validate(json.RawMessage(`{"email":"a@example.org"}`))))
	want := []complaint{{"traits.email", "", `recovery.via has unknown value "phone"`}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestTextsOfOtherKeywords(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ property, value, want string }{
		"const":                          {`{"type":"boolean","const":true}`, `false`, "value must be true"},
		"const text":                     {`{"const":"a\"b"}`, `"x"`, `value must be "a\"b"`},
		"const object":                   {`{"const":{}}`, `"x"`, "const failed"},
		"one option":                     {`{"enum":["a"]}`, `1`, `value must be "a"`},
		"mixed options":                  {`{"enum":["a",2,null,true]}`, `1`, `value must be one of "a", 2, null, true`},
		"object options":                 {`{"enum":[{}]}`, `1`, "enum failed"},
		"maxLength":                      {`{"maxLength":2}`, `"abc"`, "length must be <= 2, but got 3"},
		"maximum":                        {`{"maximum":2.5}`, `3`, "must be <= 2.5 but found 3"},
		"exclusiveMaximum":               {`{"exclusiveMaximum":3}`, `3.0`, "must be < 3 but found 3"},
		"exclusiveMinimum":               {`{"exclusiveMinimum":3}`, `1.5`, "must be > 3 but found 1.5"},
		"multipleOf":                     {`{"multipleOf":0.5}`, `0.3`, "0.3 not multipleOf 0.5"},
		"several types":                  {`{"type":["string","null"]}`, `1`, "expected null or string, but got number"},
		"minItems":                       {`{"minItems":2}`, `[1]`, "minimum 2 items allowed, but found 1 items"},
		"maxItems":                       {`{"maxItems":1}`, `[1,2]`, "maximum 1 items allowed, but found 2 items"},
		"uniqueItems":                    {`{"uniqueItems":true}`, `[1,2,1.0]`, "items at index 0 and 2 are equal"},
		"contains":                       {`{"contains":{"const":1}}`, `[2]`, "contains failed"},
		"minProperties":                  {`{"minProperties":1}`, `{}`, "minimum 1 properties allowed, but found 0 properties"},
		"maxProperties":                  {`{"maxProperties":1}`, `{"a":1,"b":1}`, "maximum 1 properties allowed, but found 2 properties"},
		"additional":                     {`{"properties":{"a":{}},"additionalProperties":false}`, `{"z":1,"y":2}`, `additionalProperties "y", "z" not allowed`},
		"propertyNames":                  {`{"propertyNames":{"maxLength":1}}`, `{"long":1}`, `property name "long" is not allowed`},
		"dependencies":                   {`{"dependencies":{"a":["b"]}}`, `{"a":1}`, `property "b" is required, if "a" property exists`},
		"additionalItems":                {`{"items":[true],"additionalItems":false}`, `[1,2,3]`, "has 2 items more than allowed"},
		"anyOf of nothing that explains": {`{"anyOf":[false]}`, `1`, "always fail"},
		"not":                            {`{"not":{"type":"string"}}`, `"x"`, "not failed"},
		"never":                          {`false`, `"x"`, "always fail"},
		"oneOf twice":                    {`{"oneOf":[true,{"type":"string"}]}`, `"x"`, "valid against schemas at indexes 0 and 1"},
		"date-time":                      {`{"format":"date-time"}`, `"2020-01-31"`, `"2020-01-31" is not valid "date-time"`},
		"quotes in values":               {`{"format":"date"}`, `"a\"b"`, `"a\"b" is not valid "date"`},
		"empty address":                  {`{"format":"email"}`, `""`, `"" is not valid "email"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := traitsSchema(t, `{"x":`+test.property+`}`)
			got := complaints(invalid(t, s.Validate(json.RawMessage(`{"x":`+test.value+`}`))))
			if diff := cmp.Diff([]complaint{{"traits.x", "", test.want}}, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestTextsOfKeywordsThatDraft7Lacks(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ property, value, want string }{
		"dependentRequired": {`{"dependentRequired":{"a":["b"]}}`, `{"a":1}`, `property "b" is required, if "a" property exists`},
		"minContains":       {`{"contains":{"const":1},"minContains":2}`, `[1,2]`, "must contain at least 2 matching items, but found 1"},
		"maxContains":       {`{"contains":{"const":1},"maxContains":1}`, `[1,1]`, "must contain at most 1 matching items, but found 2"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := schemaText(t, `{"$schema":"https://json-schema.org/draft/2020-12/schema","properties":{"traits":{"properties":{"x":`+test.property+`}}}}`)
			got := complaints(invalid(t, s.Validate(json.RawMessage(`{"x":`+test.value+`}`))))
			if diff := cmp.Diff([]complaint{{"traits.x", "", test.want}}, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestErrorsCarryNoTraits(t *testing.T) {
	t.Parallel()
	err := schemaFile(t, "person").Validate(json.RawMessage(`{"email":"jane-secret"}`))
	if err == nil || strings.Contains(err.Error(), "jane") {
		t.Errorf("error repeats what was typed: %v", err)
	}
}

func formInput(t testing.TB, query string) Input {
	t.Helper()
	values, err := url.ParseQuery(query)
	if err != nil {
		t.Fatal(err)
	}
	return Input{Form: values}
}
