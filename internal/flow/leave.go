package flow

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"symbolon/internal/errs"
	"symbolon/internal/secret"
)

// redirectMemory is the slot of Flow.Private that waits for a person at another site.
const redirectMemory = "away"

// redirectLifespan is how long it waits.
const redirectLifespan = 30 * time.Minute

// away is a person at another site. Binding ties the return to the browser that
// left (RFC 9700, 4.7): who sends somebody else through their own return would
// sign them in to a foreign account.
type pendingRedirect struct {
	Method    string    `json:"method"`
	Binding   string    `json:"binding"`
	Input     stored    `json:"input"` // what was submitted before leaving, to be used after
	ExpiresAt time.Time `json:"expires_at"`
}

// CallbackParams is what the other site sent.
type CallbackParams struct {
	From   string     // the provider in the URL that was returned to
	Answer url.Values // query or form
}

// redirectEffect lets the person go and notes what to expect.
func redirectEffect(e *Engine, _ context.Context, s Submission, fact Fact) (Result, error) {
	leave := fact.(RedirectTo)
	if s.Flow.Kind == Settings {
		s.Flow.State = Open
	}
	result := Result{Outcome: Redirected, Redirect: leave.URL}
	if leave.ResumeHash == "" {
		return result, nil
	}
	result.Continuity = s.caller.continuity()
	s.Flow.ResumeHash = leave.ResumeHash
	err := s.Flow.remember(redirectMemory, pendingRedirect{
		Method: s.method, Binding: secret.Hash(result.Continuity),
		Input: s.Input.only(chosenTrait).store(), ExpiresAt: e.now().Add(redirectLifespan),
	})
	if err != nil {
		return Result{}, err
	}
	return result, s.Flow.remember(s.method, leave.Memory)
}

// chosenTrait reports whether a field is to be used after the return. A password
// that the browser has filled into the same form is not.
func chosenTrait(name string) bool {
	return name == "traits" || strings.HasPrefix(name, "traits.") || name == "provider"
}

// CallbackRequest is a person who comes back from another site.
type CallbackRequest struct {
	Method string
	State  string
	Params CallbackParams
	URL    string // of the request
	Caller Caller
}

// Return continues the flow that was left with a state, in the browser that left.
// A state works once, whatever comes of it.
func (e *Engine) Callback(ctx context.Context, r CallbackRequest) (Result, error) {
	f, input, err := e.consumeState(ctx, r)
	if err != nil {
		return Result{}, err
	}
	result, err := e.handleCallback(ctx, f, r, input)
	e.observer.Submitted(f.Kind, r.Method, OutcomeName(result, err))
	if err != nil {
		result.Flow = f
	}
	return result, err
}

// consumeState finds the flow that waits for the state and lets it wait no longer.
func (e *Engine) consumeState(ctx context.Context, r CallbackRequest) (*Flow, Input, error) {
	switch {
	case r.State == "":
		return nil, Input{}, errNoState
	case r.Caller.Continuity == "":
		return nil, Input{}, errNoReturn
	}
	f, err := e.store.FlowByResume(ctx, secret.Hash(r.State))
	if errors.Is(err, errs.ErrNotFound) {
		return nil, Input{}, errWrongState
	}
	if err != nil {
		return nil, Input{}, fmt.Errorf("find flow by state: %w", err)
	}
	var wait pendingRedirect
	if ok, err := f.recall(redirectMemory, &wait); err != nil {
		return nil, Input{}, err
	} else if !ok || wait.Method != r.Method || !secret.Equal(wait.Binding, secret.Hash(r.Caller.Continuity)) {
		return nil, Input{}, errWrongState
	}
	delete(f.Private, redirectMemory)
	f.ResumeHash = ""
	if err := e.store.SaveFlow(ctx, f); errors.Is(err, errs.ErrStale) {
		return nil, Input{}, errWrongState // the other of two returns was first
	} else if err != nil {
		return nil, Input{}, fmt.Errorf("take state: %w", err)
	}
	if e.now().After(wait.ExpiresAt) {
		return nil, Input{}, errResumeEnded
	}
	return f, wait.Input.input(), nil
}

func (e *Engine) handleCallback(ctx context.Context, f *Flow, r CallbackRequest, input Input) (Result, error) {
	step, served := e.steps[f.Kind][r.Method]
	if !served {
		return Result{}, errs.ErrNotFound
	}
	if err := e.checkSession(f.Kind, r.Caller, f.Refresh, f.ReturnTo); err != nil {
		return Result{}, err
	}
	if f.Kind == Settings && f.IdentityID != r.Caller.Session.IdentityID {
		return Result{}, errFlowOwnerMismatch
	}
	if err := e.checkLifetime(ctx, f, r.Caller); err != nil {
		return Result{}, err
	}
	return e.judge(ctx, f, SubmitRequest{
		Kind: f.Kind, Method: r.Method, FlowID: f.ID, URL: r.URL, Input: input, Caller: r.Caller, params: &r.Params,
	}, step)
}

// KindOf tells which kind of flow an id is of, and for which client;
// errs.ErrNotFound if there is none.
func (e *Engine) KindOf(ctx context.Context, id string) (Kind, Client, error) {
	f, err := e.store.Flow(ctx, id)
	if err != nil {
		return "", "", fmt.Errorf("read flow: %w", err)
	}
	return f.Kind, f.Client, nil
}
