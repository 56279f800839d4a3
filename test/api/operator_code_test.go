package api

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// A code that an operator hands over is typed into a flow that belongs to no browser yet.
func TestCode_ofAnOperator(t *testing.T) {
	t.Parallel()
	s := codeSite(t)
	id := s.identityOf(t, s.register(t, "jane@example.org"))
	offer := s.app1().json(t, s.admin.URL+"/admin/recovery/code", map[string]any{"identity_id": id})
	page, err := url.Parse(offer.text(t, "recovery_link"))
	if err != nil || page.Query().Get("flow") == "" {
		t.Fatalf("%d %s", offer.StatusCode, offer.body)
	}
	flow, code := page.Query().Get("flow"), offer.text(t, "recovery_code")
	for _, at := range []string{"/self-service/recovery/flows?id=", "/v1/self-service/recovery/flows?id=", "/recovery?flow="} {
		if a := s.browser(t).get(t, at+flow); a.StatusCode != http.StatusOK || strings.Contains(string(a.body), "jane@") {
			t.Errorf("%s tells whose account it is: %d %s", at, a.StatusCode, a.body)
		}
	}
	action, _ := s.browser(t).fetch(t, "recovery", "code", flow)
	if a := s.browser(t).form(t, action, map[string]string{"code": code}); strings.Contains(strings.Join(a.Header.Values("Set-Cookie"), ";"), "session=") {
		t.Error("a page of another site typed the code")
	}
	c := s.browser(t)
	action, token := c.fetch(t, "recovery", "code", flow)
	c.form(t, action, map[string]string{"code": wrongCode(code), "csrf_token": token})
	c.form(t, action, map[string]string{"code": code, "csrf_token": token})
	if known := c.knownAs(t); known != "jane@example.org" {
		t.Errorf("the code signs in as %q", known)
	}
	if again := s.browser(t).get(t, "/self-service/recovery/flows?id="+flow); again.StatusCode == http.StatusOK {
		t.Errorf("another browser is shown the flow after it was used: %s", again.body)
	}
}
