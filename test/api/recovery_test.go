package api

import (
	"encoding/json"
	stdhtml "html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// adminLink has an administrator make a recovery link.
func (s *site) adminLink(t testing.TB, identityID string) string {
	t.Helper()
	return s.app1().json(t, s.admin.URL+"/recovery/link", map[string]string{"identity_id": identityID}).text(t, "recovery_link")
}

func (s *site) identityOf(t testing.TB, token string) string {
	t.Helper()
	return s.whoami(t, token).text(t, "identity.id")
}

// opens follows a link of a mail and presses the button of the page that asks first, as a person does. The answer is that
// of the link where there is no such page.
func (c *client) opens(t testing.TB, link string) answer {
	t.Helper()
	a := c.get(t, link)
	to, err := url.Parse(a.Header.Get("Location"))
	if err != nil || !to.Query().Has("token") {
		return a
	}
	return c.form(t, link, map[string]string{"csrf_token": c.confirms(t, to.String())})
}

// confirms returns the token of the page that asks before a link takes effect.
func (c *client) confirms(t testing.TB, page string) string {
	t.Helper()
	_, token, _ := strings.Cut(string(c.get(t, page).body), `name="csrf_token" value="`)
	token, _, _ = strings.Cut(token, `"`)
	return stdhtml.UnescapeString(token)
}

func TestARecoveryLinkSignsInOnceAndEndsOtherSessions(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	token := s.register(t, "jane@example.org")
	link := s.adminLink(t, s.identityOf(t, token))
	const clicks = 8
	landed := make([]string, clicks)
	var group sync.WaitGroup
	for i := range clicks {
		c := s.browser(t)
		group.Go(func() { landed[i] = c.opens(t, link).Header.Get("Location") })
	}
	group.Wait()
	won := 0
	for _, to := range landed {
		if strings.Contains(to, "/settings?flow=") {
			won++
		}
	}
	if won != 1 {
		t.Errorf("%d of %d clicks at once signed in, want 1: %v", won, clicks, landed)
	}
	if a := s.whoami(t, token); a.StatusCode != http.StatusUnauthorized {
		t.Errorf("a session from before the recovery is answered %d, want 401", a.StatusCode)
	}
}

func TestRecoveryByMailLeadsToANewPassword(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.register(t, "jane@example.org")
	c := s.browser(t)
	action, csrf := c.startBrowser(t, "recovery", "link", "")
	if a := c.form(t, action, map[string]string{"csrf_token": csrf, "email": " Jane@EXAMPLE.org"}); a.StatusCode != http.StatusFound {
		t.Fatalf("ask for a link: %d %s", a.StatusCode, a.body)
	}
	signedIn := s.browser(t)
	to, err := url.Parse(signedIn.opens(t, s.mailedLink(t, "recovery")).Header.Get("Location"))
	if err != nil || !strings.HasSuffix(to.Path, "/settings") {
		t.Fatalf("the link led to %v", to)
	}
	action, csrf = signedIn.fetch(t, "settings", "password", to.Query().Get("flow"))
	changed := signedIn.form(t, action, map[string]string{"csrf_token": csrf, "password": "a new password 99"})
	if changed.StatusCode != http.StatusFound {
		t.Fatalf("set a password: %d %s", changed.StatusCode, changed.body)
	}
	if a := s.login(t, "jane@example.org", "a new password 99"); a.StatusCode != http.StatusOK {
		t.Errorf("login with the new password: %d %s", a.StatusCode, a.body)
	}
	if a := s.login(t, "jane@example.org", password); a.StatusCode != http.StatusBadRequest {
		t.Errorf("login with the old password: %d", a.StatusCode)
	}
}

// mailedLink returns the link of a kind in the last mail that has one, as the
// mailbox shows it.
func (s *site) mailedLink(t testing.TB, kind string) string {
	t.Helper()
	if _, err := s.app.DeliverMail(t.Context()); err != nil {
		t.Fatal(err)
	}
	list := s.app1().get(t, s.admin.URL+"/courier/messages")
	var page []struct{ ID string }
	if err := json.Unmarshal(list.body, &page); err != nil {
		t.Fatalf("list of mails: %v %s", err, list.body)
	}
	for _, m := range page {
		body := s.app1().get(t, s.admin.URL+"/courier/messages/"+m.ID).text(t, "text")
		if found := regexp.MustCompile(`http\S+/self-service/` + kind + `/methods/link\?token=\w+`).FindString(body); found != "" {
			return found
		}
	}
	t.Fatalf("no mail with a %s link among %s", kind, list.body)
	return ""
}

func TestKnownAndUnknownAddressesGetTheSameAnswer(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.register(t, "jane@example.org")
	for _, kind := range []string{"recovery", "verification"} {
		var answers []string
		for _, email := range []string{"jane@example.org", "john@example.org"} {
			c := s.app1()
			a := c.json(t, c.start(t, kind, "link"), map[string]string{"email": email})
			if a.StatusCode != http.StatusOK || a.text(t, "state") != "sent_email" {
				t.Fatalf("%s of %s: %d %s", kind, email, a.StatusCode, a.body)
			}
			id := a.text(t, "id")
			text := strings.NewReplacer(id, "", email, "").Replace(string(a.body))
			answers = append(answers, regexp.MustCompile(`"(issued|expires)_at":"[^"]*"`).ReplaceAllString(text, ""))
		}
		if answers[0] != answers[1] {
			t.Errorf("%s tells who exists:\n%s\n%s", kind, answers[0], answers[1])
		}
	}
}

func TestALinkDiesWithANewerOneItsFlowAndItsAddress(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	id := s.identityOf(t, s.register(t, "jane@example.org"))
	works := func(link string) bool {
		return strings.Contains(s.browser(t).opens(t, link).Header.Get("Location"), "/settings?flow=")
	}
	expired := s.adminLink(t, id)
	s.pass(2 * time.Hour)
	if works(expired) {
		t.Error("a link works after its time")
	}
	orphan := s.adminLink(t, id)
	put := s.app1().do(t, http.MethodPut, s.admin.URL+"/identities/"+id, `{"traits":{"email":"new@example.org"}}`, "Content-Type", "application/json")
	if put.StatusCode != http.StatusOK {
		t.Fatalf("change the address: %d %s", put.StatusCode, put.body)
	}
	if works(orphan) {
		t.Error("a link to an address works after the address was given up")
	}
	deleted := s.adminLink(t, id)
	s.app1().do(t, http.MethodDelete, s.admin.URL+"/identities/"+id, "")
	if works(deleted) {
		t.Error("a link works after its identity was deleted")
	}
}

func TestHEADDoesNotConsumeALink(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	link := s.adminLink(t, s.identityOf(t, s.register(t, "jane@example.org")))
	for range 3 {
		if a := s.app1().do(t, http.MethodHead, link, ""); len(a.Cookies()) != 0 {
			t.Errorf("HEAD on a link set %v", a.Cookies())
		}
	}
	if to := s.browser(t).opens(t, link).Header.Get("Location"); !strings.Contains(to, "/settings?flow=") {
		t.Errorf("after HEAD the link led to %s", to)
	}
}

func TestALinkCanAskBeforeItTakesEffect(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	link := s.adminLink(t, s.identityOf(t, s.register(t, "jane@example.org")))
	for range 3 { // a mail scanner opens it first
		c := s.browser(t)
		to := c.get(t, link).Header.Get("Location")
		if page := c.get(t, to); page.StatusCode != http.StatusOK || !strings.Contains(string(page.body), "Sign me in") {
			t.Fatalf("the link led to %s: %d %s", to, page.StatusCode, page.body)
		}
	}
	if to := s.browser(t).form(t, link, nil).Header.Get("Location"); !strings.Contains(to, "/error?error=") {
		t.Errorf("without the token of the page, as a page of another site would post it: %s", to)
	}
	c := s.browser(t)
	if to := c.opens(t, link).Header.Get("Location"); !strings.Contains(to, "/settings?flow=") {
		t.Errorf("after the button the browser went to %s", to)
	}
}
