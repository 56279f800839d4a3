package api

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestWhatHasEndedIsRemovedAndWhatLivesIsNot(t *testing.T) {
	t.Parallel()
	s := newSite(t, "SESSION_LIFESPAN=10000h", "CLEANUP_KEEP_FLOWS=1h", "CLEANUP_KEEP_ERRORS=1h")
	token := s.register(t, "jane@example.org")
	c := s.app1()
	for range 20 {
		c.get(t, "/self-service/login/api")
	}
	if removed, err := s.app.CleanUpNow(t.Context()); err != nil || removed != 0 {
		t.Fatalf("removed %d rows that live (%v)", removed, err)
	}
	s.pass(3 * time.Hour)
	live := c.get(t, "/self-service/login/api").text(t, "id")
	removed, err := s.app.CleanUpNow(t.Context())
	if err != nil || removed < 20 {
		t.Errorf("removed %d rows (%v), want the 20 flows at least", removed, err)
	}
	if a := c.get(t, "/self-service/login/flows?id="+live); a.StatusCode != http.StatusOK {
		t.Errorf("a flow that lives was removed: %d", a.StatusCode)
	}
	if a := s.whoami(t, token); a.StatusCode != http.StatusOK {
		t.Errorf("a session that lives was removed: %d", a.StatusCode)
	}
}

// An id means the same in any case, also to those who remember.
func TestNobodyIsRememberedWhoWasDeletedByAnIDInCapitals(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	token := s.register(t, "jane@example.org")
	id := s.identityOf(t, token)
	if a := s.app1().do(t, http.MethodDelete, s.admin.URL+"/identities/"+strings.ToUpper(id), ""); a.StatusCode != http.StatusNoContent {
		t.Fatalf("delete: %d %s", a.StatusCode, a.body)
	}
	if a := s.app1().get(t, "/sessions/whoami", "X-Session-Token", token); a.StatusCode != http.StatusUnauthorized {
		t.Errorf("a person who is deleted is answered %d", a.StatusCode)
	}
}

func TestAnOldAddressSignsInUntilTheNewOneIsProven(t *testing.T) {
	t.Parallel()
	s := newSite(t, "SELFSERVICE_FLOWS_SETTINGS_KEEP_ADDRESS_UNTIL_VERIFIED=true")
	token := s.register(t, "old@example.org")
	c := s.app1()
	f := c.get(t, "/self-service/settings/api", "X-Session-Token", token)
	if a := c.json(t, f.text(t, "methods.profile.config.action"), map[string]string{"traits.email": "new@example.org"}, "X-Session-Token", token); a.StatusCode != http.StatusOK {
		t.Fatalf("change the address: %d %s", a.StatusCode, a.body)
	}
	if a := s.login(t, "old@example.org", password); a.StatusCode != http.StatusOK {
		t.Fatalf("the old address before the proof: %d", a.StatusCode)
	}
	if to := s.browser(t).opens(t, s.mailedLink(t, "verification")).Header.Get("Location"); !strings.Contains(to, "/verification") {
		t.Fatalf("the link led to %s", to)
	}
	if a := s.login(t, "old@example.org", password); a.StatusCode != http.StatusBadRequest {
		t.Errorf("the old address after the proof: %d, want 400", a.StatusCode)
	}
	if a := s.login(t, "new@example.org", password); a.StatusCode != http.StatusOK {
		t.Errorf("the new address after the proof: %d", a.StatusCode)
	}
}
