package session

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	issued "github.com/symbolon/symbolon/internal/token"
)

const issuer = "https://id.example.org/"

// server stands for Symbolon: its keys and its feed, which sends what is put into events.
type server struct {
	*httptest.Server
	private ed25519.PrivateKey
	events  chan string
	mu      sync.Mutex
	fetched int
	after   []string
}

func serve(t *testing.T) *server {
	t.Helper()
	s := &server{private: ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)), events: make(chan string)}
	mux := http.NewServeMux()
	mux.HandleFunc("/keys", func(w http.ResponseWriter, _ *http.Request) {
		s.mu.Lock()
		s.fetched++
		s.mu.Unlock()
		_ = json.NewEncoder(w).Encode(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{
			{Key: s.private.Public(), KeyID: "k1", Algorithm: "EdDSA", Use: "sig"},
			{Key: []byte("0123456789abcdef0123456789abcdef"), KeyID: "shared", Algorithm: "HS256"},
		}})
	})
	mux.HandleFunc("/feed", s.feed)
	s.Server = httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

func (s *server) feed(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.after = append(s.after, r.URL.Query().Get("after"))
	s.mu.Unlock()
	switch {
	case r.Header.Get("Authorization") != "Bearer secret":
		w.WriteHeader(http.StatusUnauthorized)
		return
	case r.URL.Query().Get("after") == "old":
		w.WriteHeader(http.StatusGone)
		return
	}
	for {
		select {
		case <-r.Context().Done():
			return
		case text := <-s.events:
			if text == "" {
				return
			}
			_, _ = fmt.Fprint(w, text)
			_ = http.NewResponseController(w).Flush()
		}
	}
}

// sign makes a token with claims over the usual ones.
func (s *server) sign(t *testing.T, key any, kid string, alg jose.SignatureAlgorithm, with map[string]any) string {
	t.Helper()
	claims := map[string]any{
		"iss": issuer, "sub": "i1", "sid": "s1", "jti": "t1", "email": "a@example.org",
		"iat": time.Now().Unix(), "nbf": time.Now().Unix(), "exp": time.Now().Add(time.Minute).Unix(),
	}
	for name, value := range with {
		if value == nil {
			delete(claims, name)
			continue
		}
		claims[name] = value
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: key}, (&jose.SignerOptions{}).WithHeader("kid", kid))
	if err != nil {
		t.Fatal(err)
	}
	token, err := jwt.Signed(signer).Claims(claims).Serialize()
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func verifier(t *testing.T, c Config) *Verifier {
	t.Helper()
	v, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestVerify(t *testing.T) {
	t.Parallel()
	s := serve(t)
	v := verifier(t, Config{KeysURL: s.URL + "/keys", Issuer: issuer})
	own := func(with map[string]any) string { return s.sign(t, s.private, "k1", jose.EdDSA, with) }
	claims, err := v.Verify(t.Context(), own(nil))
	if err != nil || claims.Subject != "i1" || claims.SessionID != "s1" || claims.All["email"] != "a@example.org" {
		t.Fatal(claims, err)
	}
	other := ed25519.NewKeyFromSeed([]byte("another seed with 32 bytes in it"))
	for name, test := range map[string]struct {
		token string
		want  error
	}{
		"nothing":         {"", ErrInvalid},
		"no token":        {"a.b.c", ErrInvalid},
		"other key":       {s.sign(t, other, "k1", jose.EdDSA, nil), ErrInvalid},
		"unknown key":     {s.sign(t, s.private, "k2", jose.EdDSA, nil), ErrInvalid},
		"shared secret":   {s.sign(t, []byte("0123456789abcdef0123456789abcdef"), "shared", jose.HS256, nil), ErrInvalid},
		"other issuer":    {own(map[string]any{"iss": "https://evil.example/"}), ErrInvalid},
		"expired":         {own(map[string]any{"exp": time.Now().Add(-time.Minute).Unix()}), ErrExpired},
		"not yet":         {own(map[string]any{"nbf": time.Now().Add(time.Hour).Unix()}), ErrInvalid},
		"without session": {own(map[string]any{"sid": nil}), ErrInvalid},
		"without end":     {own(map[string]any{"exp": nil}), ErrInvalid},
		"for others":      {own(map[string]any{"aud": "shop"}), ErrInvalid},
		"for others too":  {own(map[string]any{"aud": []string{"shop", "wiki"}}), ErrInvalid},
		"for no one":      {own(map[string]any{"aud": []string{}}), ErrInvalid},
		"for a number":    {own(map[string]any{"aud": 1}), ErrInvalid},
		"for ever":        {own(map[string]any{"iat": time.Now().Add(-25 * time.Hour).Unix(), "exp": time.Now().Add(time.Hour).Unix()}), ErrExpired},
		"really for ever": {own(map[string]any{"iat": time.Now().Add(-25 * time.Hour).Unix(), "exp": 1e15}), ErrExpired},
		"more than that":  {own(map[string]any{"exp": 1e300}), ErrInvalid},
	} {
		if _, err := v.Verify(t.Context(), test.token); !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", name, err, test.want)
		}
	}
	if s.fetched != 1 {
		t.Errorf("keys were fetched %d times: tokens with made-up keys cause requests", s.fetched)
	}
}

func TestVerify_keysOutOfReach(t *testing.T) {
	t.Parallel()
	s := serve(t)
	token := s.sign(t, s.private, "k1", jose.EdDSA, nil)
	v := verifier(t, Config{KeysURL: s.URL + "/none", Issuer: issuer})
	for range 2 {
		if _, err := v.Verify(t.Context(), token); err == nil || errors.Is(err, ErrInvalid) {
			t.Errorf("%v, want an error that is not about the token", err)
		}
	}
}

func TestVerify_audience(t *testing.T) {
	t.Parallel()
	s := serve(t)
	v := verifier(t, Config{KeysURL: s.URL + "/keys", Issuer: issuer, Audience: "shop"})
	for _, test := range []struct {
		audience any
		want     error
	}{
		{"shop", nil},
		{[]string{"wiki", "shop"}, nil},
		{[]string{"wiki"}, ErrInvalid},
		{"Shop", ErrInvalid},
		{[]string{}, ErrInvalid},
		{nil, ErrInvalid}, // RFC 8725, 3.9: one without is not meant for this service
	} {
		if _, err := v.Verify(t.Context(), s.sign(t, s.private, "k1", jose.EdDSA, map[string]any{"aud": test.audience})); !errors.Is(err, test.want) {
			t.Errorf("%v: %v, want %v", test.audience, err, test.want)
		}
	}
}

// gate is a connection to a server that waits before each request until it is let through.
type gate struct {
	passed  chan error // what becomes of a request; nil lets it through
	waiting atomic.Int32
}

func (g *gate) RoundTrip(r *http.Request) (*http.Response, error) {
	g.waiting.Add(1)
	select {
	case <-r.Context().Done():
		return nil, r.Context().Err()
	case err := <-g.passed:
		if err != nil {
			return nil, err
		}
	}
	return http.DefaultTransport.RoundTrip(r)
}

func TestVerify_aCallerWhoLeaves(t *testing.T) {
	t.Parallel()
	s := serve(t)
	g := &gate{passed: make(chan error)}
	v := verifier(t, Config{KeysURL: s.URL + "/keys", Issuer: issuer, Client: &http.Client{Transport: g}})
	ctx, leave := context.WithCancel(t.Context())
	left := make(chan error)
	go func() {
		_, err := v.Verify(ctx, s.sign(t, s.private, "made-up", jose.EdDSA, nil))
		left <- err
	}()
	token := s.sign(t, s.private, "k1", jose.EdDSA, nil)
	verified := make(chan error)
	go func() {
		_, err := v.Verify(t.Context(), token)
		verified <- err
	}()
	leave()
	if err := <-left; !errors.Is(err, context.Canceled) {
		t.Errorf("the caller who left got %v", err)
	}
	g.passed <- nil
	if err := <-verified; err != nil {
		t.Errorf("the caller who stayed got %v", err)
	}
	if got := g.waiting.Load(); got != 1 {
		t.Errorf("%d requests, want one for both", got)
	}
}

func TestVerify_failedRequests(t *testing.T) {
	t.Parallel()
	s := serve(t)
	g := &gate{passed: make(chan error, 1)}
	now := time.Now()
	v := verifier(t, Config{KeysURL: s.URL + "/keys", Issuer: issuer, Client: &http.Client{Transport: g}, Now: func() time.Time { return now }})
	token := func(kid string) string {
		return s.sign(t, s.private, kid, jose.EdDSA, map[string]any{"iat": now.Unix(), "nbf": now.Unix(), "exp": now.Add(time.Hour).Unix()})
	}
	down := errors.New("connection refused")
	for i, step := range []struct {
		after    time.Duration
		kid      string
		becomes  error // of the request, where there is one
		want     error
		requests int32
	}{
		{0, "k1", down, down, 1},
		{0, "k1", nil, down, 1},
		{keysPause, "k1", nil, nil, 2},
		{0, "made-up", nil, ErrInvalid, 2},
		{keysPause, "made-up", down, down, 3},
		{0, "k1", nil, nil, 3}, // the keys from before are good
		{0, "made-up", nil, down, 3},
		{keysPause, "made-up", nil, ErrInvalid, 4},
		{keysAge, "k1", down, nil, 5},
	} {
		now = now.Add(step.after)
		if g.waiting.Load() != step.requests {
			g.passed <- step.becomes
		}
		if _, err := v.Verify(t.Context(), token(step.kid)); !errors.Is(err, step.want) {
			t.Errorf("step %d: %v, want %v", i, err, step.want)
		}
		if got := g.waiting.Load(); got != step.requests {
			t.Errorf("step %d: %d requests, want %d", i, got, step.requests)
		}
	}
}

func TestFollow(t *testing.T) {
	t.Parallel()
	s := serve(t)
	v := verifier(t, Config{KeysURL: s.URL + "/keys", Issuer: issuer, FeedURL: s.URL + "/feed", FeedToken: "secret", MaxSilence: time.Hour})
	token := s.sign(t, s.private, "k1", jose.EdDSA, nil)
	if _, err := v.Verify(t.Context(), token); !errors.Is(err, ErrStale) {
		t.Errorf("before the feed is heard of: %v", err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- v.Follow(ctx) }()
	at := time.Now().UTC().Format(time.RFC3339Nano)
	s.events <- "retry: 500\n\nid: 0.1\nevent: current\ndata: {}\n\n"
	s.events <- ": the line above was read when this one is taken\n\n"
	for v.Silence() > time.Hour { // the reader is a goroutine
		s.events <- ": still\n\n"
	}
	if _, err := v.Verify(t.Context(), token); err != nil {
		t.Error(err)
	}
	s.events <- "event: ended\ndata: {\"session_id\":\"s1\",\"ended_at\":\"" + at + "\"}\n\nid: 0.2\nevent: current\ndata: {}\n\n"
	s.events <- "" // interrupted: it comes back with its position
	s.events <- "event: ended\ndata: {\"identity_id\":\"i2\",\"all\":true,\"ended_at\":\"" + at + "\"}\n\nid: old\nevent: current\ndata: {}\n\n"
	s.events <- ""
	s.events <- ": it began again without a position\n\n"
	stop()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if _, err := v.Verify(t.Context(), token); !errors.Is(err, ErrEnded) {
		t.Errorf("a session that ended: %v", err)
	}
	for subject, want := range map[string]error{"i2": ErrEnded, "i3": nil} {
		other := s.sign(t, s.private, "k1", jose.EdDSA, map[string]any{"sid": "s2", "sub": subject, "iat": time.Now().Add(-time.Second).Unix()})
		if _, err := v.Verify(t.Context(), other); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", subject, err, want)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if want := []string{"", "0.2", "old", ""}; fmt.Sprint(s.after) != fmt.Sprint(want) {
		t.Errorf("positions were %q, want %q", s.after, want)
	}
}

// tell takes events of the feed as if they had come over the network; current ends them.
func tell(t *testing.T, v *Verifier, all ...entry) {
	t.Helper()
	for _, one := range all {
		data, err := json.Marshal(one)
		if err != nil {
			t.Fatal(err)
		}
		if err := v.take("ended", string(data)); err != nil {
			t.Fatal(err)
		}
	}
	if err := v.take("current", "{}"); err != nil {
		t.Fatal(err)
	}
}

func TestFollow_identitiesByTheirOwnID(t *testing.T) {
	t.Parallel()
	s := serve(t)
	v := verifier(t, Config{KeysURL: s.URL + "/keys", Issuer: issuer, FeedURL: s.URL + "/feed"})
	tell(t, v, entry{IdentityID: "i1", All: true, At: time.Now()})
	for identity, want := range map[any]error{"i1": ErrEnded, "i2": nil, 5: ErrInvalid} {
		token := s.sign(t, s.private, "k1", jose.EdDSA, map[string]any{"sub": "customer-7", "identity_id": identity, "iat": time.Now().Add(-time.Second).Unix()})
		if claims, err := v.Verify(t.Context(), token); !errors.Is(err, want) || err == nil && (claims.IdentityID != identity || claims.Subject != "customer-7") {
			t.Errorf("%v: %+v, %v; want %v", identity, claims, err, want)
		}
	}
}

func TestFollow_tokensFromBeforeTheHistory(t *testing.T) {
	t.Parallel()
	s := serve(t)
	now := time.Now().Truncate(time.Second)
	v := verifier(t, Config{KeysURL: s.URL + "/keys", Issuer: issuer, FeedURL: s.URL + "/feed"})
	since, err := json.Marshal(map[string]any{"since": now.Add(-time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	for _, data := range []string{string(since), "{}"} { // the history, and what follows
		if err := v.take("current", data); err != nil {
			t.Fatal(err)
		}
		for age, want := range map[time.Duration]error{time.Hour: nil, time.Hour + time.Second: ErrExpired} {
			if _, err := v.Verify(t.Context(), s.sign(t, s.private, "k1", jose.EdDSA, map[string]any{"iat": now.Add(-age).Unix()})); !errors.Is(err, want) {
				t.Errorf("%v old: %v, want %v", age, err, want)
			}
		}
	}
}

func TestFollow_remembersForAsLongAsATokenLives(t *testing.T) {
	t.Parallel()
	if maxTTL != issued.MaxTTL {
		t.Fatal("the verifier and the server differ in how long a token may live")
	}
	s := serve(t)
	now := time.Now().Truncate(time.Second)
	v := verifier(t, Config{KeysURL: s.URL + "/keys", Issuer: issuer, FeedURL: s.URL + "/feed", Leeway: time.Minute, Now: func() time.Time { return now }})
	tell(t, v, entry{SessionID: "s1", IdentityID: "i1", At: now.Add(-25 * time.Hour)}, // a server with another clock
		entry{IdentityID: "i2", All: true, At: now}, entry{IdentityID: "i2", All: true, At: now.Add(-time.Hour)})
	token := func(sid, sub string, from time.Time) string {
		return s.sign(t, s.private, "k1", jose.EdDSA, map[string]any{
			"sid": sid, "sub": sub, "iat": from.Unix(), "nbf": from.Unix(), "exp": from.Add(maxTTL).Unix(),
		})
	}
	for _, made := range []string{token("s1", "i1", now), token("s2", "i2", now.Add(-time.Minute))} {
		if _, err := v.Verify(t.Context(), made); !errors.Is(err, ErrEnded) {
			t.Errorf("after the first sweep: %v", err)
		}
	}
	before := now
	made := token("s1", "i1", before)
	for _, passed := range []time.Duration{maxTTL, maxTTL + time.Minute} {
		now = before.Add(passed)
		tell(t, v)
		if _, err := v.Verify(t.Context(), made); !errors.Is(err, ErrEnded) {
			t.Errorf("%v later: %v", passed, err)
		}
	}
	now = before.Add(maxTTL + 2*time.Hour)
	if tell(t, v); len(v.ended.sessions)+len(v.ended.identities) != 0 {
		t.Error("what no token can be of is still remembered")
	}
}
