package wire

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/coreos/go-oidc/v3/oidc/oidctest"
	"golang.org/x/oauth2"
)

// provider is an OpenID provider whose codes say themselves what the id_token is to claim: a code is base64url of a JSON object.
// "bad" is refused, and "noidtoken" gives an access token only.
//
// There is no authorize page. The test tells with visit where the browser was sent, so that the nonce and the PKCE challenge of
// that request can be honoured at the token endpoint.
type provider struct {
	url string
	key *rsa.PrivateKey
	now func() time.Time

	mu        sync.Mutex
	latest    string // state of the callback that is about to be made
	authorize map[string]url.Values
}

// newProvider serves until the test ends.
func newProvider(t *testing.T, now func() time.Time) *provider {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	p := &provider{key: key, now: now, authorize: map[string]url.Values{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", p.discovery)
	mux.Handle("GET /keys", &oidctest.Server{PublicKeys: []oidctest.PublicKey{{PublicKey: key.Public(), KeyID: "k1", Algorithm: "RS256"}}})
	mux.HandleFunc("POST /token", p.token)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	p.url = server.URL + "/"
	return p
}

// visit remembers the request that a browser was sent to the authorize page with.
func (p *provider) visit(location string) {
	if u, err := url.Parse(location); err == nil && u.Path == "/authorize" {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.authorize[u.Query().Get("state")] = u.Query()
	}
}

// callback tells that the browser is about to return with a state.
func (p *provider) callback(state string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.latest = state
}

func (p *provider) discovery(w http.ResponseWriter, _ *http.Request) {
	respond(w, http.StatusOK, map[string]any{
		"issuer": p.url, "authorization_endpoint": p.url + "authorize", "token_endpoint": p.url + "token", "jwks_uri": p.url + "keys",
		"userinfo_endpoint": p.url + "userinfo", "response_types_supported": []string{"code"},
		"subject_types_supported": []string{"public"}, "id_token_signing_alg_values_supported": []string{"RS256"},
	})
}

func (p *provider) token(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	asked := p.authorize[p.latest]
	p.mu.Unlock()
	code := r.PostFormValue("code")
	claims := map[string]any{}
	raw, err := base64.RawURLEncoding.DecodeString(code)
	switch {
	case code == "noidtoken":
		respond(w, http.StatusOK, map[string]any{"access_token": "at", "token_type": "bearer", "expires_in": 3600})
		return
	case code == "bad" || err != nil || json.Unmarshal(raw, &claims) != nil:
		respond(w, http.StatusBadRequest, map[string]any{"error": "invalid_grant", "error_description": "code is bad"})
		return
	case asked.Get("code_challenge") != "" && challenge(r.PostFormValue("code_verifier")) != asked.Get("code_challenge"):
		respond(w, http.StatusBadRequest, map[string]any{"error": "invalid_grant", "error_description": "the verifier is not that of the challenge"})
		return
	}
	all := map[string]any{"iss": p.url, "aud": "spec-client", "iat": p.now().Unix(), "exp": p.now().Add(10 * time.Minute).Unix()}
	if nonce := asked.Get("nonce"); nonce != "" {
		all["nonce"] = nonce
	}
	maps.Copy(all, claims)
	respond(w, http.StatusOK, map[string]any{
		"access_token": "at", "token_type": "bearer", "expires_in": 3600, "scope": "openid profile", "id_token": p.sign(all),
	})
}

// sign makes a JWT (RFC 7519) under RS256.
func (p *provider) sign(claims map[string]any) string {
	payload, _ := json.Marshal(claims)
	return oidctest.SignIDToken(p.key, "k1", "RS256", string(payload))
}

// challenge is the S256 challenge of a verifier (RFC 7636, 4.2).
func challenge(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64url(sum[:])
}

func base64url(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func respond(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

func TestTheProviderHonoursNonceAndChallenge(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, time.November, 23, 3, 0, 0, 0, time.UTC)
	p := newProvider(t, func() time.Time { return now })
	discovered, err := oidc.NewProvider(t.Context(), p.url)
	if err != nil {
		t.Fatal(err)
	}
	client := oauth2.Config{ClientID: "spec-client", Endpoint: discovered.Endpoint()}
	verifier := discovered.Verifier(&oidc.Config{ClientID: "spec-client", Now: func() time.Time { return now }})
	secret := oauth2.GenerateVerifier()
	p.visit(client.AuthCodeURL("s1", oidc.Nonce("n1"), oauth2.S256ChallengeOption(secret)))
	p.callback("s1")

	code := base64url([]byte(`{"sub":"u1","email":"u1@example.org"}`))
	answer, err := client.Exchange(t.Context(), code, oauth2.VerifierOption(secret))
	if err != nil {
		t.Fatal(err)
	}
	raw, _ := answer.Extra("id_token").(string)
	id, err := verifier.Verify(t.Context(), raw)
	if err != nil || id.Subject != "u1" || id.Nonce != "n1" {
		t.Errorf("id_token %+v: %v", id, err)
	}
	for code, verifier := range map[string]string{code: "another verifier", "bad": secret} {
		if _, err := client.Exchange(t.Context(), code, oauth2.VerifierOption(verifier)); err == nil || !strings.Contains(err.Error(), "invalid_grant") {
			t.Errorf("code %s with verifier %s: %v", code, verifier, err)
		}
	}
	if answer, err := client.Exchange(t.Context(), "noidtoken"); err != nil || answer.Extra("id_token") != nil {
		t.Errorf("noidtoken: %v %v", answer, err)
	}
}
