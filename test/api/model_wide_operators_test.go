package api

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/symbolon/symbolon/internal/config"
)

// twoAddresses is a schema of two addresses, each of which recovers and takes codes.
const twoAddresses = `{"$id":"https://example.org/two","type":"object","properties":{"traits":{"type":"object","properties":{
 "email":{"type":"string","format":"email","ory.sh/kratos":{"credentials":{"password":{"identifier":true},"code":{"identifier":true,"via":"email"}},
  "verification":{"via":"email"},"recovery":{"via":"email"}}},
 "other":{"type":"string","format":"email","ory.sh/kratos":{"credentials":{"code":{"identifier":true,"via":"email"}},
  "verification":{"via":"email"},"recovery":{"via":"email"}}}
},"required":["email"]}}}`

func wideSettings() []string {
	return []string{
		"SECURITY_LIMITS_ENABLED=false", "SELFSERVICE_METHODS_TOTP_CONFIG_ISSUER=M",
		"IDENTITY_DEFAULT_SCHEMA_URL=base64://" + base64.StdEncoding.EncodeToString([]byte(twoAddresses)),
		"SELFSERVICE_METHODS_CODE_ENABLED=true", "SELFSERVICE_FLOWS_RECOVERY_USE=code", "SELFSERVICE_FLOWS_VERIFICATION_USE=code",
		"SELFSERVICE_METHODS_WEBAUTHN_CONFIG_RP_ID=example.org", "SELFSERVICE_METHODS_WEBAUTHN_CONFIG_RP_ORIGINS=" + keySite,
		"SELFSERVICE_METHODS_PASSKEY_CONFIG_RP_ID=example.org", "SELFSERVICE_METHODS_PASSKEY_CONFIG_RP_ORIGINS=" + keySite,
	}
}

// wideSite is a server, and a web hook that refuses.
func wideSite(t *testing.T) (s *site, refusing string) {
	t.Helper()
	s = newSite(t, wideSettings()...)
	s.transport = direct{s}
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusForbidden)
		_, _ = w.Write([]byte(`{"messages":[{"messages":[{"id":1,"text":"no","type":"error"}]}]}`))
	}))
	t.Cleanup(hook.Close)
	return s, hook.URL
}

// person makes one whose first address is confirmed.
func (m *wideModel) person() *owner {
	*m.serial++
	p := &owner{emails: [2]string{fmt.Sprintf("p%d@example.org", *m.serial), fmt.Sprintf("q%d@example.org", *m.serial)}, proven: map[string]bool{}, password: password, born: m.now()}
	a := m.app1().json(m.t, m.admin.URL+"/admin/identities", map[string]any{
		"schema_id": "default", "traits": map[string]any{"email": p.emails[0], "other": p.emails[1]},
		"verifiable_addresses": []any{map[string]any{"value": p.emails[0], "via": "email", "verified": true, "status": "completed"}},
		"credentials":          map[string]any{"password": map[string]any{"config": map[string]any{"password": password}}},
	})
	if p.id = a.text(m.t, "id"); p.id == "" {
		m.t.Fatalf("%d %s", a.StatusCode, a.body)
	}
	p.proven[p.emails[0]] = true
	return p
}

func (m *wideModel) reset(t *rapid.T) {
	p := oneOf(t, m.people, "person")
	method := []string{"totp", "lookup_secret", "webauthn", "passkey"}[evenly(4).Draw(t, "method")]
	at := []string{"/identities/", "/admin/identities/"}[evenly(2).Draw(t, "wire")]
	if a := m.app1().do(m.t, http.MethodDelete, m.admin.URL+at+p.id+"/credentials/"+method, ""); a.StatusCode != http.StatusNoContent {
		return
	}
	switch method {
	case "totp":
		p.seed = ""
	case "lookup_secret":
		p.codes, p.used = nil, nil
	case "webauthn":
		p.key = nil
	case "passkey":
		p.lost, p.passkey = append(p.lost, p.passkey), nil
	}
	m.end(p, nil)
	m.did()
}

// setState sets an identity inactive, or active again.
func (m *wideModel) setState(t *rapid.T, inactive bool) {
	p := oneOf(t, m.people, "person")
	if p.inactive == inactive {
		return
	}
	state := map[bool]string{true: "inactive", false: "active"}[inactive]
	a := m.app1().do(m.t, http.MethodPatch, m.admin.URL+"/admin/identities/"+p.id, `[{"op":"replace","path":"/state","value":"`+state+`"}]`, "Content-Type", "application/json")
	if a.StatusCode != http.StatusOK {
		t.Fatalf("%d %s", a.StatusCode, a.body)
	}
	p.inactive = inactive
	for _, s := range m.sessions {
		s.unsure = s.unsure || s.who == p
	}
	m.did()
}

func (m *wideModel) endAll(t *rapid.T) {
	p := oneOf(t, m.people, "person")
	m.app1().do(m.t, http.MethodDelete, m.admin.URL+"/admin/identities/"+p.id+"/sessions", "")
	m.end(p, nil)
	m.did()
}

func (m *wideModel) endOthers(t *rapid.T) {
	p := m.session(t, m.sessions)
	c, headers := m.client(p)
	a := c.do(m.t, http.MethodDelete, m.public.URL+"/v1/sessions", "", headers...)
	if a.StatusCode != http.StatusOK {
		return
	}
	if !m.live(p) {
		t.Fatalf("a session that has ended ends others: %s", a.body)
	}
	m.end(p.who, p)
	m.did()
}

func (m *wideModel) signOut(t *rapid.T) {
	p := m.session(t, m.sessions)
	if p.browser != nil {
		return
	}
	a := m.app1().do(m.t, http.MethodDelete, m.public.URL+"/v1/self-service/logout/api", `{"session_token":"`+p.token+`"}`, "Content-Type", "application/json")
	if a.StatusCode == http.StatusNoContent {
		p.ended = true
		m.did()
	}
}

// configureAtRandom applies another configuration.
func (m *wideModel) configureAtRandom(t *rapid.T) {
	flip := func(label string) bool { return rapid.Bool().Draw(t, label) }
	mostly := func(label string) bool { return evenly(4).Draw(t, label+" off if 0") > 0 }
	level := func(label string) string {
		if flip(label + " asks for a second factor") {
			return "highest_available"
		}
		return "aal1"
	}
	m.configure(switches{
		methods: map[string]bool{"totp": mostly("totp"), "lookup_secret": mostly("lookup_secret"), "webauthn": mostly("webauthn"), "passkey": mostly("passkey")},
		code:    []string{"", "mfa", "passwordless"}[evenly(3).Draw(t, "what codes are for")], two: flip("a passkey is two factors"),
		policy: flip("a policy"), whoami: level("whoami"), settings: level("settings"), hooks: evenly(4).Draw(t, "hooks refuse if 0") == 0,
	})
	m.did()
}

func (m *wideModel) configure(set switches) {
	m.t.Helper()
	m.set = set
	environ := append(wideSettings(), "DSN=memory", "SERVE_PUBLIC_BASE_URL="+m.public.URL+"/", "SERVE_ADMIN_BASE_URL="+m.admin.URL+"/",
		"HASHERS_ARGON2_MEMORY=16384", "HASHERS_ARGON2_ITERATIONS=1", "PASSWORD_BREACH_API_URL=http://127.0.0.1:1/",
		"SELFSERVICE_FLOWS_SETTINGS_REVOKE_OTHER_SESSIONS=false", "SESSION_WHOAMI_REQUIRED_AAL="+set.whoami, "SELFSERVICE_FLOWS_SETTINGS_REQUIRED_AAL="+set.settings,
		fmt.Sprintf("SELFSERVICE_METHODS_PASSKEY_CONFIG_TWO_FACTORS=%t", set.two))
	for method, on := range set.methods {
		environ = append(environ, fmt.Sprintf("SELFSERVICE_METHODS_%s_ENABLED=%t", strings.ToUpper(method), on))
	}
	if set.code != "" {
		environ = append(environ, "SELFSERVICE_METHODS_CODE_"+strings.ToUpper(set.code)+"_ENABLED=true")
	}
	if set.policy {
		environ = append(environ, fmt.Sprintf(`SECURITY_REQUIRED_FACTORS=[{"schema_id":"default","grace_period":"%s"}]`, policyGrace))
	}
	if set.hooks {
		environ = append(environ, `SELFSERVICE_FLOWS_SETTINGS_AFTER_HOOKS=[{"hook":"web_hook","config":{"url":"`+m.refusing+`","method":"POST","can_interrupt":true}}]`)
	}
	next, _, err := config.Load(config.Source{Environ: environ})
	if err != nil {
		m.t.Fatal(err)
	}
	next.Hashers.Argon2.Memory = 64 // KiB, as in newSite
	if err := m.app.Reload(next); err != nil {
		m.t.Fatal(err)
	}
}
