package api

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/symbolon/symbolon/internal/ceremony/ceremonytest"
)

// node1 is a node of the wire of v26.
type node1 struct {
	Type, Group string
	Attributes  struct {
		Name, ID, Type, Src, OnClick, OnClickTrigger, Integrity string
		Value                                                   any
		Text                                                    struct {
			ID   int
			Text string
		}
	}
	Meta struct{ Label struct{ ID int } }
}

// nodes1 are the nodes of a flow of v26 by name or id.
func (a answer) nodes1(t testing.TB) map[string]node1 {
	t.Helper()
	var f struct{ UI struct{ Nodes []node1 } }
	if err := json.Unmarshal(a.body, &f); err != nil {
		t.Fatalf("%v: %s", err, a.body)
	}
	out := map[string]node1{}
	for _, n := range f.UI.Nodes {
		name := n.Attributes.Name
		if name == "" {
			name = n.Attributes.ID
		}
		out[n.Group+"/"+name] = n
	}
	return out
}

// The same forms are nodes of v26, with its names, groups and numbers.
func TestFactors_onTheWireOfV26(t *testing.T) {
	t.Parallel()
	s := factorSite(t)
	token := s.register(t, "jane@example.org")
	c := s.app1()
	settings := c.get(t, "/v1/self-service/settings/api", as(token)...)
	nodes := settings.nodes1(t)
	for name, label := range map[string]int{
		"totp/totp_qr": 1050005, "totp/totp_secret_key": 1050017, "totp/totp_code": 1070006, "totp/method": 1070003,
		"lookup_secret/lookup_secret_regenerate": 1050008, "webauthn/webauthn_register_displayname": 1050013,
		"webauthn/webauthn_register_trigger": 1050012, "webauthn/webauthn_register": 0, "passkey/passkey_register_trigger": 1050019,
		"passkey/passkey_settings_register": 0, "passkey/passkey_create_data": 0,
	} {
		if n, ok := nodes[name]; !ok || n.Meta.Label.ID != label {
			t.Errorf("node %s: there %t, label %d, want %d", name, ok, n.Meta.Label.ID, label)
		}
	}
	if n := nodes["totp/totp_secret_key"]; n.Type != "text" || n.Attributes.Text.ID != 1050006 || len(n.Attributes.Text.Text) != 32 {
		t.Errorf("the secret is shown as %+v", n)
	}
	if n, ok := nodes["webauthn/webauthn_script"]; ok {
		t.Errorf("a native client, which runs no scripts, is shown %+v", n)
	}
	browser := c.get(t, "/v1/self-service/login/browser", "Accept", "application/json").nodes1(t)
	if n := browser["webauthn/webauthn_script"]; n.Type != "script" || !strings.HasPrefix(n.Attributes.Integrity, "sha512-") {
		t.Errorf("the script is %+v", n)
	}
	k := ceremonytest.New(t, keySite, ceremonytest.ES256)
	options, _ := nodes["webauthn/webauthn_register_trigger"].Attributes.Value.(string)
	added := c.json(t, settings.text(t, "ui.action"), map[string]any{
		"webauthn_register": k.Create(t, options, ceremonytest.Lie{}), "webauthn_register_displayname": "Blue", "passkey_create_data": "{}",
	}, as(token)...)
	if added.StatusCode != http.StatusOK {
		t.Fatalf("add a key without naming the method: %d %s", added.StatusCode, added.body)
	}
	if n := added.nodes1(t)["webauthn/webauthn_remove"]; n.Meta.Label.ID != 1050018 {
		t.Errorf("the key is listed as %+v", n)
	}
	second := s.signedIn(t, "jane@example.org")
	up := c.get(t, "/v1/self-service/login/api?aal=aal2", as(second)...)
	options, _ = up.nodes1(t)["webauthn/webauthn_login_trigger"].Attributes.Value.(string)
	in := c.json(t, up.text(t, "ui.action"), map[string]any{"webauthn_login": k.Get(t, options, ceremonytest.Lie{})}, as(second)...)
	if in.StatusCode != http.StatusOK || in.text(t, "session.authenticator_assurance_level") != "aal2" {
		t.Errorf("step up: %d %s", in.StatusCode, in.body)
	}
}
