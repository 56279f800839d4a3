package webui

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/locale"
	"github.com/symbolon/symbolon/internal/pagekit"
	"github.com/symbolon/symbolon/internal/ui"
)

func mustEnglish(t testing.TB) *language {
	t.Helper()
	all, err := readLanguages(locale.All, "")
	if err != nil {
		t.Fatal(err)
	}
	return all[locale.Default]
}

func TestTraitsAreListedInTheirOwnOrder(t *testing.T) {
	t.Parallel()
	got := mustEnglish(t).listTraits(json.RawMessage(`{"z":1.50,"email":"a@b","name":{"last":"L","first":"F"},"tags":["x","y"],"ok":false,"none":null,"e":"","a.b":"dot","deep":[{"k":"v"}]}`))
	want := []trait{
		{Label: "Z", Value: "1.50"},
		{Label: "E-mail", Value: "a@b"},
		{Label: "Last name", Value: "L"},
		{Label: "First name", Value: "F"},
		{Label: "Tags 1", Value: "x"},
		{Label: "Tags 2", Value: "y"},
		{Label: "Ok", Value: "no"},
		{Label: "A.b", Value: "dot"},
		{Label: "K", Value: "v"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("traits (-want +got):\n%s", diff)
	}
}

func TestTraitsOfAnySizeMakeAShortList(t *testing.T) {
	t.Parallel()
	l := mustEnglish(t)
	for name, raw := range map[string]string{
		"long":   "[" + strings.Repeat("1,", 100_000) + "1]",
		"deep":   strings.Repeat("[", 100_000),
		"broken": `{"a":1,"b"`,
		"none":   "",
	} {
		if got := len(l.listTraits(json.RawMessage(raw))); got > maxTraits {
			t.Errorf("%s: %d lines", name, got)
		}
	}
}

func FuzzListTraits(f *testing.F) {
	for _, seed := range []string{adaTraits, `[]`, `"x"`, `{"a":{"a":{"a":[1,[2]]}}}`, `{"a":`, "[[[[[[[[[[1"} {
		f.Add([]byte(seed))
	}
	l := mustEnglish(f)
	f.Fuzz(func(t *testing.T, raw []byte) {
		if got := l.listTraits(raw); len(got) > maxTraits {
			t.Errorf("%d lines from %q", len(got), raw)
		}
	})
}

func TestPersonIsCalledByWhatTheyKnow(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name          string
		identity      *identity.Identity
		person, given string
	}{
		{"no session", nil, "", ""},
		{"a verifiable address", &identity.Identity{ID: "1", Verifiable: []identity.Address{{Value: "v@x"}}, Traits: json.RawMessage(`{"email":"t@x","name":"Ada"}`)}, "v@x", "Ada"},
		{"a recovery address", &identity.Identity{ID: "1", Recovery: []identity.Address{{Value: "r@x"}}, Traits: json.RawMessage(`{"first_name":"Ada"}`)}, "r@x", "Ada"},
		{"a trait", &identity.Identity{ID: "1", Traits: json.RawMessage(`{"username":"ada","name":{"first":"A"}}`)}, "ada", "A"},
		{"traits of other types", &identity.Identity{ID: "1", Traits: json.RawMessage(`{"email":5,"name":[],"first_name":{}}`)}, "1", ""},
		{"a name that is no name", &identity.Identity{ID: "1", Traits: json.RawMessage(`{"name":"` + strings.Repeat("x", 65) + `"}`)}, "1", ""},
		{"no object", &identity.Identity{ID: "1", Traits: json.RawMessage(`[]`)}, "1", ""},
	}
	for _, tt := range tests {
		if got, first := personName(tt.identity), givenName(tt.identity); got != tt.person || first != tt.given {
			t.Errorf("%s: %q and %q, want %q and %q", tt.name, got, first, tt.person, tt.given)
		}
	}
}

func TestJoinLists_elementsAreSentByNumber(t *testing.T) {
	t.Parallel()
	got := joinLists([]ui.Node{
		{Name: "traits.tags", Label: "Interests", List: true, Required: true},
		{Name: "traits.tags.0", Value: "a"},
		{Name: "traits.tags.1", Value: "b"},
		{Name: "traits.pets"},
		{Name: "traits.pets.0.name", Value: "Rex"},
		{Name: "traits.empty"},
		{Name: "traits.tags2.x", Value: "not an element"},
	})
	want := []ui.Node{
		{Name: "traits.tags.0", Label: "Interests 1", Value: "a"},
		{Name: "traits.tags.1", Label: "Interests 2", Value: "b"},
		{Name: "traits.tags", Label: "Interests 3", List: true},
		{Name: "traits.pets.0.name", Label: "Name", Value: "Rex"},
		{Name: "traits.empty"},
		{Name: "traits.tags2.x", Value: "not an element"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("nodes (-want +got):\n%s", diff)
	}
}

func TestNameBecomesALabel(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"traits.name.first_name": "First name", "traits.tags.0": "Tags 1", `traits.a\.b`: "A.b", "traits.größe": "Größe", "traits.über-uns": "Über uns",
		"": "", "...": "", "0": "0", "traits.___": "___",
	} {
		if got := pagekit.Label(name); got != want {
			t.Errorf("%q is labelled %q, want %q", name, got, want)
		}
	}
}
