package wire1_test

import (
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"
)

// start begins a flow and returns it, as JSON.
func (c *client) start(t testing.TB, kind, query string) answer {
	t.Helper()
	where := "browser"
	if c.jar == nil {
		where = "api"
	}
	a := c.ask(t, http.MethodGet, "/self-service/"+kind+"/"+where+query, nil)
	if to := a.Header().Get("Location"); to != "" {
		u, err := url.Parse(to)
		if err != nil {
			t.Fatal(err)
		}
		a = c.ask(t, http.MethodGet, "/self-service/"+kind+"/flows?id="+u.Query().Get("flow"), nil)
	}
	if a.Code != http.StatusOK {
		t.Fatalf("start %s: %d %s", kind, a.Code, a.Body)
	}
	return a
}

// submit sends a form back; scripts and native clients send JSON, browsers a form.
func (c *client) submit(t testing.TB, form answer, fields map[string]any) answer {
	t.Helper()
	if token := form.node("csrf_token"); token != nil && c.jar != nil && fields["csrf_token"] == nil {
		fields["csrf_token"] = token["value"]
	}
	if c.header.Get("Accept") == "text/html" {
		values := url.Values{}
		for name, value := range fields {
			values.Set(name, value.(string))
		}
		return c.ask(t, http.MethodPost, form.text("ui.action"), values)
	}
	return c.ask(t, http.MethodPost, form.text("ui.action"), fields)
}

// register makes an account; a native client then sends its token.
func (c *client) register(t testing.TB, email string) answer {
	t.Helper()
	a := c.submit(t, c.start(t, "registration", ""), map[string]any{"method": "password", "password": password, "traits": map[string]any{"email": email}})
	if a.Code != http.StatusOK || a.text("identity.id") == "" {
		t.Fatalf("register: %d %s", a.Code, a.Body)
	}
	if token := a.text("session_token"); c.jar == nil && strings.HasPrefix(token, "ory_st_") {
		c.header.Set("X-Session-Token", token)
	}
	return a
}

func (c *client) login(t testing.TB, email string) answer {
	t.Helper()
	a := c.submit(t, c.start(t, "login", ""), map[string]any{"method": "password", "identifier": email, "password": password})
	if token := a.text("session_token"); c.jar == nil && token != "" {
		c.header.Set("X-Session-Token", token)
	}
	return a
}

func want(t testing.TB, what string, a answer, status int, says string) {
	t.Helper()
	if a.Code != status || !strings.Contains(a.Body.String()+a.Header().Get("Location"), says) {
		t.Errorf("%s: %d, want %d with %q: %s %s", what, a.Code, status, says, a.Header().Get("Location"), a.Body)
	}
}

func TestRegistration_twoSteps(t *testing.T) {
	t.Parallel()
	c := newSite(t).script()
	form := c.start(t, "registration", "")
	if form.node("password") != nil || form.node("traits.email") == nil {
		t.Errorf("the first step: %s", form.Body)
	}
	step := c.submit(t, form, map[string]any{"method": "profile", "traits": map[string]any{"email": "two@example.org"}})
	if step.Code != http.StatusBadRequest || step.node("password") == nil || step.node("traits.email")["type"] != "hidden" {
		t.Fatalf("the second step: %d %s", step.Code, step.Body)
	}
	back := c.submit(t, step, map[string]any{"screen": "previous", "method": "profile", "traits": map[string]any{"email": "two@example.org"}})
	if back.node("password") != nil {
		t.Errorf("back: %s", back.Body)
	}
	want(t, "short password", c.submit(t, step, map[string]any{"method": "password", "password": "x", "traits": map[string]any{"email": "two@example.org"}}), 400, "4000032")
	want(t, "nothing chosen", c.submit(t, form, map[string]any{"traits": map[string]any{"email": "two@example.org"}}), 400, "Could not find a strategy to sign you up with")
	want(t, "success", c.submit(t, step, map[string]any{"method": "password", "password": password, "traits": map[string]any{"email": "two@example.org"}}), 200, `"continue_with"`)
	want(t, "signed in", c.ask(t, http.MethodGet, "/sessions/whoami", nil), 200, "two@example.org")
	want(t, "in again", c.ask(t, http.MethodGet, "/self-service/registration/browser", nil), 400, "session_already_available")
	want(t, "taken", c.site.native().submit(t, c.site.native().start(t, "registration", ""),
		map[string]any{"method": "password", "password": password, "traits": map[string]any{"email": "two@example.org"}}), 400, "4000007")
}

func TestLogin(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.script().register(t, "in@example.org")
	for name, c := range map[string]*client{"script": s.script(), "native": s.native(), "browser": s.browser()} {
		form := c.start(t, "login", "?return_to=https://app.shop.test/x")
		wrong := c.submit(t, form, map[string]any{"method": "password", "identifier": "in@example.org", "password": "wrong"})
		if name == "browser" {
			want(t, name, wrong, http.StatusSeeOther, "flow=")
			form = c.ask(t, http.MethodGet, "/self-service/login/flows?id="+form.text("id"), nil)
			wrong = form
		}
		if wrong.said() != "4000006" {
			t.Errorf("%s: %s", name, wrong.said())
		}
		right := c.submit(t, form, map[string]any{"method": "password", "identifier": "in@example.org", "password": password})
		if name == "browser" {
			want(t, name, right, http.StatusSeeOther, "https://app.shop.test/x")
			want(t, name, c.ask(t, http.MethodGet, "/self-service/login/browser", nil), http.StatusSeeOther, "id.shop.test")
		} else {
			want(t, name, right, 200, `"session"`)
		}
		if name == "native" { // that of a browser belongs to it as it was before
			gone := c.ask(t, http.MethodGet, "/self-service/login/flows?id="+form.text("id"), nil)
			want(t, name+": used form", gone, http.StatusGone, "The login flow has expired")
		}
	}
	c := s.script()
	want(t, "level without session", c.ask(t, http.MethodGet, "/self-service/login/browser?aal=aal2", nil), 401, "session_aal1_required")
	want(t, "no level", c.ask(t, http.MethodGet, "/self-service/login/browser?aal=aal9", nil), 400, "expected one of [aal1, aal2]")
	want(t, "challenge", func() answer {
		c.header.Set("X-Quiet", "1")
		return c.ask(t, http.MethodGet, "/self-service/login/browser?identity_schema=none", nil)
	}(), 400, "does not exist")
	want(t, "unknown flow", c.ask(t, http.MethodGet, "/self-service/login/flows?id=5f7d9b2c-0000-4000-8000-000000000000", nil), 404, "")
	want(t, "no flow", c.ask(t, http.MethodPost, "/self-service/login", map[string]any{}), 400, "flow query parameter is missing")
	want(t, "forbidden return", c.ask(t, http.MethodGet, "/self-service/login/browser?return_to=https://evil.example/", nil), 400, "self_service_flow_return_to_forbidden")
	want(t, "organization", c.ask(t, http.MethodGet, "/self-service/login/browser?organization=5f7d9b2c-0000-4000-8000-000000000000", nil), 200, `"nodes":[`)
	forged := c.submit(t, c.start(t, "login", ""), map[string]any{"method": "password", "identifier": "x", "password": "x", "csrf_token": "no"})
	want(t, "forged", forged, 403, "security_csrf_violation")
	b := s.browser()
	toError := b.ask(t, http.MethodGet, "/self-service/login/browser?return_to=https://evil.example/", nil)
	u, _ := url.Parse(toError.Header().Get("Location"))
	want(t, "error page", b.ask(t, http.MethodGet, "/self-service/errors?id="+u.Query().Get("id"), nil), 200, "is not allowed")
}

func TestSessions(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	one, two := s.native(), s.script()
	made := one.register(t, "many@example.org")
	two.login(t, "many@example.org")
	three := s.native()
	newest := three.login(t, "many@example.org").text("session.id")
	for query, want := range map[string]bool{"?per_page=1": true, "?per_page=1&page=0": true, "?per_page=1&page=1": true, "?page=1": true, "?per_page=1&page=2": false} {
		if a := one.ask(t, http.MethodGet, "/sessions"+query, nil); strings.Contains(a.Body.String(), newest) != want {
			t.Errorf("%s has the newest session: %t", query, !want)
		}
	}
	list := one.ask(t, http.MethodGet, "/sessions?page_size=1", nil)
	want(t, "mine", list, 200, `"authentication_methods"`)
	if list.Header().Get("X-Total-Count") != "2" {
		t.Errorf("count %q", list.Header().Get("X-Total-Count"))
	}
	want(t, "own", one.ask(t, http.MethodDelete, "/sessions/"+made.text("session.id"), nil), 400, "cannot revoke current session")
	want(t, "no id", one.ask(t, http.MethodDelete, "/sessions/x", nil), 400, "uuid")
	want(t, "foreign", one.ask(t, http.MethodDelete, "/sessions/5f7d9b2c-0000-4000-8000-000000000000", nil), 204, "")
	whoami := two.ask(t, http.MethodGet, "/sessions/whoami?tokenize_as=api", nil)
	want(t, "token", whoami, 200, `"tokenized":"ey`)
	want(t, "no template", two.ask(t, http.MethodGet, "/sessions/whoami?tokenize_as=none", nil), 400, "Unable to find tokenizer template")
	want(t, "keys", two.ask(t, http.MethodGet, "/sessions/jwks.json", nil), 200, `"kty":"OKP"`)
	want(t, "revoke one", one.ask(t, http.MethodDelete, "/sessions/"+whoami.text("id"), nil), 204, "")
	want(t, "revoked", two.ask(t, http.MethodGet, "/sessions/whoami", nil), 401, "No valid session credentials")
	want(t, "revoke others", one.ask(t, http.MethodDelete, "/sessions", nil), 200, `"count"`)
	want(t, "revoked too", three.ask(t, http.MethodGet, "/sessions/whoami", nil), 401, "")
	for _, path := range []string{"/sessions", "/sessions/5f7d9b2c-0000-4000-8000-000000000000"} {
		want(t, path, two.ask(t, http.MethodDelete, path, nil), 401, "No valid session cookie found")
	}
	want(t, "list without a session", two.ask(t, http.MethodGet, "/sessions", nil), 401, "")
	want(t, "exchange", one.ask(t, http.MethodGet, "/sessions/token-exchange", nil), 400, "init_code")
	want(t, "exchange of nothing", one.ask(t, http.MethodGet, "/sessions/token-exchange?init_code=a&return_to_code=b", nil), 404, "no session yet")

	two.login(t, "many@example.org")
	out := two.ask(t, http.MethodGet, "/self-service/logout/browser?return_to=https://app.shop.test/bye", nil)
	want(t, "logout url", out, 200, "logout_token")
	want(t, "wrong token", two.ask(t, http.MethodGet, "/self-service/logout?token=x", nil), 403, "")
	want(t, "logout", two.ask(t, http.MethodGet, out.text("logout_url"), nil), 204, "")
	want(t, "logged out", two.ask(t, http.MethodGet, "/self-service/logout/browser", nil), 401, "session_inactive")
	want(t, "native", one.ask(t, http.MethodDelete, "/self-service/logout/api", map[string]any{"session_token": one.header.Get("X-Session-Token")}), 204, "")
	want(t, "native over", one.ask(t, http.MethodGet, "/sessions/whoami", nil), 401, "")
	want(t, "native without token", one.ask(t, http.MethodDelete, "/self-service/logout/api", `{`), 400, "")
}

func TestSettings_factors(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	c := s.script()
	c.register(t, "set@example.org")
	form := c.start(t, "settings", "")
	want(t, "nothing chosen", c.submit(t, form, map[string]any{}), 400, "Could not find a strategy to update your settings")
	want(t, "profile", c.submit(t, form, map[string]any{"method": "profile", "traits": map[string]any{"email": "set@example.org"}}), 200, "1050001")
	s.native().register(t, "taken@example.org")
	want(t, "taken", c.submit(t, form, map[string]any{"method": "profile", "traits": map[string]any{"email": "taken@example.org"}}), 400, "4000007")
	want(t, "bad mail", c.submit(t, form, map[string]any{"method": "profile", "traits": map[string]any{"email": "x"}}), 400, "traits.email")
	want(t, "password", c.submit(t, form, map[string]any{"method": "password", "password": password + "2"}), 200, `"state":"success"`)
	key := form.node("totp_secret_key")["text"].(map[string]any)["text"].(string)
	code := func() string {
		text, err := totp.GenerateCode(key, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	want(t, "wrong code", c.submit(t, form, map[string]any{"method": "totp", "totp_code": "000000"}), 400, "4000008")
	want(t, "enrol", c.submit(t, form, map[string]any{"method": "totp", "totp_code": code()}), 200, `"totp_unlink"`)
	// The session has another token now, which the browser must have got.
	after := c.ask(t, http.MethodGet, "/sessions/whoami", nil)
	if after.text("authenticator_assurance_level") != "aal2" {
		t.Errorf("after enrolment: %d %s", after.Code, after.Body)
	}
	codes := c.submit(t, c.start(t, "settings", ""), map[string]any{"method": "lookup_secret", "lookup_secret_regenerate": true})
	if codes.node("lookup_secret_codes") == nil {
		t.Errorf("recovery codes: %s", codes.Body)
	}
	want(t, "confirm", c.submit(t, codes, map[string]any{"method": "lookup_secret", "lookup_secret_confirm": true}), 200, "1050001")
	want(t, "reveal", c.submit(t, c.start(t, "settings", ""), map[string]any{"method": "lookup_secret", "lookup_secret_reveal": true}), 200, "lookup_secret_disable")

	d := s.script()
	first := d.submit(t, d.start(t, "login", ""), map[string]any{"method": "password", "identifier": "set@example.org", "password": password + "2"})
	want(t, "first factor", first, 422, "aal=aal2")
	want(t, "falls short", d.ask(t, http.MethodGet, "/sessions/whoami", nil), 403, "session_aal2_required")
	second := d.start(t, "login", "?aal=aal2")
	order := second.names()
	if !strings.Contains(order, "totp_code method lookup_secret method") {
		t.Errorf("the fields of the second factor are %s", order)
	}
	want(t, "second factor, wrong", d.submit(t, second, map[string]any{"method": "totp", "totp_code": "123456"}), 400, "4000008")
	want(t, "recovery code, wrong", d.submit(t, second, map[string]any{"method": "lookup_secret", "lookup_secret": "nothing8"}), 400, "4000016")
	s.now = func() time.Time { return time.Now().Add(time.Minute) }
	text, err := totp.GenerateCode(key, s.now())
	if err != nil {
		t.Fatal(err)
	}
	want(t, "second factor", d.submit(t, second, map[string]any{"method": "totp", "totp_code": text}), 200, `"aal2"`)
	want(t, "refresh", d.start(t, "login", "?refresh=true"), 200, "1010003")
	want(t, "unlink", d.submit(t, d.start(t, "settings", ""), map[string]any{"method": "totp", "totp_unlink": true}), 200, "totp_qr")
	want(t, "no session", s.script().ask(t, http.MethodGet, "/self-service/settings/browser", nil), 401, "session_inactive")
	want(t, "no owner", s.script().ask(t, http.MethodGet, "/self-service/settings/flows?id="+form.text("id"), nil), 401, "")
	want(t, "to login", s.browser().ask(t, http.MethodGet, "/self-service/settings/browser?return_to=https://app.shop.test/", nil), 303, "login/browser")
	s.now = func() time.Time { return time.Now().Add(2 * time.Hour) }
	late := d.submit(t, d.start(t, "settings", ""), map[string]any{"method": "password", "password": password + "3"})
	want(t, "privileged", late, 403, "session_refresh_required")
}

func TestStepUp_native(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	c := s.native()
	c.register(t, "app@example.org")
	form := c.start(t, "settings", "")
	key := form.node("totp_secret_key")["text"].(map[string]any)["text"].(string)
	code := func(at time.Time) string {
		text, err := totp.GenerateCode(key, at)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	want(t, "enrol", c.submit(t, form, map[string]any{"method": "totp", "totp_code": code(time.Now())}), 200, "totp_unlink")
	d := s.native()
	d.login(t, "app@example.org")
	before := d.header.Get("X-Session-Token")
	second := d.start(t, "login", "?aal=aal2")
	want(t, "a first factor", d.submit(t, second, map[string]any{"method": "password", "identifier": "app@example.org", "password": password}), 400, "4010002")
	s.now = func() time.Time { return time.Now().Add(time.Minute) }
	up := d.submit(t, second, map[string]any{"method": "totp", "totp_code": code(s.now())})
	want(t, "second factor", up, 200, `"aal2"`)
	if got := up.text("session_token"); got != before {
		t.Errorf("the token is %q after the step up and was %q", got, before)
	}
	want(t, "the same token", d.ask(t, http.MethodGet, "/sessions/whoami", nil), 200, `"authenticator_assurance_level":"aal2"`)
	again := d.start(t, "login", "?aal=aal2&refresh=true")
	want(t, "again", again, 200, "1010003")
	d.header.Del("X-Session-Token")
	want(t, "without the session", d.submit(t, again, map[string]any{"method": "totp", "totp_code": code(s.now())}), 401, "session_aal1_required")
}

func TestSettings_fallsShort(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	c := s.script()
	c.register(t, "short@example.org")
	form := c.start(t, "settings", "")
	text, err := totp.GenerateCode(form.node("totp_secret_key")["text"].(map[string]any)["text"].(string), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	want(t, "enrol", c.submit(t, form, map[string]any{"method": "totp", "totp_code": text}), 200, "totp_unlink")
	d := s.browser()
	d.submit(t, d.start(t, "login", ""), map[string]any{"method": "password", "identifier": "short@example.org", "password": password})
	to := d.ask(t, http.MethodGet, "/self-service/settings/browser", nil)
	want(t, "a browser", to, 303, "/self-service/login/browser?aal=aal2")
	if got := to.Header().Get("Location"); strings.Contains(got, "return_to") {
		t.Errorf("a browser that wants to go nowhere is led to %s", got)
	}
	back := "/self-service/settings/browser?return_to=" + url.QueryEscape("https://app.shop.test/")
	want(t, "a browser that goes on", d.ask(t, http.MethodGet, back, nil), 303, "&return_to=http")
	d.header.Set("Accept", "application/json")
	want(t, "a form of before", d.ask(t, http.MethodGet, "/self-service/settings/flows?id="+form.text("id"), nil), 403, "return_to=http")
}

// Only a client whose session came by a header keeps its token when the session is raised:
// a proxy's Authorization header does not make an app of a browser.
func TestRefresh_basic(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.script().register(t, "basic@example.org")
	for _, authorization := range []string{"", "Basic dXNlcjpwYXNz"} {
		c := s.script()
		c.login(t, "basic@example.org")
		old := s.script()
		maps.Copy(old.jar, c.jar)
		if authorization != "" {
			c.header.Set("Authorization", authorization)
		}
		f := c.start(t, "login", "?refresh=true")
		c.submit(t, f, map[string]any{"method": "password", "identifier": "basic@example.org", "password": password})
		if a := old.ask(t, http.MethodGet, "/sessions/whoami", nil); a.Code != http.StatusUnauthorized {
			t.Errorf("%q: the cookie of before is answered with %d", authorization, a.Code)
		}
	}
}
