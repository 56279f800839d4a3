package keyform_test

import (
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/symbolon/symbolon/internal/ceremony"
	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/keyform"
	"github.com/symbolon/symbolon/internal/message"
)

func form() keyform.Form {
	return keyform.Form{Remove: "remove", Rename: "rename", Name: "name", RemoveLabel: `Remove "%s"`}
}

func keys() ceremony.Keys {
	used := time.Unix(2000, 0)
	return ceremony.Keys{Handle: []byte("a handle"), Keys: []ceremony.Key{
		{ID: []byte{1}, Name: "Blue", AddedAt: time.Unix(1000, 0), LastUsedAt: &used},
		{ID: []byte{0xff}, Name: "Red", AddedAt: time.Unix(1500, 0)},
	}}
}

func stored(t *testing.T) *identity.Credential {
	t.Helper()
	c, err := keyform.Credential("webauthn", keys())
	if err != nil {
		t.Fatal(err)
	}
	return &c
}

func TestList(t *testing.T) {
	t.Parallel()
	nodes := form().List(keys().Keys, nil)
	if len(nodes) != 4 || nodes[0].Name != "remove" || nodes[0].Value != "01" || nodes[0].Label != `Remove "Blue"` || nodes[3].Name != "rename" || nodes[3].Value != "ff" {
		t.Errorf("nodes are %+v", nodes)
	}
	if nodes[0].Context["last_used_at"] != "1970-01-01T00:33:20Z" || nodes[2].Context["last_used_at"] != nil {
		t.Errorf("contexts are %v and %v", nodes[0].Context, nodes[2].Context)
	}
	for _, c := range []struct{ keys, all int }{{1, 1}, {1, 2}, {2, 2}} {
		shown := keys().Keys[:c.keys]
		if got := form().List(shown, keyform.Last(shown, c.all))[0].Disabled; got != (c.all == 1) {
			t.Errorf("%d of %d first factors: disabled is %t", c.keys, c.all, got)
		}
	}
	if other := keys().Keys[1]; form().List(keys().Keys, &other)[0].Disabled {
		t.Error("another key than the last first factor may not go")
	}
}

func TestChange(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		in   url.Values
		want string // message
	}{
		"remove an unknown key": {url.Values{"remove": {"02"}}, message.KeyKeyGone},
		"rename an unknown key": {url.Values{"rename": {"02"}, "name": {"x"}}, message.KeyKeyGone},
		"rename to nothing":     {url.Values{"rename": {"01"}, "name": {" \t"}}, message.Missing("name").Key},
		"a long name":           {url.Values{"rename": {"01"}, "name": {strings.Repeat("x", keyform.MaxName+1)}}, message.Schema("maxLength", "", nil).Key},
	} {
		fact, err := form().Change("webauthn", stored(t), flow.FormInput(c.in))
		rejected, ok := errors.AsType[*flow.Rejected](err)
		if !ok || fact != nil || rejected.Messages[0].Message.Key != c.want {
			t.Errorf("%s: %v, %v", name, fact, err)
		}
	}
	if fact, err := form().Change("webauthn", stored(t), flow.FormInput(url.Values{"remove": {""}, "other": {"x"}})); fact != nil || err != nil {
		t.Errorf("neither of them: %v, %v", fact, err)
	}
	fact, err := form().Change("webauthn", stored(t), flow.FormInput(url.Values{"rename": {"FF"}, "name": {" Green "}}))
	renamed, ok := fact.(flow.NewCredential)
	if err != nil || !ok || renamed.Factor.Method != "" {
		t.Fatalf("rename: %+v, %v", fact, err)
	}
	if after, err := keyform.Keys(&renamed.Credential); err != nil || after.Keys[1].Name != "Green" || after.Keys[0].Name != "Blue" {
		t.Errorf("after a rename: %+v, %v", after, err)
	}
	fact, err = form().Change("webauthn", stored(t), flow.FormInput(url.Values{"remove": {"FF"}}))
	removed, ok := fact.(flow.RemoveCredential)
	if err != nil || !ok || removed.Type != "webauthn" {
		t.Fatalf("remove: %+v, %v", fact, err)
	}
	if after, err := keyform.Keys(removed.Rest); err != nil || len(after.Keys) != 1 || string(after.Handle) != "a handle" {
		t.Errorf("after a removal: %+v, %v", after, err)
	}
}

func TestChange_broken(t *testing.T) {
	t.Parallel()
	c := &identity.Credential{Config: []byte(`"x"`)}
	if fact, err := form().Change("webauthn", c, flow.FormInput(url.Values{"remove": {"01"}})); fact != nil || err == nil {
		t.Errorf("a credential that can not be read: %v, %v", fact, err)
	}
	if none, err := keyform.Keys(nil); err != nil || len(none.Keys) != 0 {
		t.Errorf("no credential: %v, %v", none, err)
	}
}

func TestNamed(t *testing.T) {
	t.Parallel()
	if got, err := form().Named(flow.FormInput(url.Values{}), "Security key"); got != "Security key" || err != nil {
		t.Errorf("no name: %q, %v", got, err)
	}
	longest := strings.Repeat("ß", keyform.MaxName)
	if got, err := form().Named(flow.FormInput(url.Values{"name": {longest}}), ""); got != longest || err != nil {
		t.Errorf("the longest name: %q, %v", got, err)
	}
	if got, err := form().Named(flow.JSONInput(map[string]json.RawMessage{"name": json.RawMessage(`["x"]`)}), ""); err == nil {
		t.Errorf("a list as name: %q", got)
	}
}

func TestRefuse(t *testing.T) {
	t.Parallel()
	for want, err := range map[string]error{
		message.KeyKeyMalformed: ceremony.ErrMalformed, message.KeyKeyUnknown: ceremony.ErrUnknownKey, message.KeyKeyInvalid: ceremony.ErrCloned,
	} {
		rejected, ok := errors.AsType[*flow.Rejected](keyform.Refuse(err, message.KeyKeyInvalid))
		if !ok || rejected.Messages[0].Message.Key != want || rejected.Memory != nil || !errors.Is(rejected.Cause, err) {
			t.Errorf("%v: %+v, want %s", err, rejected, want)
		}
	}
	fault := errors.New("the database is gone")
	if err := keyform.Refuse(fault, message.KeyKeyInvalid); !errors.Is(err, fault) {
		t.Errorf("a fault of the server became %v", err)
	}
}

func TestScript(t *testing.T) {
	t.Parallel()
	if n := keyform.Script("https://id.example.org/"); n.Value != "https://id.example.org"+ceremony.ScriptPath {
		t.Errorf("the script is at %v", n.Value)
	}
}
