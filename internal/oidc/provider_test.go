package oidc

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc/oidctest"
	"github.com/google/go-cmp/cmp"

	"github.com/symbolon/symbolon/internal/claims"
	"github.com/symbolon/symbolon/internal/secret"
)

var noon = time.Date(2026, time.November, 23, 12, 0, 0, 0, time.UTC)

func clock() time.Time { return noon }

// key is one for all tests: making it takes long.
var key = sync.OnceValue(func() *rsa.PrivateKey {
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return k
})

// sign makes a JWT (RFC 7519). HS256 is signed with the public key as the secret: an
// old confusion of libraries.
func sign(alg string, payload map[string]any) string {
	body, _ := json.Marshal(payload)
	switch alg {
	case "none":
		part := base64.RawURLEncoding.EncodeToString
		return part([]byte(`{"alg":"none","typ":"JWT"}`)) + "." + part(body) + "."
	case "HS256":
		return oidctest.SignIDToken(key().N.Bytes(), "k1", alg, string(body))
	}
	return oidctest.SignIDToken(key(), "k1", alg, string(body))
}

// keys serves the public key.
func keys() http.Handler {
	return &oidctest.Server{PublicKeys: []oidctest.PublicKey{{PublicKey: key().Public(), KeyID: "k1", Algorithm: "RS256"}}}
}

// fake is a provider whose answers a test can spoil.
type fake struct {
	*httptest.Server
	mu        sync.Mutex
	discovery func(map[string]any)                     // changes the discovery document
	token     func(http.ResponseWriter, *http.Request) // in place of the usual answer
	claim     func(map[string]any)                     // changes the id_token's claims
	alg       string
	nonce     string
	extra     map[string]any // beside the tokens
	asked     int            // for the discovery document
	form      url.Values     // of the latest exchange
	keysAsked atomic.Int64
}

func newFake(t *testing.T) *fake {
	t.Helper()
	f := &fake{alg: "RS256"}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", f.discover)
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, r *http.Request) {
		f.keysAsked.Add(1)
		keys().ServeHTTP(w, r)
	})
	mux.HandleFunc("POST /token", f.exchange)
	f.Server = httptest.NewServer(mux)
	t.Cleanup(f.Close)
	return f
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v)
}

func (f *fake) discover(w http.ResponseWriter, _ *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked++
	document := map[string]any{
		"issuer": f.URL, "authorization_endpoint": f.URL + "/authorize", "token_endpoint": f.URL + "/token", "jwks_uri": f.URL + "/keys",
		"response_types_supported": []string{"code"}, "subject_types_supported": []string{"public"},
		"id_token_signing_alg_values_supported": []string{"RS256", "HS256", "none"},
	}
	if f.discovery != nil {
		f.discovery(document)
	}
	answer(w, document)
}

func (f *fake) exchange(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	_ = r.ParseForm()
	f.form = r.PostForm
	if f.token != nil {
		f.token(w, r)
		return
	}
	payload := map[string]any{
		"iss": f.URL, "aud": "client", "sub": "subject", "nonce": f.nonce, "iat": noon.Unix(), "exp": noon.Add(time.Minute).Unix(),
		"email": "ada@example.org", "email_verified": true,
	}
	if f.claim != nil {
		f.claim(payload)
	}
	tokens := map[string]any{"access_token": "access", "token_type": "Bearer", "id_token": sign(f.alg, payload)}
	maps.Copy(tokens, f.extra)
	answer(w, tokens)
}

func guarded() *http.Client {
	return &http.Client{Transport: http.DefaultTransport.(*http.Transport).Clone()}
}

func mustNew(t *testing.T, c Config, client *http.Client) *Provider {
	t.Helper()
	p, err := New(c, client, clock)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func generic(issuer string) Config {
	return Config{
		ID: "acme", Provider: "generic", ClientID: "client", ClientSecret: "between the two", IssuerURL: issuer,
		Scope: []string{"email"}, RedirectURL: "https://id.example.org/callback/acme",
	}
}

// visit starts and comes back with a code.
func visit(t *testing.T, f *fake, p *Provider, more url.Values) (claims.Claims, error) {
	t.Helper()
	_, memory, err := p.Start(t.Context(), StartRequest{State: "s"})
	if err != nil {
		return claims.Claims{}, err
	}
	f.mu.Lock()
	f.nonce = memory.Nonce
	f.mu.Unlock()
	back := url.Values{"code": {"c0de"}}
	maps.Copy(back, more)
	return p.Finish(t.Context(), back, memory)
}

func TestAnHonestProviderIsBelieved(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	p := mustNew(t, generic(f.URL+"/"), guarded()) // with the slash that it does not name itself with
	got, err := visit(t, f, p, url.Values{"iss": {f.URL}})
	if err != nil {
		t.Fatal(err)
	}
	if got.Subject != "subject" || got.Email != "ada@example.org" || !got.EmailVerified || got.Issuer != f.URL {
		t.Errorf("got %+v", got)
	}
	if f.form.Get("code_verifier") == "" || f.form.Get("client_secret") != "" {
		t.Errorf("the code was exchanged with %v: want a verifier, and the secret in the header", f.form)
	}
	if _, err := visit(t, f, p, nil); err != nil || f.asked != 2 { // once more for the slash, then never
		t.Errorf("asked for the discovery document %d times, %v", f.asked, err)
	}
}

func TestWhatCanNotBeTrustedIsRefused(t *testing.T) {
	t.Parallel()
	claim := func(name string, value any) func(*fake) {
		return func(f *fake) {
			f.claim = func(c map[string]any) {
				if value == nil {
					delete(c, name)
					return
				}
				c[name] = value
			}
		}
	}
	raw := func(status int, body string) func(*fake) {
		return func(f *fake) {
			f.token = func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(status)
				_, _ = io.WriteString(w, body)
			}
		}
	}
	for name, test := range map[string]struct {
		spoil func(*fake)
		back  url.Values
		kind  Kind
		says  string // a part of the text for the person
	}{
		"another issuer":              {claim("iss", "https://evil.example"), nil, Refused, "trusted"},
		"another audience":            {claim("aud", "other"), nil, Refused, `oidc: expected audience "client" got ["other"]`},
		"several audiences, no azp":   {claim("aud", []string{"client", "other"}), nil, Refused, "trusted"},
		"another party":               {claim("azp", "other"), nil, Refused, "trusted"},
		"no nonce":                    {claim("nonce", nil), nil, Refused, "trusted"},
		"another nonce":               {claim("nonce", "other"), nil, Refused, "trusted"},
		"expired":                     {claim("exp", noon.Add(-time.Hour).Unix()), nil, Refused, "expired"},
		"issued tomorrow":             {claim("iat", noon.Add(24*time.Hour).Unix()), nil, Refused, "trusted"},
		"an access token of others":   {claim("at_hash", "AAAAAAAAAAAAAAAAAAAAAA"), nil, Refused, "trusted"},
		"no subject":                  {claim("sub", nil), nil, Refused, "trusted"},
		"an empty subject":            {claim("sub", ""), nil, Refused, "trusted"},
		"a subject of 300 characters": {claim("sub", strings.Repeat("s", 300)), nil, Refused, "trusted"},
		"alg none":                    {func(f *fake) { f.alg = "none" }, nil, Refused, "trusted"},
		"a public key as secret":      {func(f *fake) { f.alg = "HS256" }, nil, Refused, "trusted"},
		"a broken signature":          {func(f *fake) { f.extra = map[string]any{"id_token": sign("RS256", map[string]any{"iss": "x"}) + "x"} }, nil, Refused, "trusted"},
		"no id_token":                 {func(f *fake) { f.extra = map[string]any{"id_token": ""} }, nil, Refused, "no id_token was returned"},
		"iss of another":              {nil, url.Values{"iss": {"https://evil.example"}}, Refused, "trusted"},
		"iss twice":                   {nil, url.Values{"iss": {"x", "y"}}, Refused, "trusted"},
		"no iss though promised": {func(f *fake) {
			f.discovery = func(d map[string]any) { d["authorization_response_iss_parameter_supported"] = true }
		}, nil, Refused, "trusted"},
		"an error":          {nil, url.Values{"error": {"access_denied"}, "error_description": {"user said no"}}, Refused, `returned error "access_denied": user said no`},
		"no code":           {nil, url.Values{"code": nil}, Refused, "did not return the code"},
		"a bad code":        {raw(400, `{"error":"invalid_grant","error_description":"code is bad"}`), nil, Refused, "code is bad"},
		"a client unknown":  {raw(401, `{"error":"invalid_client"}`), nil, Misconfigured, ""},
		"an internal error": {raw(500, `oh no`), nil, Unavailable, ""},
		"no JSON":           {raw(200, `<html>`), nil, Unavailable, ""},
		"2 MiB":             {raw(200, `{"access_token":"`+strings.Repeat("a", 2<<20)+`"}`), nil, Unavailable, ""},
		"a redirect to nowhere": {func(f *fake) {
			f.token = func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, "/token", http.StatusTemporaryRedirect)
			}
		}, nil, Unavailable, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t)
			if test.spoil != nil {
				test.spoil(f)
			}
			c, err := visit(t, f, mustNew(t, generic(f.URL), guarded()), test.back)
			problem, ok := errors.AsType[*Problem](err)
			if !ok || c.Subject != "" {
				t.Fatalf("got %+v and %v, want a problem", c, err)
			}
			if problem.Kind != test.kind || !strings.Contains(problem.Text, test.says) {
				t.Errorf("%s %q, want %s and %q (%v)", problem.Kind, problem.Text, test.kind, test.says, err)
			}
			for _, hidden := range []string{"c0de", "between the two", "access\""} {
				if strings.Contains(err.Error()+problem.Text, hidden) {
					t.Errorf("the error tells %q: %v", hidden, err)
				}
			}
		})
	}
}

func TestPublicKeysAreReadOnce(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	told := generic(f.URL)
	told.AuthURL, told.TokenURL, told.JWKSURL = f.URL+"/authorize", f.URL+"/token", f.URL+"/keys"
	for name, c := range map[string]Config{"discovered": generic(f.URL), "configured": told} {
		f.keysAsked.Store(0)
		p := mustNew(t, c, guarded())
		for range 3 {
			if _, err := visit(t, f, p, nil); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		if asked := f.keysAsked.Load(); asked != 1 {
			t.Errorf("%s: asked for the keys %d times", name, asked)
		}
	}
}

func TestAMissingNonceCanBeForgiven(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.claim = func(c map[string]any) { delete(c, "nonce") }
	c := generic(f.URL)
	c.AllowMissingNonce = true
	if _, err := visit(t, f, mustNew(t, c, guarded()), nil); err != nil {
		t.Error(err)
	}
	f.claim = func(c map[string]any) { c["nonce"] = "other" }
	if _, err := visit(t, f, mustNew(t, c, guarded()), nil); err == nil {
		t.Error("a wrong nonce is forgiven too")
	}
}

func TestAProviderInTroubleIsAskedAgainSoon(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.discovery = func(d map[string]any) { d["issuer"] = "https://evil.example" }
	now := noon
	p, err := New(generic(f.URL), guarded(), func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time from memory
		problem, ok := errors.AsType[*Problem](second(visit(t, f, p, nil)))
		if !ok || problem.Kind != Unavailable || f.asked != 1 {
			t.Errorf("%v after %d requests, want it unavailable after one", problem, f.asked)
		}
	}
	f.discovery, now = nil, now.Add(siteRepeat)
	if _, err := visit(t, f, p, nil); err != nil {
		t.Error(err)
	}
}

func TestWhoLeavesMakesNoTroubleForOthers(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	p := mustNew(t, generic(f.URL), guarded())
	gone, leave := context.WithCancel(t.Context())
	f.discovery = func(map[string]any) { leave() }
	_, _, _ = p.Start(gone, StartRequest{State: "s"})
	if gone.Err() == nil {
		t.Fatal("the person did not leave")
	}
	if _, err := visit(t, f, p, nil); err != nil || f.asked != 1 {
		t.Errorf("the next one meets %v, after %d requests", err, f.asked)
	}
}

func second(_ claims.Claims, err error) error { return err }

// api answers for every host of the internet, by path.
type api map[string]string

func (a api) RoundTrip(r *http.Request) (*http.Response, error) {
	body, ok := a[r.URL.Host+r.URL.Path]
	status := http.StatusOK
	if !ok {
		status = http.StatusNotFound
	}
	return &http.Response{
		StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body)), Request: r, ContentLength: -1,
	}, nil
}

func TestProvidersWithAnAPIOfTheirOwn(t *testing.T) {
	t.Parallel()
	const token = `{"access_token":"at","token_type":"bearer","scope":"%s"}`
	for name, test := range map[string]struct {
		provider string
		scope    []string
		api      api
		want     claims.Claims
		refuse   string
	}{
		"github": {"github", []string{"user:email"}, api{
			"github.com/login/oauth/access_token": strings.Replace(token, "%s", "read:user,user:email", 1),
			"api.github.com/user":                 `{"id":583231,"login":"octocat","name":"The Octocat","blog":"https://blog.example","avatar_url":"https://a.example/1","html_url":"https://github.com/octocat","email":null,"updated_at":"2026-01-02T03:04:05Z"}`,
			"api.github.com/user/emails":          `[{"email":"old@example.org","primary":false,"verified":true},{"email":"octo@example.org","primary":true,"verified":true}]`,
		}, claims.Claims{
			Issuer: "https://github.com/login/oauth/access_token", Subject: "583231", Name: "The Octocat", Nickname: "octocat", PreferredUsername: "octocat",
			Website: "https://blog.example", Picture: "https://a.example/1", Profile: "https://github.com/octocat", UpdatedAt: 1767323045,
			Email: "octo@example.org", EmailVerified: true,
		}, ""},
		"github without a permission": {"github", []string{"user:email"}, api{
			"github.com/login/oauth/access_token": strings.Replace(token, "%s", "read:user", 1),
		}, claims.Claims{}, "permissions were not granted"},
		"discord": {"discord", []string{"identify", "email"}, api{
			"discord.com/api/v6/oauth2/token": strings.Replace(token, "%s", "email identify", 1),
			"discord.com/api/v10/users/@me":   `{"id":"80351110224678912","username":"Nelly","discriminator":"1337","avatar":"8342729096ea3675442027381ff50dfe","verified":true,"email":"nelly@example.org","locale":"en-US"}`,
		}, claims.Claims{
			Issuer: "https://discord.com/api/v6/oauth2/token", Subject: "80351110224678912", Name: "Nelly#1337", Nickname: "Nelly", PreferredUsername: "Nelly",
			Picture: "https://cdn.discordapp.com/avatars/80351110224678912/8342729096ea3675442027381ff50dfe.png", Email: "nelly@example.org", EmailVerified: true, Locale: "en-US",
		}, ""},
		"facebook": {"facebook", []string{"email"}, api{
			"graph.facebook.com/v19.0/oauth/access_token": strings.Replace(token, "%s", "", 1),
			"graph.facebook.com/v19.0/me":                 `{"id":"100","name":"Ada King","first_name":"Ada","last_name":"King","email":"ada@example.org","picture":{"data":{"url":"https://p.example/1"}}}`,
		}, claims.Claims{
			Issuer: "https://graph.facebook.com/v19.0/oauth/access_token", Subject: "100", Name: "Ada King", GivenName: "Ada", FamilyName: "King", LastName: "King",
			Email: "ada@example.org", Picture: "https://p.example/1",
		}, ""},
		"yandex": {"yandex", nil, api{
			"oauth.yandex.com/token": strings.Replace(token, "%s", "", 1),
			"login.yandex.ru/info":   `{"id":"1130000","login":"ivan","first_name":"Ivan","last_name":"I","real_name":"Ivan I","default_email":"ivan@example.org","default_avatar_id":"131652443","is_avatar_empty":false,"birthday":"1987-03-12","sex":"male","default_phone":{"id":1,"number":"+79990000000"}}`,
		}, claims.Claims{
			Issuer: "https://oauth.yandex.com/token", Subject: "1130000", Name: "Ivan I", GivenName: "Ivan", FamilyName: "I", LastName: "I", Nickname: "ivan",
			PreferredUsername: "ivan", Email: "ivan@example.org", Birthdate: "1987-03-12", Gender: "male", PhoneNumber: "+79990000000",
			Picture: "https://avatars.yandex.net/get-yapic/131652443/islands-200",
		}, ""},
		"vk": {"vk", nil, api{
			"oauth.vk.com/access_token":   `{"access_token":"at","token_type":"bearer","user_id":66748,"email":"vk@example.org"}`,
			"api.vk.com/method/users.get": `{"response":[{"id":66748,"first_name":"Vera","last_name":"K","photo_200":"https://p.example/2","sex":1,"bdate":"1.2.1990"}]}`,
		}, claims.Claims{
			Issuer: "https://oauth.vk.com/access_token", Subject: "66748", Name: "Vera K", GivenName: "Vera", FamilyName: "K", LastName: "K", Email: "vk@example.org",
			Picture: "https://p.example/2", Gender: "female", Birthdate: "1.2.1990",
		}, ""},
		"an API that is down": {"yandex", nil, api{"oauth.yandex.com/token": strings.Replace(token, "%s", "", 1)}, claims.Claims{}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := mustNew(t, Config{ID: "x", Provider: test.provider, ClientID: "client", ClientSecret: "s", Scope: test.scope}, &http.Client{Transport: test.api})
			_, memory, err := p.Start(t.Context(), StartRequest{State: "s"})
			if err != nil {
				t.Fatal(err)
			}
			got, err := p.Finish(t.Context(), url.Values{"code": {"c"}}, memory)
			if test.want.Subject == "" {
				if err == nil || !strings.Contains(err.Error(), test.refuse) {
					t.Errorf("got %+v, %v", got, err)
				}
				return
			}
			if diff := cmp.Diff(test.want, got); err != nil || diff != "" {
				t.Errorf("%v (-want +got)\n%s", err, diff)
			}
		})
	}
}

func TestWhereEachProviderIs(t *testing.T) {
	t.Parallel()
	for provider, want := range map[string]string{
		"github":    "https://github.com/login/oauth/authorize",
		"discord":   "https://discord.com/api/v6/oauth2/authorize",
		"facebook":  "https://www.facebook.com/v19.0/dialog/oauth",
		"yandex":    "https://oauth.yandex.com/authorize",
		"vk":        "https://oauth.vk.com/authorize",
		"microsoft": "https://login.microsoftonline.com/common/oauth2/v2.0/authorize",
	} {
		p := mustNew(t, Config{ID: "x", Provider: provider, ClientID: "client", ClientSecret: "s", Tenant: "common", Scope: []string{"email"}}, &http.Client{Transport: api{}})
		at, memory, err := p.Start(t.Context(), StartRequest{State: "the state", Prompt: "login"})
		if err != nil {
			t.Fatal(err)
		}
		u, err := url.Parse(at)
		if err != nil {
			t.Fatal(err)
		}
		q := u.Query()
		if u.RawQuery, u.Fragment = "", ""; u.String() != want || q.Get("state") != "the state" || q.Get("response_type") != "code" {
			t.Errorf("%s: %s", provider, at)
		}
		if pkce := q.Get("code_challenge_method") == "S256" && memory.Verifier != ""; pkce == (provider == "vk") {
			t.Errorf("%s: PKCE %v", provider, pkce)
		}
		if openID := strings.Contains(q.Get("scope"), "openid"); openID != (provider == "microsoft") || openID != (q.Get("nonce") == memory.Nonce && memory.Nonce != "") {
			t.Errorf("%s: scope %s, nonce %s", provider, q.Get("scope"), q.Get("nonce"))
		}
	}
}

func TestMicrosoftSpeaksForTheTenantOfThePerson(t *testing.T) {
	t.Parallel()
	const tenant = "9122040d-6c67-4c5b-b112-36a304b66dad"
	for name, test := range map[string]struct {
		issuer, tid string
		ok          bool
	}{
		"the tenant's own":  {microsoft + tenant + "/v2.0", tenant, true},
		"another tenant's":  {microsoft + "11111111-6c67-4c5b-b112-36a304b66dad/v2.0", tenant, false},
		"no tenant at all":  {microsoft + "/v2.0", "", false},
		"a path as a tid":   {microsoft + "../evil/v2.0", "../evil", false},
		"an issuer outside": {"https://evil.example/" + tenant + "/v2.0", tenant, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := mustNew(t, Config{ID: "ms", Provider: "microsoft", Tenant: "common", ClientID: "client", ClientSecret: "s"}, &http.Client{Transport: api{}})
			_, memory, err := p.Start(t.Context(), StartRequest{State: "s"})
			if err != nil {
				t.Fatal(err)
			}
			token := sign("RS256", map[string]any{
				"iss": test.issuer, "tid": test.tid, "aud": "client", "sub": "subject", "nonce": memory.Nonce, "iat": noon.Unix(), "exp": noon.Add(time.Minute).Unix(),
			})
			published := httptest.NewRecorder()
			keys().ServeHTTP(published, httptest.NewRequest(http.MethodGet, "/keys", nil))
			p.client.Transport = bounds{api{
				"login.microsoftonline.com/common/oauth2/v2.0/token":   `{"access_token":"at","token_type":"bearer","id_token":"` + token + `"}`,
				"login.microsoftonline.com/common/discovery/v2.0/keys": published.Body.String(),
			}}
			got, err := p.Finish(t.Context(), url.Values{"code": {"c"}}, memory)
			if test.ok != (err == nil) || test.ok != (got.Subject == "subject") {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
}

func TestAppleGetsASecretThatItsKeySigned(t *testing.T) {
	t.Parallel()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	c := Config{
		ID: "apple", Provider: "apple", ClientID: "org.example.web", AppleTeamID: "TEAM", ApplePrivateKeyID: "KEY",
		ApplePrivateKey: secret.String(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})),
	}
	p := mustNew(t, c, guarded())
	signed, err := p.clientSecret()
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(signed, ".")
	raw, _ := base64.RawURLEncoding.DecodeString(parts[1])
	var payload map[string]any
	if err := json.Unmarshal(raw, &payload); err != nil {
		t.Fatal(err)
	}
	if payload["iss"] != "TEAM" || payload["sub"] != "org.example.web" || payload["aud"] != "https://appleid.apple.com" {
		t.Errorf("signed %v", payload)
	}
	signature, _ := base64.RawURLEncoding.DecodeString(parts[2])
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if !ecdsa.Verify(&private.PublicKey, sum[:], new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])) {
		t.Error("the signature is not the key's")
	}
	if !p.PostsCallback() {
		t.Error("the answer is expected by GET")
	}
	c.ApplePrivateKey = "no key"
	if _, err := New(c, guarded(), clock); err == nil || !strings.Contains(err.Error(), "apple_private_key") {
		t.Errorf("a key that is none: %v", err)
	}
}

func TestAnImpossibleConfigurationIsNamed(t *testing.T) {
	t.Parallel()
	for want, c := range map[string]Config{
		`provider is "myspace"`: {ID: "x", Provider: "myspace"},
		"tenant is missing":     {ID: "x", Provider: "microsoft"},
	} {
		if _, err := New(c, guarded(), clock); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %s", c, err, want)
		}
	}
}

func TestAProviderThatHangsIsGivenUp(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	ctx, cancel := context.WithCancel(t.Context())
	f.token = func(w http.ResponseWriter, r *http.Request) {
		cancel() // the person has gone
		<-r.Context().Done()
	}
	p := mustNew(t, generic(f.URL), guarded())
	_, memory, err := p.Start(ctx, StartRequest{State: "s"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Finish(ctx, url.Values{"code": {"c"}}, memory); err == nil {
		t.Error("a person was signed in")
	}
}
