package console

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/symbolon/symbolon/internal/identity"
)

// noIdentities are an empty list.
type noIdentities struct{ Identities }

func (noIdentities) List(context.Context, identity.Query) ([]*identity.Identity, int, error) {
	return nil, 0, nil
}

type oneSchema struct{ Schemas }

func (oneSchema) IDs() []string { return []string{"default"} }

func TestList_partial(t *testing.T) {
	t.Parallel()
	for _, complete := range []bool{true, false} {
		o, err := New(Parts{
			Identities: noIdentities{}, Schemas: oneSchema{}, Now: func() time.Time { return noon },
			Searchable: func(context.Context) (bool, error) { return complete, nil },
		}, Config{
			Product: "Symbolon", URL: &url.URL{Scheme: "http", Host: "127.0.0.1:4434", Path: "/"},
			Named: func(string) bool { return true }, Secrets: []string{"a secret for the tests"},
		})
		if err != nil {
			t.Fatal(err)
		}
		w := httptest.NewRecorder()
		o.Handlers()["/console/identities"].ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/console/identities?identifier=jane", nil))
		if told := strings.Contains(w.Body.String(), "does not have all identities yet"); w.Code != http.StatusOK || told == complete {
			t.Errorf("complete is %v: answered %d, told %v", complete, w.Code, told)
		}
	}
}
