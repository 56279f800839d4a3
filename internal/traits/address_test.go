package traits

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAnnotations_phones(t *testing.T) {
	t.Parallel()
	s := traitsSchema(t, `{"phone":{"type":"string","format":"tel","ory.sh/kratos":{"verification":{"via":"sms"},"recovery":{"via":"sms"},"credentials":{"code":{"via":"sms"}}}}}`)
	if err := s.Validate(json.RawMessage(`{"phone":"0151 12345678"}`)); err == nil {
		t.Error("a number without its country was taken")
	}
	const typed = `{"phone":"+49 (0)151 12345678"}`
	if err := s.Validate(json.RawMessage(typed)); err != nil {
		t.Error(err)
	}
	found, err := s.Annotations(json.RawMessage(typed))
	if err != nil {
		t.Fatal(err)
	}
	want := []Address{{Via: "sms", Value: "+49 (0)151 12345678", Normalized: "+4915112345678"}}
	for name, got := range map[string][]Address{"verification": found.Verifiable, "recovery": found.Recovery, "code": found.Codes} {
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if f := s.Fields()[0]; f.Type != "tel" {
		t.Errorf("the input is of type %s", f.Type)
	}
}

func TestAnnotations_addressesInObjectsOfAnArray(t *testing.T) {
	t.Parallel()
	s := traitsSchema(t, `{"contacts":{"type":"array","items":{"type":"object","properties":{"label":{"type":"string"},
		"email":{"type":"string","format":"email","ory.sh/kratos":{"credentials":{"password":{"identifier":true}},"verification":{"via":"email"}}}}}}}`)
	decoded, err := s.Decode(Input{Form: map[string][]string{
		"traits.contacts": {""}, "traits.contacts.0.label": {"home"}, "traits.contacts.0.email": {"Jane@example.org"}, "traits.contacts.1.email": {""},
	}})
	if err != nil || string(decoded) != `{"contacts":[{"email":"Jane@example.org","label":"home"}]}` {
		t.Fatalf("%s, %v", decoded, err)
	}
	found, err := s.Annotations(decoded)
	if err != nil || len(found.Identifiers) != 1 || found.Identifiers[0] != "jane@example.org" {
		t.Errorf("%+v, %v", found, err)
	}
}

func TestParse_bytesThatAreNoText(t *testing.T) {
	t.Parallel()
	s := traitsSchema(t, `{"name":{"type":"string"}}`)
	for _, raw := range []string{"{\"name\":\"x\xca\xf5\"}", "{\"na\xffme\":\"x\"}"} {
		if err := s.Validate(json.RawMessage(raw)); err == nil {
			t.Errorf("%q was taken", raw)
		}
	}
	if _, err := s.Decode(Input{Form: map[string][]string{"traits.name": {"x\xca"}}}); err == nil {
		t.Error("a form with other bytes was taken")
	}
}
