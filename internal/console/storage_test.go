package console

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/symbolon/symbolon/internal/errs"
)

// outOfReach are sign-outs in a storage that does not answer.
type outOfReach struct{ asked int }

func (*outOfReach) SignOut(context.Context, string, time.Time) error { return errs.ErrUnavailable }

func (o *outOfReach) SignedOut(context.Context, string) (bool, error) {
	o.asked++
	return false, errs.ErrUnavailable
}

// Each question may take as long as storage is given to answer.
func TestStorageThatDoesNotAnswerIsAskedOnce(t *testing.T) {
	t.Parallel()
	storage := &outOfReach{}
	o, err := New(Parts{SignOuts: storage, Now: func() time.Time { return noon }}, Config{
		Product: "Symbolon", URL: &url.URL{Scheme: "http", Host: "127.0.0.1:4434", Path: "/"},
		Password: "what operators know", Named: func(string) bool { return true }, Secrets: []string{"a secret for the tests"},
	})
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/console/identities", nil)
	r.AddCookie(&http.Cookie{Name: cookieName, Value: o.cookieValue(o.named(byPassword), noon.Add(time.Hour))})
	w := httptest.NewRecorder()
	o.Handlers()["/console/identities"].ServeHTTP(w, r)
	if w.Code != http.StatusServiceUnavailable || storage.asked != 1 {
		t.Errorf("answered %d after %d questions, want 503 after one", w.Code, storage.asked)
	}
}
