package config

import (
	"fmt"
	"strings"
	"testing"
)

func TestMistakesAreNamedWithTheirPlace(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		text string
		want []string
	}{
		"a misspelt key names the near one": {
			"dsn: memory\nserve:\n  public:\n    prot: 1\n", []string{"4:5: serve.public.prot is not a setting; did you mean serve.public.port?"},
		},
		"a misspelt group names the near one": {
			"dsn: memory\nsesion: {lifespan: 1h}\n", []string{"2:1: sesion is not a setting; did you mean session?"},
		},
		"a key in the wrong group names the right one": {
			"dsn: memory\nserve: {same_site: Lax}\n", []string{"2:9: serve.same_site is not a setting here; did you mean session.cookie.same_site?"},
		},
		"a key like no other lists its group": {
			"dsn: memory\nsession: {quux: 1}\n", []string{"2:11: session.quux is not a setting; here are: lifespan, cache_size, cookie"},
		},
		"a hook before a flow is no setting": {
			"dsn: memory\nselfservice: {flows: {login: {bfore: {hooks: []}}}}\n", []string{"selfservice.flows.login.bfore is not a setting"},
		},
		"a port that is none in an address": {
			"dsn: memory\nserve: {public: {base_url: 'https://id.example.org:99999/'}}\n", []string{"serve.public.base_url is \"https://id.example.org:99999/\"; it must be an absolute http:// or https:// address"},
		},
		"a wildcard in an address": {
			"dsn: memory\nserve: {public: {base_url: 'https://*.example.org/'}}\n", []string{"serve.public.base_url is \"https://*.example.org/\"; it must be an absolute"},
		},
		"half an address to listen at": {
			"dsn: memory\nserve: {public: {host: '[::1'}}\n", []string{"serve.public.host is \"[::1\"; it must be a host name or an IP address alone, without scheme and port"},
		},
		"an address to listen at with a port": {
			"dsn: memory\nserve: {admin: {host: '127.0.0.1:4434'}}\n", []string{"serve.admin.host is \"127.0.0.1:4434\"; it must be a host name or an IP address alone"},
		},
		"a URL to listen at": {
			"dsn: memory\nserve: {public: {host: 'http://127.0.0.1'}}\n", []string{"serve.public.host is \"http://127.0.0.1\"; it must be a host name or an IP address alone"},
		},
		"a script to return to": {
			"dsn: memory\nselfservice: {whitelisted_return_urls: ['https://a.example', 'JavaScript:alert(1)']}\n",
			[]string{"selfservice.whitelisted_return_urls is \"javascript:alert(1)\"; item 2 must be an address to go to, and none of javascript:"},
		},
		"a document to return to": {
			"dsn: memory\nselfservice: {flows: {login: {after: {default_browser_return_url: 'data:text/html,x'}}}}\n",
			[]string{"selfservice.flows.login.after.default_browser_return_url is \"data:text/html,x\"; it must be an address to go to"},
		},
		"a script as a page": {
			"dsn: memory\nselfservice: {flows: {login: {ui_url: 'javascript:alert(1)'}}}\n",
			[]string{"selfservice.flows.login.ui_url is \"javascript:alert(1)\"; it must be an address to go to"},
		},
		"a secret that is a number": {
			"dsn: memory\nsecrets: {default: [a-long-and-random-text-0, 12345678901234567890]}\n",
			[]string{"secrets.default item 2 is a number, but text is needed; put it in quotes"},
		},
		"a secret that is a number alone": {
			"dsn: memory\nserve: {admin: {token: 12345678901234567890}}\n", []string{"serve.admin.token is a number, but text is needed; put it in quotes"},
		},
		"a sender's name with a line break": {
			"dsn: memory\ncourier: {smtp: {from_name: \"A\\nBcc: x@example.org\"}}\n", []string{"courier.smtp.from_name is \"A\\nBcc: x@example.org\"; it must be one line"},
		},
		"a web hook without an address": {
			"dsn: memory\nselfservice: {flows: {login: {after: {hooks: [{hook: web_hook, config: {url: hook, method: POST}}]}}}}\n",
			[]string{"hooks item 1 is a web_hook whose config.url is no http or https URL; write for example {hook: web_hook, config: {url: https://"},
		},
		"a file in Latin-1": {
			"dsn: memory\nui: {name: B\xfccher}\n", []string{"2:13: is not UTF-8; save the file in this encoding"},
		},
		"a key given twice": {
			"dsn: memory\nlog: {level: info, level: debug}\n", []string{`2:20: "level" is given twice, first at /etc/c.yaml:2:7; keep one`},
		},
		"a value for a group": {
			"dsn: memory\nserve: 4433\n", []string{"2:1: serve is a number; write a group of settings: public, admin, trusted_proxies"},
		},
		"text for a number": {
			"dsn: memory\nserve: {public: {port: '80'}}\n", []string{`2:24: serve.public.port is "80"; write a whole number without quotes, for example 8080`},
		},
		"a fraction for a number": {
			"dsn: memory\nserve: {public: {port: 80.5}}\n", []string{`serve.public.port is "80.5"; write a whole number`},
		},
		"a number out of range": {
			"dsn: memory\nserve: {public: {port: 70000}}\n", []string{`serve.public.port is 70000; it must be between 0 and 65535`},
		},
		"a number beyond every range": {
			"dsn: memory\nhashers: {argon2: {memory: 99999999999999999999}}\n", []string{"hashers.argon2.memory is \"99999999999999999999\"; write a whole number"},
		},
		"a number for text": {
			"dsn: memory\nsession: {cookie: {domain: 5}}\n", []string{"session.cookie.domain is a number, but text is needed; put it in quotes"},
		},
		"yes for true": {
			"dsn: memory\nserve: {public: {metrics: yes}}\n", []string{`serve.public.metrics is "yes"; write true or false`},
		},
		"a duration without unit": {
			"dsn: memory\nsession: {lifespan: 24}\n", []string{`session.lifespan is "24"; write a duration such as 30s`},
		},
		"a duration with a sign": {
			"dsn: memory\nsession: {lifespan: -1h}\n", []string{`session.lifespan is "-1h"; write a duration`},
		},
		"a duration of nothing": {
			"dsn: memory\nsession: {lifespan: 0s}\n", []string{`session.lifespan is "0s"; it must be more than 0s`},
		},
		"a duration beyond all time": {
			"dsn: memory\nsession: {lifespan: 99999999h}\n", []string{`session.lifespan is "99999999h"; write a duration`},
		},
		"a word that is not allowed": {
			"dsn: memory\nsession: {cookie: {same_site: lax}}\n", []string{`session.cookie.same_site is "lax"; it must be one of Strict, Lax, None, for example Strict`},
		},
		"text for a list": {
			"dsn: memory\nserve: {trusted_proxies: 10.0.0.1}\n", []string{"serve.trusted_proxies is text; write a list"},
		},
		"an item that is not allowed": {
			"dsn: memory\nserve: {trusted_proxies: [10.0.0.1, proxy]}\n", []string{`serve.trusted_proxies is "proxy"; item 2 must be an IP address or a CIDR range`},
		},
		"the wrong hook": {
			"dsn: memory\nselfservice: {flows: {login: {after: {password: {hooks: [{hook: session}]}}}}}\n", []string{`hooks is "session"; item 1 must be one of revoke_active_sessions`},
		},
		"a hook with more than a name": {
			"dsn: memory\nselfservice: {flows: {login: {after: {password: {hooks: [{hook: revoke_active_sessions, config: {}}]}}}}}\n", []string{"hooks item 1 is not written {hook: name}"},
		},
		"a base URL that is not absolute": {
			"dsn: memory\nserve: {public: {base_url: /auth}}\n", []string{`serve.public.base_url is "/auth"; it must be an absolute http:// or https:// address`},
		},
		"no URL at all": {
			"dsn: memory\nselfservice: {default_browser_return_url: 'http://[::1'}\n", []string{"default_browser_return_url is \"http://[::1\", which is not a URL"},
		},
		"a provider without its members": {
			"dsn: memory\nselfservice: {methods: {oidc: {config: {providers: [{id: a, provider: google, client_id: b, mapper_url: 'file:///m'}]}}}}\n",
			[]string{"2:52: selfservice.methods.oidc.config.providers item 1 (a) needs client_secret"},
		},
		"an unknown member of a provider": {
			"dsn: memory\nselfservice: {methods: {oidc: {config: {providers: [{id: a, provider: google, client_id: b, client_secret: c, mapper_url: 'file:///m', scopes: []}]}}}}\n",
			[]string{"providers[0].scopes is not a setting; did you mean selfservice.methods.oidc.config.providers[].scope?"},
		},
		"a schema that is no group": {
			"dsn: memory\nidentity: {schemas: [file:///a]}\n", []string{"2:22: identity.schemas[0] is text; write a group of settings"},
		},
		"a list as a file": {"- dsn\n", []string{"1:1: is a list; write settings as name: value"}},
		"no database":      {"serve: {public: {host: 127.0.0.1}}\n", []string{"dsn is not set; write for example sqlite://"}},
		"a database of no program": {
			"dsn: oracle://x:hunter2@y\n", []string{"dsn is not accepted; it must be memory, or an address that starts with sqlite://"},
		},
		"broken YAML":        {"dsn: memory\nserve: {\n", []string{"did not find expected"}},
		"a second document":  {"dsn: memory\n---\ndsn: memory\n", []string{"holds more than one document"}},
		"an alias of itself": {"dsn: memory\nserve: &a {public: *a}\n", []string{"is nested too deeply or unfolds to too much"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wantContains(t, mistakes(t, source(test.text)), test.want)
		})
	}
}

func TestAllMistakesAreReportedAtOnceInTheirOrder(t *testing.T) {
	t.Parallel()
	src := source("serve: {public: {prot: 1, port: x}}\nsession: {lifespan: 1}\n")
	src.Environ = []string{"LOG_FORMAT=xml", "SERVE_ADMIN_PORT=many"}
	src.Flags = map[string]string{"log.levle": "info"}
	wantContains(t, mistakes(t, src), []string{
		"dsn is not set", "1:18: serve.public.prot", "1:33: serve.public.port", "2:21: session.lifespan",
		`environment LOG_FORMAT: log.format is "xml"; it must be one of text, json`,
		`environment SERVE_ADMIN_PORT: serve.admin.port is "many"`,
		"flag log.levle: log.levle is not a setting; did you mean log.level?",
	})
	_, _, err := Load(src)
	if !strings.HasPrefix(err.Error(), "the configuration has 7 mistakes:\n") {
		t.Errorf("got %v", err)
	}
}

func TestMistakesInOtherFormatsHavePlacesToo(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ file, text, want string }{
		"JSON key":         {"/c.json", "{\"dsn\": \"memory\",\n  \"serve\": {\"publik\": {}}}", "/c.json:2:13: serve.publik is not a setting"},
		"JSON value":       {"/c.json", "{\"dsn\": \"memory\",\n  \"session\": {\"lifespan\": 5}}", "/c.json:2:27: session.lifespan is"},
		"JSON twice":       {"/c.json", "{\"dsn\": \"memory\",\n\"dsn\": \"memory\"}", "/c.json:2:1: \"dsn\" is given twice"},
		"JSON syntax":      {"/c.json", "{\"dsn\": \"memory\",\n}", "/c.json:2:1: invalid character '}'"},
		"JSON cut short":   {"/c.json", "{\"dsn\": ", "/c.json:1:9: the document ends too early"},
		"JSON with a tail": {"/c.json", "{\"dsn\": \"memory\"} x", "/c.json:1:19: there is more after the end"},
		"JSON too deep":    {"/c.json", strings.Repeat(`{"a":`, 80), "is nested too deeply"},
		"TOML key":         {"/c.toml", "dsn = 'memory'\n[serve.publik]\nport = 1\n", "/c.toml:2:8: serve.publik is not a setting"},
		"TOML value":       {"/c.toml", "dsn = 'memory'\nsession.lifespan = 5\n", "/c.toml:2:9: session.lifespan is"},
		"TOML date":        {"/c.toml", "dsn = 'memory'\nsession.lifespan = 2020-01-01\n", "/c.toml:2:9: session.lifespan is \"2020-01-01\""},
		"TOML twice":       {"/c.toml", "dsn = 'memory'\ndsn = 'memory'\n", "/c.toml"},
		"TOML syntax":      {"/c.toml", "dsn = memory\n", "/c.toml:1:7: "},
		"unknown format":   {"/c.ini", "dsn=memory", "/c.ini: the name must end in .yaml, .yml, .json or .toml"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := mistakes(t, Source{Files: []string{test.file}, ReadFile: files{test.file: test.text}.read})
			for _, line := range got {
				if strings.Contains(line, test.want) {
					return
				}
			}
			t.Errorf("got %q, want a line with %q", got, test.want)
		})
	}
}

func TestAliasesCannotExhaustMemory(t *testing.T) {
	t.Parallel()
	text := "a: &a0 [x]\n"
	for i := 1; i < 30; i++ {
		text += fmt.Sprintf("b%d: &a%d [*a%d, *a%d, *a%d]\n", i, i, i-1, i-1, i-1)
	}
	got := strings.Join(mistakes(t, source(text)), "\n")
	if !strings.Contains(got, "unfolds to too much") {
		t.Errorf("got %s", got)
	}
}

func TestYAMLMergeKeysAreHonoured(t *testing.T) {
	t.Parallel()
	c, _ := mustLoad(t, Source{Files: []string{"testdata/v05/anchors.yml"}})
	f := c.Selfservice.Flows
	if f.Registration.Lifespan != f.Login.Lifespan || formatDuration(f.Registration.Lifespan) != "10m" || len(f.Registration.After.OIDC.Hooks) != 1 {
		t.Errorf("got %+v", f.Registration)
	}
}

func TestEmptyFilesAreNoMistake(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"/c.yaml", "/c.json", "/c.toml"} {
		for _, text := range []string{"", " \n", map[string]string{"/c.yaml": "# nothing\n", "/c.json": "null", "/c.toml": "# nothing\n"}[name]} {
			mustLoad(t, Source{Files: []string{name}, ReadFile: files{name: text}.read, Environ: []string{"DSN=memory"}})
		}
	}
}

// Editors of Windows put a mark before the text of a file.
func TestFileWithByteOrderMark(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"/a.yaml": "dsn: memory\n", "/a.json": `{"dsn":"memory"}`, "/a.toml": "dsn = \"memory\"\n",
	} {
		if _, p := parseFile(name, []byte("\uFEFF"+text)); p != nil {
			t.Errorf("%s: %s", name, p.Text)
		}
	}
}
