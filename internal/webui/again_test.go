package webui

import (
	"testing"

	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/ui"
)

// again is a sign-in of a person who is signed in as ada@example.org.
func again(groups ...ui.Group) *server {
	f := newFlow(flow.Login, groups...)
	f.Refresh, f.IdentityID = true, "0198"
	s := showing(f)
	s.session = newSession(adaTraits)
	return s
}

// carrying fills the identifier of a form in, as the engine does for a known person. None of the form is usable where
// the person has no such credential.
func carrying(g ui.Group, identifier string, usable bool) ui.Group {
	for i := range g.Nodes {
		switch n := &g.Nodes[i]; {
		case n.Name == "identifier" && identifier != "":
			n.Value = identifier
		case n.Type == "password", n.Name == "provider":
			n.Unusable = !usable
		}
	}
	return g
}

func TestSignInAgain(t *testing.T) {
	t.Parallel()
	typed := `<input id="password-identifier" name="identifier" type="text"`
	for name, c := range map[string]struct {
		groups []ui.Group
		want   map[string]int
	}{
		"password": {
			[]ui.Group{carrying(loginGroup(), "ada", true), carrying(codeLoginGroup(), "ada@example.org", true), carrying(providerGroup(), "", false)},
			map[string]int{
				typed: 0, `type="hidden" name="identifier" value="ada"`: 1, `type="hidden" name="identifier" value="ada@example.org"`: 1,
				`value="ada" autocomplete="username"`: 1, `name="provider"`: 0, `class="primary"`: 1,
				`class="primary" type="submit">Confirm`: 1, `Signed in as <bdi>ada@example.org</bdi>`: 1, `Not you? Sign out`: 1,
			},
		},
		"key": {
			[]ui.Group{carrying(loginGroup(), "", false), carrying(codeLoginGroup(), "ada@example.org", true), passkeyLoginGroup(), carrying(providerGroup(), "", false)},
			map[string]int{typed: 0, `name="password"`: 0, `class="primary"`: 1, `class="primary" type="button" hidden data-webauthn-click="oryPasskeyLogin"`: 1},
		},
		"provider": {
			[]ui.Group{carrying(loginGroup(), "", false), providerGroup()},
			map[string]int{typed: 0, `name="password"`: 0, `name="provider"`: 2},
		},
		"nothing": { // a password may be there by the time that it is sent
			[]ui.Group{carrying(loginGroup(), "", false)},
			map[string]int{typed: 1, `name="password"`: 1},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			counted(t, get(t, newPages(t, again(c.groups...)), open("/login")).Body.String(), c.want)
		})
	}
}

// Who signs in again with a code finds the way back to their other credentials, not to another address.
func TestSignInAgain_code(t *testing.T) {
	t.Parallel()
	waits := ui.Group{Method: "code", Nodes: []ui.Node{
		csrf(), {Name: "identifier", Type: "hidden", Value: "ada@example.org"}, {Name: "code", Type: "text", Required: true, Autocomplete: "one-time-code"},
	}}
	s := again(carrying(loginGroup(), "ada", true), waits)
	s.result.Flow.State = flow.Challenged
	counted(t, get(t, newPages(t, s), open("/login")).Body.String(), map[string]int{
		`login/browser?refresh=true"`: 1, "Use another address": 0, `name="code"`: 1,
	})
}
