package wire1

import (
	"net/url"
	"strings"
	"testing"

	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/ui"
)

// What a hook says of a trait stands in a login between what is typed and the button, as in v26.
func TestNodes_traitOfLogin(t *testing.T) {
	t.Parallel()
	f := &flow.Flow{Kind: flow.Login, Client: flow.Browser, State: flow.Open}
	f.Form.Groups = []ui.Group{{Method: "password", Nodes: []ui.Node{
		ui.CSRF(), {Name: "identifier", Type: "text", Required: true}, {Name: "password", Type: "password", Required: true}, {Name: "traits.email", Type: "text"},
	}}}
	var names []string
	for _, n := range NewRenderer(&url.URL{Scheme: "https", Host: "id.shop.test"}).nodes(f, view{}) {
		names = append(names, n.Attributes.Name)
	}
	if got := strings.Join(names, " "); got != "csrf_token identifier password traits.email method" {
		t.Error(got)
	}
}
