package api

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestAProfileChangeKeepsWhatWasNotSubmitted(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	token := s.register(t, "jane@example.org")
	c := s.app1()
	action := c.get(t, "/self-service/settings/api", "X-Session-Token", token).text(t, "methods.profile.config.action")
	for _, change := range []map[string]any{
		{"traits": map[string]any{"name": map[string]any{"first": "Jane", "last": "Doe"}}},
		{"traits.name.last": "Roe"},
	} {
		if a := c.json(t, action, change, "X-Session-Token", token); a.StatusCode != http.StatusOK {
			t.Fatalf("change profile: %d %s", a.StatusCode, a.body)
		}
	}
	a := s.whoami(t, token)
	if a.text(t, "identity.traits.name.first") != "Jane" || a.text(t, "identity.traits.name.last") != "Roe" || a.text(t, "identity.traits.email") != "jane@example.org" {
		t.Errorf("the profile is %s", a.body)
	}
}

func TestTheSessionCheckShowsAChangeAtOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	token := s.register(t, "jane@example.org")
	id := s.identityOf(t, token)
	for _, name := range []string{"Ann", "Bea", "Cleo"} {
		s.app1().do(t, http.MethodPut, s.admin.URL+"/identities/"+id, `{"traits":{"email":"jane@example.org","name":{"first":"`+name+`"}}}`)
		if got := s.whoami(t, token).text(t, "identity.traits.name.first"); got != name {
			t.Fatalf("whoami says %q right after the change to %q", got, name)
		}
	}
	s.app1().do(t, http.MethodDelete, s.admin.URL+"/identities/"+id, "")
	if a := s.whoami(t, token); a.StatusCode != http.StatusUnauthorized {
		t.Errorf("whoami of a deleted identity: %d, want 401", a.StatusCode)
	}
}

func TestAnOldSessionMustSignInAgainToChangeThePassword(t *testing.T) {
	t.Parallel()
	s := newSite(t, "SELFSERVICE_FLOWS_SETTINGS_PRIVILEGED_SESSION_MAX_AGE=5m", "SELFSERVICE_FLOWS_SETTINGS_LIFESPAN=2h")
	c := s.browser(t)
	c.registerBrowser(t, "jane@example.org")
	s.pass(10 * time.Minute)
	action, csrf := c.startBrowser(t, "settings", "password", "")
	asked := c.form(t, action, map[string]string{"csrf_token": csrf, "password": "a second password 8"})
	login := asked.Header.Get("Location")
	if !strings.Contains(login, "/self-service/login/browser?refresh=true") {
		t.Fatalf("an old session changed the password: %d to %s", asked.StatusCode, login)
	}
	if a := s.login(t, "jane@example.org", "a second password 8"); a.StatusCode == http.StatusOK {
		t.Fatal("the password changed before the login")
	}
	u, err := url.Parse(c.get(t, login).Header.Get("Location"))
	if err != nil {
		t.Fatal(err)
	}
	loginAction, loginCSRF := c.fetch(t, "login", "password", u.Query().Get("flow"))
	back := c.form(t, loginAction, map[string]string{"csrf_token": loginCSRF, "identifier": "jane@example.org", "password": password})
	if back.Header.Get("Location") != action {
		t.Fatalf("after the login the browser went to %q, want %q", back.Header.Get("Location"), action)
	}
	c.get(t, action)
	if a := s.login(t, "jane@example.org", "a second password 8"); a.StatusCode != http.StatusOK {
		t.Fatalf("the kept submission was not executed: %d %s", a.StatusCode, a.body)
	}
	// Once only: going back changes nothing any more.
	c.get(t, action)
	form := c.get(t, "/self-service/settings/flows?id="+action[strings.LastIndex(action, "=")+1:])
	if !strings.Contains(string(form.body), `Request Method was \"GET\"`) {
		t.Errorf("the kept submission ran twice: %s", form.body)
	}
}

func TestAnAPIClientWithAnOldSessionIsToldToSignInAgain(t *testing.T) {
	t.Parallel()
	s := newSite(t, "SELFSERVICE_FLOWS_SETTINGS_PRIVILEGED_SESSION_MAX_AGE=5m")
	token := s.register(t, "jane@example.org")
	s.pass(10 * time.Minute)
	c := s.app1()
	f := c.get(t, "/self-service/settings/api", "X-Session-Token", token)
	a := c.json(t, f.text(t, "methods.password.config.action"), map[string]string{"password": "a second password 8"}, "X-Session-Token", token)
	if a.StatusCode != http.StatusForbidden || len(a.Cookies()) != 0 {
		t.Errorf("answered %d with cookies %v: %s", a.StatusCode, a.Cookies(), a.body)
	}
	email := c.json(t, f.text(t, "methods.profile.config.action"), map[string]string{"traits.email": "new@example.org"}, "X-Session-Token", token)
	if email.StatusCode != http.StatusForbidden {
		t.Errorf("an old session changed the address: %d", email.StatusCode)
	}
	name := c.json(t, f.text(t, "methods.profile.config.action"), map[string]string{"traits.name.first": "Jane"}, "X-Session-Token", token)
	if name.StatusCode != http.StatusOK {
		t.Errorf("an old session can't change a name: %d %s", name.StatusCode, name.body)
	}
}

func TestNobodySubmitsOrReadsTheSettingsOfAnother(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	jane, john := s.register(t, "jane@example.org"), s.register(t, "john@example.org")
	f := s.app1().get(t, "/self-service/settings/api", "X-Session-Token", jane)
	if a := s.app1().get(t, "/self-service/settings/flows?id="+f.text(t, "id"), "X-Session-Token", john); a.StatusCode != http.StatusForbidden {
		t.Errorf("another identity read the flow: %d", a.StatusCode)
	}
	for _, method := range []string{"password", "profile"} {
		a := s.app1().json(t, f.text(t, "methods."+method+".config.action"), map[string]string{"password": "a second password 8", "traits.name.first": "x"}, "X-Session-Token", john)
		if a.StatusCode != http.StatusBadRequest {
			t.Errorf("another identity submitted %s: %d %s", method, a.StatusCode, a.body)
		}
	}
}

func TestAVerifiedMarkCanNotBeSetByItsOwnerAndGoesWithTheAddress(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	token := s.register(t, "jane@example.org")
	if to := s.browser(t).opens(t, s.mailedLink(t, "verification")).Header.Get("Location"); !strings.Contains(to, "/verification?flow=") {
		t.Fatalf("the verification link led to %s", to)
	}
	if got := s.whoami(t, token).text(t, "identity.verifiable_addresses.verified"); got != "true" {
		t.Fatalf("verified is %q after the link", got)
	}
	c := s.app1()
	f := c.get(t, "/self-service/settings/api", "X-Session-Token", token)
	changed := c.json(t, f.text(t, "methods.profile.config.action"), map[string]any{
		"traits.email": "other@example.org", "verifiable_addresses": []map[string]any{{"verified": true}}, "verified": true,
	}, "X-Session-Token", token)
	if changed.StatusCode != http.StatusOK {
		t.Fatalf("change the address: %d %s", changed.StatusCode, changed.body)
	}
	if got := s.whoami(t, token).text(t, "identity.verifiable_addresses.verified"); got != "false" {
		t.Errorf("verified is %q for an address that was never proved", got)
	}
}
