package httpapi_test

import (
	"database/sql"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// bodies are what a page of another site can make a browser send, and what a program
// can: those that no reader understands, and whole ones.
var bodies = map[string][2]string{
	"empty":                        {"", ""},
	"plain text":                   {"text/plain", "a=b"},
	"escape that is none":          {"application/x-www-form-urlencoded", "a=%zz"},
	"no UTF-8":                     {"application/x-www-form-urlencoded", "a=%ff"},
	"NUL":                          {"application/x-www-form-urlencoded", "a=%00"},
	"multipart without boundary":   {"multipart/form-data", "a=b"},
	"JSON array":                   {"application/json", "[]"},
	"JSON cut off":                 {"application/json", `{"a":`},
	"whole form, no token":         {"application/x-www-form-urlencoded", wholeForm},
	"whole JSON, no token":         {"application/json", `{"identifier":"jane@shop.test","password":"correct horse 1 battery","email":"jane@shop.test","traits":{"email":"x@shop.test"},"method":"password","provider":"acme"}`},
	"whole form, token of another": {"application/x-www-form-urlencoded", "csrf_token=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA%3D&" + wholeForm},
}

const wholeForm = "identifier=jane%40shop.test&password=correct+horse+1+battery&email=jane%40shop.test&traits.email=x%40shop.test&method=password&provider=acme&link=acme"

// allMethods switches every method on.
func allMethods() []string {
	settings := []string{
		"SECURITY_LIMITS_ENABLED=false", "SELFSERVICE_FLOWS_RECOVERY_USE=code",
		`SELFSERVICE_METHODS_OIDC_CONFIG_PROVIDERS=[{"id":"acme","provider":"github","client_id":"a","client_secret":"b",` +
			`"mapper_url":"base64://bG9jYWwgYyA9IHN0ZC5leHRWYXIoJ2NsYWltcycpOyB7aWRlbnRpdHk6IHt0cmFpdHM6IHtlbWFpbDogYy5lbWFpbH19fQ=="}]`,
	}
	for _, method := range []string{"TOTP", "LOOKUP_SECRET", "WEBAUTHN", "PASSKEY", "CODE", "OIDC"} {
		settings = append(settings, "SELFSERVICE_METHODS_"+method+"_ENABLED=true")
	}
	for _, method := range []string{"WEBAUTHN", "PASSKEY"} {
		settings = append(settings, "SELFSERVICE_METHODS_"+method+"_CONFIG_RP_ID=shop.test", "SELFSERVICE_METHODS_"+method+"_CONFIG_RP_ORIGINS=https://id.shop.test")
	}
	return append(settings, "SELFSERVICE_METHODS_CODE_PASSWORDLESS_ENABLED=true")
}

// foreignSite is a server where other sites of the domain can set cookies, with two
// people and what others can put into the browser of one of them.
type foreignSite struct {
	*site
	db                             *sql.DB
	jane, mallory, stranger, ended *client
}

func newForeignSite(t testing.TB, settings ...string) *foreignSite {
	t.Helper()
	file := filepath.Join(t.TempDir(), "symbolon.db")
	s := newSite(t, append(append(allMethods(), "SESSION_COOKIE_DOMAIN=shop.test", "DSN=sqlite://"+file+"?synchronous=normal", "SECRETS_DEFAULT=a-secret-of-this-test-alone"), settings...)...)
	db, err := sql.Open("sqlite3", "file:"+file+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	f := &foreignSite{site: s, db: db, jane: s.browser(), mallory: s.browser(), stranger: s.browser(), ended: s.browser()}
	f.jane.register(t, "jane@shop.test")
	f.mallory.register(t, "mallory@shop.test")
	f.stranger.start(t, "login", "")
	f.ended.login(t, "mallory@shop.test", password)
	kept := *f.ended
	kept.jar = map[string]string{"ory_kratos_session": f.ended.jar["ory_kratos_session"], "csrf_token": f.ended.jar["csrf_token"]}
	f.ended.do(t, http.MethodGet, "/self-service/browser/flows/logout", "")
	f.ended = &kept
	return f
}

// senders are the cookies of requests for a flow of the owner's. Whose are right is the
// owner's browser, to which a page of another site leads it.
func (f *foreignSite) senders(owner *client) map[string]*client {
	jar := func(session, csrf *client) *client {
		c := f.browser()
		if value := session.jar["ory_kratos_session"]; value != "" {
			c.jar["ory_kratos_session"] = value
		}
		if value := csrf.jar["csrf_token"]; value != "" {
			c.jar["csrf_token"] = value
		}
		return c
	}
	made := f.browser()
	made.jar["csrf_token"] = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
	out := map[string]*client{
		"no cookie": f.browser(), "foreign cookie": jar(f.browser(), f.stranger), "foreign cookie, signed in": jar(f.jane, f.jane),
		"tossed cookie, signed in": jar(f.jane, owner), "cookie that was not issued": made, "expired session": jar(f.ended, f.ended),
		"right cookie": jar(owner, owner),
	}
	if owner.jar["ory_kratos_session"] != "" {
		out["tossed cookie, expired session"] = jar(f.ended, owner)
	}
	return out
}

// rows are the rows of a query, as text.
func (f *foreignSite) rows(t testing.TB, query string, args ...any) string {
	t.Helper()
	found, err := f.db.QueryContext(t.Context(), query, args...)
	if err != nil {
		t.Fatal(err)
	}
	defer found.Close()
	columns, err := found.Columns()
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for found.Next() {
		values, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := found.Scan(into...); err != nil {
			t.Fatal(err)
		}
		for i, name := range columns {
			fmt.Fprintf(&all, "%s=%v ", name, values[i])
		}
		all.WriteByte('\n')
	}
	if err := found.Err(); err != nil {
		t.Fatal(err)
	}
	return all.String()
}

// row is what is kept of a flow.
func (f *foreignSite) row(t testing.TB, id string) string {
	t.Helper()
	return f.rows(t, `SELECT * FROM flows WHERE id = ?`, id)
}

// accounts are what must not change: identities with their credentials and addresses,
// and sessions.
func (f *foreignSite) accounts(t testing.TB) string {
	t.Helper()
	return f.rows(t, `SELECT * FROM identities ORDER BY id`) + f.rows(t, `SELECT * FROM credentials ORDER BY identity_id, type`) +
		f.rows(t, `SELECT * FROM addresses ORDER BY id`) + f.rows(t, `SELECT id, active, factors FROM sessions ORDER BY id`)
}

var kindOfPath = regexp.MustCompile(`/self-service/(login|registration|settings|recovery|verification)\b`)

// kindsOf are the kinds of flow that a route takes, empty for one that takes none.
func kindsOf(path string) []string {
	if m := kindOfPath.FindStringSubmatch(path); m != nil {
		return m[1:]
	}
	switch {
	case strings.Contains(path, "/oidc/auth/"):
		return []string{"login", "registration", "settings"}
	case strings.HasSuffix(path, "/settings/connections"):
		return []string{"settings"}
	}
	return nil
}

// TestForeign sends every unsafe public request, with every body, from every browser
// that a flow does not belong to, and from the owner's without the token of the form:
// nothing happens to the flow of another browser, no account changes and no visitor is
// signed in (V1). The routes are those of the listener, so that a new one is tried too.
func TestForeign(t *testing.T) {
	t.Parallel()
	f := newForeignSite(t)
	before := f.accounts(t)
	tried := 0
	for _, route := range f.app.PublicRoutes() {
		verb, path := route[0], route[1]
		if verb == "*" {
			verb = http.MethodPost
		}
		if verb == http.MethodGet || verb == http.MethodHead {
			continue
		}
		tried++
		kinds := kindsOf(path)
		if len(kinds) == 0 {
			kinds = []string{"login"} // to be left alone
		}
		for _, kind := range kinds {
			f.tryRoute(t, verb, path, kind)
			if after := f.accounts(t); after != before {
				t.Fatalf("%s %s: accounts changed\nfrom %s\nto   %s", verb, path, before, after)
			}
			// A form of recovery asks for a code here: use says so.
			if len(kindsOf(path)) > 0 && !strings.HasSuffix(path, "/recovery/methods/link") {
				f.tryRightly(t, verb, path, kind)
				before = f.accounts(t)
			}
		}
	}
	if tried < 50 {
		t.Errorf("only %d routes", tried)
	}
}

// owned starts a flow in a browser of its own and returns where the route takes it.
func (f *foreignSite) owned(t testing.TB, path, kind string) (owner *client, id, target string) {
	t.Helper()
	if owner = f.browser(); kind == "settings" {
		owner = f.mallory
	}
	id, _ = owner.start(t, kind, "")
	path = strings.NewReplacer("{flow}", id, "{provider}", "acme", "{id}", id, "{rest...}", "x", "{f}", "x", "{$}", "").Replace(path)
	return owner, id, path + "?" + url.Values{"flow": {id}}.Encode()
}

// tryRoute sends every body from every sender to a flow that stays as it is, but for
// what its own browser is told.
func (f *foreignSite) tryRoute(t *testing.T, verb, path, kind string) {
	t.Helper()
	owner, id, target := f.owned(t, path, kind)
	before := f.row(t, id)
	for who, sender := range f.senders(owner) {
		if verb != http.MethodPost {
			// No page of another site can send these but by script, which browsers name.
			sender = sender.with("Sec-Fetch-Site", "cross-site")
		}
		for name, body := range bodies {
			label := verb + " " + path + ", " + kind + ", " + who + ", " + name
			again := sender.with("Content-Type", body[0])
			again.jar = maps.Clone(sender.jar)
			answer := again.do(t, verb, target, body[1])
			for _, set := range answer.Result().Cookies() {
				if set.Name == "ory_kratos_session" && set.MaxAge >= 0 && set.Value != "" {
					t.Errorf("%s: signed in", label)
				}
			}
			if answer.Code >= http.StatusInternalServerError {
				t.Errorf("%s: %d %s", label, answer.Code, answer.Body)
			}
			if after := f.row(t, id); after != before {
				if before = after; who != "right cookie" {
					t.Errorf("%s: the flow changed", label)
				}
			}
		}
	}
	if r := owner.do(t, http.MethodGet, "/self-service/"+kind+"/flows?id="+id, ""); r.Code != http.StatusOK {
		t.Errorf("%s %s: the flow is no longer its owner's: %d %s", verb, path, r.Code, r.Body)
	}
	if r := f.stranger.do(t, http.MethodGet, "/self-service/"+kind+"/flows?id="+id, ""); r.Code == http.StatusOK {
		t.Errorf("%s %s: the flow is shown to another browser", verb, path)
	}
}

// tryRightly is the other half: where all is right, something happens.
func (f *foreignSite) tryRightly(t *testing.T, verb, path, kind string) {
	t.Helper()
	owner, id, target := f.owned(t, path, kind)
	before := f.row(t, id)
	token := owner.token(t, kind, id)
	body := "csrf_token=" + url.QueryEscape(token) + "&" + strings.ReplaceAll(wholeForm, "x%40", id+"%40")
	answer := owner.do(t, verb, target, body)
	goesOn := strings.Contains(answer.Header().Get("Location"), "/oidc/auth/")
	if answer.Code >= http.StatusBadRequest || f.row(t, id) == before && !goesOn {
		t.Errorf("%s %s, %s: nothing happens where all is right: %d %s", verb, path, kind, answer.Code, answer.Header().Get("Location")+answer.Body.String())
	}
}

// TestForeign_callback brings the answer of a provider to another browser than left.
func TestForeign_callback(t *testing.T) {
	t.Parallel()
	f := newForeignSite(t)
	before := f.accounts(t)
	for _, kind := range []string{"login", "registration", "settings"} {
		owner, id, target := f.owned(t, "/self-service/methods/oidc/auth/{flow}", kind)
		left := owner.do(t, http.MethodPost, target, form("csrf_token", owner.token(t, kind, id), "provider", "acme", "link", "acme"))
		if to := left.location(t); to.Host == f.base.Host {
			left = owner.do(t, http.MethodGet, to.String(), "")
		}
		state := left.location(t).Query().Get("state")
		if state == "" {
			t.Fatalf("%s: %d %s", kind, left.Code, left.Header().Get("Location"))
		}
		waits := f.row(t, id)
		for _, route := range f.app.PublicRoutes() {
			if !strings.Contains(route[1], "/callback/") {
				continue
			}
			to := strings.ReplaceAll(route[1], "{provider}", "acme")
			answer := form("state", state, "error", "access_denied")
			for who, sender := range f.senders(owner) {
				r := sender.do(t, route[0], to+"?"+answer, answer)
				if f.row(t, id) != waits {
					t.Errorf("%s %s, %s, %s: the flow changed: %d", route[0], route[1], kind, who, r.Code)
				}
			}
		}
		back := owner.do(t, http.MethodGet, "/self-service/methods/oidc/callback/acme?"+form("state", state, "error", "access_denied"), "")
		if f.row(t, id) == waits {
			t.Errorf("%s: the browser that left is not let back: %d %s", kind, back.Code, back.Body)
		}
	}
	if after := f.accounts(t); after != before {
		t.Errorf("accounts changed\nfrom %s\nto   %s", before, after)
	}
}
