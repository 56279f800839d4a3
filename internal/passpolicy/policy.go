package passpolicy

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

// Kind is the rule that a password breaks.
type Kind uint8

// The rules, in the order in which they are judged.
const (
	TooShort   Kind = iota + 1
	TooSimilar      // to an identifier of its owner
	Common
	Breached
	Unchecked // the look-up failed and the operator insists on it
	TooLong
)

// Violation says which rule a password breaks.
type Violation struct {
	Kind      Kind
	Length    int // of the password in bytes, for TooShort and TooLong
	MinLength int // for TooShort
	MaxLength int // for TooLong
	Breaches  int // in how many the password was found, for Breached
}

func (v *Violation) Error() string {
	switch v.Kind {
	case TooShort:
		return fmt.Sprintf("password has %d of at least %d bytes", v.Length, v.MinLength)
	case TooLong:
		return fmt.Sprintf("password has %d of at most %d bytes", v.Length, v.MaxLength)
	case TooSimilar:
		return "password is too similar to an identifier"
	case Common:
		return "password is common"
	case Breached:
		return fmt.Sprintf("password is known from %d breaches", v.Breaches)
	default:
		return "password could not be looked up"
	}
}

// Config of a Policy.
type Config struct {
	MinLength  int  // bytes, as version 0.5 counts
	MaxLength  int  // bytes; 0 for no limit
	CommonList bool // refuse the passwords on the embedded list
	// AllowSimilar accepts passwords that resemble an identifier.
	AllowSimilar bool
	// MaxBreaches is in how many breaches a password may have been found.
	MaxBreaches int
	// IgnoreNetworkErrors accepts a password that could not be looked up.
	IgnoreNetworkErrors bool
	// BreachAPIURL is asked for /range/XXXXX; empty switches the look-up off.
	BreachAPIURL string
	// OnUnreachable, if set, is told why look-ups pause; so it is called now and
	// then, not for each password.
	OnUnreachable func(error)
}

// Policy judges new passwords. It is safe for concurrent use.
type Policy struct {
	config   Config
	breaches *breaches
}

// New returns a policy; client makes the look-ups and says which proxy they take.
func New(c Config, client *http.Client, now func() time.Time) *Policy {
	return &Policy{config: c, breaches: newBreaches(c.BreachAPIURL, client, now, c.OnUnreachable)}
}

// Check returns a *Violation if the password breaks a rule, and the context's
// error if the caller has gone. identifiers are what its owner signs in with.
func (p *Policy) Check(ctx context.Context, password string, identifiers []string) error {
	if len(password) < p.config.MinLength {
		return &Violation{Kind: TooShort, Length: len(password), MinLength: p.config.MinLength}
	}
	if p.config.MaxLength > 0 && len(password) > p.config.MaxLength {
		return &Violation{Kind: TooLong, Length: len(password), MaxLength: p.config.MaxLength}
	}
	for _, identifier := range identifiers {
		if !p.config.AllowSimilar && similar(password, identifier) {
			return &Violation{Kind: TooSimilar}
		}
	}
	if p.config.CommonList && common(password) {
		return &Violation{Kind: Common}
	}
	return p.checkBreaches(ctx, password)
}

func (p *Policy) checkBreaches(ctx context.Context, password string) error {
	if p.config.BreachAPIURL == "" {
		return nil
	}
	count, err := p.breaches.count(ctx, password)
	switch {
	case err == nil && count > p.config.MaxBreaches:
		return &Violation{Kind: Breached, Breaches: count}
	case err != nil && ctx.Err() != nil:
		return ctx.Err()
	case err != nil && !p.config.IgnoreNetworkErrors:
		return &Violation{Kind: Unchecked}
	}
	return nil
}
