package flow

import (
	"context"
	"time"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/message"
	"github.com/symbolon/symbolon/internal/secret"
	"github.com/symbolon/symbolon/internal/session"
)

// checked is a submission whose sender and flow have passed the checks. Nothing
// else reaches a method.
type checked struct {
	flow     *Flow
	step     Step
	method   string
	input    Input
	caller   Caller
	url      string
	redeemed bool
	byPage   bool
	callback *CallbackParams
	told     *told
	began    time.Time
	again    string // the session that the flow has made, if its form comes again: see missed
}

// check makes the checks on a submission, each once and in this order: does the
// kind take the method and the caller, is the flow there, is it this caller's, is
// it still open, may this client send so, is it readable. Until the
// flow is known to be the caller's, an error changes nothing and reveals nothing of it. The
// flow is returned beside an error once it was found: it tells the transport who
// is asking.
func (e *Engine) check(ctx context.Context, r SubmitRequest) (c checked, err error) {
	if _, served := e.steps[r.Kind][r.Method]; !served || !e.sends(r.Kind, r.Method) {
		return c, errs.ErrNotFound
	}
	if err := e.checkSession(r.Kind, r.Caller, r.Kind == Login, ""); err != nil {
		return c, err
	}
	if !secret.IsID(r.FlowID) {
		return c, errFlowMissing
	}
	f, err := e.load(ctx, r.Kind, r.FlowID)
	if err != nil {
		return c, err
	}
	c = checked{flow: f, method: r.Method, input: r.Input, caller: r.Caller, url: r.URL, byPage: r.ByPage, told: r.told, began: r.began}
	if err := e.checkOwner(f, r); err != nil {
		return c, err
	}
	c.step, _ = e.stepFor(f, r.Method)
	if f.Expired(e.now()) && !r.ByLink { // as a finished login is
		c.again = e.missed(f, c.step, r.Caller)
	}
	if err := e.checkOpen(ctx, c); err != nil {
		return c, err
	}
	if r.Input.problem != nil {
		return c, Reject("", *r.Input.problem)
	}
	if err := e.checkMisuse(f, r.Caller); err != nil {
		return c, err
	}
	return c, e.checkTransient(c)
}

// sends reports whether people can ask a method for the secrets of a kind. Where the
// configuration names one that serves the kind, it is the only one; what another has
// sent before, or sends for an administrator, still comes back.
func (e *Engine) sends(k Kind, method string) bool {
	use := e.config.Kinds[k].Use
	_, serves := e.steps[k][use]
	return use == method || !serves
}

// checkOwner refuses a caller whose flow it is not. A flow never changes its
// owner: nothing after this check sets another browser or identity.
func (e *Engine) checkOwner(f *Flow, r SubmitRequest) error {
	c := r.Caller
	if f.Kind == Settings && f.IdentityID != c.Session.IdentityID {
		return errFlowOwnerMismatch
	}
	made, again := f.recallText(madeMemory), f.forSignedIn()
	if made != "" && c.Session != nil && c.Session.ID == made {
		// The form was sent twice: the first answer signed this browser in.
		return &LoggedIn{Kind: f.Kind, Redirect: e.returnURL(f, r.Method)}
	}
	// A body that can't be read has no token, and neither has a link.
	if f.Client == Browser && !r.ByLink && !c.sent(r.Input) && r.Input.readable() && !f.fitsApp(c) {
		return errs.ErrCSRF
	}
	// A signed-in browser whose cookie is newer than the flow is led on.
	if err := e.checkSession(f.Kind, c, again, f.ReturnTo); err != nil {
		return err
	}
	if !c.sees(f) || f.unclaimed() && r.ByLink {
		return errs.ErrCSRF
	}
	return nil
}

// checkOpen refuses a flow that is over, one that was to raise another session, and a
// step that the flow does not offer.
func (e *Engine) checkOpen(ctx context.Context, c checked) error {
	if err := e.checkStepUp(c.flow, c.caller); err != nil {
		return err
	}
	if err := e.checkRegistered(ctx, c); err != nil {
		return err
	}
	if c.again == "" {
		if err := e.checkLifetime(ctx, c); err != nil {
			return err
		}
	}
	if !c.step.fits(c.flow) {
		return Reject("", message.Of(message.KeyWrongMethod))
	}
	return nil
}

// missed returns the session that a finished login has made, if the browser sends the form
// of that login again and has missed the answer: the answer would have brought it the session
// and another anti-CSRF cookie. The proof is judged once more. It is empty for every other
// submission. Only the browser that the flow belongs to gets here.
func (e *Engine) missed(f *Flow, step Step, c Caller) string {
	if f.Kind != Login || f.Client != Browser || f.State != Passed || c.Session != nil {
		return ""
	}
	lives := e.now().Before(f.IssuedAt.Add(e.config.Kinds[Login].Lifespan))
	if !lives || step.Role != FirstFactor || f.RequestedAAL() == session.AAL2 {
		return ""
	}
	return f.recallText(madeMemory)
}

// checkSession applies the kind's session rule.
func (e *Engine) checkSession(k Kind, c Caller, again bool, returnTo string) error {
	switch r := ruleFor(k).session; {
	case r == liveSession && c.Session == nil:
		return &LoginRequired{Kind: k}
	case r == noSession && c.Session != nil && !again:
		if returnTo == "" {
			returnTo = e.config.DefaultReturn.String()
		}
		return &LoggedIn{Kind: k, Redirect: returnTo}
	}
	return nil
}

// checkStepUp ties a flow that asks for a second factor to the session that it
// raises.
func (e *Engine) checkStepUp(f *Flow, c Caller) error {
	if f.Kind != Login || f.RequestedAAL() != session.AAL2 {
		return nil
	}
	if c.Session == nil || c.Session.ID != f.recallText(sessionMemory) {
		return ErrFirstFactorRequired
	}
	return nil
}

// checkLifetime restarts a flow that is over.
func (e *Engine) checkLifetime(ctx context.Context, c checked) error {
	f := c.flow
	r := ruleFor(f.Kind)
	if f.Expired(e.now()) {
		why := message.Expired(r.expired, f.ExpiresAt, e.now())
		if f.Kind == Settings && f.Client == API && !c.caller.Renews {
			return &errs.Error{Code: errs.Invalid, ID: "settings_flow_expired", Message: "settings flow expired", Reason: why.English()}
		}
		return e.restart(ctx, c, why)
	}
	if f.State == Passed && r.retried != "" {
		return e.restart(ctx, c, message.Of(r.retried))
	}
	return nil
}

// checkRegistered leads a browser on that sends the form of a finished registration again:
// it missed the answer, and has an account to sign in to. Only the browser that the flow
// belongs to gets here. With existing accounts hidden nothing is said of one.
func (e *Engine) checkRegistered(ctx context.Context, c checked) error {
	f, done := c.flow, false
	if _, err := f.recall(registeredMemory, &done); err != nil || !done || !c.byPage || f.Client != Browser {
		return err
	}
	next := e.newFlow(Login, f.Client, e.now())
	next.Request, next.ReturnTo, next.CSRF = f.Request, f.ReturnTo, secret.MaskCSRF(c.caller.csrf(f.Client))
	if !e.config.HideExisting {
		next.Form.Messages = []message.Message{message.Of(message.KeyAccountExists)}
	}
	if err := e.askBefore(ctx, c, next, nil); err != nil {
		return err
	}
	if err := e.create(ctx, next, nil, c.caller); err != nil {
		return err
	}
	return &Restarted{Flow: next}
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
