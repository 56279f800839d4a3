package flow

import (
	"context"
	"time"

	"symbolon/internal/errs"
	"symbolon/internal/message"
	"symbolon/internal/secret"
	"symbolon/internal/ui"
)

// rule is what differs by kind between a submission and its effect.
type rule struct {
	session sessionRule
	effect  effect
	expired string // key of the message that says so
	retried string // key of the message for a flow that was passed before; empty if passing ends it
}

type sessionRule uint8

const (
	anySession  sessionRule = iota // signed in or not
	noSession                      // pointless for who is signed in
	liveSession                    // only for who is signed in
)

// ruleFor is a switch, not a map variable: effects start other flows, and a map
// would be an initialization cycle.
func ruleFor(k Kind) rule {
	switch k {
	case Login:
		return rule{session: noSession, effect: loginEffect, expired: message.KeyLoginExpired}
	case Registration:
		return rule{session: noSession, effect: registrationEffect, expired: message.KeyRegistrationExpired}
	case Settings:
		return rule{session: liveSession, effect: settingsEffect, expired: message.KeySettingsExpired}
	case Recovery:
		return rule{session: noSession, effect: recoveryEffect, expired: message.KeyRecoveryExpired, retried: message.KeyRecoveryRetry}
	case Verification:
		return rule{session: anySession, effect: verificationEffect, expired: message.KeyVerificationExpired, retried: message.KeyVerificationRetry}
	}
	panic("flow: no rule for kind " + string(k))
}

// effect is what a kind does with a fact.
type effect func(*Engine, context.Context, Submission, Fact) (Result, error)

// effectFor returns the kind's effect; leaving is the same in all.
func effectFor(k Kind, fact Fact) effect {
	if _, ok := fact.(RedirectTo); ok {
		return redirectEffect
	}
	return ruleFor(k).effect
}

// CheckSession applies the kind's session rule where it does not depend on the
// flow: only a login flow can ask to sign in again.
func (e *Engine) CheckSession(k Kind, c Caller) error {
	return e.checkSession(k, c, k == Login, "")
}

// checkSession applies the kind's session rule.
func (e *Engine) checkSession(k Kind, c Caller, refresh bool, returnTo string) error {
	switch r := ruleFor(k).session; {
	case r == liveSession && c.Session == nil:
		return &LoginRequired{Kind: k}
	case r == noSession && c.Session != nil && !refresh:
		if returnTo == "" {
			returnTo = e.config.DefaultReturn.String()
		}
		return &LoggedIn{Kind: k, Redirect: returnTo}
	}
	return nil
}

// admit makes the checks that come before a method sees the submission. It
// returns *Rejected where the form can say what is wrong.
func (e *Engine) admit(ctx context.Context, f *Flow, r SubmitRequest) error {
	c, in := r.Caller, r.Input
	if f.Kind == Settings && f.IdentityID != c.Session.IdentityID {
		return errFlowOwnerMismatch
	}
	if in.problem == nil && !csrfValid(f, r) {
		return errs.ErrCSRF
	}
	if err := e.checkSession(f.Kind, c, f.Refresh, f.ReturnTo); err != nil {
		return err
	}
	if err := e.checkLifetime(ctx, f, c); err != nil {
		return err
	}
	if in.problem != nil {
		return Reject("", *in.problem)
	}
	return e.checkMisuse(f, c)
}

// checkLifetime restarts a flow that is over.
func (e *Engine) checkLifetime(ctx context.Context, f *Flow, c Caller) error {
	r := ruleFor(f.Kind)
	if f.Expired(e.now()) {
		why := message.Expired(r.expired, f.ExpiresAt, e.now())
		if f.Kind == Settings && f.Client == API {
			return &errs.Error{Code: errs.Invalid, ID: "settings_flow_expired", Message: "settings flow expired", Reason: why.English()}
		}
		return e.restart(ctx, f, c, why)
	}
	if f.State == Passed && r.retried != "" {
		return e.restart(ctx, f, c, message.Of(r.retried))
	}
	return nil
}

// csrfValid reports whether a browser's submission comes from a page that was
// shown the form: it has the token that belongs to the browser's cookie.
func csrfValid(f *Flow, r SubmitRequest) bool {
	token, _, _ := r.Input.Text(ui.CSRFName)
	if r.ByLink {
		token = f.CSRF
	}
	return f.Client == API || secret.CheckCSRF(token, r.Caller.CSRF)
}

// checkMisuse refuses API submissions that a page of another site could have
// caused. API flows have no token, so nothing that a browser sends on its own is
// accepted.
func (e *Engine) checkMisuse(f *Flow, c Caller) error {
	switch {
	case f.Client == Browser || e.config.LaxAPI:
		return nil
	case c.Origin:
		return Reject("", message.Of(message.KeyOriginInAPIFlow))
	case c.Cookie:
		return Reject("", message.Of(message.KeyCookieInAPIFlow))
	}
	return nil
}

// privileged reports whether the caller proved their credentials recently
// enough to change them.
func (e *Engine) privileged(c Caller) bool {
	return c.Session != nil && e.now().Before(c.Session.AuthenticatedAt.Add(e.config.PrivilegedAge))
}

// charge counts an attempt before it is judged, so that parallel guesses can't
// share one.
func (e *Engine) charge(ctx context.Context, f *Flow, a Attempt) (refund func(), err error) {
	refund, wait, ok := e.limiter.Count(ctx, a)
	if ok {
		return refund, nil
	}
	why := message.TooManyAttempts(wait)
	if a.Kind == LimitSendLink || a.Kind == LimitNotify {
		why = message.TooManyMails(wait)
	}
	if f.Client == Browser {
		return nil, Reject("", why)
	}
	return nil, &errs.Error{
		Code: errs.TooMany, ID: "too_many_attempts", RetryAfter: max(wait, time.Second),
		Reason: why.English(),
	}
}
