package wire

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/symbolon/symbolon/api"
)

func TestEveryDescribedOperationIsServed(t *testing.T) {
	t.Parallel()
	doc, err := openapi3.NewLoader().LoadFromData(api.Document)
	if err != nil {
		t.Fatal(err)
	}
	p := newPlayer(t, "oidc", nil, nil)
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			for _, listener := range listenersOf(op) {
				if !p.serves(t, listener, method, path) {
					t.Errorf("%s: %s %s on the %s listener is not served", op.OperationID, method, path, listener)
				}
			}
		}
	}
}

// listenersOf are the listeners that an operation is on: its tags, or both for health and version.
func listenersOf(op *openapi3.Operation) []string {
	if slices.Contains(op.Tags, "public") || slices.Contains(op.Tags, "admin") {
		return op.Tags
	}
	return []string{"public", "admin"}
}

// serves asks a listener for the methods of a path.
func (p *player) serves(t *testing.T, listener, method, path string) bool {
	t.Helper()
	got := p.answer(t, request{Method: http.MethodOptions, API: listener, Path: strings.NewReplacer("{", "x", "}", "x").Replace(path)})
	if slices.Contains(anyMethod, path) {
		return got.status == http.StatusUnauthorized // OPTIONS is answered as GET is
	}
	return got.status == http.StatusOK && slices.Contains(strings.Split(got.header("Allow"), ", "), method)
}

// What version 0.5 lacks is in no recording, so that these answers are held against the description here.
func TestAdditionsKeepTheContract(t *testing.T) {
	t.Parallel()
	p := newPlayer(t, "main", nil, nil)
	json := map[string]string{"Content-Type": "application/json"}
	steps := []struct {
		method, path, body string
		status             int
	}{
		{"POST", "/courier/messages", `{"to":"a@example.org"}`, 201},
		{"POST", "/courier/messages", `{"to":"no address"}`, 400},
		{"GET", "/courier/messages", "", 200},
		{"GET", "/courier/messages/{{id.1}}", "", 200},
		{"GET", "/courier/messages/nope", "", 404},
		{"POST", "/courier/messages/{{id.1}}/retry", "", 409},
		{"GET", "/courier/messages?status=lost", "", 400},
		{"GET", "/courier/messages?page_token=forged", "", 400},
		{"PATCH", "/identities", `{"identities":[{"create":{"schema_id":"default","traits":{"email":"a@example.org"}},"patch_id":"1"},{"create":{}}]}`, 200},
		{"GET", "/identities?credentials_identifier=A@example.org&schema_id=default&page_size=1", "", 200},
		{"GET", "/identities?page_token=forged", "", 400},
		{"GET", "/health/detail", "", 200},
	}
	for _, step := range steps {
		r := request{Method: step.method, API: "admin", Path: step.path, Headers: json, Body: step.body}
		got := p.answer(t, r)
		if got.status != step.status {
			t.Errorf("%s %s: %d %s, want %d", step.method, step.path, got.status, show(got), step.status)
		}
		for _, broken := range p.contract.judge(step.method, step.path, got) {
			t.Errorf("%s %s: %s\n  %s", step.method, step.path, broken, show(got))
		}
		if o, ok := got.value.(map[string]any); ok && step.status == http.StatusCreated {
			if err := p.bound.match("{{id.1}}", compact(o["id"])[1:37]); err != nil {
				t.Error(err)
			}
		}
	}
}
