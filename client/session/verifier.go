package session

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// The reasons why a token is refused. ErrStale is not about the token: the feed of ended
// sessions has sent nothing for Config.MaxSilence, so the verifier does not know whether the
// session has ended.
var (
	ErrInvalid = errors.New("the token is invalid")
	ErrExpired = errors.New("the token has expired")
	ErrEnded   = errors.New("the session of the token has ended")
	ErrStale   = errors.New("the feed of ended sessions is not heard of")
)

// Config says whose tokens are taken.
type Config struct {
	// KeysURL is the address of the public keys: /sessions/jwks.json of the public listener.
	KeysURL string
	// Issuer is what the claim iss must be: serve.public.base_url of the server.
	Issuer string
	// FeedURL is the address of the feed: /admin/sessions/ended of the admin listener. Empty
	// for none: tokens are then good until they expire.
	FeedURL string
	// FeedToken is the bearer token of the admin listener; empty for none.
	FeedToken string
	// MaxSilence is after how long without the feed tokens are refused. 0 is 3 s.
	MaxSilence time.Duration
	// Leeway is by how much clocks may differ. 0 is 5 s; it does not lengthen MaxSilence.
	Leeway time.Duration
	// Client makes the requests; nil for one with a time-out.
	Client *http.Client
	// Now tells the time; nil for the clock.
	Now func() time.Time
}

const (
	defaultSilence = 3 * time.Second
	defaultLeeway  = 5 * time.Second
	keysTimeout    = 10 * time.Second
	keysAge        = 5 * time.Minute
	keysPause      = 10 * time.Second // between two requests for keys that are not known
	maxDocument    = 1 << 20
)

// Claims are what a token says, beside those of its claims mapper.
type Claims struct {
	Subject   string // id or external id of the identity
	SessionID string
	ID        string // of the token
	IssuedAt  time.Time
	ExpiresAt time.Time
	// All are the claims as they are, those of the mapper too.
	All map[string]any
}

// Verifier verifies tokens. It is safe for concurrent use. Follow must run beside it where
// there is a feed.
type Verifier struct {
	config Config
	ended  *ended

	mu    sync.Mutex // held while keys are fetched, so that callers share one request
	keys  jose.JSONWebKeySet
	asked time.Time
	err   error // of the last request for keys
}

// New returns a verifier. It makes no request.
func New(c Config) (*Verifier, error) {
	if c.KeysURL == "" || c.Issuer == "" {
		return nil, errors.New("session: KeysURL and Issuer must be set")
	}
	if c.MaxSilence == 0 {
		c.MaxSilence = defaultSilence
	}
	if c.Leeway == 0 {
		c.Leeway = defaultLeeway
	}
	if c.Client == nil {
		c.Client = &http.Client{}
	}
	if c.Now == nil {
		c.Now = time.Now //nolint:forbidigo // this package is part of other programs
	}
	return &Verifier{config: c, ended: newEnded(c.Leeway)}, nil
}

// algorithms are those that are taken: none with a shared secret, which a verifier could
// sign with too.
func algorithms() []jose.SignatureAlgorithm {
	return []jose.SignatureAlgorithm{jose.EdDSA, jose.ES256, jose.ES384, jose.ES512, jose.RS256, jose.RS384, jose.RS512, jose.PS256, jose.PS384, jose.PS512}
}

// Verify returns the claims of a token whose signature, times and issuer are right and
// whose session has not ended. It makes a request only where a key is not known.
func (v *Verifier) Verify(ctx context.Context, token string) (*Claims, error) {
	parsed, err := jwt.ParseSigned(token, algorithms())
	if err != nil || len(parsed.Headers) != 1 {
		return nil, fmt.Errorf("%w: it cannot be read", ErrInvalid)
	}
	key, err := v.key(ctx, parsed.Headers[0])
	if err != nil {
		return nil, err
	}
	var standard jwt.Claims
	all := struct {
		SessionID string `json:"sid"`
	}{}
	claims := &Claims{All: map[string]any{}}
	if err := parsed.Claims(key, &standard, &all, &claims.All); err != nil {
		return nil, fmt.Errorf("%w: its signature is wrong", ErrInvalid)
	}
	if standard.Expiry == nil || standard.IssuedAt == nil || standard.Subject == "" || all.SessionID == "" {
		return nil, fmt.Errorf("%w: a claim is missing", ErrInvalid)
	}
	now := v.config.Now()
	err = standard.ValidateWithLeeway(jwt.Expected{Issuer: v.config.Issuer, Time: now}, v.config.Leeway)
	switch {
	case errors.Is(err, jwt.ErrExpired):
		return nil, ErrExpired
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	claims.Subject, claims.SessionID, claims.ID = standard.Subject, all.SessionID, standard.ID
	claims.IssuedAt, claims.ExpiresAt = standard.IssuedAt.Time(), standard.Expiry.Time()
	if v.config.FeedURL == "" {
		return claims, nil
	}
	switch {
	case v.ended.has(claims):
		return nil, ErrEnded
	case v.Silence() > v.config.MaxSilence:
		return nil, ErrStale
	}
	return claims, nil
}

// Silence is how long ago the feed last sent a message.
func (v *Verifier) Silence() time.Duration { return v.config.Now().Sub(v.ended.heard()) }

// key returns the key that signed a token.
func (v *Verifier) key(ctx context.Context, h jose.Header) (any, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	found := v.known(h)
	now := v.config.Now()
	age := now.Sub(v.asked)
	if found != nil && age < keysAge {
		return found, nil
	}
	if found != nil || v.asked.IsZero() || age >= keysPause {
		v.asked = now
		v.err = v.fetchKeys(ctx)
		found = v.known(h) // after a failed request: the keys from before are good until they are replaced
	}
	switch {
	case found != nil:
		return found, nil
	case v.err != nil:
		return nil, fmt.Errorf("fetch keys: %w", v.err)
	}
	return nil, fmt.Errorf("%w: its key is not known", ErrInvalid)
}

func (v *Verifier) known(h jose.Header) any {
	for _, key := range v.keys.Keys {
		if key.KeyID == h.KeyID && key.Algorithm == h.Algorithm {
			return key.Key
		}
	}
	return nil
}

func (v *Verifier) fetchKeys(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, keysTimeout)
	defer cancel()
	answer, err := v.get(ctx, v.config.KeysURL, "application/jwk-set+json", "")
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	var set jose.JSONWebKeySet
	if err := json.NewDecoder(http.MaxBytesReader(nil, answer.Body, maxDocument)).Decode(&set); err != nil {
		return err
	}
	v.keys.Keys = nil
	for _, key := range set.Keys {
		if key.IsPublic() && key.Valid() {
			v.keys.Keys = append(v.keys.Keys, key)
		}
	}
	return nil
}

// get makes a request whose answer is 200.
func (v *Verifier) get(ctx context.Context, url, accept, token string) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Accept", accept)
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	answer, err := v.config.Client.Do(request)
	if err != nil {
		return nil, err
	}
	if answer.StatusCode != http.StatusOK {
		_ = answer.Body.Close()
		return nil, &statusError{answer.StatusCode}
	}
	return answer, nil
}

type statusError struct{ status int }

func (e *statusError) Error() string { return fmt.Sprintf("the server answered %d", e.status) }
