package config

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// lists is a file whose lists the environment completes.
const lists = `
version: v1.3.0
dsn: memory
selfservice:
  default_browser_return_url: https://app.example.org/
  allowed_return_urls: [https://app.example.org/, https://old.example.org/]
  methods:
    oidc: {enabled: true, config: {providers: [{id: one, provider: google, client_id: "", client_secret_file: /gone, mapper_url: "file:///m.jsonnet"}]}}
  flows:
    registration: {after: {password: {hooks: [{hook: web_hook, config: {url: "http://app/hook", method: POST, auth: {type: api_key, config: {name: X-Key, in: header}}}}]}}}
identity: {default_schema_id: person, schemas: [{id: person, url: "base64://e30="}]}
secrets: {cookie: [the-secret-of-the-file-1], default: [the-secret-of-the-file-2]}
`

func TestVariablesNameItemsOfLists(t *testing.T) {
	t.Parallel()
	const provider, hooks = "SELFSERVICE_METHODS_OIDC_CONFIG_PROVIDERS_", "SELFSERVICE_FLOWS_REGISTRATION_AFTER_PASSWORD_HOOKS_"
	src := source(lists)
	src.Environ = []string{
		"SECRETS_COOKIE_0=a-long-and-random-text-0", "SECRETS_COOKIE_1=a-long-and-random-text-1", "SECRETS_CIPHER_0=a-long-and-random-text-2", "SECRETS_DEFAULT=a-long-and-random-text-3", "SECRETS_DEFAULT_0=not-this-one-at-all",
		"SELFSERVICE_ALLOWED_RETURN_URLS_1=https://new.example.org/", "SELFSERVICE_ALLOWED_RETURN_URLS_2=https://third.example.org/",
		provider + "0_CLIENT_ID=id-0", provider + "0_CLIENT_SECRET=secret-0", provider + "0_SCOPE_0=openid", provider + "0_SCOPE_1=email",
		provider + "1_ID=two", provider + "1_PROVIDER=github", provider + "1_CLIENT_ID=id-1", provider + "1_CLIENT_SECRET=secret-1", provider + "1_MAPPER_URL=file:///n.jsonnet",
		hooks + "0_CONFIG_AUTH_CONFIG_VALUE=key", hooks + "0_CONFIG_RESPONSE_PARSE=true", hooks + "1_HOOK=session", hooks + "2=show_verification_ui",
		"IDENTITY_SCHEMAS_0_URL=base64://e31=", "IDENTITY_SCHEMAS_1_ID=shop", "IDENTITY_SCHEMAS_1_URL=base64://e30=",
		"COURIER_CHANNELS_0_ID=sms", "COURIER_CHANNELS_0_REQUEST_CONFIG_URL=http://sms/send",
		"MY_APP_0=x", "PATH_0_1=y", "SECRETS_0=z",
	}
	c, r := mustLoad(t, src)
	web := c.Selfservice.Flows.Registration.After.Password.Hooks
	providers := c.Selfservice.Methods.OIDC.Providers
	for name, pair := range map[string][2]any{
		"secrets":      {Reveal(c.Secrets.Cookie), []string{"a-long-and-random-text-0", "a-long-and-random-text-1"}},
		"a new list":   {Reveal(c.Secrets.Cipher), []string{"a-long-and-random-text-2"}},
		"whole list":   {Reveal(c.Secrets.Default), []string{"a-long-and-random-text-3"}},
		"another name": {c.Selfservice.WhitelistedReturnURLs[1].String() + " " + c.Selfservice.WhitelistedReturnURLs[2].String(), "https://new.example.org/ https://third.example.org/"},
		"a member":     {providers[0].ID + " " + providers[0].ClientID + " " + providers[0].ClientSecret.Reveal(), "one id-0 secret-0"},
		"within":       {providers[0].Scope, []string{"openid", "email"}},
		"a new item":   {providers[1].ID + " " + providers[1].ClientID + " " + providers[1].ClientSecret.Reveal(), "two id-1 secret-1"},
		"hooks":        {web.Names(), []string{"web_hook", "session", "show_verification_ui"}},
		"of a hook":    {web[0].Web.Request.Auth.Value.Reveal() + " " + web[0].Web.Request.URL.Reveal(), "key http://app/hook"},
		"truth":        {web[0].Web.Parse, true},
		"schemas":      {c.Identity, Identity{DefaultSchemaURL: "base64://e31=", DefaultSchemaID: "person", Schemas: []Schema{{"shop", "base64://e30="}}}},
		"deep":         {c.Courier.Channels[0].Request.URL.Reveal(), "http://sms/send"},
	} {
		if d := cmp.Diff(pair[1], pair[0]); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
	const want = "environment SECRETS_DEFAULT_0: has no effect: SECRETS_DEFAULT sets the whole list"
	if got := warnings(r); !strings.Contains(got, want) || strings.Contains(strings.Replace(got, want, "", 1), "environment") {
		t.Errorf("warnings are %s", got)
	}
}

func TestVariablesNameItemsOfLists_mistakes(t *testing.T) {
	t.Parallel()
	src := source(lists + "serve: {public: {cors: {allowed_origins: https://app.example.org}}}")
	src.Environ = []string{
		"SECRETS_COOKIE_2=a-long-and-random-text-2", "SELFSERVICE_METHODS_OIDC_CONFIG_PROVIDERS_0_CLIENTID=x",
		"SELFSERVICE_METHODS_OIDC_CONFIG_PROVIDERS_0_CLIENT_SECRET_FILE=/etc/gone", "SELFSERVICE_METHODS_OIDC_CONFIG_PROVIDERS_0_CLIENT_ID=x",
		"SERVE_PUBLIC_CORS_ALLOWED_ORIGINS_0=https://b.example", "SELFSERVICE_FLOWS_LOGIN_AFTER_HOOKS=session",
	}
	_, r, _ := Load(src)
	got := strings.Join(mistakes(t, src), "\n")
	for _, want := range []string{
		"environment SECRETS_COOKIE_2: secrets.cookie sets item 2 of a list of 1; number the items from 0 and leave none out",
		"environment SELFSERVICE_METHODS_OIDC_CONFIG_PROVIDERS_0_CLIENT_SECRET_FILE: selfservice.methods.oidc.config.providers[0].client_secret_file names /etc/gone",
		"environment SERVE_PUBLIC_CORS_ALLOWED_ORIGINS_0: serve.public.cors.allowed_origins sets a part of what the file gives as one value; give it as a list there",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no line has %q in\n%s", want, got)
		}
	}
	if want := "environment SELFSERVICE_METHODS_OIDC_CONFIG_PROVIDERS_0_CLIENTID: names no setting of an item of that list"; !strings.Contains(warnings(r), want) {
		t.Errorf("no warning is %q in\n%s", want, warnings(r))
	}
}

// What sets the whole list counts, by either name of the setting.
func TestVariablesNameItemsOfLists_beneathTheWhole(t *testing.T) {
	t.Parallel()
	disk := files{"/run/cookie": "a-long-and-random-text-9"}
	for name, test := range map[string]struct {
		environ []string
		want    string
	}{
		"a variable":           {[]string{"SECRETS_COOKIE=a-long-and-random-text-1", "SECRETS_COOKIE_0=a-long-and-random-text-0"}, "environment SECRETS_COOKIE_0: has no effect: SECRETS_COOKIE sets the whole list"},
		"an item that is late": {[]string{"SECRETS_COOKIE=a-long-and-random-text-1", "SECRETS_COOKIE_7=a-long-and-random-text-0"}, "environment SECRETS_COOKIE_7: has no effect: SECRETS_COOKIE sets the whole list"},
		"the file of a secret": {[]string{"SECRETS_COOKIE_FILE=/run/cookie", "SECRETS_COOKIE_0=a-long-and-random-text-0"}, "environment SECRETS_COOKIE_0: has no effect: SECRETS_COOKIE_FILE sets the whole list"},
		"another name":         {[]string{"SELFSERVICE_WHITELISTED_RETURN_URLS=https://a.example/", "SELFSERVICE_ALLOWED_RETURN_URLS_0=https://b.example/"}, "environment SELFSERVICE_ALLOWED_RETURN_URLS_0: has no effect: SELFSERVICE_WHITELISTED_RETURN_URLS sets the whole list"},
		"a member of an item":  {[]string{"SELFSERVICE_METHODS_OIDC_CONFIG_PROVIDERS=[]", "SELFSERVICE_METHODS_OIDC_CONFIG_PROVIDERS_0_ID=x"}, "environment SELFSERVICE_METHODS_OIDC_CONFIG_PROVIDERS_0_ID: has no effect: SELFSERVICE_METHODS_OIDC_CONFIG_PROVIDERS sets the whole list"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, r := mustLoad(t, Source{ReadFile: disk.read, Environ: test.environ})
			if !strings.Contains(warnings(r), test.want) {
				t.Errorf("no warning is %q in\n%s", test.want, warnings(r))
			}
		})
	}
}

func TestVariablesNameItemsOfLists_withoutFiles(t *testing.T) {
	t.Parallel()
	c, _ := mustLoad(t, Source{Environ: []string{"SECRETS_COOKIE_0=a-long-and-random-text-0"}})
	if got := Reveal(c.Secrets.Cookie); len(got) != 1 || got[0] != "a-long-and-random-text-0" {
		t.Errorf("secrets are %v", got)
	}
}
