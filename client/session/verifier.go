package session

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// The reasons why a token is refused. ErrExpired also says that a token is older than what
// the feed told when Follow began. ErrStale is not about the token: the feed of ended
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
	// Audience is what the claim aud must name. Empty for none: then a token with the claim is
	// refused, as it is meant for others (RFC 7519, 4.1.3).
	Audience string
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
)

// Claims are what a token says, beside those of its claims mapper.
type Claims struct {
	Subject    string // id or external id of the identity
	IdentityID string // always the id
	SessionID  string
	ID         string // of the token
	IssuedAt   time.Time
	ExpiresAt  time.Time
	// All are the claims as they are, those of the mapper too.
	All map[string]any
}

// Verifier verifies tokens. It is safe for concurrent use. Follow must run beside it where
// there is a feed.
type Verifier struct {
	config Config
	ended  *ended
	keys   keys
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
	claims, err := v.read(parsed, key)
	if err != nil || v.config.FeedURL == "" {
		return claims, err
	}
	switch {
	case v.ended.has(claims):
		return nil, ErrEnded
	case v.Silence() > v.config.MaxSilence:
		return nil, ErrStale
	case v.ended.unknown(claims):
		return nil, ErrExpired
	}
	return claims, nil
}

// read returns the claims of a token that the key signed, that is valid now and meant for
// this verifier.
func (v *Verifier) read(parsed *jwt.JSONWebToken, key any) (*Claims, error) {
	var standard jwt.Claims
	var own struct {
		SessionID  string `json:"sid"`
		IdentityID string `json:"identity_id"`
	}
	claims := &Claims{All: map[string]any{}}
	if err := parsed.Claims(key, &standard, &own, &claims.All); err != nil {
		return nil, fmt.Errorf("%w: its signature is wrong, or a claim", ErrInvalid)
	}
	if standard.Expiry == nil || standard.IssuedAt == nil || standard.Subject == "" || own.SessionID == "" {
		return nil, fmt.Errorf("%w: a claim is missing", ErrInvalid)
	}
	claims.Subject, claims.SessionID, claims.ID = standard.Subject, own.SessionID, standard.ID
	claims.IdentityID = cmp.Or(own.IdentityID, standard.Subject)
	claims.IssuedAt, claims.ExpiresAt = standard.IssuedAt.Time(), standard.Expiry.Time()
	if last := claims.IssuedAt.Add(maxTTL); last.Before(claims.ExpiresAt) {
		claims.ExpiresAt = last // its end would be forgotten before
		standard.Expiry = jwt.NewNumericDate(last)
	}
	expected := jwt.Expected{Issuer: v.config.Issuer, Time: v.config.Now()}
	if v.config.Audience != "" {
		expected.AnyAudience = jwt.Audience{v.config.Audience}
	} else if _, has := claims.All["aud"]; has {
		return nil, fmt.Errorf("%w: it is meant for others: it has an audience, and Config.Audience is not set", ErrInvalid)
	}
	err := standard.ValidateWithLeeway(expected, v.config.Leeway)
	switch {
	case errors.Is(err, jwt.ErrExpired):
		return nil, ErrExpired
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	return claims, nil
}

// Silence is how long ago the feed last sent a message.
func (v *Verifier) Silence() time.Duration { return v.config.Now().Sub(v.ended.heard()) }

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
