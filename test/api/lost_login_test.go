package api

import (
	"net/http"
	"strings"
	"testing"
)

// form05 and form1 start a login in a browser on a wire: where its form goes, and its anti-CSRF token.
func form05(method string) func(testing.TB, *client) (action, token string) {
	return func(t testing.TB, b *client) (action, token string) {
		t.Helper()
		return b.startBrowser(t, "login", method, "")
	}
}

func form1(t testing.TB, b *client) (action, token string) {
	t.Helper()
	f := b.get(t, "/v1/self-service/login/browser", "Accept", "application/json")
	token, _ = f.nodes1(t)["default/csrf_token"].Attributes.Value.(string)
	return f.text(t, "ui.action"), token
}

// A browser that missed the answer to its login sends the form again: it is signed in, by the session of the first time. The
// form is worth nothing in another browser.
func TestLogin_answerLost(t *testing.T) {
	t.Parallel()
	s := codeSite(t, "SELFSERVICE_METHODS_CODE_PASSWORDLESS_ENABLED=true")
	s.register(t, "jane@example.org")
	s.verify(t, "jane@example.org")
	for name, c := range map[string]struct {
		wire, method string
		start        func(testing.TB, *client) (action, token string)
	}{
		"v0.5, password": {"", "password", form05("password")},
		"v0.5, code":     {"", "code", form05("code")},
		"v26, password":  {"/v1", "password", form1},
		"v26, code":      {"/v1", "code", form1},
	} {
		b := s.browser(t)
		action, token := c.start(t, b)
		values := map[string]string{"csrf_token": token, "method": c.method, "identifier": "jane@example.org", "password": password}
		if c.method == "code" {
			b.form(t, action, values)
			values["code"] = s.code(t, "jane@example.org")
		}
		lost := b.keep(t)
		first, again := lost.form(t, action, values), b.form(t, action, values)
		if to := again.Header.Get("Location"); to != first.Header.Get("Location") || again.StatusCode != first.StatusCode || strings.Contains(to, "login") {
			t.Errorf("%s: the form leads to %q first, then to %q", name, first.Header.Get("Location"), to)
		}
		stranger := s.browser(t)
		stranger.form(t, action, values)
		for who, c2 := range map[string]struct {
			*client
			status int
		}{"the browser": {b, http.StatusOK}, "the lost token": {lost, http.StatusUnauthorized}, "another browser": {stranger, http.StatusUnauthorized}} {
			if a := c2.get(t, c.wire+"/sessions/whoami"); a.StatusCode != c2.status {
				t.Errorf("%s: %s is answered %d %s", name, who, a.StatusCode, a.body)
			}
		}
	}
}

// A login that asks for the identifier first goes on to a code.
func TestCode_afterIdentifier(t *testing.T) {
	t.Parallel()
	s := codeSite(t, "SELFSERVICE_METHODS_CODE_PASSWORDLESS_ENABLED=true", "SELFSERVICE_FLOWS_LOGIN_STYLE=identifier_first")
	s.register(t, "jane@example.org")
	s.verify(t, "jane@example.org")
	b := s.browser(t)
	for name, c := range map[string]struct {
		*client
		start string
	}{"browser": {b, "browser"}, "native": {s.app1(), "api"}} {
		f := c.get(t, "/v1/self-service/login/"+c.start, "Accept", "application/json")
		token, _ := f.nodes1(t)["default/csrf_token"].Attributes.Value.(string)
		send := func(values map[string]any) answer {
			values["csrf_token"], values["identifier"] = token, "jane@example.org"
			return c.json(t, f.text(t, "ui.action"), values, "Accept", "application/json")
		}
		if named := send(map[string]any{"method": "identifier_first"}); named.nodes1(t)["code/method"].Attributes.Type != "submit" {
			t.Fatalf("%s: no code is offered: %s", name, named.body)
		}
		if asked := send(map[string]any{"method": "code"}); asked.text(t, "state") != "sent_email" {
			t.Fatalf("%s: no code is sent: %s", name, asked.body)
		}
		if in := send(map[string]any{"method": "code", "code": s.code(t, "jane@example.org")}); in.StatusCode != http.StatusOK || in.text(t, "session.id") == "" {
			t.Errorf("%s: %d %s", name, in.StatusCode, in.body)
		}
	}
	app := s.app1()
	named := app.submit(t, app.begin(t, "login", "", ""), "identifier_first", map[string]any{"identifier": "jane@example.org"}, "")
	asked := app.submit(t, named, "code", map[string]any{"identifier": "jane@example.org"}, "")
	if in := app.submit(t, asked, "code", map[string]any{"code": s.code(t, "jane@example.org")}, ""); in.StatusCode != http.StatusOK || in.text(t, "session_token") == "" {
		t.Errorf("v0.5: %d %s", in.StatusCode, in.body)
	}
}
