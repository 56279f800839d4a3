package config

import (
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestFilesOfVersion05StartUnchanged(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob("testdata/v05/*")
	if err != nil || len(paths) < 6 {
		t.Fatalf("found %v, %v", paths, err)
	}
	for _, path := range paths {
		for _, dev := range []bool{true, false} {
			if _, _, err := Load(Source{Files: []string{path}, Dev: dev}); err != nil {
				t.Errorf("%s, dev %t: %v", path, dev, err)
			}
		}
	}
}

func TestEveryKeyOfVersion05ArrivesInItsField(t *testing.T) {
	t.Parallel()
	c, r := mustLoad(t, Source{Files: []string{"testdata/v05/every-key.yaml"}})
	address := func(s string) *url.URL {
		u, err := url.Parse(s)
		if err != nil {
			t.Fatal(err)
		}
		return u
	}
	flows := c.Selfservice.Flows
	for name, pair := range map[string][2]any{
		"public":     {c.Serve.Public.BaseURL, address("https://id.example.org/auth/")},
		"max_age":    {c.Serve.Public.CORS, CORS{true, []string{"https://app.example.org", "https://*.example.com"}, []string{"GET", "POST"}, []string{"Content-Type"}, []string{"Content-Type", "Location"}, false, 600}},
		"schemas":    {c.Identity.Schemas, []Schema{{"customer", "https://schemas.example.org/customer.schema.json"}, {"inline", "base64://eyJ0eXBlIjoib2JqZWN0In0="}}},
		"whitelist":  {c.Selfservice.WhitelistedReturnURLs, []*url.URL{address("https://app.example.org"), address("https://www.example.org/shop")}},
		"login":      {flows.Login.After.OIDC, After{address("https://app.example.org/after-oidc"), Hooks{{Name: "revoke_active_sessions"}}}},
		"relative":   {flows.Registration.UIURL, address("https://id.example.org/registration")},
		"privileged": {flows.Settings.PrivilegedSessionMaxAge, 15 * time.Minute},
		"profile":    {flows.Settings.After.Profile, After{address("https://app.example.org/profile-saved"), Hooks{{Name: "verify"}}}},
		"verified":   {flows.Verification, VerificationFlow{Enabled: true, UIURL: address("https://app.example.org/verify"), Lifespan: 2 * time.Hour, Use: UseLink, NotifyUnknown: true, DefaultBrowserReturnURL: address("https://app.example.org/verified")}},
		"logout":     {flows.Logout.DefaultBrowserReturnURL, address("https://www.example.org/bye")},
		"claims":     {string(c.Selfservice.Methods.OIDC.Providers[0].RequestedClaims), `{"id_token":{"acr":{"values":["urn:mace:incommon:iap:silver"]},"auth_time":{"essential":true}},"userinfo":{"given_name":{"essential":true},"nickname":null}}`},
		"tenant":     {c.Selfservice.Methods.OIDC.Providers[1].Tenant, "common"},
		"smtp":       {c.Courier.SMTP.ConnectionURI.Reveal(), "smtps://user:hunter2-hunter2@mail.example.org:465/?skip_ssl_verify=true"},
		"cookie":     {c.Session.Cookie, Cookie{"ory_kratos_session", "example.org", "/auth", false, "None"}},
		"secrets":    {c.Secrets.Signing(), []string{"b-long-and-random-text-1", "c-long-and-random-text-2"}},
		"hasher":     {c.Hashers.Argon2, Argon2{131072, 3, 8, 24, 48, "built-in"}},
		"password":   {c.Password.MinLength, 6},
		"log":        {c.Log, Log{"warning", "json", true}},
	} {
		if d := cmp.Diff(pair[1], pair[0]); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
	wantContains(t, texts(r.Warnings), []string{
		"link.confirm is false, as in v0.5", "password.common_list is false", "password.min_length is 6", "settings.revoke_other_sessions is false", "serve.trusted_proxies is empty",
		"may answer without the nonce", "auth_url and token_url, which have no effect without jwks_url", `registration.ui_url is "/registration", a path of`, "settings.after.password.hooks has no effect",
		"settings.after.profile.hooks has no effect", "recovery.after.default_browser_return_url has no effect",
		"cors.options_passthrough has no effect", "cors.debug has no effect", "log.leak_sensitive_values has no effect", "profiling has no effect",
	})
}

func TestTheThreeFormatsSayTheSame(t *testing.T) {
	t.Parallel()
	same := files{
		"/c.yaml": "dsn: memory\nserve: {public: {port: 80}}\nidentity:\n  schemas:\n  - id: a\n    url: file:///a\nsession: {lifespan: 1h30m, cookie: {persistent: false}}\nselfservice: {methods: {oidc: {config: {providers: [{id: p, provider: google, client_id: c, client_secret: s, mapper_url: 'file:///m', requested_claims: {id_token: {n: 1.5, x: null, l: [true]}}}]}}}}",
		"/c.json": `{"dsn":"memory","serve":{"public":{"port":80}},"identity":{"schemas":[{"id":"a","url":"file:///a"}]},"session":{"lifespan":"1h30m","cookie":{"persistent":false}},"selfservice":{"methods":{"oidc":{"config":{"providers":[{"id":"p","provider":"google","client_id":"c","client_secret":"s","mapper_url":"file:///m","requested_claims":{"id_token":{"n":1.5,"x":null,"l":[true]}}}]}}}}}`,
		"/c.toml": "dsn='memory'\nserve.public.port=80\n[[identity.schemas]]\nid='a'\nurl='file:///a'\n[session]\nlifespan='1h30m'\ncookie={persistent=false}\n[[selfservice.methods.oidc.config.providers]]\nid='p'\nprovider='google'\nclient_id='c'\nclient_secret='s'\nmapper_url='file:///m'\n[selfservice.methods.oidc.config.providers.requested_claims.id_token]\nn=1.5\nl=[true]\n",
	}
	got := map[string]*Config{}
	for name := range same {
		got[name], _ = mustLoad(t, Source{Files: []string{name}, ReadFile: same.read})
		claims := &got[name].Selfservice.Methods.OIDC.Providers[0].RequestedClaims
		want := `{"id_token":{"l":[true],"n":1.5,"x":null}}`
		if name == "/c.toml" { // it has no null
			want = `{"id_token":{"l":[true],"n":1.5}}`
		}
		if string(*claims) != want {
			t.Errorf("%s: claims are %s, want %s", name, *claims, want)
		}
		*claims = nil
	}
	for _, name := range []string{"/c.json", "/c.toml"} {
		if d := cmp.Diff(got["/c.yaml"], got[name]); d != "" {
			t.Errorf("%s differs from YAML:\n%s", name, d)
		}
	}
}

func TestLaterSourcesWin(t *testing.T) {
	t.Parallel()
	two := files{
		"/base.yaml": "dsn: memory\nserve:\n  public:\n    host: 127.0.0.1\n    port: 1001\nsession: {lifespan: 1h}\nselfservice: {whitelisted_return_urls: ['https://a.example', 'https://b.example']}\n",
		"/over.toml": "[serve.public]\nport=1002\n[selfservice]\nwhitelisted_return_urls=['https://c.example']\n",
	}
	c, r := mustLoad(t, Source{
		Files: []string{"/base.yaml", "/over.toml"}, ReadFile: two.read,
		Environ: []string{"SESSION_LIFESPAN=2h", "SESSION_COOKIE_SAME_SITE=Strict", "LOG_LEVEL="},
		Flags:   map[string]string{"session.cookie.same_site": "Lax"},
	})
	if c.Serve.Public.Host != "127.0.0.1" || c.Serve.Public.Port != 1002 || c.Session.Lifespan != 2*time.Hour || c.Session.Cookie.SameSite != "Lax" || c.Log.Level != "info" {
		t.Errorf("got %+v %+v", c.Serve.Public, c.Session)
	}
	if got := c.Selfservice.WhitelistedReturnURLs; len(got) != 1 || got[0].Host != "c.example" {
		t.Errorf("a list of a later file was joined to the earlier one: %v", got)
	}
	origins := map[string]string{}
	for _, v := range r.Values {
		origins[v.Key.Path] = v.Origin.String()
	}
	for path, want := range map[string]string{
		"serve.public.host": "/base.yaml:4:11", "serve.public.port": "/over.toml:2:1", "session.lifespan": "environment SESSION_LIFESPAN",
		"session.cookie.same_site": "flag session.cookie.same_site", "log.level": "default", "serve.public.base_url": "guessed",
	} {
		if origins[path] != want {
			t.Errorf("%s comes from %q, want %q", path, origins[path], want)
		}
	}
}

func TestWithoutFilesTheEmbeddedProfileApplies(t *testing.T) {
	t.Parallel()
	c, r := mustLoad(t, Source{Environ: []string{"PASSWORD_MIN_LENGTH=10"}})
	flows := c.Selfservice.Flows
	if !c.Embedded || c.Serve.Public.Host != "127.0.0.1" || c.Serve.Admin.Host != "127.0.0.1" || c.DSN.Reveal() != "sqlite://symbolon.db?_fk=true&mode=rwc" {
		t.Errorf("got %+v", c.Serve)
	}
	if !flows.Recovery.Enabled || !flows.Verification.Enabled || !slices.Equal(flows.Registration.After.Password.Hooks, Hooks{{Name: "session"}}) {
		t.Errorf("got %+v", flows)
	}
	if c.Password.MinLength != 10 || !c.Password.CommonList || !c.Secrets.Unset() || len(r.Warnings) != 0 {
		t.Errorf("got %+v, warnings %v", c.Password, r.Warnings)
	}
}

func TestProfile(t *testing.T) {
	t.Parallel()
	weak, safe := Password{MinLength: 6}, Password{MinLength: 8, CommonList: true}
	for name, test := range map[string]struct {
		text     string
		v05      bool
		host     string
		password Password
		wire     string
		use      string
	}{
		"a file without version":     {"dsn: memory", false, "127.0.0.1", safe, WireV05, UseLink},
		"a file of v0.5":             {"dsn: memory\nversion: v0.5.5-alpha.1", true, "0.0.0.0", weak, WireV05, UseLink},
		"a file of v0.4":             {"dsn: memory\nversion: v0.4.6-alpha.1", true, "0.0.0.0", weak, WireV05, UseLink},
		"a file of v0.6":             {"dsn: memory\nversion: v0.6.0-alpha.1", false, "127.0.0.1", safe, WireV1, UseCode},
		"a file of v26":              {"dsn: memory\nversion: v26.2.0", false, "127.0.0.1", safe, WireV1, UseCode},
		"a file without v":           {"dsn: memory\nversion: '1.3.0'", false, "127.0.0.1", safe, WireV1, UseCode},
		"a version that is none":     {"dsn: memory\nversion: latest", false, "127.0.0.1", safe, WireV05, UseLink},
		"what the file says wins":    {"dsn: memory\nserve: {public: {host: 0.0.0.0, wire: v1}}\npassword: {min_length: 12}", false, "0.0.0.0", Password{MinLength: 12, CommonList: true}, WireV1, UseLink},
		"a wire against the version": {"dsn: memory\nversion: v26.2.0\nserve: {public: {wire: v0.5}}", false, "127.0.0.1", safe, WireV05, UseCode},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, _ := mustLoad(t, source(test.text))
			flows := c.Selfservice.Flows
			if c.Embedded || c.V05 != test.v05 || c.Serve.Public.Host != test.host || c.Serve.Public.Wire != test.wire || flows.Recovery.Use != test.use {
				t.Errorf("got %+v", c.Serve)
			}
			if c.Password.MinLength != test.password.MinLength || c.Password.CommonList != test.password.CommonList {
				t.Errorf("got %+v", c.Password)
			}
			if flows.Recovery.Enabled == test.v05 || flows.Settings.RevokeOtherSessions == test.v05 || c.Link.Confirm == test.v05 || slices.Equal(flows.Registration.After.Password.Hooks, Hooks{{Name: "session"}}) == test.v05 {
				t.Errorf("got %+v", flows)
			}
		})
	}
	if got := mistakes(t, source("version: v26.2.0")); len(got) != 1 || got[0] != "dsn is not set; write for example sqlite:///var/lib/symbolon/db.sqlite?_fk=true&mode=rwc, or memory for a trial" {
		t.Errorf("a file without dsn: %v", got)
	}
}

func TestFilesThatCannotBeReadAreNamed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	large := filepath.Join(dir, "large.yaml")
	if err := os.WriteFile(large, make([]byte, maxFile+1), 0o600); err != nil {
		t.Fatal(err)
	}
	got := mistakes(t, Source{Files: []string{"gone.yaml", "large.yaml"}, WorkDir: dir, Environ: []string{"DSN=memory"}})
	wantContains(t, got, []string{"gone.yaml: cannot be read: no such file or directory", "large.yaml: cannot be read: the file is larger than 1 MiB"})
}
