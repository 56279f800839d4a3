package api

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// leave1 goes to a provider from a native app of v1 and returns the path that a browser comes back to.
func (c *client) leave1(t testing.TB, p *provider, kind, query string) (back string, started answer) {
	t.Helper()
	started = c.get(t, "/v1/self-service/"+kind+"/api"+query)
	left := c.json(t, "/v1/self-service/"+kind+"?flow="+started.text(t, "id"), map[string]any{"method": "oidc", "provider": "acme"})
	left.Header.Set("Location", left.text(t, "redirect_browser_to"))
	return c.back(t, p, left), started
}

// By whichever path the browser of an app comes back, it is shown no token, and the app gets it.
func TestTheBrowserOfAnAppBringsACodeAndNoToken(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	s := newSite(t, p.settings()...)
	for _, root := range []string{"/v1", "", "/v0.5"} {
		p.says(map[string]any{"sub": "ada" + root, "email": "ada" + strings.Trim(root, "/") + "@example.org"})
		for _, kind := range []string{"registration", "login"} {
			app, browser := s.app1(), s.browser(t)
			back, started := app.leave1(t, p, kind, "?return_session_token_exchange_code=true")
			a := browser.get(t, root+back)
			to, err := url.Parse(a.Header.Get("Location"))
			if err != nil || to.Query().Get("code") == "" || strings.Contains(string(a.body), "token") || browser.knownAs(t) != "" {
				t.Errorf("%s by %q: %d to %q %s", kind, root, a.StatusCode, to, a.body)
				continue
			}
			x := app.get(t, "/v1/sessions/token-exchange?init_code="+started.text(t, "session_token_exchange_code")+"&return_to_code="+to.Query().Get("code"))
			if x.StatusCode != http.StatusOK || x.text(t, "session_token") == "" {
				t.Errorf("%s by %q: exchanged %d %s", kind, root, x.StatusCode, x.body)
			}
		}
	}
}

// open1 opens a page of v1 in a browser: it follows one redirect and returns the form and where it goes.
func (c *client) open1(t testing.TB, kind, path string) (flow answer, action string) {
	t.Helper()
	a := c.get(t, path)
	to, err := url.Parse(a.Header.Get("Location"))
	if err != nil || to.Query().Get("flow") == "" {
		t.Fatalf("%s leads to %q (%d %s)", path, to, a.StatusCode, a.body)
	}
	return c.show1(t, kind, to)
}

// show1 is the form of the page.
func (c *client) show1(t testing.TB, kind string, page *url.URL) (flow answer, action string) {
	t.Helper()
	id := page.Query().Get("flow")
	return c.get(t, "/v1/self-service/"+kind+"/flows?id="+id), "/v1/self-service/" + kind + "?flow=" + id
}

// send1 sends a browser's form of v1 and returns where it leads.
func (c *client) send1(t testing.TB, flow answer, action string, values map[string]string) (*url.URL, answer) {
	t.Helper()
	values["csrf_token"], _ = flow.nodes1(t)["default/csrf_token"].Attributes.Value.(string)
	a := c.form(t, action, values)
	to, err := url.Parse(a.Header.Get("Location"))
	if err != nil || to.String() == "" {
		t.Fatalf("%s: %d %s", action, a.StatusCode, a.body)
	}
	return to, a
}

// The question whether a waiting account is theirs reaches a person who has a second factor, behind
// it, and can be answered.
func TestAWaitingAccountIsLinkedBehindTheSecondFactorOnV1(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	s := factorSite(t, p.settings("SESSION_WHOAMI_REQUIRED_AAL=highest_available")...)
	s.register(t, "ada@example.org")
	secret := s.enrolApp(t, s.signedIn(t, "ada@example.org"))
	p.says(map[string]any{"sub": "ada", "email": "ada@example.org"})
	ada := s.browser(t)
	form, action := ada.open1(t, "login", "/v1/self-service/login/browser")
	_, left := ada.send1(t, form, action, map[string]string{"method": "oidc", "provider": "acme"})
	form, action = ada.open1(t, "login", "/v1"+ada.back(t, p, left))
	to, _ := ada.send1(t, form, action, map[string]string{"method": "password", "identifier": "ada@example.org", "password": password})
	form, action = ada.open1(t, "login", to.String())
	to, _ = ada.send1(t, form, action, map[string]string{"method": "totp", "totp_code": s.appCode(t, secret, 30*time.Second)})
	if !strings.HasSuffix(to.Path, "/settings") {
		t.Fatalf("the second factor leads to %s", to)
	}
	form, action = ada.show1(t, "settings", to)
	if !strings.Contains(string(form.body), "confirm_link") {
		t.Fatalf("the settings ask %s", form.body)
	}
	ada.send1(t, form, action, map[string]string{"confirm_link": "true"})
	form, _ = ada.open1(t, "settings", "/v1/self-service/settings/browser")
	if nodes := form.nodes1(t); nodes["oidc/unlink"].Attributes.Value != "acme" {
		t.Errorf("nothing is linked: %s", form.body)
	}
}
