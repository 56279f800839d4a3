package flow

import (
	"context"
	"errors"
	"fmt"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/message"
	"github.com/symbolon/symbolon/internal/secret"
)

// RedeemRequest is the token of a link in a mail that came back.
type RedeemRequest struct {
	Kind   Kind
	Method string
	Token  string
	URL    string // of the request
	Input  Input
	Caller Caller
}

// RedeemToken continues the flow that waits for the token. Tokens work once; an
// unknown or used one starts the kind afresh with a message (*Restarted). A used
// link of an address that is still confirmed says so again: mail scanners open
// links before people do.
func (e *Engine) RedeemToken(ctx context.Context, r RedeemRequest) (Result, error) {
	result, err := e.redeemToken(ctx, r)
	e.observer.Submitted(r.Kind, r.Method, OutcomeName(result, err))
	return result, err
}

func (e *Engine) redeemToken(ctx context.Context, r RedeemRequest) (Result, error) {
	step, served := e.steps[r.Kind][r.Method]
	if !served {
		return Result{}, errs.ErrNotFound
	}
	if err := e.checkSession(r.Kind, r.Caller, false, ""); err != nil {
		return Result{}, err
	}
	f, err := e.flowByToken(ctx, r.Token)
	if errors.Is(err, errs.ErrNotFound) || err == nil && f.Kind != r.Kind {
		return Result{}, e.unknownToken(ctx, r)
	}
	if err != nil {
		return Result{}, fmt.Errorf("find flow by token: %w", err)
	}
	if f.Kind == Verification && f.State == Passed && !f.Expired(e.now()) {
		return e.confirmedBefore(ctx, f, r)
	}
	c := checked{flow: f, step: step, method: r.Method, input: r.Input, caller: r.Caller, url: r.URL, redeemed: true}
	if err := e.checkLifetime(ctx, c); err != nil {
		return Result{}, err
	}
	if _, sent := f.Private[r.Method]; !sent {
		return Result{}, e.unknownToken(ctx, r) // another method waits for it
	}
	result, err := e.finish(ctx, c, nil)
	if errors.Is(err, errs.ErrStale) || errors.Is(err, errs.ErrNotFound) {
		// The other of two clicks was first, or whom the link was for has gone.
		return Result{}, e.unknownToken(ctx, r)
	}
	return result, err
}

// flowByToken finds the flow that waits for a token, also for one that the server issued
// whose accounts were taken over.
func (e *Engine) flowByToken(ctx context.Context, token string) (*Flow, error) {
	f, err := e.store.FlowByResume(ctx, secret.Hash(token))
	if e.config.ImportedHashes == nil {
		return f, err
	}
	for _, hash := range e.config.ImportedHashes(token) {
		if !errors.Is(err, errs.ErrNotFound) {
			break
		}
		f, err = e.store.FlowByResume(ctx, hash)
	}
	return f, err
}

// confirmedBefore answers a link that was used already: with its success, in a
// flow of this browser's own, while the address is still confirmed.
func (e *Engine) confirmedBefore(ctx context.Context, f *Flow, r RedeemRequest) (Result, error) {
	var proved provedMemory
	if ok, err := f.recall(provedSlot, &proved); err != nil || !ok {
		return Result{}, e.unknownToken(ctx, r)
	}
	owner, err := e.identities.ByID(ctx, f.IdentityID)
	if errors.Is(err, errs.ErrNotFound) {
		return Result{}, e.unknownToken(ctx, r)
	}
	if err != nil {
		return Result{}, err
	}
	if a := identity.Find(owner.Verifiable, proved.Via, proved.Normalized); a == nil || !a.Verified {
		return Result{}, e.unknownToken(ctx, r)
	}
	if !r.Caller.sees(f) {
		shown := e.newFlow(Verification, Browser, e.now())
		shown.Request, shown.ReturnTo, shown.State = f.Request, f.ReturnTo, Passed
		shown.CSRF = secret.MaskCSRF(r.Caller.csrf(Browser))
		shown.Form.Messages = []message.Message{message.Of(message.KeyVerificationDone)}
		if err := e.create(ctx, shown, nil, r.Caller); err != nil {
			return Result{}, err
		}
		f = shown
	}
	return Result{Outcome: Completed, Flow: f, Identity: owner, Redirect: e.returnURL(f, r.Method)}, nil
}

// unknownToken starts a new flow of the kind for a token that is not known here. The token
// may still be valid on another server, so it is not stored.
func (e *Engine) unknownToken(ctx context.Context, r RedeemRequest) error {
	why := message.KeyVerificationInvalid
	if r.Kind == Recovery {
		why = message.KeyRecoveryInvalid
	}
	started := &Flow{Kind: r.Kind, Client: Browser, Request: WithoutSecrets(r.URL)}
	return e.restart(ctx, checked{flow: started, caller: r.Caller, url: r.URL}, message.Of(why))
}
