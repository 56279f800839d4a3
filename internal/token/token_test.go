package token

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/symbolon/symbolon/internal/errs"
)

var noon = time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)

const publicURL = "https://id.example.org/"

func keySet(t *testing.T, keys ...jose.JSONWebKey) func(context.Context) (*Keys, error) {
	t.Helper()
	text, err := json.Marshal(jose.JSONWebKeySet{Keys: keys})
	if err != nil {
		t.Fatal(err)
	}
	return func(context.Context) (*Keys, error) { return ParseKeys("keys.json", string(text)) }
}

func ecKey(t *testing.T, id string) jose.JSONWebKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return jose.JSONWebKey{Key: key, KeyID: id, Algorithm: "ES256"}
}

func mapper(t *testing.T, source string) func(context.Context) (*Mapper, error) {
	t.Helper()
	m, err := ParseMapper("claims.jsonnet", source)
	if err != nil {
		t.Fatal(err)
	}
	return func(context.Context) (*Mapper, error) { return m, nil }
}

func subject() Subject {
	return Subject{
		SessionID: "11111111-1111-4111-8111-111111111111", IdentityID: "22222222-2222-4222-8222-222222222222",
		ExpiresAt: noon.Add(time.Hour), Session: []byte(`{"identity":{"traits":{"email":"a@example.org"}}}`),
	}
}

func issuer(t Template) *Issuer {
	return NewIssuer(publicURL, map[string]Template{"api": t}, func() time.Time { return noon })
}

// claimsOf verifies a token with the public keys and returns its claims.
func claimsOf(t *testing.T, i *Issuer, signed string) map[string]any {
	t.Helper()
	parsed, err := jwt.ParseSigned(signed, []jose.SignatureAlgorithm{jose.ES256, jose.EdDSA})
	if err != nil {
		t.Fatal(err)
	}
	set, err := i.Public(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range set.Keys {
		claims := map[string]any{}
		if !key.IsPublic() {
			t.Fatal("a private key is published")
		}
		if key.KeyID == parsed.Headers[0].KeyID && parsed.Claims(key.Key, &claims) == nil {
			return claims
		}
	}
	t.Fatal("no published key verifies the token")
	return nil
}

func TestIssue(t *testing.T) {
	t.Parallel()
	i := issuer(Template{TTL: 10 * time.Minute, Keys: keySet(t, ecKey(t, "new"), ecKey(t, "old"))})
	signed, err := i.Issue(t.Context(), "api", subject())
	if err != nil {
		t.Fatal(err)
	}
	claims := claimsOf(t, i, signed)
	for name, want := range map[string]any{
		"iss": publicURL, "sub": subject().IdentityID, "sid": subject().SessionID,
		"iat": float64(noon.Unix()), "nbf": float64(noon.Unix()), "exp": float64(noon.Add(10 * time.Minute).Unix()),
	} {
		if claims[name] != want {
			t.Errorf("%s is %v, want %v", name, claims[name], want)
		}
	}
	if set, _ := i.Public(t.Context()); len(set.Keys) != 2 {
		t.Errorf("%d keys are published, want the one that signed before too", len(set.Keys))
	}
}

func TestIssue_lifeEndsWithTheSession(t *testing.T) {
	t.Parallel()
	// The mapper may shorten the life, and change neither whose token it is nor who made it.
	for source, want := range map[string]time.Duration{
		`{claims: {}}`:            time.Hour,
		`{claims: {exp: 1e15}}`:   time.Hour,
		`{claims: {exp: 1e300}}`:  time.Hour,
		`{claims: {exp: 9.3e18}}`: time.Hour,
		`{claims: {exp: -1e300}}`: 0,
		`{claims: {exp: 0}}`:      0,
		`{claims: {exp: null}}`:   time.Hour,
		`{claims: {exp: "9e9"}}`:  time.Hour,
		`local c = std.extVar('claims'); {claims: {exp: c.exp + 0.9}}`: time.Hour,
		`local c = std.extVar('claims'); {claims: {exp: c.iat + 60, iss: 'x', sub: 'x', sid: 'x', identity_id: 'x', email: std.extVar('session').identity.traits.email}}`: time.Minute,
	} {
		i := issuer(Template{TTL: 24 * time.Hour, Keys: keySet(t, ecKey(t, "")), Mapper: mapper(t, source)})
		signed, err := i.Issue(t.Context(), "api", subject())
		if err != nil {
			t.Fatal(source, err)
		}
		claims := claimsOf(t, i, signed)
		if claims["exp"] != float64(noon.Add(want).Unix()) || claims["iss"] != publicURL || claims["sub"] != subject().IdentityID || claims["sid"] != subject().SessionID || claims["identity_id"] != subject().IdentityID {
			t.Errorf("%s: %v", source, claims)
		}
		if strings.Contains(source, "email") && claims["email"] != "a@example.org" {
			t.Errorf("the claim of the mapper is %v", claims["email"])
		}
	}
}

func TestIssue_beginning(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]time.Duration{
		`c.nbf + 60`: time.Minute, `c.nbf - 60`: 0, `"soon"`: 0, `-1e300`: 0, `1e300`: time.Hour, `c.nbf + 1.5`: time.Second,
	} {
		i := issuer(Template{TTL: time.Hour, Keys: keySet(t, ecKey(t, "")), Mapper: mapper(t, `local c = std.extVar('claims'); {claims: {nbf: `+source+`}}`)})
		signed, err := i.Issue(t.Context(), "api", subject())
		if err != nil {
			t.Fatal(source, err)
		}
		if nbf := claimsOf(t, i, signed)["nbf"]; nbf != float64(noon.Add(want).Unix()) {
			t.Errorf("%s: nbf is %v, want noon and %v", source, nbf, want)
		}
	}
}

func TestIssue_externalSubject(t *testing.T) {
	t.Parallel()
	i := issuer(Template{TTL: time.Minute, Keys: keySet(t, ecKey(t, "")), ExternalSubject: true})
	s := subject()
	s.ExternalID = "customer-7"
	signed, err := i.Issue(t.Context(), "api", s)
	if err != nil {
		t.Fatal(err)
	}
	if claims := claimsOf(t, i, signed); claims["sub"] != "customer-7" || claims["identity_id"] != s.IdentityID {
		t.Errorf("%v: the feed of ended sessions names identities by their own id", claims)
	}
}

func TestLongest_afterAReload(t *testing.T) {
	t.Parallel()
	now := noon
	with := func(ttl time.Duration) *Issuer {
		return NewIssuer(publicURL, map[string]Template{"api": {TTL: ttl}}, func() time.Time { return now })
	}
	long, short, shorter := with(10*time.Hour), with(time.Hour), with(time.Minute)
	short.Replaces(long)
	now = noon.Add(5 * time.Hour)
	shorter.Replaces(short)
	for passed, want := range map[time.Duration]time.Duration{
		5 * time.Hour: 10 * time.Hour, 10 * time.Hour: 10 * time.Hour, 11 * time.Hour: time.Minute,
	} {
		if now = noon.Add(passed); shorter.Longest() != want {
			t.Errorf("%v after the first reload: %v, want %v", passed, shorter.Longest(), want)
		}
	}
	if none := NewIssuer(publicURL, nil, func() time.Time { return now }); none.Longest() != 0 {
		t.Error("no templates, but tokens live")
	}
}

func TestIssue_neverLongerThanMaxTTL(t *testing.T) {
	t.Parallel()
	i := issuer(Template{TTL: 720 * time.Hour, Keys: keySet(t, ecKey(t, ""))})
	s := subject()
	s.ExpiresAt = noon.Add(2000 * time.Hour)
	signed, err := i.Issue(t.Context(), "api", s)
	if err != nil {
		t.Fatal(err)
	}
	if exp := claimsOf(t, i, signed)["exp"]; exp != float64(noon.Add(24*time.Hour).Unix()) || i.Longest() != 24*time.Hour {
		t.Errorf("exp is %v, the longest life %v: verifiers forget ended sessions after a day", exp, i.Longest())
	}
}

func TestIssue_refuses(t *testing.T) {
	t.Parallel()
	noAlg, public := ecKey(t, "a"), ecKey(t, "b")
	noAlg.Algorithm = ""
	short := jose.JSONWebKey{Key: []byte("short"), Algorithm: "HS256"}
	good := keySet(t, ecKey(t, ""))
	for reason, made := range map[string]Template{
		"Could not find key a suitable key":               {Keys: keySet(t)},
		`must include a valid "alg" parameter`:            {Keys: keySet(t, noAlg)},
		"Unable to sign JSON Web Token.":                  {Keys: keySet(t, public.Public())},
		"Unable to sign JSON Web Token":                   {Keys: keySet(t, short)},
		"does not have an external ID set":                {Keys: good, ExternalSubject: true},
		"Unable to execute tokenizer JsonNet.":            {Keys: good, Mapper: mapper(t, `error 'no'`)},
		"Expected tokenizer JsonNet to return a claims":   {Keys: good, Mapper: mapper(t, `{}`)},
		"Expected tokenizer JsonNet to return a claims o": {Keys: good, Mapper: mapper(t, `{claims: 'none'}`)},
	} {
		_, err := issuer(made).Issue(t.Context(), "api", subject())
		if errs.Of(err) != errs.Invalid || !strings.Contains(err.Error(), reason) {
			t.Errorf("%v, want %q", err, reason)
		}
	}
	if _, err := issuer(Template{}).Issue(t.Context(), "other", subject()); errs.Of(err) != errs.Invalid {
		t.Errorf("unknown template: %v", err)
	}
	broken := func(context.Context) (*Keys, error) { return nil, errors.New("open /etc/keys.json") }
	if _, err := issuer(Template{Keys: broken}).Issue(t.Context(), "api", subject()); errs.Of(err) != errs.Internal {
		t.Errorf("keys that cannot be read: %v", err)
	}
}

func TestParseKeys_neverShowsAKey(t *testing.T) {
	t.Parallel()
	for _, text := range []string{`{"keys":[{"kty":"oct","k":"c2VjcmV0`, `{"keys":[{"kty":"EC","crv":"P-256","d":"c2VjcmV0"}]}`, `secret`} {
		if _, err := ParseKeys("keys.json", text); err == nil || strings.Contains(err.Error(), "c2VjcmV0") {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestDeriveKeys(t *testing.T) {
	t.Parallel()
	first, err := DeriveKeys([]string{"a-long-and-random-text-1", "a-long-and-random-text-0"})
	if err != nil {
		t.Fatal(err)
	}
	before, err := DeriveKeys([]string{"a-long-and-random-text-0"})
	if err != nil {
		t.Fatal(err)
	}
	after, old := first.Public(), before.Public()
	if len(after) != 2 || after[1].KeyID != old[0].KeyID || after[0].KeyID == old[0].KeyID {
		t.Error("a new secret in front must bring a new key and keep the one before")
	}
	if err := first.Check(); err != nil {
		t.Error(err)
	}
	symmetric := Keys{set: jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: []byte("0123456789abcdef0123456789abcdef"), Algorithm: "HS256"}}}}
	if len(symmetric.Public()) != 0 || symmetric.Check() != nil {
		t.Error("a symmetric key must sign and never be published")
	}
}

// Stored traits may hold JSON that the evaluator refuses.
func TestMapper_unusualJSON(t *testing.T) {
	t.Parallel()
	for session, want := range map[string]string{`{"traits":"\ud800"}`: "\ufffd", `{"traits":"a","traits":"b"}`: "b"} {
		m, err := mapper(t, `{claims: {t: std.extVar('session').traits}}`)(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if made, err := m.claims(t.Context(), []byte(session), nil); err != nil || made["t"] != want {
			t.Errorf("%s: %v, %v", session, made, err)
		}
	}
}
