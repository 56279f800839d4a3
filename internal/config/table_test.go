package config

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"
)

func TestEveryKeyIsDocumentedAndItsExampleIsValid(t *testing.T) {
	t.Parallel()
	paths, names := map[string]bool{}, map[string]bool{}
	for _, k := range Keys() {
		if paths[k.Path] || k.Env() != "" && names[k.Env()] {
			t.Errorf("%s: the path or variable is there twice", k.Path)
		}
		paths[k.Path], names[k.Env()] = true, true
		if k.Secret() {
			names[k.Env()+"_FILE"] = true
		}
		if len(k.Help) < 15 || !strings.HasSuffix(k.Help, ".") || k.Example == "" {
			t.Errorf("%s: help or example is missing", k.Path)
		}
		for _, sample := range []string{k.Default, k.Example} {
			if sample == "" || k.kind == kindObjects {
				continue
			}
			pointer := k.fresh()
			err := assign(k, pointer, &node{shape: loose, text: sample})
			if err == nil {
				err = k.check(pointer)
			}
			if err != nil {
				t.Errorf("%s: %q %v", k.Path, sample, err)
			}
		}
		if k.must.ok != nil && k.must.text == "" {
			t.Errorf("%s: a rule has no words", k.Path)
		}
	}
}

func TestEveryMemberOfConfigHasAKey(t *testing.T) {
	t.Parallel()
	found := map[string]member{}
	members(reflect.TypeFor[Config](), "", nil, found)
	for _, k := range Keys() {
		if k.index == nil && k.NoEffect == "" {
			t.Errorf("%s has no member", k.Path)
		}
		delete(found, k.Path)
	}
	for path := range found {
		t.Errorf("%s has no key", path)
	}
}

func TestTheDocumentationIsCurrent(t *testing.T) {
	t.Parallel()
	got, err := os.ReadFile("../../docs/config.md")
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != Markdown() {
		t.Error("docs/config.md is out of date; run: go generate ./internal/config")
	}
	for _, k := range Keys() {
		if strings.Count(string(got), "### `"+k.Path+"`\n") != 1 {
			t.Errorf("%s stands not once in docs/config.md", k.Path)
		}
		if !strings.Contains(k.Explain(), k.Path) || !strings.Contains(k.Explain(), "default:") {
			t.Errorf("%s: explained as %q", k.Path, k.Explain())
		}
	}
}

func compileSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	raw, err := JSONSchema()
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(string(raw)))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	if err := compiler.AddResource("config.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("config.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func document(t *testing.T, text string) any {
	t.Helper()
	var v any
	if err := yaml.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(string(data)))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func TestTheSchemaAgreesWithTheLoader(t *testing.T) {
	t.Parallel()
	schema := compileSchema(t)
	paths, err := filepath.Glob("testdata/v05/*.y*ml")
	if err != nil || len(paths) == 0 {
		t.Fatal(paths, err)
	}
	for _, path := range paths {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(document(t, string(raw))); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
	for text, valid := range map[string]bool{
		"{serve: {public: {port: 80}}, secrets: {cookie_file: /x}}":                                       true,
		"{selfservice: {flows: {login: {after: {password: {hooks: [revoke_active_sessions]}}}}}}":         true,
		"{selfservice: {flows: {login: {after: {password: {hooks: [{hook: revoke_active_sessions}]}}}}}}": true,
		"{selfservice: {flows: {login: {after: {password: {hooks: [{hook: session}]}}}}}}":                false,
		"{serve: {public: {prot: 80}}}":                                false,
		"{serve: {public: {port: 70000}}}":                             false,
		"{session: {lifespan: 1d}}":                                    false,
		"{session: {cookie: {same_site: lax}}}":                        false,
		"{identity: {schemas: [{id: a}]}}":                             false,
		"{secrets: {default: [a-long-and-random, a-long-and-random]}}": false,
	} {
		if err := schema.Validate(document(t, text)); (err == nil) != valid {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestSecretsAreNeverShown(t *testing.T) {
	t.Parallel()
	src := Source{Files: []string{"testdata/v05/every-key.yaml"}, Environ: []string{
		"DSN=postgres://kratos:hunter2-dsn@db/kratos?sslpassword=hunter2-query", "SERVE_ADMIN_TOKEN=hunter2-hunter2-token",
		`SESSION_WHOAMI_TOKENIZER_TEMPLATES={"api":{"jwks_url":"base64://hunter2hunter2"}}`,
	}}
	c, r := mustLoad(t, src)
	before, _ := mustLoad(t, Source{Files: []string{"testdata/v05/heavy-hashes.yaml"}})
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", slog.Any("config", c), slog.Any("token", c.Serve.Admin.Token), slog.Any("dsn", c.DSN))
	asJSON, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	asYAML, err := r.YAML()
	if err != nil {
		t.Fatal(err)
	}
	bad := src
	bad.Environ = append(bad.Environ, `SECRETS_COOKIE=["hunter2",5]`, "DSN=hunter2://hunter2", "COURIER_SMTP_CONNECTION_URI=hunter2", `SELFSERVICE_METHODS_OIDC_CONFIG_PROVIDERS=[{"client_secret":["hunter2"]}]`,
		`SESSION_WHOAMI_TOKENIZER_TEMPLATES={"api":{"jwks_url":"{\"keys\":\"hunter2\"}"}}`)
	_, _, failure := Load(bad)
	for name, text := range map[string]string{
		"%v": fmt.Sprintf("%v", *c), "%+v": fmt.Sprintf("%+v", *c), "%#v": fmt.Sprintf("%#v", *c), "%q": fmt.Sprintf("%q", c.Secrets.Cookie),
		"%x": fmt.Sprintf("%x", c.Secrets.Default), "%d": fmt.Sprintf("%d %t %U", c.Secrets.Cookie, c.Serve.Admin.Token, c.DSN), "json": string(asJSON), "slog": log.String(), "yaml": string(asYAML),
		"report": fmt.Sprintf("%v", r.Values), "diff": fmt.Sprintf("%v", Diff(before, c)), "mistakes": failure.Error(),
	} {
		for _, leak := range []string{"hunter2", "b-long-and-random", fmt.Sprintf("%x", "hunter2")} {
			if strings.Contains(text, leak) {
				t.Errorf("%s shows %s", name, leak)
			}
		}
	}
	if c.DSN.String() != "postgres://kratos:[redacted]@db/kratos?sslpassword=[redacted]" {
		t.Errorf("dsn prints as %s", c.DSN)
	}
}

func TestPasswordsOfAddressesAreBlottedOut(t *testing.T) {
	t.Parallel()
	for in, want := range map[SecretURL]string{
		"":                                  "",
		"memory":                            "memory",
		"sqlite:///x?_fk=true":              "sqlite:///x?_fk=true",
		"mysql://u:p@tcp(h:1)/d":            "mysql://u:[redacted]@tcp(h:1)/d",
		"smtp://u:p@ss/w@rd?x@mail:25/":     "smtp://u:[redacted]@mail:25/",
		"smtp://user@mail:25":               "smtp://user@mail:25",
		"postgres://h/d?user=u&Password=p":  "postgres://h/d?user=u&Password=[redacted]",
		"host=h password=p":                 "[redacted]",
		"https://h/?key=p&a=b&X-Sig=p":      "https://h/?key=[redacted]&a=b&X-Sig=[redacted]",
		"https://h/?%6bey=p&code=p&codes=1": "https://h/?%6bey=[redacted]&code=[redacted]&codes=1",
		"https://h/?api%zzkey=p;page=2":     "https://h/?api%zzkey=[redacted]",
		"postgres://h/d?sslkey=/etc/f.key":  "postgres://h/d?sslkey=/etc/f.key",
		"base64://eyJrZXlzIjpbXX0=":         "base64://[redacted]",
		"BASE64://eyJrZXlzIjpbXX0=":         "BASE64://[redacted]",
	} {
		if got := in.String(); got != want {
			t.Errorf("%q prints as %q, want %q", string(in), got, want)
		}
	}
}

// A setting that is not a secret may be an address with one.
func TestPlain_secretsInAddresses(t *testing.T) {
	t.Parallel()
	parsed, err := url.Parse("https://u:hunter2@h/?key=hunter2&page=2")
	if err != nil {
		t.Fatal(err)
	}
	for _, value := range []any{parsed, parsed.String(), "https://h/?api_key=hunter2&page=2", (&node{shape: text, text: "https://h/?page=2&sig=hunter2"}).shown()} {
		if shown := fmt.Sprint(plain(value)); strings.Contains(shown, "hunter2") || !strings.Contains(shown, "page=2") {
			t.Errorf("%v is shown as %s", value, shown)
		}
	}
}

func TestDiffTellsWhatNeedsARestart(t *testing.T) {
	t.Parallel()
	before, _ := mustLoad(t, source("dsn: memory\nsecrets: {cookie: [a-long-and-random-text-0]}\nidentity: {schemas: [{id: a, url: 'file:///a'}]}"))
	same, _ := mustLoad(t, source("identity: {schemas: [{url: 'file:///a', id: a}]}\ndsn: memory\nsecrets: {cookie: [a-long-and-random-text-0]}"))
	if got := Diff(before, same); len(got) != 0 {
		t.Errorf("equal configurations differ: %v", got)
	}
	after, _ := mustLoad(t, source("dsn: memory\nsecrets: {cookie: [b-long-and-random-text-1]}\nserve: {public: {port: 80}}\nsession: {lifespan: 1h}\nidentity: {schemas: [{id: a, url: 'file:///b'}]}"))
	var got []string
	for _, c := range Diff(before, after) {
		got = append(got, fmt.Sprintf("%s %t %v→%v", c.Key.Path, c.Key.Restart, c.Before, c.After))
	}
	want := []string{
		"serve.public.base_url false http://127.0.0.1:4433/→http://127.0.0.1:80/", "serve.public.port true 4433→80",
		"identity.schemas false [map[id:a url:file:///a]]→[map[id:a url:file:///b]]",
		"session.lifespan false 24h→1h", "secrets.cookie false [[redacted]]→[[redacted]]",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestDurationsAreWrittenAsTheyAreRead(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{
		"0s": 0, "1ns": 1, "15m": 15 * time.Minute, "720h": 720 * time.Hour, "1h30m": 90 * time.Minute, "1s500ms": 1500 * time.Millisecond,
	} {
		got, ok := parseDuration(text)
		if !ok || got != want || formatDuration(got) != text {
			t.Errorf("%s is read as %v and written as %s", text, got, formatDuration(got))
		}
	}
	for _, text := range []string{"", "1", "h", "1.5h", "-1h", "1d", "1 h", "+1s", "1h ", "1µs"} {
		if d, ok := parseDuration(text); ok {
			t.Errorf("%q is read as %v", text, d)
		}
	}
}

func TestKeysAreFoundByPathAndVariable(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"serve.public.port": "serve.public.port", "SERVE_PUBLIC_PORT": "serve.public.port", "identity.schemas[].id": "identity.schemas[].id", "serve": "", "": "",
	} {
		if k, ok := Find(name); k.Path != want || ok != (want != "") {
			t.Errorf("%s: found %q, %t", name, k.Path, ok)
		}
	}
	if got := Below("session.cookie"); len(got) != 5 || len(Below("sess")) != 0 {
		t.Errorf("below session.cookie are %d keys", len(got))
	}
	for name, want := range map[string]string{
		"SERVE_PUBLIC_PROT": "did you mean SERVE_PUBLIC_PORT?", "session.cookie.nmae": "did you mean session.cookie.name?", "session.zebra": "here are: lifespan",
	} {
		if got := Suggest(name); !strings.Contains(got, want) {
			t.Errorf("%s %s", name, got)
		}
	}
}
