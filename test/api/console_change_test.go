package api

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
)

func TestOperatorVerifiesSetsPasswordsAndDisables(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.register(t, "jane@example.org")
	c, path := s.app1(), "/identities/"+s.idOf(t, "jane@example.org")
	signIn := func(typed string) int {
		return s.app1().json(t, s.app1().start(t, "login", "password"), map[string]any{"identifier": "jane@example.org", "password": typed}).StatusCode
	}
	page := c.console(t, path)
	address := regexp.MustCompile(`name="address" value="([^"]+)"`).FindStringSubmatch(string(page.body))
	if address == nil {
		t.Fatalf("no address can be marked as verified: %s", page.body)
	}
	c.press(t, path+"/verify", map[string]string{"address": address[1]}).leads(t, path+"?done=verified")
	c.press(t, path+"/password", map[string]string{"password": "short"}).says(t, http.StatusUnprocessableEntity, "too short")
	c.press(t, path+"/password", map[string]string{"password": "a new lighthouse 7"}).leads(t, path+"?done=password")
	if after := c.console(t, path); strings.Contains(string(after.body), "Mark as verified") || !strings.Contains(string(after.body), "Not signed in anywhere") {
		t.Errorf("the address is not verified or a session is left: %s", after.body)
	}
	if old, now := signIn(password), signIn("a new lighthouse 7"); old != http.StatusBadRequest || now != http.StatusOK {
		t.Errorf("the old password answers %d, the new one %d", old, now)
	}
	c.press(t, path+"/state", map[string]string{"state": "inactive"}).leads(t, path+"?done=disabled")
	c.console(t, path).says(t, http.StatusOK, "disabled", "Enable", "Not signed in anywhere")
	if now := signIn("a new lighthouse 7"); now == http.StatusOK {
		t.Error("a disabled identity signs in")
	}
	c.press(t, path+"/state", map[string]string{"state": "active"}).leads(t, path+"?done=enabled")
	if now := signIn("a new lighthouse 7"); now != http.StatusOK {
		t.Errorf("enabled again: %d", now)
	}
	c.press(t, path+"/password", map[string]string{"expire": "yes"}).leads(t, path+"?done=expired")
	if now := signIn("a new lighthouse 7"); now != http.StatusBadRequest {
		t.Errorf("an expired password answers %d", now)
	}
	c.press(t, path+"/factors", map[string]string{"type": "password"}).says(t, http.StatusNotFound)
	for _, action := range []string{"address.verified", "password.set", "identity.disabled", "identity.enabled", "password.expired"} {
		if !strings.Contains(s.log.String(), "action="+action) {
			t.Errorf("the log has no %s", action)
		}
	}
}

func TestConsoleFindsByPartAndListsTheNewestFirst(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.register(t, "jane.doe@example.org")
	s.register(t, "joe@example.org")
	c := s.app1()
	found := string(c.console(t, "/identities?identifier=DOE").body)
	if !strings.Contains(found, "jane.doe@example.org") || strings.Contains(found, "joe@example.org") {
		t.Errorf("a part of an address finds %s", found)
	}
	order := func(query string) int {
		page := string(c.console(t, "/identities"+query).body)
		return strings.Index(page, "jane.doe@") - strings.Index(page, "joe@")
	}
	if order("") < 0 || order("?order=oldest") > 0 {
		t.Error("the newest is not first, or the oldest is not where that was asked for")
	}
	c.get(t, "/self-service/registration/api")
	c.console(t, "/flows").says(t, http.StatusOK, "Latest flows", "Registration")
}

// apiToken opens the admin API where the console has operators by name.
const apiToken = "a-token-of-this-test-alone"

// teaHash is the hash of "tea for an operator".
const teaHash = "$argon2id$v=19$m=19456,t=2,p=1$mGPRVBnsL1MxjVNBLEvtxw$cLhL+rGDe27smFaImgV26E0idvmTqfo0ZpHqvvTMWNo"

func TestWhatAnOperatorDoesIsRecordedUnderTheirName(t *testing.T) {
	t.Parallel()
	s := newSite(t, `SERVE_ADMIN_CONSOLE_OPERATORS=[{"name":"jane","role":"write","password":"`+teaHash+`"},{"name":"joe","role":"read","password":"`+teaHash+`"}]`, "SERVE_ADMIN_TOKEN="+apiToken)
	s.register(t, "ada@example.org")
	path := "/identities/" + s.idOf(t, "ada@example.org", "Authorization", "Bearer "+apiToken)
	jane, joe := s.browser(t), s.browser(t)
	jane.press(t, "/sign-in", map[string]string{"name": "jane", "secret": "wrong"}).says(t, http.StatusUnauthorized, "That is wrong")
	jane.press(t, "/sign-in", map[string]string{"name": "jane", "secret": "tea for an operator"}).leads(t, "")
	joe.press(t, "/sign-in", map[string]string{"name": "joe", "secret": "tea for an operator"}).leads(t, "")
	joe.press(t, path+"/state", map[string]string{"state": "inactive"}).says(t, http.StatusForbidden, "You may look, but not change anything")
	jane.press(t, path+"/state", map[string]string{"state": "inactive"}).leads(t, path+"?done=disabled")
	page := joe.console(t, path)
	page.says(t, http.StatusOK, "Signed in as", "user_archived", "console:jane")
	if strings.Contains(string(page.body), "Delete this identity") {
		t.Error("a reader is offered what changes something")
	}
	if log := s.log.String(); !strings.Contains(log, "operator=jane action=identity.disabled") {
		t.Error("the log does not name the operator")
	}
}
