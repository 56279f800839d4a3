package api

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/symbolon/symbolon/internal/config"
)

// follows requests a page and every redirect after it.
func (c *client) follows(t testing.TB, target string, headers ...string) answer {
	t.Helper()
	a := c.get(t, target, headers...)
	for range 5 {
		to := a.Header.Get("Location")
		if to == "" {
			return a
		}
		a = c.get(t, to, headers...)
	}
	t.Fatalf("%s leads on and on", target)
	return a
}

var written = regexp.MustCompile(`<html lang="([^"]*)" dir="([^"]*)">`)

func (a answer) language(t testing.TB) string {
	t.Helper()
	m := written.FindSubmatch(a.body)
	if m == nil {
		t.Fatalf("no page: %d %s", a.StatusCode, a.body)
	}
	return string(m[1])
}

func TestALanguageThatWasChosenIsKept(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	c := s.browser(t)
	for _, step := range []struct{ path, want string }{
		{"/login", "it"}, // what the browser asks for
		{"/self-service/login/browser?lang=de", "de"},
		{"/registration", "de"},
		{"/?lang=sv", "de"}, // not on offer here
		{"/?lang=ar-EG", "ar"},
		{"/logout", "ar"},
	} {
		if got := c.follows(t, step.path, "Accept-Language", "it;q=0.9, en;q=0.1").language(t); got != step.want {
			t.Errorf("%s is in %s, want %s", step.path, got, step.want)
		}
	}
	a := s.browser(t).get(t, "/login?lang=fr")
	cookie := strings.Join(a.Header.Values("Set-Cookie"), "\n")
	if !strings.Contains(cookie, "symbolon_language=fr; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax") {
		t.Errorf("the choice is kept as %q", cookie)
	}
}

func TestNobodyGetsALanguageCookieUnasked(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, path := range []string{"/", "/login?lang=", "/login?lang=xx", "/login?lang=%3Cscript%3E", "/?slang=de", "/sessions/whoami"} {
		if got := s.browser(t).get(t, path).Header.Values("Set-Cookie"); strings.Contains(strings.Join(got, ""), "symbolon_language") {
			t.Errorf("%s: %q", path, got)
		}
	}
	a := s.app1().get(t, "/", "Cookie", "symbolon_language=%3Cscript%3E", "Accept-Language", "nl")
	if got := a.language(t); got != "nl" {
		t.Errorf("a cookie that is none chose %s", got)
	}
}

func TestTheWireIsEnglishInEveryLanguage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	c := s.browser(t)
	c.get(t, "/?lang=de")
	action, csrf := c.startBrowser(t, "login", "password", "")
	a := c.form(t, action, map[string]string{"csrf_token": csrf, "identifier": "unknown@example.org", "password": "wrong"})
	page := c.get(t, a.Header.Get("Location"))
	if got := string(page.body); !strings.Contains(got, "Diese Angaben passen zu keinem Konto") {
		t.Errorf("the page is not German: %s", got)
	}
	to, err := url.Parse(a.Header.Get("Location"))
	if err != nil {
		t.Fatal(err)
	}
	flow := c.get(t, "/self-service/login/flows?id="+to.Query().Get("flow"))
	if got := string(flow.body); !strings.Contains(got, "The provided credentials are invalid") || strings.Contains(got, "Passwort") {
		t.Errorf("the wire is not English: %s", got)
	}
}

const polyglotSchema = `{"$id":"p","type":"object","properties":{"traits":{"type":"object","properties":{
	"email":{"type":"string","format":"email","ory.sh/kratos":{"credentials":{"password":{"identifier":true}},"recovery":{"via":"email"}}},
	"language":{"type":"string"}},"required":["email"]}}}`

func TestMailsAreInTheLanguageOfTheTraitOrOfWhoeverAsked(t *testing.T) {
	t.Parallel()
	s := newSite(t, "UI_LANGUAGE_TRAIT=language", "UI_NAME=Café",
		"IDENTITY_DEFAULT_SCHEMA_URL=base64://"+base64.StdEncoding.EncodeToString([]byte(polyglotSchema)))
	c := s.browser(t)
	for email, traits := range map[string]map[string]any{"turk@example.org": {"language": "tr"}, "other@example.org": {}} {
		traits["email"] = email
		a := s.app1().json(t, s.admin.URL+"/identities", map[string]any{"schema_id": "default", "traits": traits})
		if a.StatusCode != http.StatusCreated {
			t.Fatalf("create: %d %s", a.StatusCode, a.body)
		}
	}
	for email, want := range map[string]string{
		"turk@example.org":    "Hesabınıza yeniden erişin",
		"other@example.org":   "Odzyskaj dostęp do konta",
		"unknown@example.org": "Próba dostępu do konta",
	} {
		action, csrf := c.startBrowser(t, "recovery", "link", "")
		c.do(t, http.MethodPost, action, url.Values{"csrf_token": {csrf}, "email": {email}}.Encode(),
			"Content-Type", "application/x-www-form-urlencoded", "Accept-Language", "pl-PL, en;q=0.5")
		list, _ := messages(t, s.app1().get(t, s.admin.URL+"/courier/messages?recipient="+email))
		if len(list) != 1 || list[0]["subject"] != want {
			t.Errorf("%s got %v, want %q", email, list, want)
			continue
		}
		if text := s.app1().get(t, s.admin.URL+"/courier/messages/"+list[0]["id"].(string)).text(t, "text"); !strings.Contains(text, "Café") {
			t.Errorf("the mail does not name its sender: %s", text)
		}
	}
}

func TestSessionsAreEndedFromTheSettings(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	c := s.browser(t)
	c.registerBrowser(t, "jane@example.org")
	elsewhere := s.login(t, "jane@example.org", password).text(t, "session_token")
	stranger := s.register(t, "joe@example.org")
	settings := c.follows(t, "/settings")
	field := func(name string) string {
		return string(regexp.MustCompile(`/settings/places">.*?name="` + name + `" value="([^"]*)"`).FindSubmatch(settings.body)[1])
	}
	id := field("session")
	form := map[string]string{"csrf_token": strings.ReplaceAll(field("csrf_token"), "&#43;", "+"), "flow": field("flow"), "session": id}
	if a := s.browser(t).form(t, "/settings/places", form); a.StatusCode != http.StatusForbidden {
		t.Errorf("another browser: %d", a.StatusCode)
	}
	s.whoami(t, elsewhere).text(t, "id")
	a := c.form(t, "/settings/places", form)
	if got := string(c.follows(t, a.Header.Get("Location")).body); !strings.Contains(got, "That session has been signed out.") {
		t.Errorf("the page does not say so: %s", got)
	}
	if a := s.whoami(t, elsewhere); a.StatusCode != http.StatusUnauthorized {
		t.Errorf("the session still holds: %d", a.StatusCode)
	}
	again := s.login(t, "jane@example.org", password).text(t, "session_token")
	delete(form, "session")
	c.form(t, "/settings/places", form)
	if a := s.whoami(t, again); a.StatusCode != http.StatusUnauthorized {
		t.Errorf("another session still holds: %d", a.StatusCode)
	}
	if a := s.whoami(t, stranger); a.StatusCode != http.StatusOK {
		t.Errorf("a stranger was signed out: %d", a.StatusCode)
	}
	if a := c.get(t, "/sessions/whoami"); a.StatusCode != http.StatusOK {
		t.Errorf("this browser was signed out: %d", a.StatusCode)
	}
}

func TestWhoSignsOutIsToldSo(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	c := s.browser(t)
	c.registerBrowser(t, "jane@example.org")
	if got := string(c.follows(t, "/self-service/browser/flows/logout").body); !strings.Contains(got, "You are signed out") {
		t.Errorf("after signing out: %s", got)
	}
}

func TestAReloadTakesUpChangedFilesOfTheLook(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "welcome.html")
	write := func(content string) {
		if err := os.WriteFile(file, []byte(`{{define "content"}}<h1>`+content+`</h1>{{end}}`), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("first")
	environ := []string{"UI_TEMPLATES=" + dir, "UI_ACCENT=#ffcc00"}
	s := newSite(t, environ...)
	if !strings.Contains(s.log.String(), "ui.accent: #ffcc00 has a contrast of") {
		t.Error("a faint accent is not warned of")
	}
	next, _, err := config.Load(config.Source{Environ: append([]string{
		"DSN=memory", "HASHERS_ARGON2_MEMORY=16384", "HASHERS_ARGON2_ITERATIONS=1",
		"SERVE_PUBLIC_BASE_URL=" + s.public.URL + "/", "SERVE_ADMIN_BASE_URL=" + s.admin.URL + "/",
		"PASSWORD_BREACH_API_URL=http://127.0.0.1:1/", "SELFSERVICE_FLOWS_SETTINGS_REVOKE_OTHER_SESSIONS=false",
	}, environ...)})
	if err != nil {
		t.Fatal(err)
	}
	for _, content := range []string{"second, longer", "third, {{.Nowhere}}"} {
		write(content)
		err := s.app.Reload(next)
		want := "<h1>second, longer</h1>"
		if got := string(s.app1().get(t, "/").body); !strings.Contains(got, want) {
			t.Errorf("after %q the page is %s", content, got)
		}
		if broken := strings.Contains(content, "Nowhere"); broken != (err != nil) || broken && !strings.Contains(err.Error(), file+":1") {
			t.Errorf("reload of %q: %v", content, err)
		}
	}
}
