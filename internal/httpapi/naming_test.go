package httpapi_test

import (
	"net/http"
	"strings"
	"testing"
)

// Wrong passwords of strangers do not stop a browser that the owner knows, at the step that
// asks for the identifier either.
func TestNaming_knownBrowser(t *testing.T) {
	t.Parallel()
	s := newSite(t, "SELFSERVICE_FLOWS_LOGIN_STYLE=identifier_first", "SELFSERVICE_FLOWS_LOGIN_TELL_METHODS=true", "SECURITY_LIMITS_ENABLED=true")
	const email = "jane@shop.test"
	s.browser().register(t, email)
	known, stranger := s.browser(), s.browser()
	known.login(t, email, password)
	for name := range known.jar {
		if strings.Contains(name, "session") {
			delete(known.jar, name)
		}
	}
	for range 14 {
		stranger.login(t, email, "a wrong one")
	}
	id, token := known.start(t, "login", "")
	known.do(t, http.MethodPost, "/self-service/login/methods/identifier_first?flow="+id, form("csrf_token", token, "identifier", email))
	if shown := known.do(t, http.MethodGet, "/self-service/login/flows?id="+id, "").Body.String(); strings.Contains(shown, "Too many") || !strings.Contains(shown, `"password"`) {
		t.Errorf("the known browser sees %s", shown)
	}
}
