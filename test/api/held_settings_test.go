package api

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/symbolon/symbolon/internal/ceremony/ceremonytest"
)

// held is a request whose last bytes have not been sent yet.
type held struct {
	conn net.Conn
	in   *bufio.Reader
	rest string
}

// hold sends a form but for its last bytes, and returns when the server is reading it.
func (c *client) hold(t testing.TB, target string, fields url.Values) *held {
	t.Helper()
	u, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", u.Host)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	var cookies []string
	for _, k := range c.http.Jar.Cookies(u) {
		cookies = append(cookies, k.String())
	}
	body := fields.Encode()
	cut := len(body) - 3
	h := &held{conn: conn, in: bufio.NewReader(conn), rest: body[cut:]}
	fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\nCookie: %s\r\nExpect: 100-continue\r\n\r\n",
		u.RequestURI(), u.Host, len(body), strings.Join(cookies, "; "))
	// The server asks for the body when it reads it, and not before.
	if line, err := h.in.ReadString('\n'); err != nil || !strings.Contains(line, " 100 ") {
		t.Fatalf("%s: the server does not read the body: %q %v", target, line, err)
	}
	if _, err := h.in.ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(conn, body[:cut])
	return h
}

// finish sends the rest and returns the answer.
func (h *held) finish(t testing.TB) *http.Response {
	t.Helper()
	fmt.Fprint(h.conn, h.rest)
	a, err := http.ReadResponse(h.in, nil)
	if err != nil {
		t.Fatal(err)
	}
	a.Body.Close()
	return a
}

// victim is a person in a browser.
type victim struct {
	*client
	p     *provider
	id    string
	email string
}

func heldSite(t *testing.T) (*site, *provider) {
	t.Helper()
	p := newProvider(t)
	s := factorSite(t, append(p.settings(), "SELFSERVICE_FLOWS_SETTINGS_LIFESPAN=100h", "SELFSERVICE_FLOWS_SETTINGS_PRIVILEGED_SESSION_MAX_AGE=100h",
		"SECURITY_LIMITS_ENABLED=false")...)
	p.now = s.now
	return s, p
}

// newVictim makes one with a linked account and what these steps of settings add.
func (s *site) newVictim(t testing.TB, p *provider, email string, has ...string) *victim {
	t.Helper()
	v := &victim{client: s.browser(t), p: p, email: email}
	v.registerBrowser(t, email)
	v.id = v.get(t, "/sessions/whoami").text(t, "identity.id")
	p.says(map[string]any{"sub": "of " + email})
	v.get(t, v.toLink(t, "acme"))
	for _, step := range has {
		action, fields := heldSteps()[step](t, v)
		if a := v.do(t, http.MethodPost, action, fields.Encode(), "Content-Type", "application/x-www-form-urlencoded"); !strings.Contains(a.Header.Get("Location"), "/settings?flow=") {
			t.Fatalf("%s: %d %s", step, a.StatusCode, a.Header.Get("Location"))
		}
	}
	return v
}

// toLink leaves to link an account of a provider and returns the path to come back by.
func (v *victim) toLink(t testing.TB, provider string) string {
	t.Helper()
	_, f := v.settingsFlow(t)
	action, fields := v.formOf(t, f, "oidc", "link", provider)
	away := v.do(t, http.MethodPost, action, fields.Encode(), "Content-Type", "application/x-www-form-urlencoded")
	return v.back(t, v.p, v.get(t, away.Header.Get("Location")))
}

func (v *victim) settingsFlow(t testing.TB) (id string, f answer) {
	t.Helper()
	id = v.page(t, "settings")
	return id, v.get(t, "/self-service/settings/flows?id="+id)
}

// formOf is the form of a method with its token and these fields.
func (v *victim) formOf(t testing.TB, f answer, method string, fields ...string) (string, url.Values) {
	t.Helper()
	sent := url.Values{"csrf_token": {f.field(t, method, "csrf_token")}}
	for i := 0; i+1 < len(fields); i += 2 {
		sent.Set(fields[i], fields[i+1])
	}
	return f.text(t, "methods."+method+".config.action"), sent
}

type heldStep func(testing.TB, *victim) (action string, fields url.Values)

// plainStep is one with fixed fields.
func plainStep(method string, fields ...string) heldStep {
	return func(t testing.TB, v *victim) (string, url.Values) {
		t.Helper()
		_, f := v.settingsFlow(t)
		return v.formOf(t, f, method, fields...)
	}
}

// stepWith is one whose field takes something that the form says.
func stepWith(method, field string, value func(testing.TB, *victim, answer) string) heldStep {
	return func(t testing.TB, v *victim) (string, url.Values) {
		t.Helper()
		_, f := v.settingsFlow(t)
		return v.formOf(t, f, method, field, value(t, v, f))
	}
}

// named is a step that adds a security key, which needs a name.
func named(step heldStep) heldStep {
	return func(t testing.TB, v *victim) (string, url.Values) {
		t.Helper()
		at, form := step(t, v)
		form.Set("webauthn_register_displayname", "key")
		return at, form
	}
}

func shown(method, field string) func(testing.TB, *victim, answer) string {
	return func(t testing.TB, _ *victim, f answer) string {
		t.Helper()
		return f.field(t, method, field)
	}
}

// heldSteps are what settings take, by what it is.
func heldSteps() map[string]heldStep {
	created := func(method, options string) func(testing.TB, *victim, answer) string {
		return func(t testing.TB, _ *victim, f answer) string {
			t.Helper()
			return ceremonytest.New(t, keySite, ceremonytest.ES256).Create(t, f.field(t, method, options), ceremonytest.Lie{})
		}
	}
	return map[string]heldStep{
		"password":       plainStep("password", "password", "a second password 8"),
		"profile":        stepWith("profile", "traits.email", func(_ testing.TB, v *victim, _ answer) string { return "moved-" + v.email }),
		"unlink":         plainStep("oidc", "unlink", "acme"),
		"recovery codes": plainStep("lookup_secret", "lookup_secret_regenerate", "true"),
		"no codes":       plainStep("lookup_secret", "lookup_secret_disable", "true"),
		"no app":         plainStep("totp", "totp_unlink", "true"),
		"deletion":       plainStep("deletion", "confirm", "true"),
		"confirm the codes": func(t testing.TB, v *victim) (string, url.Values) {
			t.Helper()
			id, f := v.settingsFlow(t)
			action, fields := v.formOf(t, f, "lookup_secret", "lookup_secret_regenerate", "true")
			v.do(t, http.MethodPost, action, fields.Encode(), "Content-Type", "application/x-www-form-urlencoded")
			return v.formOf(t, v.get(t, "/self-service/settings/flows?id="+id), "lookup_secret", "lookup_secret_confirm", "true")
		},
		"app": stepWith("totp", "totp_code", func(t testing.TB, v *victim, f answer) string {
			t.Helper()
			return v.site.appCode(t, f.field(t, "totp", "totp_secret_key"), 0)
		}),
		"webauthn":    named(stepWith("webauthn", "webauthn_register", created("webauthn", "webauthn_register_trigger"))),
		"no webauthn": stepWith("webauthn", "webauthn_remove", shown("webauthn", "webauthn_remove")),
		"passkey":     stepWith("passkey", "passkey_settings_register", created("passkey", "passkey_create_data")),
		"no passkey":  stepWith("passkey", "passkey_remove", shown("passkey", "passkey_remove")),
	}
}

// account is what must not change.
func (v *victim) account(t testing.TB) string {
	t.Helper()
	return v.site.credentials(t, v.id)
}

// endings are what ends a session while a request of its is held back.
func endings() map[string]func(testing.TB, *victim) {
	return map[string]func(testing.TB, *victim){
		"recovery": func(t testing.TB, v *victim) {
			t.Helper()
			v.site.browser(t).opens(t, v.site.adminLink(t, v.id))
		},
		"logout": func(t testing.TB, v *victim) {
			t.Helper()
			v.get(t, "/self-service/browser/flows/logout")
		},
		"console": func(t testing.TB, v *victim) {
			t.Helper()
			v.site.app1().press(t, "/identities/"+v.id+"/sessions", nil)
		},
		"expiry": func(_ testing.TB, v *victim) { v.site.pass(25 * time.Hour) },
		"disabling": func(t testing.TB, v *victim) {
			t.Helper()
			v.site.app1().do(t, http.MethodPatch, v.site.admin.URL+"/admin/identities/"+v.id, `[{"op":"replace","path":"/state","value":"inactive"}]`, "Content-Type", "application/json")
		},
		"deletion": func(t testing.TB, v *victim) {
			t.Helper()
			v.site.app1().do(t, http.MethodDelete, v.site.admin.URL+"/identities/"+v.id, "")
		},
	}
}

// A session that ends while a change of settings is being sent no longer makes it,
// for every change and every end of the session (V2).
func TestHeldSettings(t *testing.T) {
	t.Parallel()
	for ending, end := range endings() {
		t.Run(ending, func(t *testing.T) {
			t.Parallel()
			s, p := heldSite(t)
			for _, app := range []bool{true, false} {
				has := []string{"webauthn", "passkey", "confirm the codes"}
				if app {
					has = []string{"app"}
				}
				v := s.newVictim(t, p, fmt.Sprintf("jane-%t@example.org", app), has...)
				requests := map[string]*held{}
				for name, step := range heldSteps() {
					if app != (name == "no app") {
						action, fields := step(t, v)
						requests[name] = v.hold(t, action, fields)
					}
				}
				kept := v.keep(t)
				end(t, v)
				if kept.get(t, "/sessions/whoami").StatusCode == http.StatusOK {
					t.Fatal("the session has not ended")
				}
				before := v.account(t)
				for name, request := range requests {
					if a := request.finish(t); !refused(a) {
						t.Errorf("%s: %d %s", name, a.StatusCode, a.Header.Get("Location"))
					}
					if after := v.account(t); after != before {
						t.Errorf("%s changed the account\nfrom %s\nto   %s", name, before, after)
						before = after
					}
				}
			}
		})
	}
}

// refused reports whether a form of settings was answered by leading to the sign-in.
func refused(a *http.Response) bool {
	to, err := a.Location()
	return err == nil && a.StatusCode == http.StatusFound && to.Path == "/self-service/login/browser"
}

// The same requests change the account where the session has not ended.
func TestHeldSettings_inTime(t *testing.T) {
	t.Parallel()
	s, p := heldSite(t)
	needs := map[string]string{"no app": "app", "no codes": "confirm the codes", "no webauthn": "webauthn", "no passkey": "passkey"}
	for name, step := range heldSteps() {
		var has []string
		if what, ok := needs[name]; ok {
			has = []string{what}
		}
		v := s.newVictim(t, p, strings.ReplaceAll(name, " ", "-")+"@example.org", has...)
		before := v.account(t)
		action, fields := step(t, v)
		a := v.hold(t, action, fields).finish(t)
		changed := v.account(t) != before || name == "recovery codes" || strings.Contains(a.Header.Get("Location"), "/settings/closed")
		if a.StatusCode != http.StatusFound || !changed {
			t.Errorf("%s changed nothing: %d %s", name, a.StatusCode, a.Header.Get("Location"))
		}
	}
}

// A provider may take long to say who came back (V2d).
func TestHeldSettings_callback(t *testing.T) {
	t.Parallel()
	for ending, end := range endings() {
		t.Run(ending, func(t *testing.T) {
			t.Parallel()
			s, p := heldSite(t)
			v := s.newVictim(t, p, "jane@example.org")
			p.says(map[string]any{"sub": "another person"})
			back := v.toLink(t, "other")
			p.meanwhile = func() { end(t, v) }
			if a := v.get(t, back); !refused(a.Response) {
				t.Errorf("answered %d %s", a.StatusCode, a.Header.Get("Location"))
			}
			if strings.Contains(v.account(t), "another person") {
				t.Errorf("the account was linked: %s", v.account(t))
			}
		})
	}
}
