package httpapi_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/symbolon/symbolon/internal/httpapi"
)

// formatted counts how often the beginning of a line is formatted.
type formatted struct {
	slog.Handler
	times *int
}

func (h formatted) Enabled(context.Context, slog.Level) bool { return true }

func (h formatted) WithAttrs([]slog.Attr) slog.Handler {
	*h.times++
	return h
}

// What all log lines of a route have in common is formatted once, also where the route
// answers every verb, as that of session checks does.
func TestListener_logLine(t *testing.T) {
	t.Parallel()
	base := &url.URL{Scheme: "https", Host: "id.example.org", Path: "/"}
	given, _ := parts(t)
	times := 0
	given.Log = slog.New(formatted{slog.DiscardHandler, &times})
	server, err := httpapi.New(given, httpapi.Config{
		PublicURL: base, AdminURL: base, ErrorUI: base, LoginUI: base, DefaultReturn: base, CookieSecrets: []string{"0123456789abcdef0123456789abcdef"},
	})
	if err != nil {
		t.Fatal(err)
	}
	public := server.Public()
	before := times
	for _, path := range []string{"/sessions/whoami", "/v1/sessions/whoami", "/health/alive", "/self-service/login/api"} {
		public.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, path, http.NoBody))
		if times != before {
			t.Errorf("%s: formatted %d times", path, times-before)
		}
		before = times
	}
}
