package wire1_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/httpapi/wire"
	"github.com/symbolon/symbolon/internal/httpapi/wire1"
)

// everything serves all kinds of flow.
type everything struct{}

func (everything) Serves(flow.Kind) bool      { return true }
func (everything) Methods(flow.Kind) []string { return []string{"code", "link"} }

// What is routed is described, and what is described is routed.
func TestRoutes(t *testing.T) {
	t.Parallel()
	public, admin := &url.URL{Scheme: "https", Host: "id.shop.test", Path: "/"}, &url.URL{Scheme: "http", Host: "127.0.0.1:4434", Path: "/"}
	routes := wire1.New(public, wire1.Parts{}, wire1.Config{Public: public, Admin: admin}).Routes(everything{})
	routed := map[string]bool{}
	for _, r := range append(append([]wire.Route{}, routes.Public...), routes.Admin...) {
		verb := r.Verb
		switch {
		case verb == "" && r.Path == "/sessions/whoami":
			verb = http.MethodGet // it answers every verb alike
		case verb == "": // it leads to the other listener
			continue
		}
		routed[verb+" "+r.Path] = true
		if op, _ := operationOf(t, verb, strings.NewReplacer("{", "", "}", "").Replace(r.Path)); op == nil {
			t.Errorf("%s %s is not described", verb, r.Path)
		}
	}
	doc, err := document()
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(t.Context()); err != nil {
		t.Error(err)
	}
	for path, item := range doc.Paths.Map() {
		for verb := range item.Operations() {
			if !routed[verb+" "+path] && !strings.HasPrefix(path, "/.well-known/") && !strings.HasPrefix(path, "/health/") {
				t.Errorf("%s %s is described and not routed", verb, path)
			}
		}
	}
}
