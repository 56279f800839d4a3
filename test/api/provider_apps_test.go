package api

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
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
