package httpapi_test

import (
	"maps"
	"net/http"
	"strings"
	"testing"
)

// A browser that missed the answer to its registration sends the form again: it has an account
// now, and is led to sign in. No other browser learns that.
func TestRegistration_twice(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		settings []string
		leads    string // part of the Location
		says     string // on the page behind it
	}{
		"built-in pages": {nil, "/registration/done?return_to=", "Your account is ready"},
		"pages of one's own": {
			[]string{"SELFSERVICE_FLOWS_LOGIN_UI_URL=https://ui.example.org/login"}, "https://ui.example.org/login?flow=", "",
		},
		"existing accounts hidden": {
			[]string{"SELFSERVICE_FLOWS_REGISTRATION_HIDE_EXISTING=true"}, "/registration/done?return_to=", "If the address is new to us",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, append(tt.settings, "SELFSERVICE_WHITELISTED_RETURN_URLS=https://app.example.org/")...)
			b := s.browser()
			id, token := b.start(t, "registration", "?return_to=https://app.example.org/")
			before := maps.Clone(b.jar)
			action := "/self-service/registration/methods/password?flow=" + id
			typed := form("csrf_token", token, "password", password, "traits.email", "ada@example.org")
			if r := b.do(t, http.MethodPost, action, typed); r.Code != http.StatusFound {
				t.Fatalf("the first time: %d %s", r.Code, r.Body)
			}
			b.jar = before
			again := b.do(t, http.MethodPost, action, typed)
			if to := again.Header().Get("Location"); again.Code != http.StatusFound || !strings.Contains(to, tt.leads) {
				t.Fatalf("the second time: %d to %s, want %s", again.Code, to, tt.leads)
			}
			if page := b.with("Accept", "text/html").do(t, http.MethodGet, again.Header().Get("Location"), ""); tt.says != "" && !strings.Contains(page.Body.String(), tt.says) {
				t.Errorf("the page does not say %q: %s", tt.says, page.Body)
			}
			if tt.says == "" {
				flow := b.do(t, http.MethodGet, "/self-service/login/flows?id="+again.location(t).Query().Get("flow"), "").Body.String()
				if !strings.Contains(flow, "Your account has been created. Please sign in.") {
					t.Errorf("the sign-in does not say that the account is there: %s", flow)
				}
			}
			other := s.browser()
			other.start(t, "registration", "")
			for who, c := range map[string]*client{"a stranger": s.browser(), "another browser": other} {
				if r := c.do(t, http.MethodPost, action, typed); strings.Contains(r.Header().Get("Location"), tt.leads) {
					t.Errorf("%s is led to %s", who, r.Header().Get("Location"))
				}
			}
		})
	}
}
