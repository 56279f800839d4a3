package api

import (
	"net/http"
	"regexp"
	"testing"
	"time"
)

// rows counts how many rows each table has.
func (s *site) rows(t *testing.T) map[string]int {
	t.Helper()
	sizes, err := s.app.TableSizes(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]int{}
	for table, rows := range sizes {
		found[table] = int(rows)
	}
	return found
}

// halfADay is a constant load: people who sign in, leave forms unfinished, forget their
// password, and whose browser has lost its cookies.
func (s *site) halfADay(t *testing.T) {
	t.Helper()
	c := s.app1()
	for range 2 {
		if a := s.login(t, "jane@example.org", password); a.StatusCode != http.StatusOK {
			t.Fatalf("login: %d %s", a.StatusCode, a.body)
		}
	}
	for _, kind := range []string{"login", "registration", "recovery", "verification"} {
		for range 5 {
			c.get(t, "/self-service/"+kind+"/api")
			s.browser(t).get(t, "/self-service/"+kind+"/browser")
		}
	}
	if a := c.json(t, c.start(t, "recovery", "link"), map[string]string{"email": "jane@example.org"}); a.StatusCode != http.StatusOK {
		t.Fatalf("recovery: %d %s", a.StatusCode, a.body)
	}
	lost := s.browser(t)
	action, _ := lost.startBrowser(t, "login", "password", "")
	if a := s.browser(t).form(t, action, map[string]string{"identifier": "jane@example.org"}); !regexp.MustCompile(`error=`).MatchString(a.Header.Get("Location")) {
		t.Fatalf("a form without its cookie led to %s", a.Header.Get("Location"))
	}
	if _, err := s.app.DeliverMail(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.pass(12 * time.Hour)
	if _, err := s.app.CleanUpNow(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestTheDatabaseDoesNotGrowOverNinetyDaysOfTheSameLoad(t *testing.T) {
	t.Parallel()
	s := newSite(t, "SECURITY_LIMITS_ENABLED=false", "CLEANUP_KEEP_EVENTS=240h") // by default they stay ninety days
	s.register(t, "jane@example.org")
	var steady map[string]int // the most rows from the 20th to the 40th day
	for day := range 90 {
		s.halfADay(t)
		s.halfADay(t)
		now := s.rows(t)
		switch {
		case day < 20:
			continue
		case day < 40:
			if steady == nil {
				steady = now
			}
			for table, rows := range now {
				steady[table] = max(steady[table], rows)
			}
		default:
			for table, rows := range now {
				if rows > steady[table]+steady[table]/10 {
					t.Fatalf("on day %d %s has %d rows, where it had %d at most on days 20 to 40", day, table, rows, steady[table])
				}
			}
		}
	}
	for _, table := range []string{"flows", "sessions", "stored_errors", "messages"} {
		if steady[table] == 0 {
			t.Errorf("%s had no rows: the load does not reach it", table)
		}
	}
	t.Logf("rows at most: %v", steady)
}
