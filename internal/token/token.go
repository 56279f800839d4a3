package token

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/program"
	"github.com/symbolon/symbolon/internal/secret"
)

// MaxTTL is the longest life of a token, by any template: verifiers forget that a
// session has ended when no token of it can be valid any more (docs/tokens.md).
const MaxTTL = 24 * time.Hour

// maxAtOnce bounds the evaluations of one claims mapper at a time.
const maxAtOnce = 4

// Template is one form of token.
type Template struct {
	// TTL is how long a token is valid; it never outlives its session. More than MaxTTL
	// counts as MaxTTL.
	TTL time.Duration
	// ExternalSubject: the claim sub is the external id of the identity.
	ExternalSubject bool
	// Keys returns the keys as they are now.
	Keys func(context.Context) (*Keys, error)
	// Mapper returns the program that changes the claims as it is now; nil for none.
	Mapper func(context.Context) (*Mapper, error)
}

// Subject is what a token tells of.
type Subject struct {
	SessionID, IdentityID, ExternalID string
	ExpiresAt                         time.Time // of the session
	Session                           []byte    // as the session check answers it, for the mapper
}

// Issuer makes tokens by the names of their templates.
type Issuer struct {
	issuer    string
	templates map[string]Template
	now       func() time.Time
	before    []life // of the tokens of issuers that this one replaces
}

// life is how long tokens are valid that were made until some moment; over is when the last
// of them has expired.
type life struct {
	ttl  time.Duration
	over time.Time
}

// NewIssuer returns an issuer. The claim iss is the given one.
func NewIssuer(issuer string, templates map[string]Template, now func() time.Time) *Issuer {
	capped := maps.Clone(templates)
	for name, t := range capped {
		t.TTL = min(t.TTL, MaxTTL)
		capped[name] = t
	}
	return &Issuer{issuer: issuer, templates: capped, now: now}
}

// Replaces says that i makes the tokens from now on that another made until now. i must not
// be in use yet.
func (i *Issuer) Replaces(other *Issuer) {
	ttl, now := other.ownLongest(), i.now()
	outlasted := func(l life) bool { return l.ttl <= ttl || now.After(l.over) }
	i.before = append(slices.DeleteFunc(slices.Clone(other.before), outlasted), life{ttl: ttl, over: now.Add(ttl)})
}

// Longest is how long the longest-lived token is valid, of those that are valid now or will
// be made; 0 without templates.
func (i *Issuer) Longest() time.Duration {
	longest, now := i.ownLongest(), i.now()
	for _, l := range i.before {
		if !now.After(l.over) {
			longest = max(longest, l.ttl)
		}
	}
	return longest
}

func (i *Issuer) ownLongest() time.Duration {
	var longest time.Duration
	for _, t := range i.templates {
		longest = max(longest, t.TTL)
	}
	return longest
}

// invalid is an error about the request or the template that it names.
func invalid(reason string, cause error) error {
	return &errs.Error{Code: errs.Invalid, Reason: reason, Err: cause}
}

// Issue makes a token by a template.
func (i *Issuer) Issue(ctx context.Context, template string, s Subject) (string, error) {
	t, ok := i.templates[template]
	if !ok {
		return "", invalid(fmt.Sprintf("Unable to find tokenizer template %q.", template), nil)
	}
	keys, err := t.Keys(ctx)
	if err != nil {
		return "", &errs.Error{Code: errs.Internal, Err: fmt.Errorf("keys of token template %s: %w", template, err)}
	}
	now := i.now().UTC().Truncate(time.Second)
	protected := map[string]any{
		"iss": i.issuer, "iat": now.Unix(), "jti": secret.NewID(), "sid": s.SessionID, "sub": s.IdentityID,
		"identity_id": s.IdentityID, // by which the feed of ended sessions names it
	}
	if t.ExternalSubject {
		if s.ExternalID == "" {
			return "", invalid("The session's identity does not have an external ID set, but it is required for the subject claim.", nil)
		}
		protected["sub"] = s.ExternalID
	}
	last := now.Add(t.TTL)
	if s.ExpiresAt.Before(last) {
		last = s.ExpiresAt
	}
	claims := maps.Clone(protected)
	claims["nbf"], claims["exp"] = now.Unix(), last.Unix()
	if t.Mapper != nil {
		if claims, err = mapped(ctx, t, s, claims, protected); err != nil {
			return "", err
		}
	}
	body, err := json.Marshal(claims)
	if err != nil {
		return "", fmt.Errorf("encode claims: %w", err)
	}
	return keys.sign(body)
}

// mapped merges the output of the mapper over the claims. The mapper cannot change the
// protected claims, which name the subject and the issuer, nor let the token live longer.
func mapped(ctx context.Context, t Template, s Subject, claims, protected map[string]any) (map[string]any, error) {
	mapper, err := t.Mapper(ctx)
	if err != nil {
		return nil, &errs.Error{Code: errs.Internal, Err: fmt.Errorf("claims mapper: %w", err)}
	}
	made, err := mapper.claims(ctx, s.Session, claims)
	if err != nil {
		return nil, err
	}
	first, last := protected["iat"].(int64), claims["exp"].(int64)
	claims = maps.Clone(claims)
	maps.Copy(claims, made)
	maps.Copy(claims, protected)
	claims["exp"] = within(claims["exp"], first, last, last)
	claims["nbf"] = within(claims["nbf"], first, last, first)
	return claims, nil
}

// within returns a claim of the mapper that is a time as one from first to last, in whole
// seconds, and otherwise in place of what is not a number.
func within(claim any, first, last, otherwise int64) int64 {
	seconds, isNumber := claim.(float64)
	if !isNumber {
		return otherwise
	}
	return int64(min(max(seconds, float64(first)), float64(last))) // bounded first: int64(1e300) is any number
}

// Mapper changes the claims of a token by a program. It is safe for concurrent use.
type Mapper struct{ program *program.Program }

// ParseMapper checks a Jsonnet program; see program.Compile. Its external variables are
// session and claims, its value is {claims: {…}}.
func ParseMapper(name, source string) (*Mapper, error) {
	p, err := program.Compile(name, source, maxAtOnce)
	if err != nil {
		return nil, err
	}
	return &Mapper{program: p}, nil
}

func (m *Mapper) claims(ctx context.Context, session []byte, claims map[string]any) (map[string]any, error) {
	given, err := json.Marshal(claims)
	if err != nil {
		return nil, fmt.Errorf("encode claims: %w", err)
	}
	output, err := m.program.WithAll(ctx, map[string]string{"session": string(session), "claims": string(given)})
	if err != nil {
		return nil, invalid("Unable to execute tokenizer JsonNet.", fmt.Errorf("%s: %w", m.program.Name(), err))
	}
	var value struct {
		Claims map[string]any `json:"claims"`
	}
	if json.Unmarshal([]byte(output), &value) != nil || value.Claims == nil {
		return nil, invalid("Expected tokenizer JsonNet to return a claims object but it did not.", nil)
	}
	return value.Claims, nil
}

// KeySet is a published JSON Web Key Set.
type KeySet struct {
	Keys []jose.JSONWebKey `json:"keys"`
}

// Public returns the public keys of all templates, each once. A set that cannot be read
// now is left out, and the error says so beside the keys of the others.
func (i *Issuer) Public(ctx context.Context) (KeySet, error) {
	set := KeySet{Keys: []jose.JSONWebKey{}}
	var failed error
	seen := map[string]bool{}
	for name, t := range i.templates {
		keys, err := t.Keys(ctx)
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("keys of token template %s: %w", name, err))
			continue
		}
		for _, key := range keys.Public() {
			text, err := key.MarshalJSON()
			if err == nil && !seen[string(text)] {
				seen[string(text)] = true
				set.Keys = append(set.Keys, key)
			}
		}
	}
	return set, failed
}
