package config

import (
	"strings"
	"testing"
)

// sound is a configuration without warnings; tests lay theirs over it.
const sound = `dsn: memory
serve: {public: {base_url: 'https://id.example.org/'}, trusted_proxies: [10.0.0.7]}
secrets: {default: [a-long-and-random-text-0]}
`

func layered(over string) Source {
	src := source("")
	src.Files = []string{"/etc/sound.yaml", "/etc/c.yaml"}
	src.ReadFile = files{"/etc/sound.yaml": sound, "/etc/c.yaml": over}.read
	return src
}

func TestSettingsThatContradictOneAnother(t *testing.T) {
	t.Parallel()
	const provider = "client_id: a, client_secret: b, mapper_url: 'file:///m'"
	for name, test := range map[string]struct{ over, fails, warns string }{
		"nothing wrong":                     {"", "", ""},
		"admin off loopback":                {"serve: {admin: {host: 0.0.0.0}}", `serve.admin.host is "0.0.0.0", so other machines could reach the admin listener`, ""},
		"admin on every address":            {"serve: {admin: {host: ''}}", "other machines could reach", ""},
		"admin with a token":                {"serve: {admin: {host: 10.0.0.1, token: a-long-and-random-token}}", "", ""},
		"admin with a short token":          {"serve: {admin: {host: 10.0.0.1, token: short}}", "serve.admin.token has fewer than 16 characters", ""},
		"admin said to be insecure":         {"serve: {admin: {host: 10.0.0.1, insecure: true}}", "", "anybody who reaches the admin listener owns every account"},
		"admin on IPv6 loopback":            {"serve: {admin: {host: '::1'}}", "", ""},
		"a console with a short password":   {"serve: {admin: {host: 10.0.0.1, token: a-long-and-random-token, console: {enabled: true, password: short}}}", "serve.admin.console.password has fewer than 16 characters", ""},
		"a short password on loopback":      {"serve: {admin: {console: {password: short}}}", "", ""},
		"a password without a console":      {"serve: {admin: {host: 10.0.0.1, token: a-long-and-random-token, console: {password: a-long-and-random-one}}}", "", "serve.admin.console.password is set, but the console is not served"},
		"one port for both":                 {"serve: {admin: {port: 4433}}", "serve.admin.port is 4433, as is serve.public.port", ""},
		"any port for both":                 {"serve: {admin: {port: 0}, public: {port: 0}}", "", ""},
		"one port on two addresses":         {"serve: {admin: {port: 4433}, public: {host: 127.0.0.2}}", "", ""},
		"a certificate without key":         {"serve: {public: {tls: {cert_file: /c}}}", "serve.public.tls.cert_file is set without serve.public.tls.key_file", ""},
		"a key without certificate":         {"serve: {admin: {tls: {key_file: /c}}}", "serve.admin.tls.key_file is set without serve.admin.tls.cert_file", ""},
		"a short secret":                    {"secrets: {cookie: [short]}", "secrets.cookie item 1 has fewer than 16 characters", ""},
		"a secret from an example":          {"secrets: {cookie: [PLEASE-CHANGE-ME-I-AM-VERY-INSECURE]}", "secrets.cookie item 1 is a placeholder from an example", ""},
		"a secret from our documentation":   {"secrets: {cookie: ['$(openssl rand -hex 24)']}", "is a placeholder from an example", ""},
		"a secret that repeats":             {"secrets: {default: [a-long-and-random-text-0, aaaaaaaaaaaaaaaaaaaaaaa]}", "secrets.default item 2 repeats the same few characters", ""},
		"the same secret twice":             {"secrets: {default: [a-long-and-random-text-0, a-long-and-random-text-0]}", "secrets.default has the same value twice; remove item 2", ""},
		"a short secret on loopback":        {"serve: {public: {base_url: 'http://127.0.0.1', host: 127.0.0.1}}\nsecrets: {cookie: [short]}", "", "secrets.cookie item 1 has fewer than 16 characters"},
		"an empty secret":                   {"serve: {public: {base_url: 'http://127.0.0.1', host: 127.0.0.1}}\nsecrets: {cookie: ['', a-long-and-random-text-0]}", "secrets.cookie item 1 is empty", ""},
		"a place to return to, no scheme":   {"selfservice: {default_browser_return_url: app.example.org/home}", "", `selfservice.default_browser_return_url is "app.example.org/home" without scheme, which is read as a path of this server; write https://app.example.org/home`},
		"a host in other letters":           {"serve: {public: {base_url: 'https://id.bücher.example/'}}", "has the host id.bücher.example; write it as browsers send it: id.xn--bcher-kva.example", ""},
		"a cookie domain with a port":       {"session: {cookie: {domain: 'example.org:443'}}", "", `session.cookie.domain is "example.org:443"; write the domain alone`},
		"a cookie domain with a scheme":     {"session: {cookie: {domain: 'https://example.org'}}", "", "write the domain alone"},
		"a cookie domain with a wildcard":   {"session: {cookie: {domain: '*.example.org'}}", "", "write the domain alone"},
		"a cookie domain of everybody":      {"serve: {public: {base_url: 'https://auth.co.uk/'}}\nsession: {cookie: {domain: co.uk}}", "", `session.cookie.domain is "co.uk", under which anybody can have a name`},
		"a cookie domain with a dot":        {"session: {cookie: {domain: .example.org}}", "", ""},
		"plain http in public":              {"serve: {public: {base_url: 'http://id.example.org'}}", "", "serve.public.base_url is http:// and not on this machine"},
		"every origin with cookies":         {"serve: {public: {cors: {enabled: true}}}", "", "allowed_origins is * while allow_credentials is true"},
		"everybody is a trusted proxy":      {"serve: {trusted_proxies: [0.0.0.0/0]}", "", "0.0.0.0/0 is everybody"},
		"a cookie for a stranger":           {"session: {cookie: {domain: example.com}}", "", `session.cookie.domain is "example.com", which neither is nor contains id.example.org`},
		"a cookie for half a name":          {"session: {cookie: {domain: ample.org}}", "", "neither is nor contains"},
		"a cookie for the parent":           {"session: {cookie: {domain: .Example.org}}", "", ""},
		"a cookie name that needs https":    {"serve: {public: {base_url: 'http://127.0.0.1'}}\nsession: {cookie: {name: __Secure-s}}", "starts with __Secure-, which needs https", ""},
		"a host cookie with a domain":       {"session: {cookie: {name: __Host-s, domain: example.org}}", "starts with __Host-", ""},
		"a host cookie":                     {"session: {cookie: {name: __Host-s}}", "", ""},
		"the name of another cookie":        {"session: {cookie: {name: csrf_token}}", "is the name of another cookie of this server", ""},
		"SameSite None over http":           {"serve: {public: {base_url: 'http://127.0.0.1'}}\nsession: {cookie: {same_site: None}}", "", "browsers accept only in Secure cookies"},
		"recovery without links":            {"selfservice: {methods: {link: {enabled: false}}, flows: {verification: {enabled: false}}}", "", "there is no way to recover"},
		"verification without links":        {"selfservice: {methods: {link: {enabled: false}}, flows: {recovery: {enabled: false}}}", "", "there is no way to verify"},
		"two schemas of a name":             {"identity: {schemas: [{id: a, url: 'file:///1'}, {id: a, url: 'file:///2'}]}", "", `two schemas with the id "a"; the first counts`},
		"a second default schema":           {"identity: {schemas: [{id: default, url: 'file:///1'}]}", "", ""},
		"a default schema twice":            {"identity: {default_schema_url: 'file:///2', schemas: [{id: default, url: 'file:///1'}]}", `has a schema with the id "default", and identity.default_schema_url is set too`, ""},
		"a default schema that is not":      {"identity: {default_schema_id: b, schemas: [{id: a, url: 'file:///1'}]}", `identity.default_schema_id is "b", which is not the id of a schema`, ""},
		"two providers of a name":           {"selfservice: {methods: {oidc: {config: {providers: [{id: a, provider: google, " + provider + "}, {id: a, provider: github, " + provider + "}]}}}}", "", `two providers with the id "a"; the first counts`},
		"microsoft without tenant":          {"selfservice: {methods: {oidc: {config: {providers: [{id: a, provider: microsoft, " + provider + "}]}}}}", "item 1 (a) needs tenant", ""},
		"a tenant of google":                {"selfservice: {methods: {oidc: {config: {providers: [{id: a, provider: google, tenant: x, " + provider + "}]}}}}", "", "which only microsoft providers know"},
		"a generic provider without issuer": {"selfservice: {methods: {oidc: {config: {providers: [{id: a, provider: generic, " + provider + "}]}}}}", "", "has no issuer_url"},
		"oidc without providers":            {"selfservice: {methods: {oidc: {enabled: true}}}", "", "is empty while selfservice.methods.oidc.enabled is true"},
		"one mailbox for both factors":      {"selfservice: {methods: {code: {passwordless_enabled: true, mfa_enabled: true}}}", "one mailbox would be both factors", ""},
		"keys on an address":                {"selfservice: {methods: {passkey: {enabled: true, config: {rp: {id: 127.0.0.1}}}}}", "browsers bind keys to a domain", ""},
		"keys on a domain":                  {"selfservice: {methods: {webauthn: {enabled: true}}}", "", ""},
		"two factors of second factors":     {"selfservice: {methods: {webauthn: {enabled: true, config: {two_factors: true}}}}", "", "new security keys are a second factor"},
		"back-off the wrong way round":      {"courier: {backoff: {min: 2h}}", "courier.backoff.min is 2h, more than courier.backoff.max, 1h", ""},
		"mail from another person":          {"courier: {smtp: {connection_uri: 'smtp://mail:25'}}", "", "mail will come from no-reply@id.example.org"},
		"mail from Ory":                     {"courier: {smtp: {connection_uri: 'smtp://mail:25', from_address: no-reply@ory.kratos.sh}}", "", "is not your domain"},
		"a password that ends the host":     {"courier: {smtp: {connection_uri: 'smtp://user:p@ss/word@mail:25/', from_address: a@example.org}}", "has a password with a character that ends the host", ""},
		"an app on a sibling sub-domain":    {"selfservice: {whitelisted_return_urls: ['https://app.example.org/']}", "", "session.cookie.domain does not cover app.example.org"},
		"an app after signing in":           {"selfservice: {flows: {login: {after: {password: {default_browser_return_url: 'https://app.example.org/'}}}}}", "", "session.cookie.domain does not cover app.example.org"},
		"an app by another name of here":    {"serve: {public: {base_url: 'http://127.0.0.1:4433/'}}\nselfservice: {whitelisted_return_urls: ['http://localhost:3000/']}", "", "people may return to localhost: to a browser these are different hosts"},
		"an app by the same name":           {"serve: {public: {base_url: 'http://localhost:4433/'}}\nselfservice: {whitelisted_return_urls: ['http://localhost:3000/']}", "", ""},
		"a proxy that is not trusted":       {"serve: {trusted_proxies: []}", "", "serve.trusted_proxies is empty, but serve.public.base_url is https://"},
		"no proxy":                          {"serve: {trusted_proxies: [], public: {tls: {cert_file: /c, key_file: /k}}}", "", ""},
		"no limits to share":                {"serve: {trusted_proxies: []}\nsecurity: {limits: {enabled: false}}", "", ""},
		"scripts of another site":           {"serve: {public: {cors: {enabled: true, allowed_origins: ['https://app.example.com', 'https://app.example.org', 'https://*.example.net']}}}", "", "session.cookie.same_site is Lax, so browsers keep the session cookie back from scripts of https://app.example.com, which"},
		"scripts over http":                 {"serve: {public: {cors: {enabled: true, allowed_origins: ['http://app.example.org']}}}", "", "from scripts of http://app.example.org"},
		"scripts of another site, allowed":  {"serve: {public: {cors: {enabled: true, allowed_origins: ['https://app.example.com']}}}\nsession: {cookie: {same_site: None}}", "", ""},
		"an app that the cookie covers":     {"selfservice: {whitelisted_return_urls: ['https://app.example.org/']}\nsession: {cookie: {domain: example.org}}", "", ""},
		"an app on another domain":          {"selfservice: {whitelisted_return_urls: ['https://app.example.com/', 'myapp://callback']}", "", ""},
		"a return URL without scheme":       {"selfservice: {whitelisted_return_urls: [app.example.com]}", "", "has \"app.example.com\" without scheme"},
		"a wildcard as return URL":          {"selfservice: {whitelisted_return_urls: ['*']}", "", "has \"*\", which allows nothing"},
		"a wildcard in a return URL":        {"selfservice: {whitelisted_return_urls: ['https://app.example.com/*']}", "", "which allows nothing"},
		"a wildcard within a host":          {"selfservice: {whitelisted_return_urls: ['https://app*.example.com']}", "", "which allows nothing"},
		"a wildcard for sub-domains":        {"selfservice: {whitelisted_return_urls: ['https://*.example.com/']}", "", ""},
		"a placeholder as return URL":       {"selfservice: {whitelisted_return_urls: ['${APP}', 'https://app.example.com']}", "selfservice.whitelisted_return_urls item 1 is a placeholder, and placeholders are not expanded in files; set the environment variable SELFSERVICE_WHITELISTED_RETURN_URLS", ""},
		"a placeholder as page":             {"selfservice: {flows: {login: {ui_url: '${APP}/login'}}}", "set the environment variable SELFSERVICE_FLOWS_LOGIN_UI_URL", ""},
		"a placeholder as name":             {"courier: {smtp: {from_name: '${NAME}'}}", "", "courier.smtp.from_name is a placeholder"},
		"a page that is a path":             {"selfservice: {flows: {login: {ui_url: /auth/login}}}", "", "selfservice.flows.login.ui_url is \"/auth/login\", a path of id.example.org"},
		"a placeholder as secret":           {"secrets: {cookie: ['${COOKIE_SECRET}']}", "secrets.cookie item 1 is a placeholder, which is not expanded", ""},
		"a mail server that is no URL":      {"courier: {smtp: {connection_uri: 'smtp://user:hun/ter2@mail:25', from_address: a@example.org}}", "percent-encode special characters", ""},
		"a mail server without host":        {"courier: {smtp: {connection_uri: 'smtp://:25', from_address: a@example.org}}", "courier.smtp.connection_uri is not smtp://user:password@host:port/", ""},
		"a file for no release":             {"version: latest", "", `version is "latest", which is no release`},
		"hashes above the limits":           {"hashers: {argon2: {memory: 4194304}}", "", "hashers.limits.argon2.memory is raised to 4194304"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			src := layered(test.over)
			_, report, err := Load(src)
			if got := strings.Join(mistakes(t, src), "\n"); got == "" != (test.fails == "") || !strings.Contains(got, test.fails) {
				t.Errorf("mistakes are %q, want %q", got, test.fails)
			}
			if strings.Count(warnings(report), "\n") > 0 {
				t.Errorf("one fault has several warnings:\n%s", warnings(report))
			}
			if got := warnings(report); err == nil && (got == "") != (test.warns == "") || !strings.Contains(got, test.warns) {
				t.Errorf("warnings are %q, want %q", got, test.warns)
			}
		})
	}
}

func TestWeakSecretsStopOnlyServersThatOthersReach(t *testing.T) {
	t.Parallel()
	const weak = "dsn: memory\nsecrets: {default: [PLEASE-CHANGE-ME-I-AM-VERY-INSECURE]}\n"
	for name, test := range map[string]struct {
		over  string
		dev   bool
		stops bool
	}{
		"public on every address":        {"serve: {public: {host: 0.0.0.0}}", false, true},
		"development":                    {"", true, false},
		"loopback":                       {"serve: {public: {host: 127.0.0.1}}", false, false},
		"loopback behind a proxy":        {"serve: {public: {host: 127.0.0.1, base_url: 'https://id.example.org'}}", false, true},
		"only the admin can be reached":  {"serve: {public: {host: localhost}, admin: {host: 10.0.0.1, insecure: true}}", false, true},
		"every address named by the URL": {"serve: {public: {host: '::', base_url: 'http://localhost'}}", false, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			src := source(weak + test.over)
			src.Dev = test.dev
			if got := mistakes(t, src); (len(got) > 0) != test.stops {
				t.Errorf("mistakes are %q", got)
			}
		})
	}
}

// Only beside an SQLite file is there a place where secrets are kept.
func TestSecretsThatNobodyKeepsAreWarnedOf(t *testing.T) {
	t.Parallel()
	for dsn, want := range map[string]bool{"memory": false, "sqlite://a.db": false, "postgres://a@b/c": true, "mysql://a@tcp(b)/c": true} {
		_, r := mustLoad(t, Source{Environ: []string{"DSN=" + dsn}})
		if got := strings.Contains(strings.Join(texts(r.Warnings), "\n"), "secrets.default"); got != want {
			t.Errorf("%s: warned %t", dsn, got)
		}
	}
}

func TestBaseURLsAreGuessed(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		serve, public, admin string
		dev, secure          bool
	}{
		"every address":     {"{public: {host: 0.0.0.0}}", "http://127.0.0.1:4433/", "http://127.0.0.1:4434/", false, false},
		"every IPv6":        {"{public: {host: '::'}}", "http://127.0.0.1:4433/", "http://127.0.0.1:4434/", false, false},
		"loopback":          {"{public: {host: 127.0.0.1, port: 80}}", "http://127.0.0.1:80/", "http://127.0.0.1:4434/", false, false},
		"IPv6 loopback":     {"{public: {host: '[::1]'}}", "http://[::1]:4433/", "http://127.0.0.1:4434/", false, false},
		"one address":       {"{public: {host: 10.1.2.3}}", "http://10.1.2.3:4433/", "http://127.0.0.1:4434/", false, false},
		"one address, said": {"{public: {host: 10.1.2.3, base_url: 'http://10.1.2.3:4433/'}}", "http://10.1.2.3:4433/", "http://127.0.0.1:4434/", false, true},
		"loopback and TLS":  {"{public: {host: localhost, tls: {cert_file: /c, key_file: /k}}}", "https://localhost:4433/", "http://127.0.0.1:4434/", false, true},
		"given":             {"{public: {base_url: 'https://id.example.org/x'}, admin: {base_url: 'https://a.example.org'}}", "https://id.example.org/x", "https://a.example.org", false, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			src := source("dsn: memory\nserve: " + test.serve)
			src.Dev = test.dev
			c, _ := mustLoad(t, src)
			if strings.ContainsAny(c.Serve.Public.Host+c.Serve.Admin.Host, "[]") {
				t.Errorf("listens at %s, %s", c.Serve.Public.Host, c.Serve.Admin.Host)
			}
			if c.Serve.Public.BaseURL.String() != test.public || c.Serve.Admin.BaseURL.String() != test.admin || c.SecureCookies() != test.secure {
				t.Errorf("got %s, %s, secure %t", c.Serve.Public.BaseURL, c.Serve.Admin.BaseURL, c.SecureCookies())
			}
		})
	}
}
