package httpapi_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

// ask is a request to the admin listener and what it is answered.
type ask struct {
	name, verb, target, body string
	header                   []string // name, value
	status                   int
	says                     string // is in the body
}

func (s *site) askAll(t *testing.T, all []ask) {
	t.Helper()
	for _, a := range all {
		operator := s.browser()
		for i := 0; i < len(a.header); i += 2 {
			operator = operator.with(a.header[i], a.header[i+1])
		}
		if r := operator.admin(t, a.verb, a.target, a.body); r.Code != a.status || !strings.Contains(r.Body.String(), a.says) {
			t.Errorf("%s: %d %s\nwant %d with %s", a.name, r.Code, r.Body, a.status, a.says)
		}
	}
}

// create makes an identity and returns its id.
func (s *site) create(t testing.TB, body string) string {
	t.Helper()
	r := s.browser().admin(t, http.MethodPost, "/identities", body)
	if r.Code != http.StatusCreated {
		t.Fatalf("create: %d %s", r.Code, r.Body)
	}
	id := r.text(t, "id")
	if want := "http://127.0.0.1:4434/identities/" + id; r.Header().Get("Location") != want {
		t.Errorf("Location %s, want %s", r.Header().Get("Location"), want)
	}
	return id
}

const (
	unknownID = "8c6fa1b0-7a4c-4f4e-9a37-0f8d5d5a9a11"
	withHash  = `{"traits":{"email":"hash@shop.test"},"credentials":{"password":{"config":{"hashed_password":"$2a$04$6VxD2Ym8XHLxLMNZK0HsNeBNzHSbRiUYUpT7lK9OeoFqXkbxZqGzG"}}}}`
)

func TestCreateIdentity(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.create(t, `{"traits":{"email":"jane@shop.test"},"credentials":{"password":{"config":{"password":"`+password+`"}}}}`)
	if r := s.browser().login(t, "jane@shop.test", password); r.location(t).Path == "/login" {
		t.Errorf("the password that was given does not sign in: %s", r.location(t))
	}
	s.create(t, withHash)
	identity := func(rest string) string { return `{"traits":{"email":"new@shop.test"}` + rest + `}` }
	post := func(name, body string, status int, says string) ask {
		return ask{name, http.MethodPost, "/identities", body, nil, status, says}
	}
	s.askAll(t, []ask{
		post("taken", `{"traits":{"email":"JANE@shop.test"}}`, 409, "exists already"),
		post("nothing", ``, 400, "The request body is empty. Send a JSON object with the member traits."),
		post("no traits", `{}`, 400, "The member traits is missing."),
		post("unknown member", identity(`,"trait":1`), 400, `unknown field \"trait\"`),
		post("member twice", identity(`,"traits":{}`), 400, `the member \"traits\" stands in the object twice`),
		post("not UTF-8", "{\"traits\":{\"email\":\"a\xff@shop.test\"}}", 400, "not valid UTF-8"),
		post("more than one value", identity(``)+`{}`, 400, "more than one JSON value"),
		post("cut off", `{"traits":{`, 400, "unexpected EOF"),
		post("unknown schema", identity(`,"schema_id":"none"`), 400, "none"),
		post("against the schema", `{"traits":{"email":"nope"}}`, 400, "email"),
		post("two passwords", identity(`,"credentials":{"password":{"config":{"hashed_password":"x","password":"y"}}}`), 400, "Give either"),
		post("no password", identity(`,"credentials":{"password":{"config":{}}}`), 400, "Give either"),
		post("unknown hash", identity(`,"credentials":{"password":{"config":{"hashed_password":"x"}}}`), 400, "can't be imported"),
		post("broken factor", identity(`,"credentials":{"totp":{"config":7}}`), 400, "credentials.totp.config can't be read"),
		post("too large", `{"traits":{"email":"`+strings.Repeat("x", 1<<20)+`"}}`, 413, "larger than 1048576 bytes"),
	})
}

func TestUpdateIdentity(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	id := s.create(t, `{"traits":{"email":"jane@shop.test"}}`)
	s.create(t, `{"traits":{"email":"taken@shop.test"}}`)
	one := "/identities/" + id
	s.askAll(t, []ask{
		{"traits", http.MethodPut, one, `{"traits":{"email":"j@shop.test"}}`, nil, 200, `"traits":{"email":"j@shop.test"}`},
		{"read", http.MethodGet, one, "", nil, 200, `"traits":{"email":"j@shop.test"}`},
		{"password", http.MethodPut, one, `{"traits":{"email":"j@shop.test"},"credentials":{"password":{"config":{"password":"` + password + `"}}}}`, nil, 200, id},
		{"broken password", http.MethodPut, one, `{"traits":{"email":"j@shop.test"},"credentials":{"password":{"config":{}}}}`, nil, 400, "Give either"},
		{"taken", http.MethodPut, one, `{"traits":{"email":"taken@shop.test"}}`, nil, 409, "exists already"},
		{"against the schema", http.MethodPut, one, `{"traits":{"email":7}}`, nil, 400, "email"},
		{"nothing", http.MethodPut, one, ``, nil, 400, "empty"},
		{"unknown id", http.MethodPut, "/identities/" + unknownID, `{"traits":{"email":"x@shop.test"}}`, nil, 404, "Unable to locate the resource"},
		{"read unknown id", http.MethodGet, "/identities/" + unknownID, "", nil, 404, "Unable to locate the resource"},
		{"id of no form", http.MethodGet, "/identities/x", "", nil, 404, "Unable to locate the resource"},
		{"delete", http.MethodDelete, one, "", nil, 204, ""},
		{"delete again", http.MethodDelete, one, "", nil, 404, "Unable to locate the resource"},
		{"wrong verb", http.MethodPost, one, `{}`, nil, 405, "Method Not Allowed"},
	})
}

func TestDeleteCredential(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser()
	b.register(t, "jane@shop.test")
	id := b.do(t, http.MethodGet, "/sessions/whoami", "").text(t, "identity.id")
	credential := "/identities/" + id + "/credentials/"
	s.askAll(t, []ask{
		{"none of the type", http.MethodDelete, credential + "totp", "", nil, 404, "The identity has no credential of this type."},
		{"the last way to sign in", http.MethodDelete, credential + "password", "", nil, 409, "You can not remove the last way to sign in."},
		{"unknown id", http.MethodDelete, "/identities/" + unknownID + "/credentials/totp", "", nil, 404, "Unable to locate"},
	})
	if b.whoami(t) == "" {
		t.Error("a refused removal ended the session")
	}
	s.askAll(t, []ask{
		{"give a second factor", http.MethodPut, "/identities/" + id, `{"traits":{"email":"jane@shop.test"},"credentials":{"totp":{"config":{"totp_url":"otpauth://totp/Shop:jane?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Shop"}}}}`, nil, 200, id},
		{"take it away", http.MethodDelete, credential + "totp", "", nil, 204, ""},
	})
	if b.whoami(t) != "" {
		t.Error("sessions outlive a factor that an operator took away")
	}
}

func TestImport(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	const jane, broken = `{"create":{"traits":{"email":"jane@shop.test"}},"patch_id":"p1"}`, `{"create":{"traits":{"email":"nope"}},"patch_id":"p2"}`
	var answer struct {
		Identities []struct {
			Action, Identity string
			PatchID          string `json:"patch_id"`
			Error            *struct{ Code int }
		}
	}
	r := s.browser().admin(t, http.MethodPatch, "/identities", `{"identities":[`+jane+`,`+broken+`]}`)
	if err := json.Unmarshal(r.Body.Bytes(), &answer); err != nil || r.Code != http.StatusOK || len(answer.Identities) != 2 {
		t.Fatalf("%d %s", r.Code, r.Body)
	}
	first, second := answer.Identities[0], answer.Identities[1]
	if first.Action != "create" || first.Identity == "" || first.PatchID != "p1" || second.Action != "error" || second.PatchID != "p2" || second.Error.Code != 400 {
		t.Errorf("%s", r.Body)
	}
	many := `{"identities":[` + strings.Repeat(`{},`, 1000) + `{}]}`
	s.askAll(t, []ask{
		{"too many", http.MethodPatch, "/identities", many, nil, 400, "At most 1000 identities fit one call."},
		{"no JSON", http.MethodPatch, "/identities", `{`, nil, 400, "unexpected EOF"},
		{"another type", http.MethodPatch, "/identities", jane, []string{"Content-Type", "text/plain"}, 400, `only [application/json] are supported`},
		{"lines", http.MethodPatch, "/identities", jane + "\n" + strings.ReplaceAll(jane, "jane", "joe") + "\n", []string{"Content-Type", "application/x-ndjson"}, 200, `"action":"create"`},
		{"a line that is none", http.MethodPatch, "/identities", `{"create":`, []string{"Content-Type", "application/x-ndjson"}, 200, "unexpected EOF"},
		{"a line that is too long", http.MethodPatch, "/identities", `{"create":"` + strings.Repeat("x", 2<<20), []string{"Content-Type", "application/x-ndjson"}, 200, "one identity is larger than"},
	})
}

func TestListIdentities(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, name := range []string{"a", "b", "c"} {
		s.create(t, `{"traits":{"email":"`+name+`@shop.test"}}`)
	}
	const base = "http://127.0.0.1:4434/identities?"
	for query, want := range map[string]struct {
		first, link string
		n           int
	}{
		"?per_page=2":        {"a", `<` + base + `page=0&per_page=2>; rel="first",<` + base + `page=1&per_page=2>; rel="next",<` + base + `page=1&per_page=2>; rel="last"`, 2},
		"?per_page=2&page=1": {"c", `<` + base + `page=0&per_page=2>; rel="first",<` + base + `page=0&per_page=2>; rel="prev",<` + base + `page=1&per_page=2>; rel="last"`, 1},
		"?credentials_identifier=B%40shop.test": {"b", `<` + base + `credentials_identifier=B%40shop.test&page=0&per_page=250>; rel="first",` +
			`<` + base + `credentials_identifier=B%40shop.test&page=0&per_page=250>; rel="last"`, 1},
		"?per_page=x&page=-1": {"a", `<` + base + `page=0&per_page=250>; rel="first",<` + base + `page=0&per_page=250>; rel="last"`, 3},
		"?page_size=9":        {"a", `<` + base + `page_size=9>; rel="first"`, 3},
	} {
		r := s.browser().admin(t, http.MethodGet, "/identities"+query, "")
		var page []struct{ Traits struct{ Email string } }
		if err := json.Unmarshal(r.Body.Bytes(), &page); err != nil || len(page) != want.n || page[0].Traits.Email != want.first+"@shop.test" {
			t.Errorf("%s: %d %s", query, r.Code, r.Body)
		}
		if got := r.Header().Get("Link"); got != want.link {
			t.Errorf("%s: Link %s\nwant %s", query, got, want.link)
		}
	}
	link := s.browser().admin(t, http.MethodGet, "/identities?page_size=2", "").Header().Get("Link")
	_, next, _ := strings.Cut(link, `rel="first",<`)
	next, _, _ = strings.Cut(next, ">")
	s.askAll(t, []ask{
		{"the next page by token", http.MethodGet, next, "", nil, 200, "c@shop.test"},
		{"a token of another list", http.MethodGet, "/courier/messages?" + next[strings.Index(next, "page_size"):], "", nil, 400, "page_token"},
		{"a made-up token", http.MethodGet, "/identities?page_token=abc", "", nil, 400, "The page_token is not one that this server has made."},
	})
}

func TestRecoveryLink(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	id := s.create(t, `{"traits":{"email":"jane@shop.test"}}`)
	post := func(name, body string, status int, says string) ask {
		return ask{name, http.MethodPost, "/recovery/link", body, nil, status, says}
	}
	s.askAll(t, []ask{
		post("nothing", ``, 400, "Content-Length"),
		post("no id", `{}`, 404, "Unable to locate"),
		post("id of no form", `{"identity_id":"x"}`, 400, "incorrect UUID length: x"),
		post("unknown id", `{"identity_id":"`+unknownID+`"}`, 404, "Unable to locate"),
		post("no duration", `{"identity_id":"`+id+`","expires_in":"soon"}`, 400, "format should match"),
		post("in the past", `{"identity_id":"`+id+`","expires_in":"-1h"}`, 400, "future time: -1h"),
		post("made", `{"identity_id":"`+id+`","expires_in":"1h"}`, 200, `"recovery_link":"https://id.shop.test/self-service/recovery/methods/link?flow=`),
	})
	r := s.browser().admin(t, http.MethodPost, "/recovery/link", `{"identity_id":"`+id+`"}`)
	visitor, link := s.browser(), r.text(t, "recovery_link")
	page := visitor.do(t, http.MethodGet, link, "").location(t)
	if page.Path != "/recovery" || page.Query().Get("token") == "" || visitor.whoami(t) != "" {
		t.Fatalf("a link leads to %s, and not to the page that asks", page)
	}
	if forged := visitor.with("Sec-Fetch-Site", "cross-site").do(t, http.MethodPost, link, "x=1"); visitor.whoami(t) != "" {
		t.Errorf("a page of another site pressed the button: %d", forged.Code)
	}
	if to := visitor.with("Sec-Fetch-Site", "same-origin").do(t, http.MethodPost, link, "x=1"); to.Code != http.StatusFound || visitor.whoami(t) != "jane@shop.test" {
		t.Errorf("the link signs in without an effect: %d %s", to.Code, to.Header().Get("Location"))
	}
}

func TestCourierMessages(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	test := s.browser().admin(t, http.MethodPost, "/courier/messages", `{"to":"ops@shop.test"}`)
	one := "/courier/messages/" + test.text(t, "id")
	if want := "http://127.0.0.1:4434" + one; test.Code != http.StatusCreated || test.Header().Get("Location") != want {
		t.Errorf("%d, Location %s, want %s", test.Code, test.Header().Get("Location"), want)
	}
	link := s.browser().admin(t, http.MethodGet, "/courier/messages?page_size=1&status=queued&recipient=ops@shop.test", "").Header().Get("Link")
	_, next, found := strings.Cut(link, `rel="first",<`)
	next, _, _ = strings.Cut(next, ">")
	if !found || !strings.Contains(next, "recipient=ops%40shop.test") || !strings.Contains(next, "status=queued") {
		t.Fatalf("Link: %s", link)
	}
	s.askAll(t, []ask{
		{"listed without its text", http.MethodGet, "/courier/messages", "", nil, 200, `"recipient":"ops@shop.test"`},
		{"next page", http.MethodGet, next, "", nil, 200, `[]`},
		{"token of another list", http.MethodGet, "/identities?" + next[strings.Index(next, "page_size"):], "", nil, 400, "page_token"},
		{"made-up token", http.MethodGet, "/courier/messages?page_token=x", "", nil, 400, "not one that this server has made for this list"},
		{"unknown status", http.MethodGet, "/courier/messages?status=lost", "", nil, 400, "The status must be queued, sending, sent or dead."},
		{"one with its text", http.MethodGet, one, "", nil, 200, `"text":"`},
		{"unknown", http.MethodGet, "/courier/messages/" + unknownID, "", nil, 404, "Unable to locate"},
		{"retry what is not dead", http.MethodPost, one + "/retry", "", nil, 409, "The message is queued. Only a dead message, which was given up, can be sent again."},
		{"retry unknown", http.MethodPost, "/courier/messages/" + unknownID + "/retry", "", nil, 404, "Unable to locate"},
		{"test to no address", http.MethodPost, "/courier/messages", `{"to":"x"}`, nil, 400, "The member to must be an e-mail address"},
		{"test without a body", http.MethodPost, "/courier/messages", ``, nil, 400, "Content-Length"},
		{"from another site", http.MethodPost, "/courier/messages", `{"to":"ops@shop.test"}`, []string{"Sec-Fetch-Site", "cross-site"}, 403, "A page of another origin has sent this request."},
	})
}

func TestAdminAccess(t *testing.T) {
	t.Parallel()
	s := newSite(t, "SERVE_ADMIN_TOKEN=an-admin-token-of-24-chars")
	s.askAll(t, []ask{
		{"no token", http.MethodGet, "/identities", "", nil, 401, "This listener asks for a bearer token."},
		{"wrong token", http.MethodGet, "/identities", "", []string{"Authorization", "Bearer another-token-of-24-chars"}, 401, "bearer token"},
		{"another scheme", http.MethodGet, "/identities", "", []string{"Authorization", "Basic an-admin-token-of-24-chars"}, 401, "bearer token"},
		{"token", http.MethodGet, "/identities", "", []string{"Authorization", "Bearer an-admin-token-of-24-chars"}, 200, "[]"},
		{"probe", http.MethodGet, "/health/ready", "", nil, 200, `{"status":"ok"}`},
	})
	s = newSite(t)
	s.askAll(t, []ask{
		{"name of another site", http.MethodGet, "/identities", "", []string{"Host", "evil.test"}, 403, "This listener answers to addresses, to localhost"},
		{"localhost", http.MethodGet, "/identities", "", []string{"Host", "localhost:4434"}, 200, "[]"},
	})
}

func TestHealth(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.askAll(t, []ask{
		{"alive", http.MethodGet, "/health/alive", "", nil, 200, `{"status":"ok"}`},
		{"ready", http.MethodGet, "/health/ready", "", nil, 200, `{"status":"ok"}`},
		{"detail", http.MethodGet, "/health/detail", "", nil, 200, `"database":{"status":"ok"},"courier":{"channel":"mailbox","queued":0`},
		{"version", http.MethodGet, "/version", "", nil, 200, `{"version":"test"}`},
		{"stored flow of an operator's choice", http.MethodGet, "/self-service/login/flows?id=" + unknownID, "", nil, 404, "Unable to locate"},
		{"unknown path", http.MethodGet, "/nothing", "", nil, 404, ""},
	})
	if r := s.browser().with("User-Agent", "symbolon/1").admin(t, http.MethodGet, "/version", ""); r.Header().Get("X-Symbolon-Version") != "test" {
		t.Errorf("a command of ours is not told the version: %v", r.Header())
	}
	if err := s.app.Close(); err != nil {
		t.Fatal(err)
	}
	s.askAll(t, []ask{
		{"not ready", http.MethodGet, "/health/ready", "", nil, 503, `"errors":{"database":"`},
		{"detail of what fails", http.MethodGet, "/health/detail", "", nil, 503, `"status":"error"`},
	})
	if r := s.browser().do(t, http.MethodGet, "/health/ready", ""); r.Code != http.StatusServiceUnavailable || !strings.Contains(r.Body.String(), "was obfuscated") {
		t.Errorf("the public listener says why: %d %s", r.Code, r.Body)
	}
}
