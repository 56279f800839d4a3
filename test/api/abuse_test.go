package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// mails counts the mails to an address.
func (s *site) mails(t testing.TB, to string) int {
	t.Helper()
	var page []struct{ Recipient string }
	list := s.app1().get(t, s.admin.URL+"/courier/messages?page_size=1000&recipient="+to)
	if err := json.Unmarshal(list.body, &page); err != nil {
		t.Fatalf("list of mails: %v %s", err, list.body)
	}
	return len(page)
}

// ask asks for a link and returns the status.
func (s *site) ask(t testing.TB, kind, email string) int {
	t.Helper()
	c := s.app1()
	return c.json(t, c.start(t, kind, "link"), map[string]string{"email": email}).StatusCode
}

func TestWhoGuessedTooOftenCanStillRecoverAndWhoAskedTooOftenStillSignsIn(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.register(t, "guessed@example.org")
	s.register(t, "asked@example.org")
	for range 10 {
		s.login(t, "guessed@example.org", "wrong password 3")
		s.ask(t, "recovery", "asked@example.org")
	}
	if status := s.ask(t, "recovery", "guessed@example.org"); status != http.StatusOK {
		t.Errorf("recovery after ten wrong passwords: %d", status)
	}
	if status := s.ask(t, "recovery", "asked@example.org"); status != http.StatusTooManyRequests {
		t.Errorf("recovery after ten recoveries: %d, want 429", status)
	}
	if a := s.login(t, "asked@example.org", password); a.StatusCode != http.StatusOK {
		t.Errorf("login after ten recoveries that anybody may have asked for: %d", a.StatusCode)
	}
}

func TestRegistrationsForTakenIdentifiersAreLimited(t *testing.T) {
	t.Parallel()
	for hide, settings := range map[string][]string{"false": {"SECURITY_LIMITS_PER_ADDRESS=10"}, "true": {"SECURITY_LIMITS_PER_ADDRESS=100"}} {
		s := newSite(t, append(settings, "SELFSERVICE_FLOWS_REGISTRATION_HIDE_EXISTING="+hide)...)
		c := s.app1()
		register := func(email string) int {
			return c.json(t, c.start(t, "registration", "password"), map[string]any{"traits.email": email, "password": password}).StatusCode
		}
		register("jane@example.org")
		before := s.mails(t, "jane@example.org")
		statuses := make([]int, 30)
		var group sync.WaitGroup
		for i := range statuses {
			group.Go(func() { statuses[i] = register("jane@example.org") })
		}
		group.Wait()
		refused := 0
		for _, status := range statuses {
			if status == http.StatusTooManyRequests {
				refused++
			}
		}
		if refused < 20 {
			t.Errorf("hidden %s: %d of 30 tries were refused, want 20: %v", hide, refused, statuses)
		}
		if n := s.mails(t, "jane@example.org") - before; n > 10 {
			t.Errorf("hidden %s: the owner got %d mails", hide, n)
		}
		s.pass(11 * time.Minute)
		if status := register("john@example.org"); status != http.StatusOK {
			t.Errorf("hidden %s: another address afterwards: %d", hide, status)
		}
		if a := s.login(t, "jane@example.org", password); a.StatusCode != http.StatusOK {
			t.Errorf("hidden %s: the owner's login afterwards: %d", hide, a.StatusCode)
		}
	}
}

func TestManyRegistrationsOfOneHouseholdAreNoAttack(t *testing.T) {
	t.Parallel()
	s := newSite(t, "SECURITY_LIMITS_PER_ADDRESS=5")
	for i := range 8 {
		s.register(t, fmt.Sprintf("person%d@example.org", i))
	}
}

func TestSettingsDoNotFillSomebodysMailbox(t *testing.T) {
	t.Parallel()
	const victim = "victim@example.org"
	for method, change := range map[string]func(i int) map[string]any{
		"profile": func(i int) map[string]any {
			return map[string]any{"traits.email": []string{victim, "thief@example.net"}[i%2]}
		},
		"password": func(i int) map[string]any {
			return map[string]any{"password": fmt.Sprint("a password for number ", i)}
		},
	} {
		s := newSite(t)
		token := s.register(t, victim)
		refused := 0
		for i := range 40 {
			if s.settings(t, token, method, change(i+1)).StatusCode == http.StatusTooManyRequests {
				refused++
			}
		}
		if n := s.mails(t, victim); n > 12 || refused == 0 {
			t.Errorf("%s: %d mails after 40 changes of which %d were refused", method, n, refused)
		}
	}
}

// Flows are free for everybody, so what one costs is bounded.
func TestALongURLIsNotKept(t *testing.T) {
	t.Parallel()
	s := newSite(t, "SELFSERVICE_WHITELISTED_RETURN_URLS=https://app.example.org/app")
	long := strings.Repeat("a", 20_000)
	c := s.app1()
	for _, path := range []string{"/self-service/login/api?x=" + long, "/self-service/login/api?x=\xff"} {
		if a := c.get(t, path); a.StatusCode != http.StatusOK || a.text(t, "request_url") != s.public.URL+"/self-service/login/api" {
			t.Errorf("%d with request_url %.100q", a.StatusCode, a.text(t, "request_url"))
		}
	}
	b := s.browser(t)
	to, err := url.Parse(b.get(t, "/self-service/login/browser?return_to=https://app.example.org/app/"+long).Header.Get("Location"))
	if err != nil || to.Query().Get("error") == "" {
		t.Fatalf("a long return_to led to %.100s, %v", to, err)
	}
	if kept := b.get(t, "/self-service/errors?error="+to.Query().Get("error")); len(kept.body) > 2000 {
		t.Errorf("the error keeps %d bytes: %.200s", len(kept.body), kept.body)
	}
}

func TestHEADSignsNobodyOut(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	c := s.browser(t)
	c.registerBrowser(t, "jane@example.org")
	c.do(t, http.MethodHead, "/self-service/browser/flows/logout", "")
	if a := c.get(t, "/sessions/whoami"); a.StatusCode != http.StatusOK {
		t.Errorf("whoami after HEAD on the logout: %d", a.StatusCode)
	}
}
