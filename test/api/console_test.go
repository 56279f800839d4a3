package api

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	escape "html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/symbolon/symbolon/internal/config"
)

const consolePassword = "a-password-of-the-operator"

// console asks for a page of the console.
func (c *client) console(t testing.TB, path string, headers ...string) answer {
	t.Helper()
	return c.get(t, c.site.admin.URL+"/console"+path, headers...)
}

// press sends a form of the console, as a browser does.
func (c *client) press(t testing.TB, path string, fields map[string]string, headers ...string) answer {
	t.Helper()
	form := url.Values{}
	for name, value := range fields {
		form.Set(name, value)
	}
	headers = append([]string{"Content-Type", "application/x-www-form-urlencoded", "Origin", c.site.admin.URL, "Sec-Fetch-Site", "same-origin"}, headers...)
	return c.do(t, http.MethodPost, c.site.admin.URL+"/console"+path, form.Encode(), headers...)
}

// says fails unless an answer has a status and all of the texts.
func (a answer) says(t testing.TB, status int, texts ...string) {
	t.Helper()
	if a.StatusCode != status {
		t.Errorf("%s %s: %d, want %d", a.Request.Method, a.Request.URL, a.StatusCode, status)
	}
	shown := escape.UnescapeString(string(a.body))
	for _, text := range texts {
		if !strings.Contains(shown, text) {
			t.Errorf("%s %s does not say %q:\n%s", a.Request.Method, a.Request.URL, text, shown)
		}
	}
}

// leads fails unless an answer redirects to a path of the console.
func (a answer) leads(t testing.TB, to string) {
	t.Helper()
	if got := a.Header.Get("Location"); a.StatusCode != http.StatusSeeOther || got != "/console"+to {
		t.Errorf("%s %s: %d to %q, want 303 to /console%s: %s", a.Request.Method, a.Request.URL, a.StatusCode, got, to, a.body)
	}
}

// idOf is the id of the identity that has an identifier.
func (s *site) idOf(t testing.TB, identifier string, headers ...string) string {
	t.Helper()
	a := s.app1().get(t, s.admin.URL+"/identities?credentials_identifier="+url.QueryEscape(identifier), headers...)
	id := regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f-]{27}`).FindString(string(a.body))
	if id == "" {
		t.Fatalf("no identity is %s: %s", identifier, a.body)
	}
	return id
}

func toJSON(t testing.TB, v any) string {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// reload puts a configuration of the environment in force.
func (s *site) reload(t testing.TB, settings ...string) {
	t.Helper()
	c, _, err := config.Load(config.Source{Environ: append([]string{
		"DSN=memory", "SERVE_PUBLIC_BASE_URL=" + s.public.URL + "/", "SERVE_ADMIN_BASE_URL=" + s.admin.URL + "/",
	}, settings...)})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.app.Reload(c); err != nil {
		t.Fatal(err)
	}
}

func (s *site) newestMessage(t *testing.T) string {
	t.Helper()
	found, _ := messages(t, s.app1().get(t, s.admin.URL+"/courier/messages?page_size=1"))
	if len(found) == 0 {
		t.Fatal("there is no message")
	}
	return found[0]["id"].(string)
}

func TestTheConsoleIsServedByDefaultOnLoopbackAlone(t *testing.T) {
	t.Parallel()
	const token = "SERVE_ADMIN_TOKEN=a-token-of-some-length-42"
	for name, test := range map[string]struct {
		settings []string
		want     int
	}{
		"loopback":                     {nil, http.StatusOK},
		"switched off":                 {[]string{"SERVE_ADMIN_CONSOLE_ENABLED=false"}, http.StatusNotFound},
		"every address":                {[]string{"SERVE_ADMIN_HOST=0.0.0.0", token}, http.StatusUnauthorized},
		"every address, asked for":     {[]string{"SERVE_ADMIN_HOST=0.0.0.0", token, "SERVE_ADMIN_CONSOLE_ENABLED=true"}, http.StatusSeeOther},
		"loopback with a token":        {[]string{token}, http.StatusSeeOther},
		"loopback with a password":     {[]string{"SERVE_ADMIN_CONSOLE_PASSWORD=" + consolePassword}, http.StatusSeeOther},
		"every address without access": {[]string{"SERVE_ADMIN_HOST=0.0.0.0", "SERVE_ADMIN_INSECURE=true"}, http.StatusNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, test.settings...)
			if a := s.app1().console(t, ""); a.StatusCode != test.want {
				t.Errorf("%d %s, want %d", a.StatusCode, a.body, test.want)
			}
		})
	}
}

var consolePages = []string{
	"", "?span=quarter", "?span=day", "?span=nonsense", "/identities", "/identities?identifier=jane@example.org", "/identities?schema=default",
	"/identities/new", "/identities/ID", "/identities/ID/edit", "/identities/ID/delete", "/messages", "/messages?status=dead", "/messages?recipient=jane@example.org",
	"/messages/MESSAGE", "/flows", "/flows?id=FLOW", "/flows?id=x", "/errors", "/errors?id=x", "/identities/x", "/messages/x", "/identities?after=x", "/messages?status=x", "/nowhere", "/identities/x/y/z",
}

func TestEveryPageOfTheConsoleIsGuardedAndWhole(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.register(t, "jane@example.org")
	c := s.app1()
	fill := strings.NewReplacer("ID", s.idOf(t, "jane@example.org"), "MESSAGE", s.newestMessage(t), "FLOW", c.get(t, "/self-service/login/api").text(t, "id"))
	inline := regexp.MustCompile(`(?i)<script|<style|\sstyle=|\son[a-z]+=|javascript:`)
	for _, path := range consolePages {
		a := c.console(t, fill.Replace(path))
		page := string(a.body)
		if policy := a.Header.Get("Content-Security-Policy"); !strings.HasPrefix(policy, "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self'; frame-src 'self'; form-action 'self'") || strings.Contains(policy, "unsafe") {
			t.Errorf("%s: policy %q", path, policy)
		}
		for name, want := range map[string]string{"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "Content-Type": "text/html; charset=utf-8"} {
			if got := a.Header.Get(name); got != want {
				t.Errorf("%s: %s is %q, want %q", path, name, got, want)
			}
		}
		for _, wrong := range []string{"ZgotmplZ", "<nil>", "{{", "%!", "http://", "https://"} {
			if strings.Contains(strings.ReplaceAll(page, s.public.URL, ""), wrong) {
				t.Errorf("%s holds %q:\n%s", path, wrong, page)
			}
		}
		if found := inline.FindString(page); found != "" {
			t.Errorf("%s holds %q", path, found)
		}
		if strings.Count(page, "<h1>") != 1 || strings.Count(page, "<main") != 1 || !strings.HasSuffix(strings.TrimSpace(page), "</html>") || len(page) > 40_000 {
			t.Errorf("%s is no whole page of at most 40 kB:\n%s", path, page)
		}
	}
	if a := c.do(t, http.MethodDelete, s.admin.URL+"/console/identities", ""); a.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("DELETE: %d", a.StatusCode)
	}
}

func TestTheConsoleDoesNotAnswerToForeignNames(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for host, want := range map[string]int{"": http.StatusOK, "localhost": http.StatusOK, "rebound.evil.example": http.StatusMisdirectedRequest} {
		for _, path := range []string{"/console", "/console/identities", "/console/sign-in"} {
			a := s.askAdmin(t, http.MethodGet, path, host, "", nil)
			if a.StatusCode != want || want != http.StatusOK && strings.Contains(string(a.body), "Identities") {
				t.Errorf("%s as %q: %d, want %d: %s", path, host, a.StatusCode, want, a.body)
			}
		}
	}
}

func TestPagesOfOtherSitesPressNoButtonOfTheConsole(t *testing.T) {
	t.Parallel()
	for name, settings := range map[string][]string{"open": nil, "with sign-in": {"SERVE_ADMIN_CONSOLE_PASSWORD=" + consolePassword}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, settings...)
			s.register(t, "jane@example.org")
			id := s.idOf(t, "jane@example.org", "Authorization", "Bearer "+consolePassword)
			c := s.browser(t)
			c.press(t, "/sign-in", map[string]string{"secret": consolePassword})
			for what, headers := range map[string][]string{
				"another site": {"Sec-Fetch-Site", "cross-site"}, "a sibling": {"Sec-Fetch-Site", "same-site"},
				"an old browser": {"Sec-Fetch-Site", "", "Origin", "https://evil.example"}, "a sandbox": {"Sec-Fetch-Site", "", "Origin", "null"},
			} {
				for _, path := range []string{"/delete", "/recovery", "/sessions", "/edit"} {
					a := c.press(t, "/identities/"+id+path, nil, headers...)
					a.says(t, http.StatusForbidden, "A page of another site has sent this request")
					if strings.Contains(string(a.body), "token=") {
						t.Errorf("%s got a link from %s", what, path)
					}
				}
			}
			c.console(t, "/identities/"+id).says(t, http.StatusOK, "jane@example.org", "Sign out everywhere")
			// A browser that tells an origin alone, over plain http, is believed.
			c.press(t, "/identities/"+id+"/sessions", nil, "Sec-Fetch-Site", "").leads(t, "/identities/"+id+"?done=ended-all")
		})
	}
}

func TestOperatorsSignInWithTheTokenOrThePassword(t *testing.T) {
	t.Parallel()
	const token = "a-token-of-some-length-42"
	s := newSite(t, "SERVE_ADMIN_TOKEN="+token, "SERVE_ADMIN_CONSOLE_PASSWORD="+consolePassword)
	c := s.browser(t)
	c.console(t, "").leads(t, "/sign-in")
	c.console(t, "/identities?schema=default").leads(t, "/sign-in?to="+url.QueryEscape("/identities?schema=default"))
	c.press(t, "/identities/new", map[string]string{"schema": "default", "traits.email": "jane@example.org"}).leads(t, "/sign-in")
	c.console(t, "/sign-in?to=/messages").says(t, http.StatusOK, "Password or token", `value="/messages"`)
	for _, wrong := range []string{"", "wrong", token + " ", consolePassword[1:]} {
		a := c.press(t, "/sign-in", map[string]string{"secret": wrong})
		a.says(t, http.StatusUnauthorized, "That is wrong")
		if a.Header.Get("Set-Cookie") != "" {
			t.Errorf("%q gets the cookie %s", wrong, a.Header.Get("Set-Cookie"))
		}
	}
	a := c.press(t, "/sign-in", map[string]string{"secret": consolePassword, "to": "/messages?status=sent"})
	a.leads(t, "/messages?status=sent")
	cookie := a.Header.Get("Set-Cookie")
	for _, want := range []string{"symbolon_console=", "Path=/console", "HttpOnly", "SameSite=Strict", "Max-Age=28800"} {
		if !strings.Contains(cookie, want) {
			t.Errorf("the cookie %q lacks %s", cookie, want)
		}
	}
	if strings.Contains(cookie, consolePassword) {
		t.Errorf("the cookie holds the password: %s", cookie)
	}
	c.console(t, "/identities").says(t, http.StatusOK, "Sign out")
	c.console(t, "/sign-in").leads(t, "")

	other := s.browser(t)
	other.press(t, "/sign-in", map[string]string{"secret": token}).leads(t, "")
	other.console(t, "").says(t, http.StatusOK, "Overview")
	s.app1().console(t, "", "Authorization", "Bearer "+token).says(t, http.StatusOK, "Overview")
	s.app1().console(t, "", "Authorization", "Bearer "+consolePassword).leads(t, "/sign-in")

	// Signing out ends what the cookie stands for, wherever it has been copied to.
	stolen, _, _ := strings.Cut(cookie, ";")
	s.app1().console(t, "", "Cookie", stolen).says(t, http.StatusOK, "Overview")
	c.press(t, "/sign-out", nil).leads(t, "/sign-in")
	c.console(t, "").leads(t, "/sign-in")
	s.app1().console(t, "", "Cookie", stolen).leads(t, "/sign-in")
	s.app1().console(t, "", "Cookie", stolen+"x").leads(t, "/sign-in")
	other.console(t, "").says(t, http.StatusOK, "Overview")

	s.pass(8*time.Hour - time.Minute)
	other.console(t, "").says(t, http.StatusOK, "Overview")
	s.pass(time.Minute)
	other.console(t, "").leads(t, "/sign-in")
}

func TestASignInLeadsNowhereElse(t *testing.T) {
	t.Parallel()
	s := newSite(t, "SERVE_ADMIN_CONSOLE_PASSWORD="+consolePassword)
	for _, to := range []string{"https://evil.example/", "//evil.example/", "/\\evil.example", "evil", "javascript:alert(1)", "/\r\nX: y", ""} {
		s.browser(t).press(t, "/sign-in", map[string]string{"secret": consolePassword, "to": to}).leads(t, "")
	}
	s.browser(t).press(t, "/sign-in", map[string]string{"secret": consolePassword, "to": "/../identities?a=b"}).leads(t, "/identities?a=b")
}

func TestACookieThatABrowserWouldNotKeepIsExplained(t *testing.T) {
	t.Parallel()
	s := newSite(t, "SERVE_ADMIN_CONSOLE_PASSWORD="+consolePassword, "SERVE_ADMIN_BASE_URL=https://id-admin.example.org/")
	for origin, want := range map[string]int{
		"http://10.0.0.5:4434": http.StatusBadRequest, "http://id-admin.example.org": http.StatusBadRequest,
		"https://id-admin.example.org": http.StatusSeeOther, "http://127.0.0.1:4434": http.StatusSeeOther, "http://localhost": http.StatusSeeOther,
	} {
		a := s.app1().press(t, "/sign-in", map[string]string{"secret": consolePassword}, "Origin", origin)
		if kept := strings.Contains(a.Header.Get("Set-Cookie"), "; Secure"); a.StatusCode != want || kept != (want == http.StatusSeeOther) {
			t.Errorf("from %s: %d with the cookie %q: %s", origin, a.StatusCode, a.Header.Get("Set-Cookie"), a.body)
		}
	}
}

func TestGuessingTheOperatorsPasswordIsHeldBack(t *testing.T) {
	t.Parallel()
	s := newSite(t, "SERVE_ADMIN_CONSOLE_PASSWORD="+consolePassword, "SECURITY_LIMITS_PER_IDENTITY=3", "SERVE_TRUSTED_PROXIES=127.0.0.1")
	c := s.browser(t)
	try := func(secret, from string) answer {
		return c.press(t, "/sign-in", map[string]string{"secret": secret}, "X-Forwarded-For", from)
	}
	try(consolePassword, "192.0.2.1").leads(t, "") // which costs nothing
	for range 3 {
		try("wrong", "192.0.2.1").says(t, http.StatusUnauthorized)
	}
	for _, secret := range []string{"wrong", consolePassword} {
		a := try(secret, "192.0.2.1")
		a.says(t, http.StatusTooManyRequests, "Too many attempts. Try again in")
		if a.Header.Get("Retry-After") == "" {
			t.Error("the answer does not say when to try again")
		}
	}
	try(consolePassword, "192.0.2.2").leads(t, "")
}

func TestIdentitiesAreFoundPageByPage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	c := s.app1()
	c.console(t, "/identities").says(t, http.StatusOK, "There are no identities yet")
	var all []map[string]any
	for n := range 61 {
		all = append(all, map[string]any{"create": map[string]any{"schema_id": "default", "traits": map[string]any{"email": fmt.Sprintf("p%02d@example.org", n)}}})
	}
	raw := c.do(t, http.MethodPatch, s.admin.URL+"/identities", toJSON(t, map[string]any{"identities": all}), "Content-Type", "application/json")
	if raw.StatusCode != http.StatusOK {
		t.Fatalf("%d %s", raw.StatusCode, raw.body)
	}
	first := c.console(t, "/identities")
	first.says(t, http.StatusOK, "61 identities", "p60@example.org", "p11@example.org", "Next page")
	if strings.Contains(string(first.body), "p10@") {
		t.Error("the first page shows more than 50")
	}
	next := regexp.MustCompile(`/console(/identities\?after=[^"]+)"`).FindStringSubmatch(string(first.body))
	second := c.console(t, next[1])
	second.says(t, http.StatusOK, "p10@example.org", "p00@example.org", "First page")
	if strings.Contains(string(second.body), "p11@") || strings.Contains(string(second.body), "Next page") {
		t.Errorf("the second page is\n%s", second.body)
	}
	c.console(t, "/identities?identifier=%20P07@Example.org").says(t, http.StatusOK, "1 identity found", "p07@example.org")
	c.console(t, "/identities?identifier=p0").says(t, http.StatusOK, "10 identities found", "p00@example.org", "p09@example.org")
	c.console(t, "/identities?identifier=q0").says(t, http.StatusOK, "Nothing is found")
	id := s.idOf(t, "p07@example.org")
	c.console(t, "/identities?identifier="+id).leads(t, "/identities/"+id)
}

func TestAnOperatorMakesEditsAndDeletesAnIdentity(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	c := s.app1()
	c.console(t, "/identities/new").says(t, http.StatusOK, `name="traits.email"`, "Signs in with this.")
	c.press(t, "/identities/new", map[string]string{"schema": "nope"}).says(t, http.StatusNotFound, "There is no such schema")
	refused := c.press(t, "/identities/new", map[string]string{"schema": "default", "traits.email": "no address", "traits.name.first": "<b>Jane"})
	refused.says(t, http.StatusUnprocessableEntity, "One thing is wrong", `value="no address"`, `aria-invalid="true"`)
	if strings.Contains(string(refused.body), "<b>Jane") {
		t.Error("what was typed became markup")
	}
	c.press(t, "/identities/new", map[string]string{"schema": "default", "traits.email": ""}).says(t, http.StatusUnprocessableEntity, "This has to be filled in.")
	made := c.press(t, "/identities/new", map[string]string{"schema": "default", "traits.email": "jane@example.org", "traits.name.first": "Jane", "traits.name.last": ""})
	id := s.idOf(t, "jane@example.org")
	made.leads(t, "/identities/"+id+"?done=created")
	c.console(t, "/identities/"+id+"?done=created").says(t, http.StatusOK, "The identity has been created.", "Jane", "not verified", "not set", "Not signed in anywhere.")
	c.press(t, "/identities/new", map[string]string{"schema": "default", "traits.email": "Jane@example.org"}).says(t, http.StatusUnprocessableEntity, "Another identity has this identifier")

	edit := c.console(t, "/identities/"+id+"/edit")
	edit.says(t, http.StatusOK, `value="jane@example.org"`, `value="Jane"`)
	version := regexp.MustCompile(`name="version" value="([0-9]+)"`).FindStringSubmatch(string(edit.body))[1]
	change := map[string]string{"version": version, "traits.email": "jane.doe@example.org", "traits.name.first": "", "traits.name.last": "Doe"}
	c.press(t, "/identities/"+id+"/edit", change).leads(t, "/identities/"+id+"?done=saved")
	got := c.get(t, s.admin.URL+"/identities/"+id).object(t)["traits"]
	if want := `{"email":"jane.doe@example.org","name":{"last":"Doe"}}`; toJSON(t, got) != want {
		t.Errorf("the traits are %s, want %s", toJSON(t, got), want)
	}
	// The form was opened before that change.
	c.press(t, "/identities/"+id+"/edit", change).says(t, http.StatusConflict, "The identity has changed since", `value="Doe"`)

	c.console(t, "/identities/"+id+"/delete").says(t, http.StatusOK, "Delete jane.doe@example.org?", "Delete for good")
	c.press(t, "/identities/"+id+"/delete", nil).leads(t, "/identities?done=deleted")
	c.console(t, "/identities?done=deleted").says(t, http.StatusOK, "The identity has been deleted.", "There are no identities yet")
	for _, path := range []string{"", "/edit", "/delete"} {
		c.console(t, "/identities/"+id+path).says(t, http.StatusNotFound, "There is no such identity")
	}
	c.press(t, "/identities/"+id+"/delete", nil).says(t, http.StatusNotFound)
}

func TestIdentitiesOfSeveralSchemasAreToldApart(t *testing.T) {
	t.Parallel()
	staff := base64.StdEncoding.EncodeToString([]byte(`{"type":"object","properties":{"traits":{"type":"object","properties":{
		"badge":{"type":"string","title":"Badge","ory.sh/kratos":{"credentials":{"password":{"identifier":true}}}},"rooms":{"type":"array","items":{"type":"integer"}}},"required":["badge"]}}}`))
	s := newSite(t, `IDENTITY_SCHEMAS=[{"id":"staff","url":"base64://`+staff+`"}]`)
	s.register(t, "jane@example.org")
	c := s.app1()
	c.console(t, "/identities/new").says(t, http.StatusOK, "Use this schema", `name="traits.email"`)
	c.console(t, "/identities/new?schema=staff").says(t, http.StatusOK, `name="traits.badge"`, `name="lines:traits.rooms"`, `name="schema" value="staff"`)
	c.press(t, "/identities/new", map[string]string{"schema": "staff", "traits.badge": "B-7", "lines:traits.rooms": "1\r\n\r\n22\r\n"})
	id := s.idOf(t, "b-7")
	got := c.get(t, s.admin.URL+"/identities/"+id).object(t)
	if want := `{"badge":"B-7","rooms":[1,22]}`; toJSON(t, got["traits"]) != want || got["schema_id"] != "staff" {
		t.Errorf("made %s of %s, want %s", toJSON(t, got["traits"]), got["schema_id"], want)
	}
	page := c.console(t, "/identities?schema=staff")
	page.says(t, http.StatusOK, "Show all", "staff", id) // how many there are is not counted
	if strings.Contains(string(page.body), "jane@") {
		t.Errorf("another schema is listed:\n%s", page.body)
	}
	c.console(t, "/identities/"+id).says(t, http.StatusOK, "Badge", "B-7", "Rooms 2", "no address for recovery")
	c.press(t, "/identities/"+id+"/recovery", nil).says(t, http.StatusConflict, "No link can be made")

	// The schema is gone from the configuration, its identities are not.
	s.reload(t)
	c.console(t, "/identities/"+id).says(t, http.StatusOK, "None that the schema names.", `"badge": "B-7"`)
	c.console(t, "/identities/"+id+"/edit").says(t, http.StatusServiceUnavailable, "The schema “staff” can't be used")
	c.press(t, "/identities/"+id+"/delete", nil).leads(t, "/identities?done=deleted")
}

func TestAnOperatorEndsSessionsAndMakesARecoveryLink(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.register(t, "john@example.org")
	token := s.register(t, "jane@example.org")
	johns := s.login(t, "john@example.org", password).text(t, "session_token")
	second := s.login(t, "jane@example.org", password).text(t, "session_token")
	id := s.idOf(t, "jane@example.org")
	c := s.app1()
	page := c.console(t, "/identities/"+id)
	page.says(t, http.StatusOK, "<td>password</td>", "Sign out everywhere", "set")
	for _, secret := range []string{token, second, "argon2"} {
		if strings.Contains(string(page.body), secret) {
			t.Errorf("the page shows %s", secret)
		}
	}
	sessions := regexp.MustCompile(`name="session" value="([^"]+)"`).FindAllStringSubmatch(string(page.body), -1)
	if len(sessions) != 2 {
		t.Fatalf("%d sessions are shown, want 2", len(sessions))
	}
	c.press(t, "/identities/"+id+"/sessions", map[string]string{"session": sessions[0][1]}).leads(t, "/identities/"+id+"?done=ended")
	held := 0
	for _, one := range []string{token, second} {
		if s.whoami(t, one).StatusCode == http.StatusOK {
			held++
		}
	}
	if held != 1 {
		t.Errorf("%d sessions hold after one of two was ended", held)
	}
	c.press(t, "/identities/"+id+"/sessions", nil).leads(t, "/identities/"+id+"?done=ended-all")
	if s.whoami(t, token).StatusCode == http.StatusOK || s.whoami(t, second).StatusCode == http.StatusOK || s.whoami(t, johns).StatusCode != http.StatusOK {
		t.Error("the wrong sessions hold")
	}
	made := c.press(t, "/identities/"+id+"/recovery", map[string]string{"expires_in": "24h"})
	made.says(t, http.StatusOK, "is shown only here")
	link := regexp.MustCompile(`readonly[^>]*>([^<]*token=[^<]*)<`).FindStringSubmatch(string(made.body))
	if link == nil {
		t.Fatalf("there is no link in\n%s", made.body)
	}
	s.pass(23 * time.Hour)
	if used := s.browser(t).opens(t, escape.UnescapeString(link[1])); used.StatusCode != http.StatusFound || !strings.Contains(used.Header.Get("Location"), "/settings") {
		t.Errorf("the link leads to %d %s", used.StatusCode, used.Header.Get("Location"))
	}
	c.press(t, "/identities/"+id+"/recovery", map[string]string{"expires_in": "9999h"}).says(t, http.StatusBadRequest)
	c.console(t, "/identities/"+id+"/recovery").leads(t, "/identities/"+id)
}

func TestMessagesAreShownAndSentAgain(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.register(t, "jane@example.org")
	c := s.app1()
	c.console(t, "/messages").says(t, http.StatusOK, "jane@example.org", "Waiting", "No mail server is configured")
	id := s.newestMessage(t)
	c.console(t, "/messages/"+id).says(t, http.StatusOK, "jane@example.org", "verification/valid", "the identity", `sandbox="allow-popups allow-popups-to-escape-sandbox"`, "token=")
	part := c.console(t, "/messages/"+id+"/html")
	part.says(t, http.StatusOK, `<base target="_blank">`)
	if policy := part.Header.Get("Content-Security-Policy"); !strings.HasPrefix(policy, "sandbox allow-popups") || strings.Contains(policy, "allow-scripts") {
		t.Errorf("a mail is shown with the policy %q", policy)
	}
	c.press(t, "/messages/"+id+"/retry", nil).says(t, http.StatusConflict, "Only a message that was given up can be.")
	c.console(t, "/messages?status=queued").says(t, http.StatusOK, "jane@example.org")
	c.console(t, "/messages?status=dead").says(t, http.StatusOK, "There is no such message")
	c.console(t, "/messages?recipient=john@example.org").says(t, http.StatusOK, "There is no such message")
	c.press(t, "/messages/"+strings.Repeat("0", 8)+"/retry", nil).says(t, http.StatusNotFound, "There is no such message")

	// No server listens there, so the message is given up at once.
	broken := newSite(t, "COURIER_SMTP_CONNECTION_URI=smtp://127.0.0.1:1/", "COURIER_MAX_TRIES=1")
	broken.register(t, "jane@example.org")
	if _, err := broken.app.DeliverMail(t.Context()); err != nil {
		t.Fatal(err)
	}
	c, id = broken.app1(), broken.newestMessage(t)
	c.console(t, "").says(t, http.StatusOK, "Messages given up", "0 others wait")
	c.console(t, "/messages/"+id).says(t, http.StatusOK, "Given up", "Last error", "Send it again")
	c.press(t, "/messages/"+id+"/retry", nil).leads(t, "/messages/"+id+"?done=queued")
	c.console(t, "/messages/"+id+"?done=queued").says(t, http.StatusOK, "Waiting", "The message has been queued again.")
}

func TestFlowsAndErrorsAreLookedUpWithoutTheirSecrets(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.register(t, "jane@example.org")
	c, browser := s.app1(), s.browser(t)
	action, token := browser.startBrowser(t, "login", "password", "?return_to="+url.QueryEscape(s.public.URL+"/self-service/x"))
	browser.form(t, action, map[string]string{"csrf_token": token, "identifier": "jane@example.org", "password": "not it at all"})
	id := action[strings.LastIndex(action, "=")+1:]
	page := c.console(t, "/flows?id=%20"+id)
	page.says(t, http.StatusOK, "Login flow", "Browser", "Waiting for the person", "jane@example.org", "The provided credentials are invalid", "not shown", "/self-service/x")
	for _, secret := range []string{"not it at all", token} {
		if strings.Contains(string(page.body), escape.EscapeString(secret)) {
			t.Errorf("the page shows %q", secret)
		}
	}
	s.pass(2 * time.Hour)
	c.console(t, "/flows?id="+id).says(t, http.StatusOK, "Ended", "over")
	for _, kind := range []string{"registration", "recovery", "verification"} {
		a := c.get(t, "/self-service/"+kind+"/api")
		c.console(t, "/flows?id="+a.text(t, "id")).says(t, http.StatusOK, strings.ToUpper(kind[:1])+kind[1:]+" flow", "App")
	}
	c.console(t, "/flows?id="+strings.Repeat("0", 36)).says(t, http.StatusNotFound, "There is no flow of that id.")

	at := browser.get(t, "/self-service/login/browser?return_to=https://evil.example/").Header.Get("Location")
	_, stored, _ := strings.Cut(at, "error=")
	if stored == "" {
		t.Fatalf("no error was stored: %s", at)
	}
	c.console(t, "/errors?id="+stored).says(t, http.StatusOK, "400", "Reason", "return_to")
	c.console(t, "/errors?id="+id).says(t, http.StatusNotFound, "There is no error of that id.")
}

func TestMarkupInTraitsIsText(t *testing.T) {
	t.Parallel()
	const nasty = `"><script>alert(1)</script><img src=x onerror=alert(1)>'</textarea>`
	s := newSite(t)
	c := s.app1()
	a := c.json(t, s.admin.URL+"/identities", map[string]any{"schema_id": "default", "traits": map[string]any{"email": "jane@example.org", "name": map[string]any{"first": nasty, "last": nasty}}})
	id := a.text(t, "id")
	for _, path := range []string{"/identities", "/identities/" + id, "/identities/" + id + "/edit", "/identities/" + id + "/delete", "/identities?identifier=" + url.QueryEscape(nasty), "/flows?id=" + url.QueryEscape(nasty), "/errors?id=" + url.QueryEscape(nasty), "/messages?recipient=" + url.QueryEscape(nasty), "?span=" + url.QueryEscape(nasty)} {
		page := string(c.console(t, path).body)
		for _, bad := range []string{"<script", "<img src=x", "'</textarea>"} {
			if strings.Contains(page, bad) {
				t.Errorf("%s holds %s:\n%s", path, bad, page)
			}
		}
	}
	c.console(t, "/identities/"+id).says(t, http.StatusOK, nasty)
}

func TestTheChartsShowHowLoginsEnded(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.register(t, "jane@example.org")
	for _, secret := range []string{password, "wrong one at all", password} {
		s.login(t, "jane@example.org", secret)
	}
	c := s.app1()
	c.console(t, "").says(t, http.StatusOK, "In the last hour: 2 succeeded, 1 rejected, 0 rate-limited, 0 failed.", "In the last hour: 1 succeeded,", `<path class="c1" d="M`, `<path class="c2" d="M`)
	s.pass(90 * time.Minute)
	c.console(t, "").says(t, http.StatusOK, "In the last hour there were none.")
	c.console(t, "?span=quarter").says(t, http.StatusOK, "In the last 6 hours: 2 succeeded, 1 rejected")
	s.pass(24 * time.Hour)
	c.console(t, "?span=day").says(t, http.StatusOK, "In the last 24 hours there were none.")
}

// A new configuration takes effect at once, and keeps operators signed in unless
// what they signed in with has changed.
func TestANewPasswordEndsWhatWasSignedInWithTheOldOne(t *testing.T) {
	t.Parallel()
	s := newSite(t, "SERVE_ADMIN_CONSOLE_PASSWORD="+consolePassword)
	c := s.browser(t)
	c.press(t, "/sign-in", map[string]string{"secret": consolePassword}).leads(t, "")
	s.reload(t, "SERVE_ADMIN_CONSOLE_PASSWORD="+consolePassword, "UI_NAME=Other")
	c.console(t, "").says(t, http.StatusOK, "Other")
	s.reload(t, "SERVE_ADMIN_CONSOLE_PASSWORD="+consolePassword+"-2", "UI_NAME=Other")
	c.console(t, "").leads(t, "/sign-in")
}
