package storetest

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/symbolon/symbolon/internal/identity"
)

func searchTests() []test {
	return []test{
		{"identities are found by a part of an address or a name", searchParts},
		{"a search for what no database keeps finds nothing", searchOdd},
		{"a search follows what an identity becomes", searchFollows},
	}
}

// found are the addresses of those that a text finds, in order.
func found(t *testing.T, s Store, text string) []string {
	t.Helper()
	addresses := []string{}
	for _, i := range got(s.Identities(t.Context(), identity.Query{Similar: text}))(t) {
		addresses = append(addresses, i.Verifiable[0].Value)
	}
	slices.Sort(addresses)
	if n := got(s.CountIdentities(t.Context(), identity.Query{Similar: text}))(t); n != len(addresses) {
		t.Errorf("%q counts %d, lists %d", text, n, len(addresses))
	}
	return addresses
}

// known stores an identity with a name.
func known(t *testing.T, s Store, email, name string) (*identity.Identity, []identity.Credential) {
	t.Helper()
	i, credentials := NewIdentity(email)
	traits, err := json.Marshal(map[string]any{"email": email, "name": map[string]string{"first": name}, "age": 7})
	must(t, err)
	i.Traits = traits
	must(t, s.CreateIdentity(t.Context(), i, credentials))
	return i, credentials
}

func searchParts(t *testing.T, s Store) {
	known(t, s, "jane.doe@example.org", "Jane Übermut")
	known(t, s, "joe@example.com", `100%"_Joe`)
	known(t, s, "li@example.net", "李明")
	for text, want := range map[string][]string{
		"jane": {"jane.doe@example.org"}, "ane.d": {"jane.doe@example.org"}, "übermut": {"jane.doe@example.org"}, "ne üb": {"jane.doe@example.org"},
		"example": {"jane.doe@example.org", "joe@example.com", "li@example.net"}, "oe@": {"jane.doe@example.org", "joe@example.com"},
		"li": {"li@example.net"}, "李明": {"li@example.net"}, "明": {"li@example.net"},
		`0%"_j`: {"joe@example.com"}, "%": {"joe@example.com"}, "_": {"joe@example.com"}, `"`: {"joe@example.com"}, "!": {},
		"jane OR joe": {}, "jane*": {}, "unknown": {}, "first": {}, "\n": {"jane.doe@example.org", "joe@example.com", "li@example.net"},
	} {
		if addresses := found(t, s, text); !slices.Equal(addresses, want) {
			t.Errorf("%q finds %v, want %v", text, addresses, want)
		}
	}
}

func searchOdd(t *testing.T, s Store) {
	known(t, s, "jane@example.org", "Jane")
	for _, text := range []string{"jane\x00", "\x00", "ja\xff", "\xff\xfe\xfd", strings.Repeat("a", 60_000), strings.Repeat("%", 20_000), "\ufffe\U0010ffff"} {
		if addresses := found(t, s, text); len(addresses) != 0 {
			t.Errorf("%.20q finds %v", text, addresses)
		}
	}
}

func searchFollows(t *testing.T, s Store) {
	i, credentials := known(t, s, "jane@example.org", "Jane")
	other, _ := known(t, s, "other@example.org", "Other")
	i.Traits = json.RawMessage(`{"email":"jane@example.org","name":{"first":"Johanna"}}`)
	must(t, s.SaveIdentity(t.Context(), i, credentials))
	if first := found(t, s, "johan"); len(first) != 1 {
		t.Errorf("the new name finds %v", first)
	}
	must(t, s.DeleteIdentity(t.Context(), other.ID))
	if gone := found(t, s, "other"); len(gone) != 0 {
		t.Errorf("what was deleted is found: %v", gone)
	}
	known(t, s, "third@example.org", "Third") // may get the place of what was deleted
	if gone := found(t, s, "other"); len(gone) != 0 {
		t.Errorf("what was deleted is found: %v", gone)
	}
}
