package api

import (
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// userNames is a schema whose addresses recover an account and do nothing else.
const userNames = `{
  "$schema": "http://json-schema.org/draft-07/schema#",
  "type": "object",
  "properties": {"traits": {"type": "object", "properties": {
    "name": {"type": "string", "ory.sh/kratos": {"credentials": {"password": {"identifier": true}}}},
    "backup": {"type": "string", "format": "email", "ory.sh/kratos": {"recovery": {"via": "email"}}},
    "color": {"type": "string"}
  }, "required": ["name"], "additionalProperties": false}}
}`

// schemaFile is the setting for a schema of one's own.
func schemaFile(t testing.TB, schema string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "identity.schema.json")
	if err := os.WriteFile(file, []byte(schema), 0o600); err != nil {
		t.Fatal(err)
	}
	return "IDENTITY_DEFAULT_SCHEMA_URL=file://" + file
}

// registerWith makes an account with any traits and returns its session token.
func (s *site) registerWith(t testing.TB, traits map[string]any) string {
	t.Helper()
	c := s.app1()
	a := c.json(t, c.start(t, "registration", "password"), map[string]any{"traits": traits, "password": password})
	if a.StatusCode != http.StatusOK {
		t.Fatalf("register %v: %d %s", traits, a.StatusCode, a.body)
	}
	return a.text(t, "session_token")
}

// settings submits a method of a fresh settings flow.
func (s *site) settings(t testing.TB, token, method string, body map[string]any) answer {
	t.Helper()
	c := s.app1()
	f := c.get(t, "/self-service/settings/api", "X-Session-Token", token)
	return c.json(t, f.text(t, "methods."+method+".config.action"), body, "X-Session-Token", token)
}

func TestAnOldSessionCanNotChangeWhereAnAccountIsRecovered(t *testing.T) {
	t.Parallel()
	s := newSite(t, schemaFile(t, userNames), "SELFSERVICE_FLOWS_SETTINGS_PRIVILEGED_SESSION_MAX_AGE=5m")
	token := s.registerWith(t, map[string]any{"name": "jane", "backup": "jane@example.org"})
	s.pass(10 * time.Minute)
	for name, change := range map[string]map[string]any{
		"another": {"traits.backup": "thief@example.net"}, "none": {"traits.backup": ""},
	} {
		if a := s.settings(t, token, "profile", change); a.StatusCode != http.StatusForbidden {
			t.Errorf("%s: %d %s, want 403", name, a.StatusCode, a.body)
		}
	}
	if a := s.settings(t, token, "profile", map[string]any{"traits.color": "red"}); a.StatusCode != http.StatusOK {
		t.Errorf("a harmless trait: %d %s", a.StatusCode, a.body)
	}
}

func TestAnAddressThatIsKeptOutlivesAChangeOfThePassword(t *testing.T) {
	t.Parallel()
	s := newSite(t, "SELFSERVICE_FLOWS_SETTINGS_KEEP_ADDRESS_UNTIL_VERIFIED=true")
	token := s.register(t, "jane@example.org")
	s.follow(t, "verification")
	const second = "a second password 8"
	if a := s.settings(t, token, "profile", map[string]any{"traits.email": "jnae@example.org"}); a.StatusCode != http.StatusOK {
		t.Fatalf("change the address: %d %s", a.StatusCode, a.body)
	}
	if a := s.settings(t, token, "password", map[string]any{"password": second}); a.StatusCode != http.StatusOK {
		t.Fatalf("change the password: %d %s", a.StatusCode, a.body)
	}
	if a := s.login(t, "jane@example.org", second); a.StatusCode != http.StatusOK {
		t.Errorf("the address from before signs in with %d: %s", a.StatusCode, a.body)
	}
	s.follow(t, "verification")
	if a := s.login(t, "jane@example.org", second); a.StatusCode == http.StatusOK {
		t.Error("the address from before signs in although the new one is proven")
	}
	if a := s.login(t, "jnae@example.org", second); a.StatusCode != http.StatusOK {
		t.Errorf("the new address signs in with %d: %s", a.StatusCode, a.body)
	}
}

// follow opens the link of the latest mail of a kind in a browser of its own.
func (s *site) follow(t testing.TB, kind string) (landed *url.URL) {
	t.Helper()
	landed, err := url.Parse(s.browser(t).opens(t, s.mailedLink(t, kind)).Header.Get("Location"))
	if err != nil {
		t.Fatal(err)
	}
	return landed
}

func TestAnAddressThatNobodyProvedDoesNotRecoverAfterItWasGivenUp(t *testing.T) {
	t.Parallel()
	s := newSite(t, "SELFSERVICE_FLOWS_SETTINGS_KEEP_ADDRESS_UNTIL_VERIFIED=true")
	token := s.register(t, "jane@example.org")
	s.follow(t, "verification")
	for _, email := range []string{"stranger@example.org", "jane@example.net"} {
		if a := s.settings(t, token, "profile", map[string]any{"traits.email": email}); a.StatusCode != http.StatusOK {
			t.Fatalf("change to %s: %d %s", email, a.StatusCode, a.body)
		}
	}
	a := s.whoami(t, token)
	if strings.Contains(string(a.body), "stranger") || !strings.Contains(string(a.body), "jane@example.org") {
		t.Errorf("these addresses recover: %s", a.body)
	}
}

// An attacker who can read a mailbox for a moment must not keep links for later.
func TestARecoveryLinkDiesWithANewerOneAndWithARecovery(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	id := s.identityOf(t, s.register(t, "jane@example.org"))
	mailed := func() string {
		if status := s.ask(t, "recovery", "jane@example.org"); status != http.StatusOK {
			t.Fatalf("ask for a link: %d", status)
		}
		return s.mailedLink(t, "recovery")
	}
	works := func(link string) bool {
		return strings.Contains(s.browser(t).opens(t, link).Header.Get("Location"), "/settings?flow=")
	}
	first, second := mailed(), mailed()
	if works(first) {
		t.Error("a link works although a newer one was sent")
	}
	handed := s.adminLink(t, id)
	if works(second) {
		t.Error("a link works although an administrator has made a newer one")
	}
	stranger := s.ask(t, "recovery", "unknown@example.org")
	if !works(handed) {
		t.Errorf("the newest link does not work; a stranger's was asked for with %d", stranger)
	}
}

// The owner confirmed an address, set up an app, and changed to an address that is
// mistyped: the owner of that mailbox gets nothing by a recovery.
func TestRecovery_byNewAddress(t *testing.T) {
	t.Parallel()
	for _, keep := range []string{"false", "true"} {
		t.Run("keep "+keep, func(t *testing.T) {
			t.Parallel()
			s := factorSite(t, "SELFSERVICE_FLOWS_SETTINGS_KEEP_ADDRESS_UNTIL_VERIFIED="+keep)
			token := s.register(t, "jane@example.org")
			s.follow(t, "verification")
			s.enrolApp(t, token)
			id := s.identityOf(t, token)
			if a := s.settings(t, token, "profile", map[string]any{"traits.email": "new@example.org"}); a.StatusCode != http.StatusOK {
				t.Fatalf("change: %d %s", a.StatusCode, a.body)
			}
			if status := s.ask(t, "recovery", "new@example.org"); status != http.StatusOK {
				t.Fatalf("the answer tells that the address is refused: %d", status)
			}
			if link := s.recoveryLinkTo(t, "new@example.org"); link != "" {
				t.Errorf("the new address got a recovery link %s", link)
			}
			// An operator has made sure who asks. That ends no factor.
			b := s.browser(t)
			b.opens(t, s.adminLink(t, id))
			if a := b.get(t, "/sessions/whoami"); a.StatusCode == http.StatusOK {
				t.Errorf("the operator's link goes without the app: %s", a.body)
			}
			if a := s.login(t, "new@example.org", password); a.StatusCode != http.StatusOK && a.StatusCode != http.StatusUnauthorized {
				t.Errorf("the password was ended: %d %s", a.StatusCode, a.body)
			}
		})
	}
}

// recoveryLinkTo returns the link of the last mail to an address that has one, empty for
// none.
func (s *site) recoveryLinkTo(t testing.TB, to string) string {
	t.Helper()
	var page []struct{ ID string }
	list := s.app1().get(t, s.admin.URL+"/courier/messages?recipient="+to)
	if err := json.Unmarshal(list.body, &page); err != nil {
		t.Fatalf("list of mails: %v %s", err, list.body)
	}
	for _, m := range page {
		body := s.app1().get(t, s.admin.URL+"/courier/messages/"+m.ID).text(t, "text")
		if found := regexp.MustCompile(`http\S+/self-service/recovery/methods/link\?token=\w+`).FindString(body); found != "" {
			return found
		}
	}
	return ""
}
