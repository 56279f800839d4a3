package httpapi_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// Who signs in with a password on the pages is offered a passkey, once in each browser.
func TestOfferPasskey(t *testing.T) {
	t.Parallel()
	s := newSite(t, append(allMethods(), "SELFSERVICE_METHODS_TOTP_ENABLED=false")...)
	s.page().register(t, "jane@shop.test")
	s.page().register(t, "mallory@shop.test")
	browser := func() *client { return s.page().with("Sec-Fetch-Mode", "navigate") }
	b := browser()
	// signIn signs in and returns where it leads.
	signIn := func(b *client, who, query string) *url.URL {
		delete(b.jar, "__Host-ory_kratos_session")
		id, token := b.start(t, "login", query)
		r := b.do(t, http.MethodPost, "/self-service/login/methods/password?flow="+id, form("csrf_token", token, "identifier", who, "password", password))
		if b.whoami(t) != who {
			t.Fatalf("%s: %d %s, %v", who, r.Code, r.Body, b.jar)
		}
		return r.location(t)
	}
	const app = "https://app.shop.test/inbox?x=1"
	to := signIn(b, "jane@shop.test", "?return_to="+url.QueryEscape(app))
	if to.Path != "/self-service/settings/browser" || to.Query().Get("offer") != "passkey" || to.Query().Get("return_to") != app {
		t.Fatalf("it leads to %s", to)
	}
	page := b.do(t, http.MethodGet, to.String(), "").location(t)
	shown := b.shows(t, page.String(), "oryPasskeySettingsRegistration")
	if !strings.Contains(shown, `<a class="button" href="https://app.shop.test/inbox?x=1" data-onward>`) || strings.Contains(shown, "traits.email") {
		t.Errorf("the page offers something else: %s", shown)
	}
	for _, test := range []struct {
		name, who string
		in        *client
		offered   bool
	}{
		{"again in this browser", "jane@shop.test", b, false},
		{"another person in this browser", "mallory@shop.test", b, true},
		{"that person again", "mallory@shop.test", b, false},
		{"the first person once more", "jane@shop.test", b, false},
		{"in another browser", "jane@shop.test", browser(), true},
	} {
		if got := signIn(test.in, test.who, "").Query().Get("offer") != ""; got != test.offered {
			t.Errorf("%s: offered %t", test.name, got)
		}
	}
	script := s.page().with("Sec-Fetch-Mode", "cors")
	if to := signIn(script, "jane@shop.test", ""); to.Query().Get("offer") != "" || script.jar["__Host-symbolon_offered"] != "" {
		t.Errorf("a script is led to %s", to)
	}
}

func TestOfferPasskey_not(t *testing.T) {
	t.Parallel()
	for name, setting := range map[string]string{
		"switched off":       "SELFSERVICE_METHODS_PASSKEY_CONFIG_OFFER=false",
		"without passkeys":   "SELFSERVICE_METHODS_PASSKEY_ENABLED=false",
		"pages of others":    "SELFSERVICE_FLOWS_LOGIN_UI_URL=https://app.shop.test/login",
		"settings of others": "SELFSERVICE_FLOWS_SETTINGS_UI_URL=https://app.shop.test/settings",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, append(allMethods(), setting)...)
			s.page().register(t, "jane@shop.test")
			b := s.page().with("Sec-Fetch-Mode", "navigate")
			if to := b.login(t, "jane@shop.test", password).location(t); to.Query().Get("offer") != "" || b.jar["__Host-symbolon_offered"] != "" {
				t.Errorf("it leads to %s", to)
			}
		})
	}
}
