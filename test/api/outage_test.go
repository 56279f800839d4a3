//go:build unix

package api

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/symbolon/symbolon/test/databases"
)

// answersWithin is how long a client may have to wait to hear that the database
// is down.
const answersWithin = 5 * time.Second

// wantRetryLater asks for something that needs the database.
func wantRetryLater(t *testing.T, ask func() answer) {
	t.Helper()
	began := time.Now()
	a := ask()
	if took := time.Since(began); took > answersWithin {
		t.Errorf("%s answered after %v", a.Request.URL.Path, took)
	}
	seconds, err := strconv.Atoi(a.Header.Get("Retry-After"))
	if a.StatusCode != http.StatusServiceUnavailable || err != nil || seconds < 1 {
		t.Errorf("%s answered %d, Retry-After %q", a.Request.URL.Path, a.StatusCode, a.Header.Get("Retry-After"))
	}
	if body := string(a.body); strings.Contains(body, "127.0.0.1") || strings.Contains(body, "connect") {
		t.Errorf("%s tells of the database: %s", a.Request.URL.Path, body)
	}
}

func TestADatabaseThatIsDownIsToldOfAndTheServerComesBackByItself(t *testing.T) {
	t.Parallel()
	for _, name := range databases.Servers() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := databases.Start(t, name)
			s := newSite(t, "DSN="+server.DSN(t), "SECRETS_DEFAULT=a-secret-of-this-test-alone")
			c := s.app1()
			token := s.register(t, "ann@example.org")
			action := c.start(t, "login", "password")
			wantStatus := func(path string, want int) {
				t.Helper()
				if a := c.get(t, path); a.StatusCode != want {
					t.Errorf("%s answered %d: %s", path, a.StatusCode, a.body)
				}
			}
			wantStatus("/health/ready", http.StatusOK)

			server.Kill(t)
			wantStatus("/health/ready", http.StatusServiceUnavailable)
			wantStatus("/health/alive", http.StatusOK)
			wantRetryLater(t, func() answer { return c.get(t, "/self-service/registration/api") })
			wantRetryLater(t, func() answer { return c.get(t, "/self-service/login/browser", "Accept", "text/html") })
			wantRetryLater(t, func() answer { return s.whoami(t, strings.Repeat("a", len(token))) })
			wantRetryLater(t, func() answer {
				return c.json(t, action, map[string]any{"identifier": "ann@example.org", "password": password})
			})

			server.Restart(t)
			wantStatus("/health/ready", http.StatusOK)
			if a := c.json(t, action, map[string]any{"identifier": "ann@example.org", "password": password}); a.StatusCode != http.StatusOK {
				t.Errorf("login answered %d: %s", a.StatusCode, a.body)
			}
			if a := s.whoami(t, token); a.StatusCode != http.StatusOK {
				t.Errorf("whoami answered %d: %s", a.StatusCode, a.body)
			}
			s.register(t, "bob@example.org")
		})
	}
}

// To find out that no server answers takes its time, which must not pass twice.
func TestABrowserIsToldInTimeOfADatabaseThatHangs(t *testing.T) {
	t.Parallel()
	server := databases.Start(t, databases.Postgres)
	s := newSite(t, "DSN="+server.DSN(t), "SECRETS_DEFAULT=a-secret-of-this-test-alone")
	server.Pause(t)
	defer server.Resume(t) // before it is stopped
	began := time.Now()
	a := s.app1().get(t, "/self-service/login/browser", "Accept", "text/html")
	if took := time.Since(began); took > answersWithin*3/2 {
		t.Errorf("answered after %v", took)
	}
	if a.StatusCode != http.StatusServiceUnavailable || a.Header.Get("Retry-After") == "" {
		t.Errorf("answered %d, Retry-After %q", a.StatusCode, a.Header.Get("Retry-After"))
	}
}
