package flow

import (
	"context"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/session"
)

// Requirement is a level that configuration asks of a session.
type Requirement string

// The requirements, as configuration spells them. The empty one is aal1.
const (
	RequireAAL1             Requirement = "aal1"
	RequireHighestAvailable Requirement = "highest_available"
)

// ErrFirstFactorRequired says that a second factor was asked for without the
// session that it would raise.
var ErrFirstFactorRequired = errs.New(errs.Unauthorized, "session_aal1_required", "A second factor can be asked for only in a session that has a first one.")

// ErrSecondFactorRequired says that the session is below the level that its
// identity can reach and that is asked for.
var ErrSecondFactorRequired = errs.New(errs.Forbidden, "session_aal2_required", "The session has a first factor only. Sign in with a second factor.")

// countFactors asks every enabled method what the identity can use on a kind of
// client.
func (e *Engine) countFactors(i *identity.Identity, credentials []identity.Credential, c Client) Factors {
	var sum Factors
	for _, m := range e.counters {
		counted := m.CountFactors(i, credentials, c)
		sum.First += counted.First
		sum.Second += counted.Second
	}
	return sum
}

// losesLastFactor reports whether a change of credentials takes the last first factor
// of an identity away, of any kind: its owner could not sign in any more.
func (e *Engine) losesLastFactor(i *identity.Identity, before, after []identity.Credential) bool {
	return e.countFactors(i, before, Browser).First > 0 && e.countFactors(i, after, Browser).First == 0
}

// AvailableAAL is the level that an identity can reach on a kind of client: AAL2
// with any usable second factor, with or without first ones. It is the one place
// that decides this. Methods that are switched off, or that the client can't use,
// do not count: they would lock people out.
func (e *Engine) AvailableAAL(ctx context.Context, i *identity.Identity, c Client) (session.AAL, error) {
	credentials, err := e.identities.Credentials(ctx, i.ID)
	if err != nil {
		return session.AAL0, err
	}
	switch counted := e.countFactors(i, credentials, c); {
	case counted.Second > 0:
		return session.AAL2, nil
	case counted.First > 0:
		return session.AAL1, nil
	}
	return session.AAL0, nil
}

// CouldAdd reports whether the owner of a session could set up a first factor with a
// method in a browser now, and has none of it yet.
func (e *Engine) CouldAdd(ctx context.Context, s *session.Session, owner *identity.Identity, method string) (bool, error) {
	if _, ok := e.steps[Settings][method]; !ok || e.loginRank(method) != session.AAL1 {
		return false, nil
	}
	credentials, err := e.identities.Credentials(ctx, owner.ID)
	if err != nil {
		return false, err
	}
	if s.AAL() < session.AAL2 && e.countFactors(owner, credentials, Browser).Second > 0 {
		return false, nil // the settings would ask for the second factor first
	}
	for _, m := range e.counters {
		if m.ID() == method {
			return m.CountFactors(owner, credentials, Browser).First == 0, nil
		}
	}
	return false, nil
}

// CheckLevel refuses a session below what the check of a session asks for, with
// ErrSecondFactorRequired, and one whose identity must set up a factor first, with
// ErrFactorRequired. c is the kind of client that shows the session.
func (e *Engine) CheckLevel(ctx context.Context, s *session.Cached, c Client) error {
	if err := e.checkAvailable(ctx, s, c); err != nil {
		return err
	}
	return e.checkPolicy(ctx, s)
}

// checkAvailable refuses a session below the level that its identity can reach, where the
// check of a session asks for that.
func (e *Engine) checkAvailable(ctx context.Context, s *session.Cached, c Client) error {
	if !e.mayFallShort(s.Session) {
		return nil
	}
	can, err := s.Available(string(c), func(s *session.Session) (session.AAL, error) {
		return e.AvailableAAL(ctx, s.Identity, c)
	})
	if err == nil && can >= session.AAL2 {
		return ErrSecondFactorRequired
	}
	return err
}

// mayFallShort reports whether the credentials of its owner decide whether a session is below
// what the check of a session asks for. They do not where no method takes second factors, so
// that such a check need not read them.
func (e *Engine) mayFallShort(s *session.Session) bool {
	return e.config.SessionAAL == RequireHighestAvailable && s.AAL() < session.AAL2 && e.raises
}

// fallsShort reports whether a session is below what the check of a session asks for.
func (e *Engine) fallsShort(ctx context.Context, s *session.Session, owner *identity.Identity, c Client) (bool, error) {
	if !e.mayFallShort(s) {
		return false, nil
	}
	can, err := e.AvailableAAL(ctx, owner, c)
	return can >= session.AAL2, err
}

// settingsLevel is what settings, or a protected change in them, ask of the session
// of an identity.
func (e *Engine) settingsLevel(ctx context.Context, i *identity.Identity, c Client, protected bool) (session.AAL, error) {
	if !protected && e.config.SettingsAAL != RequireHighestAvailable {
		return session.AAL0, nil
	}
	can, err := e.AvailableAAL(ctx, i, c)
	if can < session.AAL2 {
		return session.AAL0, err
	}
	return can, err
}

// checkSettingsLevel refuses to show settings to a session below what they ask.
func (e *Engine) checkSettingsLevel(ctx context.Context, i *identity.Identity, c Client, s *session.Session) error {
	need, err := e.settingsLevel(ctx, i, c, false)
	if err != nil {
		return err
	}
	if s.AAL() < need {
		return ErrSecondFactorRequired
	}
	return nil
}
