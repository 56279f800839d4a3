package oidc

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc/oidctest"

	"github.com/symbolon/symbolon/internal/claims"
)

// Providers that bend the standard, each as people have reported it.
func TestFinish_bends(t *testing.T) {
	t.Parallel()
	claim := func(name string, value any) func(*fake, *Config) {
		return func(f *fake, _ *Config) { f.claim = func(c map[string]any) { c[name] = value } }
	}
	// postOnly refuses a secret in the header, as RFC 6749 section 5.2 says.
	postOnly := func(f *fake) {
		usual := f.exchange
		f.Config.Handler.(*http.ServeMux).HandleFunc("POST /post", func(w http.ResponseWriter, r *http.Request) {
			if r.FormValue("client_secret") == "" {
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(http.StatusUnauthorized)
				_, _ = w.Write([]byte(`{"error":"invalid_client"}`))
				return
			}
			usual(w, r)
		})
	}
	for name, test := range map[string]struct {
		bend    func(*fake, *Config)
		subject string // empty if it is refused
	}{
		"auth_time with a fraction": {claim("auth_time", 1e9+0.25), "subject"},
		"auth_time as text":         {claim("auth_time", "1000000000"), "subject"},
		"exp with a fraction":       {claim("exp", float64(noon.Add(time.Minute).Unix())+0.5), "subject"},
		"a number as sub":           {claim("sub", 12345678901234567), "12345678901234567"},
		"an integer as sub":         {claim("sub", json.RawMessage("12345678901234567890")), "12345678901234567890"},
		"a number as azp": {func(f *fake, c *Config) {
			c.ClientID = "7"
			f.claim = func(c map[string]any) { c["aud"], c["azp"] = "7", 7 }
		}, "subject"},
		"expires_in with a fraction": {func(f *fake, _ *Config) { f.extra = map[string]any{"expires_in": json.RawMessage("3599.0")} }, "subject"},
		"expires_in as words":        {func(f *fake, _ *Config) { f.extra = map[string]any{"expires_in": "an hour"} }, "subject"},
		"expired within the leeway":  {func(f *fake, c *Config) { c.Leeway = time.Minute; claim("exp", noon.Add(-20*time.Second).Unix())(f, c) }, "subject"},
		"expired beyond the leeway":  {func(f *fake, c *Config) { c.Leeway = time.Minute; claim("exp", noon.Add(-61*time.Second).Unix())(f, c) }, ""},
		"expired without leeway":     {claim("exp", noon.Add(-20*time.Second).Unix()), ""},
		"another azp as a number":    {claim("azp", 7), ""},
		"secret by post, undeclared": {func(f *fake, _ *Config) {
			postOnly(f)
			f.discovery = func(d map[string]any) { d["token_endpoint"] = f.URL + "/post" }
		}, "subject"},
		"secret by post, both declared": {func(f *fake, _ *Config) {
			postOnly(f)
			f.discovery = func(d map[string]any) {
				d["token_endpoint"] = f.URL + "/post"
				d["token_endpoint_auth_methods_supported"] = []string{"client_secret_basic", "client_secret_post"}
			}
		}, "subject"},
		"secret by post, as set": {func(f *fake, c *Config) {
			c.ClientAuth = "client_secret_post"
			postOnly(f)
			f.discovery = func(d map[string]any) { d["token_endpoint"] = f.URL + "/post" }
		}, "subject"},
		"secret by post, set otherwise": {func(f *fake, c *Config) {
			c.ClientAuth = "client_secret_basic"
			postOnly(f)
			f.discovery = func(d map[string]any) { d["token_endpoint"] = f.URL + "/post" }
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t)
			c := generic(f.URL)
			test.bend(f, &c)
			got, err := visit(t, f, mustNew(t, c, guarded()), nil)
			if (err == nil) != (test.subject != "") || got.Subject != test.subject {
				t.Errorf("subject %q, %v; want %q", got.Subject, err, test.subject)
			}
		})
	}
}

func TestFinish_oneUnusableKeyHarmsNobody(t *testing.T) {
	t.Parallel()
	for name, more := range map[string]string{
		"a certificate that is none": `{"kty":"RSA","kid":"old","n":"AQAB","e":"AQAB","x5c":["this is no base64!"]}`,
		"an unknown curve":           `{"kty":"EC","kid":"old","crv":"P-999","x":"AQAB","y":"AQAB"}`,
		"a point beside the curve":   `{"kty":"EC","kid":"old","crv":"P-256","x":"AQAB","y":"AQAB"}`,
		"an unknown type":            `{"kty":"XXX","kid":"old"}`,
		"a number":                   `7`,
		"a modulus of nothing":       `{"kty":"RSA","kid":"old","n":"","e":"AQAB"}`,
		"a use of numbers":           `{"kty":"RSA","kid":"old","use":7,"n":"AQAB","e":"AQAB"}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t)
			f.Config.Handler.(*http.ServeMux).HandleFunc("GET /some", func(w http.ResponseWriter, r *http.Request) {
				good := httptest.NewRecorder()
				keys().ServeHTTP(good, httptest.NewRequest(http.MethodGet, "/keys", nil))
				w.Header().Set("Content-Type", "application/json")
				_, _ = w.Write([]byte(strings.Replace(good.Body.String(), `"keys":[`, `"keys":[`+more+`,`, 1)))
			})
			f.discovery = func(d map[string]any) { d["jwks_uri"] = f.URL + "/some" }
			if got, err := visit(t, f, mustNew(t, generic(f.URL), guarded()), nil); err != nil || got.Subject != "subject" {
				t.Errorf("%q, %v", got.Subject, err)
			}
		})
	}
}

func TestStart_pkce(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		setting string
		methods any
		used    bool
	}{
		"nothing is said":          {"", nil, true},
		"auto, S256":               {"auto", []string{"plain", "S256"}, true},
		"auto, plain alone":        {"auto", []string{"plain"}, false},
		"never":                    {"never", []string{"S256"}, false},
		"force, although not said": {"force", []string{"plain"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t)
			f.discovery = func(d map[string]any) {
				if test.methods != nil {
					d["code_challenge_methods_supported"] = test.methods
				}
			}
			c := generic(f.URL)
			c.PKCE = test.setting
			to, m, err := mustNew(t, c, guarded()).Start(t.Context(), StartRequest{State: "s"})
			if err != nil || strings.Contains(to, "code_challenge=") != test.used || (m.Verifier != "") != test.used {
				t.Errorf("%s, %v", to, err)
			}
		})
	}
}

func TestFinish_repeatedAuthentication(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		authTime any
		required bool
		ok       bool
	}{
		"said":               {noon.Unix(), true, true},
		"not said":           {nil, false, true},
		"not said, required": {nil, true, false},
		"too long ago":       {noon.Add(-time.Hour).Unix(), false, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t)
			f.claim = func(c map[string]any) {
				if test.authTime != nil {
					c["auth_time"] = test.authTime
				}
			}
			c := generic(f.URL)
			c.RequireAuthTime = test.required
			p := mustNew(t, c, guarded())
			to, memory, err := p.Start(t.Context(), StartRequest{State: "s", Prompt: "login"})
			if err != nil || !strings.Contains(to, "max_age=0") || !strings.Contains(to, "prompt=login") {
				t.Fatalf("%s, %v", to, err)
			}
			f.mu.Lock()
			f.nonce = memory.Nonce
			f.mu.Unlock()
			if _, err := p.Finish(t.Context(), url.Values{"code": {"c"}}, memory); (err == nil) != test.ok {
				t.Error(err)
			}
		})
	}
}

func TestFinish_accessTokenAsIDToken(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	p := mustNew(t, generic(f.URL), guarded())
	_, memory, err := p.Start(t.Context(), StartRequest{State: "s"})
	if err != nil {
		t.Fatal(err)
	}
	payload, _ := json.Marshal(map[string]any{"iss": f.URL, "aud": "client", "sub": "s", "nonce": memory.Nonce, "iat": noon.Unix(), "exp": noon.Add(time.Minute).Unix()})
	token := oidctest.SignIDToken(key(), "k1", "RS256", string(payload))
	if err := notAccessToken(token); err != nil {
		t.Error(err)
	}
	for typ, ok := range map[string]bool{"JWT": true, "jwt": true, "application/jwt": true, "at+jwt": false, "application/at+jwt": false, "logout+jwt": false} {
		header, _ := json.Marshal(map[string]string{"alg": "RS256", "typ": typ})
		if err := notAccessToken(base64url(header) + ".x.y"); (err == nil) != ok {
			t.Errorf("%s: %v", typ, err)
		}
	}
}

func TestTenantIssuer_fixedTenant(t *testing.T) {
	t.Parallel()
	const own, other = "9122040d-6c67-4c5b-b112-36a304b66dad", "11111111-6c67-4c5b-b112-36a304b66dad"
	token := sign("RS256", map[string]any{"tid": other})
	for tenant, ok := range map[string]bool{own: false, other: true, "common": true, "organizations": true} {
		p := mustNew(t, Config{ID: "ms", Provider: "microsoft", Tenant: tenant, ClientID: "c", ClientSecret: "s"}, guarded())
		if _, err := p.tenantIssuer(token); (err == nil) != ok {
			t.Errorf("%s: %v", tenant, err)
		}
	}
}

func TestAppleName(t *testing.T) {
	t.Parallel()
	for sent, want := range map[string]claims.Claims{
		`{"name":{"firstName":"Jane","lastName":"Doe"},"email":"forged@example.org"}`: {Name: "Jane Doe", GivenName: "Jane", FamilyName: "Doe", LastName: "Doe"},
		`{"name":{"firstName":"Jane"}}`:                                               {Name: "Jane", GivenName: "Jane"},
		`{"name":7}`:                                                                  {}, `nonsense`: {}, ``: {}, `{"name":{"firstName":"` + strings.Repeat("a", 5000) + `"}}`: {},
	} {
		var got claims.Claims
		appleName(url.Values{"user": {sent}}, &got)
		if got.Name != want.Name || got.GivenName != want.GivenName || got.FamilyName != want.FamilyName || got.Email != "" {
			t.Errorf("%.40s: %+v", sent, got)
		}
	}
}

func TestProviders_quirks(t *testing.T) {
	t.Parallel()
	user := map[string]string{
		"api.github.com/user":           `{"id":7,"login":"ann"}`,
		"api.github.com/user/emails":    `[{"email":"ann@example.org","primary":true,"verified":true}]`,
		"discord.com/api/v10/users/@me": `{"id":"8","username":"ann","discriminator":"0","global_name":"Ann Display"}`,
		"api.spotify.com/v1/me":         `{"id":"9","display_name":"Ann","email":"ann@example.org","images":[{"url":"https://i.example/1"}]}`,
		"api.amazon.com/user/profile":   `{"user_id":"amzn1.account.A","name":"Ann","email":"ann@example.org"}`,
	}
	for name, test := range map[string]struct {
		provider string
		scope    []string
		said     string // scope of the token
		want     string // subject and name; empty if refused
	}{
		"github leaves out what user includes": {"github", []string{"user", "user:email"}, "user", "7 "},
		"github with a blank between":          {"github", []string{"read:user", "user:email"}, "read:user, user:email", "7 "},
		"a GitHub App says nothing of scopes":  {"github", []string{"user:email"}, "", "7 "},
		"github-app":                           {"github-app", nil, "", "7 "},
		"github did not grant it":              {"github", []string{"user:email", "repo"}, "user:email", ""},
		"github grants less":                   {"github", []string{"user"}, "user:email", ""},
		"discord's display name":               {"discord", []string{"identify"}, "identify", "8 Ann Display"},
		"spotify":                              {"spotify", []string{"user-read-email"}, "user-read-email", "9 Ann"},
		"amazon":                               {"amazon", []string{"profile"}, "", "amzn1.account.A Ann"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answers := maps.Clone(user)
			p := mustNew(t, Config{ID: "x", Provider: test.provider, ClientID: "c", ClientSecret: "s", Scope: test.scope}, &http.Client{Transport: api(answers)})
			endpoint, err := url.Parse(p.spec.endpoint.TokenURL)
			if err != nil {
				t.Fatal(err)
			}
			answers[endpoint.Host+endpoint.Path] = `{"access_token":"t","token_type":"bearer","scope":"` + test.said + `"}`
			got, err := p.Finish(t.Context(), url.Values{"code": {"c"}}, Memory{})
			if test.want == "" {
				if err == nil {
					t.Errorf("%+v", got)
				}
				return
			}
			if err != nil || got.Subject+" "+got.Name != test.want {
				t.Errorf("%q %q, %v; want %q", got.Subject, got.Name, err, test.want)
			}
		})
	}
}

func base64url(raw []byte) string { return base64.RawURLEncoding.EncodeToString(raw) }
