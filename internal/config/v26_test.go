package config

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// quickstart is a file of v26 with the shape that its quickstarts have.
const quickstart = `
version: v26.2.0
dsn: memory
serve:
  public: {base_url: http://127.0.0.1:4433/, cors: {enabled: true}}
  admin: {base_url: http://127.0.0.1:4434/}
selfservice:
  default_browser_return_url: http://127.0.0.1:4455/
  allowed_return_urls: [http://127.0.0.1:4455, "exp://localhost:8081"]
  methods:
    password: {enabled: true, config: {min_password_length: 10, haveibeenpwned_host: breaches.example.org}}
    totp: {enabled: true, config: {issuer: Example}}
    lookup_secret: {enabled: true}
    link: {enabled: true}
    code: {enabled: true, passwordless_enabled: true, config: {lifespan: 15m}}
    webauthn: {enabled: true, config: {passwordless: true, rp: {display_name: Example, id: localhost, origins: ["http://localhost:4455"]}}}
    passkey: {enabled: true, config: {rp: {display_name: Example, id: localhost}}}
  flows:
    error: {ui_url: http://127.0.0.1:4455/error}
    settings: {ui_url: http://127.0.0.1:4455/settings, privileged_session_max_age: 15m, required_aal: highest_available}
    recovery: {enabled: true, use: code, ui_url: http://127.0.0.1:4455/recovery}
    verification: {enabled: true, use: code, ui_url: http://127.0.0.1:4455/verification, after: {default_browser_return_url: http://127.0.0.1:4455/}}
    logout: {after: {default_browser_return_url: http://127.0.0.1:4455/login}}
    login: {ui_url: http://127.0.0.1:4455/login, lifespan: 10m, style: identifier_first, after: {hooks: [{hook: revoke_active_sessions}]}}
    registration: {lifespan: 10m, ui_url: http://127.0.0.1:4455/registration, after: {password: {hooks: [{hook: session}, {hook: show_verification_ui}]}}}
log: {level: debug, format: text, leak_sensitive_values: true}
secrets:
  cookie: [9f2c7be85c1d4a0e]
  cipher: [32-LONG-SECRET-NOT-SECURE-AT-ALL]
ciphers: {algorithm: xchacha20-poly1305}
hashers: {algorithm: bcrypt, bcrypt: {cost: 8}, argon2: {memory: 128MB}}
identity:
  default_schema_id: person
  schemas:
  - {id: person, url: "base64://e30="}
  - {id: customer, url: "base64://e30="}
cookies: {domain: example.org, same_site: Strict}
session:
  cookie: {same_site: Lax}
  whoami: {required_aal: aal1, tokenizer: {templates: {api: {jwks_url: "file:///keys.json", ttl: 10m}}}}
courier:
  message_retries: 4
  smtp: {connection_uri: "smtps://test:test@mailslurper:1025/?skip_ssl_verify=true"}
  channels: [{id: sms, type: http, request_config: {url: "http://sms/send", method: POST, headers: {X-Key: s3cret-key}, auth: {type: basic_auth, config: {user: u, password: p4ssword}}}}]
feature_flags: {use_continue_with_transitions: true}
clients: {http: {disallow_private_ip_ranges: true}}
`

func TestFilesOfV26Start(t *testing.T) {
	t.Parallel()
	c, r := mustLoad(t, source(quickstart))
	methods, flows := c.Selfservice.Methods, c.Selfservice.Flows
	for name, pair := range map[string][2]any{
		"wire":       {c.Serve.Public.Wire, WireV1},
		"returns":    {len(c.Selfservice.WhitelistedReturnURLs), 2},
		"password":   {c.Password.MinLength, 10},
		"breaches":   {c.Password.BreachAPIURL.String(), "https://breaches.example.org"},
		"totp":       {methods.TOTP, TOTP{Enabled: true, Issuer: "Example"}},
		"code":       {methods.Code, Code{Enabled: true, Passwordless: true, Lifespan: 15 * time.Minute, MaxTries: 5}},
		"webauthn":   {methods.WebAuthn, WebAuthn{Enabled: true, Passwordless: true, RP: RelyingParty{ID: "localhost", DisplayName: "Example", Origins: []string{"http://localhost:4455"}}}},
		"hooks":      {flows.Login.After.OIDC.Hooks, Hooks{{Name: "revoke_active_sessions"}}},
		"own hooks":  {flows.Registration.After.Password.Hooks, Hooks{{Name: "session"}, {Name: "show_verification_ui"}}},
		"style":      {flows.Login.Style, StyleIdentifierFirst},
		"no telling": {flows.Login.TellMethods, false},
		"memory":     {c.Hashers.Argon2.Memory, 131072},
		"schema":     {c.Identity, Identity{DefaultSchemaURL: "base64://e30=", DefaultSchemaID: "person", Schemas: []Schema{{"customer", "base64://e30="}}}},
		"domain":     {c.Session.Cookie.Domain, "example.org"},
		"own wins":   {c.Session.Cookie.SameSite, "Lax"},
		"whoami":     {c.Session.Whoami.RequiredAAL, AAL1},
		"templates":  {c.Session.Whoami.Tokenizer.Templates, []TokenTemplate{{Name: "api", TTL: 10 * time.Minute, JWKSURL: "file:///keys.json", SubjectSource: "id"}}},
		"tries":      {c.Courier.MaxTries, 5},
		"channel":    {c.Courier.Channels[0].Request.Auth, HTTPAuth{Type: "basic_auth", User: "u", Password: "p4ssword", In: "header"}},
		"transition": {c.Flags.ContinueWithTransitions, true},
	} {
		if d := cmp.Diff(pair[1], pair[0]); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
	told := warnings(r)
	for _, part := range []string{
		"has settings of features that are not here; they have no effect: ciphers (", "clients.http (", "hashers.algorithm (",
	} {
		if strings.Count(told, part) != 1 {
			t.Errorf("%q stands not once in:\n%s", part, told)
		}
	}
	printed, err := r.YAML()
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"as selfservice.allowed_return_urls", "as courier.message_retries", "as cookies.domain", "as selfservice.methods.password.config.min_password_length"} {
		if !strings.Contains(string(printed), part) {
			t.Errorf("config print does not say %q", part)
		}
	}
	for _, secret := range []string{"s3cret-key", "p4ssword"} {
		if strings.Contains(string(printed), secret) {
			t.Errorf("config print shows %s", secret)
		}
	}
}

func TestOtherNames(t *testing.T) {
	t.Parallel()
	for _, o := range otherNames() {
		if _, ok := Find(o.key); !ok {
			t.Errorf("%s stands for %s, which is no key", o.name, o.key)
		}
		if _, ok := Find(o.name); ok {
			t.Errorf("%s is a key itself", o.name)
		}
		if _, ok := findAbsent(o.name); ok {
			t.Errorf("%s is said to be absent", o.name)
		}
	}
	for _, a := range absentKeys() {
		if _, ok := Find(a.name); ok || len(Below(a.name)) > 0 {
			t.Errorf("%s is said to be absent and is a key", a.name)
		}
	}
	c, _ := mustLoad(t, Source{
		Files: []string{"/a.yaml", "/b.yaml"}, Environ: []string{"COURIER_MESSAGE_RETRIES=2"},
		ReadFile: files{
			"/a.yaml": "dsn: memory\nselfservice: {whitelisted_return_urls: ['https://a.example']}",
			"/b.yaml": "selfservice: {allowed_return_urls: ['https://b.example']}",
		}.read,
	})
	if got := c.Selfservice.WhitelistedReturnURLs; len(got) != 1 || got[0].Host != "b.example" || c.Courier.MaxTries != 3 {
		t.Errorf("got %v, %d tries", got, c.Courier.MaxTries)
	}
	_, r := mustLoad(t, source("dsn: memory\nselfservice: {whitelisted_return_urls: ['https://a.example'], allowed_return_urls: ['https://b.example']}"))
	if !strings.Contains(warnings(r), "is also given as selfservice.allowed_return_urls, which has no effect then") {
		t.Errorf("got %s", warnings(r))
	}
}

// Files of v26 name it below every method that signs people in.
func TestHooks_leadOnAfterLogin(t *testing.T) {
	t.Parallel()
	c, r := mustLoad(t, Source{Environ: []string{`SELFSERVICE_FLOWS_LOGIN_AFTER_PASSWORD_HOOKS=[{"hook":"show_verification_ui"},{"hook":"revoke_active_sessions"}]`}})
	if got := c.Selfservice.Flows.Login.After.Password.Hooks.Names(); len(got) != 1 || got[0] != "revoke_active_sessions" || len(r.Warnings) == 0 {
		t.Errorf("%v, %v", got, r.Warnings)
	}
}

// A file of v26 starts with the providers that there are; other files name only those.
func TestProviders_absent(t *testing.T) {
	t.Parallel()
	const text = `
dsn: memory
selfservice: {methods: {oidc: {enabled: true, config: {providers: [
  {id: a, provider: patreon, client_id: a, client_secret: b, mapper_url: 'base64://e30='},
  {id: b, provider: google, client_id: a, client_secret: b, mapper_url: 'base64://e30=', additional_id_token_audiences: [c]}]}}}}
`
	c, r := mustLoad(t, source("version: v26.2.0"+text))
	left := c.Selfservice.Methods.OIDC.Providers
	if len(left) != 1 || left[0].ID != "b" || len(left[0].Audiences) != 1 || !strings.Contains(warnings(r), "the provider a of patreon, which is not here") {
		t.Errorf("%+v, %s", left, warnings(r))
	}
	if _, _, err := Load(source(text)); err == nil || !strings.Contains(err.Error(), "is of patreon, which is not here") {
		t.Errorf("a file of no version: %v", err)
	}
}

// Files of the world write these.
func TestFilesOfV1WithFurtherSettings(t *testing.T) {
	t.Parallel()
	c, r := mustLoad(t, source(`
$schema: https://schemas.example.org/config.json
version: 1.3.0
dsn: memory
serve: {public: {base_url: 'http://localhost:4433/'}}
secrets: {cookie: [a-long-and-random-text-0]}
selfservice:
  methods:
    webauthn: {enabled: true, config: {rp: {id: localhost, origin: 'http://localhost:3000', icon: 'https://cdn.example.org/icon.png'}}}
    oidc: {enabled: true, config: {providers: [
      {id: ms, provider: microsoft, microsoft_tenant: common, client_id: a, client_secret: b, mapper_url: 'file:///m', subject_source: oid},
      {id: hub, provider: github, client_id: a, client_secret: b, mapper_url: 'file:///m', subject_source: userinfo, claims_source: userinfo}]}}
`))
	providers := c.Selfservice.Methods.OIDC.Providers
	for name, pair := range map[string][2]any{
		"origins": {c.Selfservice.Methods.WebAuthn.RP.Origins, []string{"http://localhost:3000"}},
		"subject": {providers[0].SubjectSource + " " + providers[1].SubjectSource, "oid userinfo"},
		"claims":  {providers[0].ClaimsSource + " " + providers[1].ClaimsSource, " userinfo"},
	} {
		if d := cmp.Diff(pair[1], pair[0]); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
	if told := warnings(r); !strings.Contains(told, "rp.icon (browsers no longer show it)") || strings.Contains(told, "$schema") || strings.Contains(told, "secrets.default") {
		t.Errorf("warnings are %s", told)
	}
}

func TestProblem_nameOfTheInput(t *testing.T) {
	t.Parallel()
	wantContains(t, mistakes(t, source("dsn: memory\ncookies: {same_site: Sometimes}\nselfservice: {allowed_return_urls: 7}")), []string{
		"cookies.same_site is", "selfservice.allowed_return_urls is a number; write a list",
	})
}

// v0.7 has the plain path of a program.
func TestHooks_bodyOfV07(t *testing.T) {
	t.Parallel()
	c, _ := mustLoad(t, source("dsn: memory\nselfservice: {flows: {registration: {after: {hooks: [{hook: web_hook, config: {url: 'http://app/hook', method: POST, body: /etc/hook.jsonnet}}]}}}}"))
	if got := c.Selfservice.Flows.Registration.After.OIDC.Hooks; len(got) != 1 || got[0].Web.Request.Body != "file:///etc/hook.jsonnet" {
		t.Errorf("hooks are %v", got)
	}
}
