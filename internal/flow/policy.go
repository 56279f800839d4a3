package flow

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/message"
	"github.com/symbolon/symbolon/internal/session"
)

// Policy says which factor the identities of a schema must have besides the one that
// they sign in with.
type Policy struct {
	// Factors are methods of which an identity needs one; none for any second factor.
	Factors []string
	// Since is when the policy began, zero for always: identities that are older have
	// their time from then on.
	Since time.Time
	// Grace is how long an identity has to set a factor up.
	Grace time.Duration
}

// due is when an identity must have the factor.
func (p Policy) due(i *identity.Identity) time.Time {
	from := i.CreatedAt
	if p.Since.After(from) {
		from = p.Since
	}
	return from.Add(p.Grace)
}

// ErrFactorRequired says that the identity must set up a factor before its sessions count
// anywhere but in settings.
var ErrFactorRequired = errs.New(errs.Forbidden, "factor_required", "This account needs a second factor. Set one up in the settings.")

// policyOf returns the policy of an identity; ok is false if there is none, or if all of
// its methods are switched off, since no account could then meet it.
func (e *Engine) policyOf(i *identity.Identity) (p Policy, ok bool) {
	if p, ok = e.config.Policies[i.SchemaID]; !ok {
		return p, false
	}
	return p, slices.ContainsFunc(e.counters, func(m FactorCounter) bool { return e.fulfils(p, m.ID()) })
}

// fulfils reports whether factors of a method are what a policy asks for.
func (e *Engine) fulfils(p Policy, method string) bool {
	if len(p.Factors) > 0 {
		return slices.Contains(p.Factors, method)
	}
	return e.steps[Login][method].Role == SecondFactor
}

// obeys reports whether an identity with these credentials has what a policy asks for.
func (e *Engine) obeys(p Policy, i *identity.Identity, credentials []identity.Credential) bool {
	return slices.ContainsFunc(e.counters, func(m FactorCounter) bool {
		counted := m.CountFactors(i, credentials, Browser)
		if len(p.Factors) == 0 && e.steps[Login][m.ID()].Other != nil {
			return counted.Second > 0
		}
		return e.fulfils(p, m.ID()) && counted.First+counted.Second > 0
	})
}

// owesFactor reports whether an identity must have set up a factor by now, and has not.
func (e *Engine) owesFactor(ctx context.Context, i *identity.Identity) (bool, error) {
	p, ok := e.policyOf(i)
	if !ok || e.now().Before(p.due(i)) {
		return false, nil
	}
	credentials, err := e.identities.Credentials(ctx, i.ID)
	return err == nil && !e.obeys(p, i, credentials), err
}

// checkPolicy refuses a session whose identity owes a factor, with ErrFactorRequired.
// What the identity has is kept with the cached session, as its level is.
func (e *Engine) checkPolicy(ctx context.Context, s *session.Cached) error {
	if len(e.config.Policies) == 0 {
		return nil
	}
	p, ok := e.policyOf(s.Identity)
	if !ok || e.now().Before(p.due(s.Identity)) {
		return nil
	}
	has, err := s.Available("policy", func(s *session.Session) (session.AAL, error) {
		owes, err := e.owesFactor(ctx, s.Identity)
		if owes || err != nil {
			return session.AAL0, err
		}
		return session.AAL1, nil
	})
	if err == nil && has == session.AAL0 {
		return ErrFactorRequired
	}
	return err
}

// leadToFactor sends a person who is signed in already to the settings first, if their account
// needs a factor that it does not have: the application would send them back here at once.
func (e *Engine) leadToFactor(ctx context.Context, c Caller, err error) error {
	in, ok := errors.AsType[*LoggedIn](err)
	if !ok || c.Session == nil || c.Session.Identity == nil {
		return err
	}
	owes, failed := e.owesFactor(ctx, c.Session.Identity)
	if failed != nil {
		return failed
	}
	in.Enrol = owes
	return in
}

// remind tells the owner of settings of a factor that the policy asks for.
func (e *Engine) remind(ctx context.Context, f *Flow, owner *identity.Identity) error {
	p, ok := e.policyOf(owner)
	if !ok {
		return nil
	}
	credentials, err := e.identities.Credentials(ctx, owner.ID)
	if err != nil || e.obeys(p, owner, credentials) {
		return err
	}
	f.Form.Messages = append(f.Form.Messages, message.FactorRequired(p.due(owner).Sub(e.now())))
	return nil
}

// breaksPolicy reports whether a change of credentials takes away what the policy of an
// identity asks for.
func (e *Engine) breaksPolicy(i *identity.Identity, before, after []identity.Credential) bool {
	p, ok := e.policyOf(i)
	return ok && e.obeys(p, i, before) && !e.obeys(p, i, after)
}
