package flow

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/secret"
)

// redirectLifespan is how long a flow waits for a browser that it sent to another
// site.
const redirectLifespan = 30 * time.Minute

// pendingRedirect is the state of a browser sent to another site. Binding ties the
// callback to the browser that started it, which prevents login CSRF (RFC 9700,
// 4.7).
type pendingRedirect struct {
	Method    string    `json:"method"`
	Binding   string    `json:"binding"`
	Input     stored    `json:"input"` // what was submitted before, to be used after
	ExpiresAt time.Time `json:"expires_at"`
}

// CallbackParams is what the other site sent.
type CallbackParams struct {
	From   string     // the provider in the URL that was called back
	Answer url.Values // query or form
}

// redirectEffect sends the person to a provider and stores what the callback must match.
func redirectEffect(e *Engine, _ context.Context, j *judged) (Result, error) {
	to := j.fact.(RedirectTo)
	if j.flow.Kind == Settings {
		j.flow.State = Open
	}
	j.flow.Form.Messages = e.standing(j.flow)
	result := Result{Outcome: Redirected, Redirect: to.URL}
	if to.ResumeHash == "" {
		return result, nil
	}
	result.Continuity = j.caller.continuity()
	j.flow.ResumeHash = to.ResumeHash
	err := j.flow.remember(redirectMemory, pendingRedirect{
		Method: j.method, Binding: secret.Hash(result.Continuity),
		Input: j.input.only(usedAfterRedirect(j.flow.Client)).store(), ExpiresAt: e.now().Add(redirectLifespan),
	})
	if err != nil {
		return Result{}, err
	}
	return result, j.flow.remember(j.method, to.Memory)
}

// usedAfterRedirect returns a function that reports whether a field is to be used after the
// callback. A password that the browser has filled into the same form is not. Nor are the traits
// of an app: any browser can come back for it, and what a stranger has typed would become the
// profile of the person who is known to the provider.
func usedAfterRedirect(c Client) func(name string) bool {
	return func(name string) bool {
		return name == "provider" || c != API && (name == "traits" || strings.HasPrefix(name, "traits."))
	}
}

// CallbackRequest is a browser that comes back from another site.
type CallbackRequest struct {
	Method string
	State  string
	Params CallbackParams
	URL    string // of the request
	Caller Caller
}

// Callback continues the flow that waits for a state, in the browser that left. A
// state works once, even if the callback fails.
func (e *Engine) Callback(ctx context.Context, r CallbackRequest) (Result, error) {
	f, input, err := e.consumeState(ctx, r)
	if err != nil {
		return Result{}, err
	}
	code := f.ExchangeCode()
	c, err := e.checkCallback(ctx, f, r, input)
	result, err := e.finish(ctx, c, err)
	if err == nil && code != "" && result.Outcome == Completed && result.Token != "" {
		result.Redirect, err = e.handOver(ctx, result, r.Method, code)
		result.HandedOver = true
	}
	e.observer.Submitted(f.Kind, r.Method, OutcomeName(result, err))
	return result, err
}

// consumeState finds the flow that waits for the state and lets it wait no longer.
func (e *Engine) consumeState(ctx context.Context, r CallbackRequest) (*Flow, Input, error) {
	if r.State == "" {
		return nil, Input{}, errStateMissing
	}
	f, err := e.store.FlowByResume(ctx, secret.Hash(r.State))
	known := err == nil
	switch {
	case err != nil && !errors.Is(err, errs.ErrNotFound):
		return nil, Input{}, fmt.Errorf("find flow by state: %w", err)
	case r.Caller.Continuity == "" && !(known && f.Remembers(appMemory)):
		return nil, Input{}, errNotResumable
	case !known:
		return nil, Input{}, errStateMismatch
	}
	var wait pendingRedirect
	if ok, err := f.recall(redirectMemory, &wait); err != nil {
		return nil, Input{}, err
	} else if !ok || wait.Method != r.Method || !wait.boundTo(f, r.Caller) {
		return nil, Input{}, errStateMismatch
	}
	delete(f.Private, redirectMemory)
	f.ResumeHash = ""
	if err := e.store.SaveFlow(ctx, f); errors.Is(err, errs.ErrStale) {
		return nil, Input{}, errStateMismatch // the other of two callbacks was first
	} else if err != nil {
		return nil, Input{}, fmt.Errorf("consume state: %w", err)
	}
	if e.now().After(wait.ExpiresAt) {
		return nil, Input{}, errResumeExpired
	}
	return f, wait.Input.input(), nil
}

// boundTo reports whether the browser that is back is the one that left. The browser of an
// app has nothing of the flow, and the session goes to the app alone, which has a code that
// the browser never had.
func (p pendingRedirect) boundTo(f *Flow, c Caller) bool {
	return f.Remembers(appMemory) || secret.Equal(p.Binding, secret.Hash(c.Continuity))
}

// checkCallback makes the checks on a callback; whose flow it is, the state and the
// continuity cookie have shown.
func (e *Engine) checkCallback(ctx context.Context, f *Flow, r CallbackRequest, input Input) (checked, error) {
	step, served := e.steps[f.Kind][r.Method]
	c := checked{flow: f, step: step, method: r.Method, input: input, caller: r.Caller, url: r.URL, callback: &r.Params}
	if !served {
		return c, errs.ErrNotFound
	}
	if f.Client == API {
		c.caller.Providers = f.appRules()
	}
	if err := e.checkSession(f.Kind, r.Caller, f.forSignedIn(), f.ReturnTo); err != nil {
		return c, err
	}
	if f.Kind == Settings && f.IdentityID != r.Caller.Session.IdentityID {
		return c, errFlowOwnerMismatch
	}
	return c, e.checkOpen(ctx, c)
}
