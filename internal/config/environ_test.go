package config

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTheEnvironmentSetsEveryKindOfValue(t *testing.T) {
	t.Parallel()
	src := source("dsn: memory")
	src.Environ = []string{
		"SERVE_PUBLIC_PORT=0x50", "SERVE_PUBLIC_CORS_ENABLED=1", "SERVE_PUBLIC_CORS_ALLOWED_ORIGINS=https://a.example, https://b.example,",
		"SECRETS_COOKIE=first-long-and-random-1,second-long-and-random", "SESSION_LIFESPAN=1h30m",
		"SELFSERVICE_FLOWS_LOGIN_UI_URL=https://app.example.org/login", "SELFSERVICE_FLOWS_LOGIN_AFTER_PASSWORD_HOOKS=revoke_active_sessions",
		`SELFSERVICE_FLOWS_REGISTRATION_AFTER_PASSWORD_HOOKS=[{"hook":"session"}]`,
		`IDENTITY_SCHEMAS=[{"id":"customer","url":"file:///c.json"}]`, "LOG_LEVEL=WARN",
	}
	c, _ := mustLoad(t, src)
	flows := c.Selfservice.Flows
	for name, pair := range map[string][2]any{
		"number": {c.Serve.Public.Port, 80}, "truth": {c.Serve.Public.CORS.Enabled, true},
		"list":    {c.Serve.Public.CORS.AllowedOrigins, []string{"https://a.example", "https://b.example"}},
		"secrets": {Reveal(c.Secrets.Cookie), []string{"first-long-and-random-1", "second-long-and-random"}},
		"time":    {formatDuration(c.Session.Lifespan), "1h30m"}, "url": {flows.Login.UIURL.String(), "https://app.example.org/login"},
		"hook": {flows.Login.After.Password.Hooks, Hooks{{Name: "revoke_active_sessions"}}}, "hook as JSON": {flows.Registration.After.Password.Hooks, Hooks{{Name: "session"}}},
		"groups": {c.Identity.Schemas, []Schema{{"customer", "file:///c.json"}}}, "level": {c.Log.Level, "warning"},
	} {
		if d := cmp.Diff(pair[1], pair[0]); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

func TestBadVariablesAreNamed(t *testing.T) {
	t.Parallel()
	src := source("dsn: memory")
	src.Environ = []string{`IDENTITY_SCHEMAS=[{"id":"customer"`, `SELFSERVICE_METHODS_OIDC_CONFIG_PROVIDERS=[{"id":7}]`, "SERVE_PUBLIC_METRICS=maybe", "DEV_DISABLE_API_FLOW_ENFORCEMENT=perhaps"}
	got := mistakes(t, src)
	for _, want := range []string{
		"environment DEV_DISABLE_API_FLOW_ENFORCEMENT: write true or false",
		"environment IDENTITY_SCHEMAS: identity.schemas is not valid JSON (the document ends too early)",
		"environment SELFSERVICE_METHODS_OIDC_CONFIG_PROVIDERS: selfservice.methods.oidc.config.providers[0].id is a number, but text is needed",
		`environment SERVE_PUBLIC_METRICS: serve.public.metrics is "maybe"; write true or false`,
	} {
		if !strings.Contains(strings.Join(got, "\n"), want) {
			t.Errorf("no line has %q in\n%s", want, strings.Join(got, "\n"))
		}
	}
}

func TestSecretsComeFromFiles(t *testing.T) {
	t.Parallel()
	disk := files{
		"/etc/c.yaml":  "dsn_file: db\nsecrets: {cookie_file: /run/cookie}\nselfservice: {methods: {oidc: {config: {providers: [{id: a, provider: google, client_id: b, client_secret_file: oidc, mapper_url: 'file:///m'}]}}}}\n",
		"/etc/db":      "memory\n",
		"/etc/oidc":    "oidc-secret",
		"/run/cookie":  "first-long-and-random-1\n\n second-long-and-random\r\n",
		"/work/token":  "a-long-and-random-token\n",
		"/etc/empty":   "\n",
		"/etc/no.yaml": "dsn: memory\ndsn_file: db\nsecrets: {cookie_file: empty, default_file: [a]}\nsession: {lifespan_file: x}\n",
	}
	c, r := mustLoad(t, Source{
		Files: []string{"/etc/c.yaml"}, ReadFile: disk.read, WorkDir: "/work",
		Environ: []string{"SERVE_ADMIN_TOKEN_FILE=token", "SESSION_LIFESPAN_FILE=token"},
	})
	got := []string{c.DSN.Reveal(), c.Selfservice.Methods.OIDC.Providers[0].ClientSecret.Reveal(), c.Serve.Admin.Token.Reveal(), strings.Join(c.Secrets.Signing(), "|")}
	if d := cmp.Diff([]string{"memory", "oidc-secret", "a-long-and-random-token", "first-long-and-random-1|second-long-and-random"}, got); d != "" {
		t.Error(d)
	}
	for _, v := range r.Values {
		if v.Key.Path == "serve.admin.token" && (v.Text() != redacted || v.Origin.String() != "environment SERVE_ADMIN_TOKEN_FILE") {
			t.Errorf("token is %q from %s", v.Text(), v.Origin)
		}
	}

	wrong := mistakes(t, Source{Files: []string{"/etc/no.yaml"}, ReadFile: disk.read, Environ: []string{"SERVE_ADMIN_TOKEN_FILE=/gone", "SECRETS_COOKIE=a-long-and-random-text-0", "SECRETS_COOKIE_FILE=/run/cookie"}})
	wantContains(t, wrong, []string{
		"/etc/no.yaml:2:1: dsn_file and dsn are both given; keep one",
		"/etc/no.yaml:3:11: secrets.cookie_file names /etc/empty, which is empty", "/etc/no.yaml:3:31: secrets.default_file is a list, but text is needed",
		"/etc/no.yaml:4:11: session.lifespan_file is not a setting", "SECRETS_COOKIE and SECRETS_COOKIE_FILE are both set; unset one",
		"serve.admin.token names /gone, which cannot be read: file does not exist",
	})
}

func TestALaterFileReplacesASecretHoweverItIsGiven(t *testing.T) {
	t.Parallel()
	disk := files{"/a.yaml": "dsn_file: /gone\n", "/b.yaml": "dsn: memory\n", "/c.yaml": "dsn_file: /db\n", "/db": "sqlite://x"}
	c, _ := mustLoad(t, Source{Files: []string{"/a.yaml", "/b.yaml"}, ReadFile: disk.read})
	if c.DSN != "memory" {
		t.Errorf("dsn is %q", c.DSN.Reveal())
	}
	c, _ = mustLoad(t, Source{Files: []string{"/b.yaml", "/c.yaml"}, ReadFile: disk.read})
	if c.DSN != "sqlite://x" {
		t.Errorf("dsn is %q", c.DSN.Reveal())
	}
}

func TestVariablesOfVersion05AreHonouredOrNamed(t *testing.T) {
	t.Parallel()
	src := source("dsn: memory\nsecrets: {default: [a-long-and-random-text-0]}\nserve: {public: {base_url: 'https://id.example.org', cors: {allow_credentials: false}}}")
	src.Environ = []string{
		"DISABLE_TELEMETRY=true", "TRACING_PROVIDER=jaeger", "CORS_ENABLED=true", "CORS_ALLOWED_ORIGINS=https://old.example",
		"SERVE_PUBLIC_CORS_ALLOWED_ORIGINS=https://new.example", "CORS_NONSENSE=1", "DEV_DISABLE_API_FLOW_ENFORCEMENT=true",
		"KRATOS_ADMIN_URL=http://127.0.0.1", "HOME=/root", "SERVE_PUBLIC_PROT=1", "SECRETS_COOKIES=x",
	}
	c, r := mustLoad(t, src)
	if cors := c.Serve.Public.CORS; !cors.Enabled || cors.AllowedOrigins[0] != "https://new.example" || c.LaxAPI {
		t.Errorf("got %+v, lax %t", cors, c.LaxAPI)
	}
	wantContains(t, texts(r.Warnings), []string{
		"serve.trusted_proxies is empty", "CORS_ALLOWED_ORIGINS: serve.public.cors.allowed_origins is an old name; use SERVE_PUBLIC_CORS_ALLOWED_ORIGINS",
		"CORS_ENABLED: serve.public.cors.enabled is an old name", "DEV_DISABLE_API_FLOW_ENFORCEMENT: has no effect without --dev",
		"DISABLE_TELEMETRY: has no effect", "SECRETS_COOKIES: is not a setting; did you mean SECRETS_COOKIE?",
		"SERVE_PUBLIC_PROT: is not a setting; did you mean SERVE_PUBLIC_PORT?", "TRACING_PROVIDER: has no effect",
	})
	src.Dev = true
	if c, _ := mustLoad(t, src); !c.LaxAPI {
		t.Error("DEV_DISABLE_API_FLOW_ENFORCEMENT has no effect with --dev")
	}
}

func TestWhatTheEnvironmentReplacesIsNotJudged(t *testing.T) {
	t.Parallel()
	src := source(`
dsn_file: /gone
serve: {public: {base_url: replaced from env}}
selfservice:
  default_browser_return_url: ${APP}
  allowed_return_urls: ['${APP}']
  methods: {oidc: {enabled: $ON, config: {providers: [{id: google, client_secret: '${SECRET}'}]}}}
log: {level: replaced from env, format: plain}
secrets: {cookie: ['${COOKIE}'], default: [a-long-and-random-text-0]}
`)
	src.Flags = map[string]string{"log.format": "json"}
	src.Environ = []string{
		"DSN=memory", "SERVE_PUBLIC_BASE_URL=http://localhost:4433/", "SELFSERVICE_DEFAULT_BROWSER_RETURN_URL=http://localhost:3000/", "SELFSERVICE_ALLOWED_RETURN_URLS=http://localhost:3000/",
		"SELFSERVICE_METHODS_OIDC_ENABLED=false", "SELFSERVICE_METHODS_OIDC_CONFIG_PROVIDERS=[]", "LOG_LEVEL=info", "SECRETS_COOKIE=a-long-and-random-text-1",
	}
	c, r := mustLoad(t, src)
	if c.DSN != "memory" || c.Log.Level != "info" || c.Log.Format != "json" || len(c.Selfservice.WhitelistedReturnURLs) != 1 || warnings(r) != "" {
		t.Errorf("got %+v, warnings %s", c.Log, warnings(r))
	}
	src.Environ = src.Environ[:1]
	if got := mistakes(t, src); len(got) < 5 {
		t.Errorf("without the variables there are %d mistakes: %v", len(got), got)
	}
}

func TestWhatAFlagReplacesIsNotJudged(t *testing.T) {
	t.Parallel()
	src := source("dsn: memory\nlog: {level: wrong}\nserve: {public: {cors: {max_age: wrong}}}")
	src.Environ = []string{"LOG_LEVEL=wrong too", "CORS_MAX_AGE=5"}
	src.Flags = map[string]string{"log.level": "debug"}
	c, r := mustLoad(t, src)
	if c.Log.Level != "debug" || c.Serve.Public.CORS.MaxAge != 5 {
		t.Errorf("the level is %s, the age %d", c.Log.Level, c.Serve.Public.CORS.MaxAge)
	}
	if got := warnings(r); !strings.Contains(got, "use SERVE_PUBLIC_CORS_MAX_AGE") || strings.Contains(got, "wrong") {
		t.Errorf("warnings %s", got)
	}
}

func TestVariablesOfFeaturesThatAreNotHereAreNamed(t *testing.T) {
	t.Parallel()
	src := source("dsn: memory\nsecrets: {default: [a-long-and-random-text-0]}\nserve: {public: {base_url: 'http://localhost:4433/'}}")
	src.Environ = []string{
		"OAUTH2_PROVIDER_URL=http://hydra:4445", "HASHERS_ALGORITHM=bcrypt", "SESSION_COOKIE_SECURE=true", "CLIENTS_HTTP_DISALLOW_PRIVATE_IP_RANGES=true",
		"COURIER_TEMPLATES_RECOVERY_CODE_VALID_EMAIL_SUBJECT=base64://eA==", "DATABASE_URL=postgres://other", "DEV=true", "CONFIG=x", "HELP=y", "PREVIEW=z", "TRACING=q",
	}
	_, r := mustLoad(t, src)
	wantContains(t, texts(r.Warnings), []string{
		"features that are not here; they have no effect: clients.http (addresses that this file names may be called, others only if they are public or in security.outgoing.allow); hashers.algorithm (new passwords",
		"environment COURIER_TEMPLATES_RECOVERY_CODE_VALID_EMAIL_SUBJECT: has no effect; set COURIER_TEMPLATES to all of them as JSON",
	})
	for _, want := range []string{"oauth2_provider (", "session.cookie.secure ("} {
		if !strings.Contains(warnings(r), want) {
			t.Errorf("%q is not in %s", want, warnings(r))
		}
	}
}
