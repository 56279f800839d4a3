package webui

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/ui"
)

func identifierGroup() ui.Group {
	return ui.Group{Method: "identifier_first", Nodes: []ui.Node{
		csrf(), {Name: "identifier", Type: "text", Required: true, Label: "ID", Autocomplete: "username"},
	}}
}

// namedFlow is a login in which the person has said who they are.
func namedFlow(identifier string) *flow.Flow {
	who, password := identifierGroup(), loginGroup()
	who.Nodes = append(who.Nodes, ui.Node{Name: "screen", Type: "submit", Value: "previous", Label: "Use another account"})
	for _, g := range []*ui.Group{&who, &password} {
		n := g.Node("identifier")
		n.Type, n.Value = "hidden", identifier
	}
	f := newFlow(flow.Login, who, password, providerGroup())
	raw, err := json.Marshal(map[string]string{"identifier": identifier})
	if err != nil {
		panic(err) // a map of texts always encodes
	}
	f.Private = map[string]json.RawMessage{"engine.named": raw}
	return f
}

func TestNamedGroup(t *testing.T) {
	t.Parallel()
	page := get(t, newPages(t, showing(namedFlow("<ada>@example.org"))), open("/login")).Body.String()
	for part, want := range map[string]int{
		`<bdi>&lt;ada&gt;@example.org</bdi>`: 1,
		`<input type="text" value="&lt;ada&gt;@example.org" autocomplete="username" readonly hidden>`: 1,
		`name="screen" value="previous"`: 1,
		`type="text" name="identifier"`:  0,
	} {
		if got := strings.Count(page, part); got != want {
			t.Errorf("%s stands %d times, want %d", part, got, want)
		}
	}
}
