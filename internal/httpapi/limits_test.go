package httpapi_test

import (
	"net/http"
	"strings"
	"testing"
)

func TestCreationLimit(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	jane := s.browser()
	jane.register(t, "jane@shop.test")
	visitor := s.browser()
	var r reply
	for range 1300 {
		if r = visitor.do(t, http.MethodGet, "/self-service/login/api", ""); r.Code != http.StatusOK {
			break
		}
	}
	if r.Code != http.StatusTooManyRequests || r.Header().Get("Retry-After") == "" {
		t.Fatalf("one address can make rows without end: %d", r.Code)
	}
	if r := visitor.do(t, http.MethodGet, "/self-service/login/browser?return_to=https://evil.test", ""); r.Code != http.StatusTooManyRequests {
		t.Errorf("stored errors are not bounded: %d", r.Code)
	}
	if r := jane.do(t, http.MethodGet, "/self-service/settings/browser", ""); r.Code != http.StatusFound {
		t.Errorf("a person who is signed in is refused for a neighbour: %d %s", r.Code, r.Body)
	}
	visitor.from = "203.0.113.99:1"
	if r := visitor.do(t, http.MethodGet, "/self-service/login/api", ""); r.Code != http.StatusOK {
		t.Errorf("another address: %d", r.Code)
	}
}

func TestReturnToLength(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	long := "https://app.shop.test/" + strings.Repeat("a", 2048)
	if r := s.browser().do(t, http.MethodGet, "/self-service/login/browser?return_to="+long, ""); !strings.Contains(r.Header().Get("Location"), "error") {
		t.Errorf("a return_to of %d bytes is kept: %d %s", len(long), r.Code, r.Header().Get("Location"))
	}
}

func TestAdminTokenGuesses(t *testing.T) {
	t.Parallel()
	const token = "an-admin-token-of-24-chars"
	guess := map[string]func(*testing.T, *client, string) int{
		"API": func(t *testing.T, c *client, secret string) int {
			t.Helper()
			return c.with("Authorization", "Bearer "+secret).admin(t, http.MethodGet, "/identities", "").Code
		},
		"v1 API": func(t *testing.T, c *client, secret string) int {
			t.Helper()
			return c.with("Authorization", "Bearer "+secret).admin(t, http.MethodGet, "/admin/identities", "").Code
		},
		"mailbox": func(t *testing.T, c *client, secret string) int {
			t.Helper()
			r := basic(secret)
			return c.with("Authorization", r).admin(t, http.MethodGet, "/mailbox", "").Code
		},
	}
	for name, try := range guess {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, "SERVE_ADMIN_TOKEN="+token)
			if code := try(t, s.browser(), token); code != http.StatusOK {
				t.Fatalf("the right token: %d", code)
			}
			code := 0
			for range 12 {
				code = try(t, s.browser(), "wrong")
			}
			if code != http.StatusTooManyRequests {
				t.Errorf("the twelfth wrong guess: %d", code)
			}
			for other, try := range guess {
				if code := try(t, s.browser(), token); code != http.StatusTooManyRequests {
					t.Errorf("the guesser goes on by the door %s: %d", other, code)
				}
			}
			elsewhere := s.browser()
			elsewhere.from = "203.0.113.99:1"
			if code := try(t, elsewhere, token); code != http.StatusOK {
				t.Errorf("the operator at another address: %d", code)
			}
		})
	}
}

func basic(secret string) string {
	r, _ := http.NewRequest(http.MethodGet, "/", nil)
	r.SetBasicAuth("admin", secret)
	return r.Header.Get("Authorization")
}
