package traits_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/symbolon/symbolon/internal/traits"
)

func compiled(t *testing.T, properties string) *traits.Schema {
	t.Helper()
	document := `{"$id":"https://example.org/x","type":"object","properties":{"traits":{"type":"object","properties":` + properties + `}}}`
	s, err := traits.Compile([]byte(document))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

const marked = `{
 "nick": {"type":"string","ory.sh/kratos":{"credentials":{"totp":{"account_name":true},"passkey":{"display_name":true}}}},
 "email": {"type":"string","format":"email","ory.sh/kratos":{"credentials":{"password":{"identifier":true},"webauthn":{"identifier":true},"code":{"identifier":true,"via":"email"}},"verification":{"via":"email"}}}
}`

func TestAnnotations_factors(t *testing.T) {
	t.Parallel()
	found, err := compiled(t, marked).Annotations(json.RawMessage(`{"nick":"Jo","email":"Jo@Example.org"}`))
	if err != nil {
		t.Fatal(err)
	}
	// The passkey is marked twice; the first trait wins.
	if diff := cmp.Diff(map[string]string{"totp": "Jo", "passkey": "Jo", "webauthn": "Jo@Example.org"}, found.Names); diff != "" {
		t.Errorf("names (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff([]traits.Address{{Via: "email", Value: "Jo@Example.org", Normalized: "jo@example.org"}}, found.Codes); diff != "" {
		t.Errorf("codes (-want +got)\n%s", diff)
	}
}

// A schema that marks an identifier of security keys and none of passwords means that one.
func TestAnnotations_identifierOfKeys(t *testing.T) {
	t.Parallel()
	const keys = `{"email":{"type":"string","ory.sh/kratos":{"credentials":{"webauthn":{"identifier":true}}}}`
	for name, c := range map[string]struct {
		properties string
		want       []string
	}{
		"alone":     {keys + `}`, []string{"jo@example.org"}},
		"in a list": {`{"email":{"type":"array","items":{"type":"string","ory.sh/kratos":{"credentials":{"webauthn":{"identifier":true}}}}}}`, []string{"jo@example.org"}},
		"beside one of passwords": {
			keys + `,"nick":{"type":"string","ory.sh/kratos":{"credentials":{"password":{"identifier":true}}}}}`, []string{"jo"},
		},
		"none": {`{"email":{"type":"string"}}`, nil},
	} {
		value := `{"nick":"Jo","email":"Jo@Example.org"}`
		if name == "in a list" {
			value = `{"email":["Jo@Example.org"]}`
		}
		found, err := compiled(t, c.properties).Annotations(json.RawMessage(value))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, found.Identifiers); diff != "" {
			t.Errorf("%s: identifiers (-want +got)\n%s", name, diff)
		}
	}
}

func TestNameField(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ properties, method, want string }{
		"marked":          {marked, "passkey", "traits.nick"},
		"of another sort": {marked, "webauthn", "traits.email"},
		"identifier": {
			`{"age":{"type":"number"},"name":{"type":"string","ory.sh/kratos":{"credentials":{"password":{"identifier":true}}}}}`, "passkey", "traits.name",
		},
		"address":  {`{"age":{"type":"number"},"mail":{"type":"string","format":"email"}}`, "passkey", "traits.mail"},
		"nameless": {`{"age":{"type":"number"}}`, "passkey", ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := compiled(t, c.properties).NameField(c.method); got != c.want {
				t.Errorf("NameField = %q, want %q", got, c.want)
			}
		})
	}
}
