package traits

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAnnotationsAreWhatTheSchemaMarks(t *testing.T) {
	t.Parallel()
	address := func(value, normalized string) Address {
		return Address{Via: "email", Value: value, Normalized: normalized}
	}
	const (
		id   = `"ory.sh/kratos":{"credentials":{"password":{"identifier":true}}}`
		mail = `"ory.sh/kratos":{"verification":{"via":"email"}}`
	)
	for name, test := range map[string]struct {
		schema *Schema
		traits string
		want   Annotations
	}{
		"one address for everything": {
			schemaFile(t, "person"), `{"email":"Admin.Made@Example.org"}`,
			Annotations{
				Identifiers: []string{"admin.made@example.org"},
				Verifiable:  []Address{address("Admin.Made@Example.org", "admin.made@example.org")},
				Recovery:    []Address{address("Admin.Made@Example.org", "admin.made@example.org")},
			},
		},
		"elements of lists, in order and each once": {
			schemaFile(t, "multi"), `{"emails":["B@example.org","a@example.org"," b@EXAMPLE.org"],"username":"JoeUser"}`,
			Annotations{
				Identifiers: []string{"joeuser", "b@example.org", "a@example.org"},
				Verifiable:  []Address{address("B@example.org", "b@example.org"), address("a@example.org", "a@example.org")},
				Recovery:    []Address{address("B@example.org", "b@example.org"), address("a@example.org", "a@example.org")},
			},
		},
		"absent":                         {schemaFile(t, "person"), `{"age":30}`, Annotations{}},
		"empty":                          {schemaFile(t, "customer"), `{"username":"  "}`, Annotations{}},
		"of a wrong type":                {schemaFile(t, "customer"), `{"username":{"a":1}}`, Annotations{}},
		"unknown channels mark nothing":  {schemaFile(t, "ext"), `{"email":"A@x.org"}`, Annotations{Identifiers: []string{"a@x.org"}}},
		"numbers identify by their text": {traitsSchema(t, `{"n":{"type":"integer",`+id+`}}`), `{"n":1234567890123}`, Annotations{Identifiers: []string{"1234567890123"}}},
		"only the branch that the value obeys": {
			traitsSchema(t, `{"v":{"anyOf":[{"type":"integer",`+id+`},{"pattern":"^x",`+id+`},{"pattern":"@",`+mail+`}]}}`), `{"v":"a@b"}`,
			Annotations{Verifiable: []Address{address("a@b", "a@b")}},
		},
		"the branch of a condition": {
			traitsSchema(t, `{"k":{"type":"string"}}`, `"if":{"properties":{"k":{"const":"mail"}}},
				"then":{"properties":{"v":{`+mail+`}}},"else":{"properties":{"v":{`+id+`}}}`), `{"k":"name","v":"Joe"}`,
			Annotations{Identifiers: []string{"joe"}},
		},
		"names by pattern": {
			traitsSchema(t, `{"a":{"type":"string"}}`, `"patternProperties":{"^mail_":{`+mail+`}}`), `{"mail_b":"b@x","a":"n@x","mail_a":"a@x"}`,
			Annotations{Verifiable: []Address{address("a@x", "a@x"), address("b@x", "b@x")}},
		},
		"lists of different elements": {
			traitsSchema(t, `{"l":{"items":[{},{`+id+`}],"additionalItems":{`+mail+`}}}`), `{"l":["a","b","c@x","d@x"]}`,
			Annotations{Identifiers: []string{"b"}, Verifiable: []Address{address("c@x", "c@x"), address("d@x", "d@x")}},
		},
		"elements that a list must contain": {
			traitsSchema(t, `{"l":{"contains":{"pattern":"^id:",`+id+`}}}`), `{"l":["x","id:A"]}`,
			Annotations{Identifiers: []string{"id:a"}},
		},
		"booleans identify by their text": {traitsSchema(t, `{"b":{`+id+`}}`), `{"b":true}`, Annotations{Identifiers: []string{"true"}}},
		"further names": {
			traitsSchema(t, `{"a":{"type":"string"}}`, `"additionalProperties":{`+id+`}`), `{"b":"X","a":"n"}`,
			Annotations{Identifiers: []string{"x"}},
		},
		"through references": {
			schemaText(t, `{"properties":{"traits":{"properties":{"u":{"$ref":"#/definitions/id"}}}},"definitions":{"id":{`+id+`}}}`), `{"u":"U"}`,
			Annotations{Identifiers: []string{"u"}},
		},
		"through dependencies": {
			traitsSchema(t, `{"u":{"type":"string"}}`, `"dependencies":{"u":{"properties":{"u":{`+id+`}}}}`), `{"u":"U"}`,
			Annotations{Identifiers: []string{"u"}},
		},
		"in a schema inside itself": {
			schemaText(t, `{"properties":{"traits":{"$ref":"#/definitions/p"}},"definitions":{"p":{"properties":{"id":{`+id+`},"boss":{"$ref":"#/definitions/p"}}}}}`),
			`{"boss":{"boss":{"id":"C"},"id":"B"},"id":"A"}`,
			Annotations{Identifiers: []string{"a", "b", "c"}},
		},
		"malformed extensions are tolerated": {
			traitsSchema(t, `{"a":{"ory.sh/kratos":5},"b":{"ory.sh/kratos":{"credentials":[],"verification":{"via":7},"mappings":{}}}}`), `{"a":"x","b":"y"}`,
			Annotations{},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := test.schema.Annotations(json.RawMessage(test.traits))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAnnotatingBrokenTraitsIsAnError(t *testing.T) {
	t.Parallel()
	if _, err := schemaFile(t, "person").Annotations(json.RawMessage(`{`)); err == nil {
		t.Error("no error")
	}
}

func TestNormalForms(t *testing.T) {
	t.Parallel()
	for in, want := range map[string][]string{
		"+49 (1512) 345-6789": {"+49 (1512) 345-6789", "+4915123456789"}, "+4915123456789": {"+4915123456789"}, "A@BÜCHER.example": {"a@xn--bcher-kva.example"},
	} {
		if got := NormalForms(in); !slices.Equal(got, want) {
			t.Errorf("NormalForms(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestNormalForm(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ in, want string }{
		"case":                        {"Jane@Example.ORG", "jane@example.org"},
		"surrounding space":           {" \tjane\u00a0\n", "jane"},
		"inner space stays":           {"Jane Doe", "jane doe"},
		"composed and decomposed":     {"Jo\u0308rg", "j\u00f6rg"},
		"internationalised domain":    {"Anna@MÜNCHEN.example", "anna@xn--mnchen-3ya.example"},
		"its ASCII form":              {"anna@XN--mnchen-3ya.example", "anna@xn--mnchen-3ya.example"},
		"letters beyond ASCII":        {"ÄÖÜ", "äöü"},
		"kelvin is k by definition":   {"mi\u212ae", "mike"},
		"dotted I is not i":           {"M\u0130ke", "mi\u0307ke"},
		"full width letters stay":     {"Ａ", "ａ"},
		"ligatures are kept apart":    {"\ufb01n", "\ufb01n"},
		"zero bytes":                  {"a\x00B", "a\ufffdb"},
		"nothing":                     {"", ""},
		"bytes that are no text stay": {"a\xff", "a\ufffd"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := Normalize(test.in); got != test.want {
				t.Errorf("Normalize(%q) = %q, want %q", test.in, got, test.want)
			}
		})
	}
}

func TestAddressSyntax(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"a@example.org": true, "first.last+tag@sub.example.org": true, "o'neill_%&=@x.org": true, "a@localhost": true,
		"jörg@example.org": true, `"a b"@example.org`: true,
		"": false, "@example.org": false, "a@": false, "a": false, "a@b@c": false, "a@exa mple.org": false, " a@example.org": false,
		"a@example.org ": false, "Jane <a@example.org>": false, "<a@example.org>": false, "(c)a@example.org": false, "a@-x.org": false,
		"a@x..org": false, "a@x.org.": false, ".a@x.org": false, "a..b@x.org": false, "a@[127.0.0.1]": false, "a@exämple.org": true, "a@ex\u202eample.org": false, "a@-ü.org": false,
		"\"a\r\nBcc: b\"@example.org": false, "a\u202eb@example.org": false, "a\u200b@example.org": false, "a\x00@example.org": false,
		"0123456789012345678901234567890123456789012345678901234567890123@x.org":  true,
		"01234567890123456789012345678901234567890123456789012345678901234@x.org": false,
	} {
		if got := IsEmail(address); got != want {
			t.Errorf("IsEmail(%q) = %v, want %v", address, got, want)
		}
	}
}
