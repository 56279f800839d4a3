package httpapi

import "testing"

func TestOwnCookies(t *testing.T) {
	t.Parallel()
	for session, own := range map[string]func(string) bool{"ory_kratos_session": OwnCookies("ory_kratos_session"), "__Host-sid": OwnCookies("__Host-sid")} {
		for name, want := range map[string]bool{
			session: true, "csrf_token": true, "csrf_token_835c1a": true, "__Host-csrf_token": true, "ory_kratos_continuity": true,
			"symbolon_device": true, "symbolon_offered": true, "symbolon_language": false, "theme": false, "session": false,
		} {
			if own(name) != want {
				t.Errorf("%s, session cookie %s: %t", name, session, !want)
			}
		}
	}
	if !OwnCookies("sid")("__Host-sid") {
		t.Error("the session cookie with its prefix counts as foreign")
	}
}
