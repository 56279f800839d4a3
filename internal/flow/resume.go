package flow

import (
	"context"
	"errors"
	"fmt"

	"symbolon/internal/errs"
	"symbolon/internal/message"
	"symbolon/internal/secret"
)

// RedeemRequest is a secret that came back from outside, such as the token of a
// link in a mail.
type RedeemRequest struct {
	Kind   Kind
	Method string
	Token  string
	URL    string // of the request
	Input  Input
	Caller Caller
}

// Resume continues the flow that waits for the token. Tokens work once; an
// unknown or used one starts the kind afresh with a message (*Restarted).
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
	f, err := e.store.FlowByResume(ctx, secret.Hash(r.Token))
	if errors.Is(err, errs.ErrNotFound) || err == nil && f.Kind != r.Kind {
		return Result{}, e.unknownToken(ctx, r)
	}
	if err != nil {
		return Result{}, fmt.Errorf("find flow by token: %w", err)
	}
	if err := e.checkLifetime(ctx, f, r.Caller); err != nil {
		return Result{}, err
	}
	submit := SubmitRequest{Kind: r.Kind, Method: r.Method, FlowID: f.ID, URL: r.URL, Input: r.Input, Caller: r.Caller, resumed: true}
	result, err := e.judge(ctx, f, submit, step)
	if errors.Is(err, errs.ErrStale) || errors.Is(err, errs.ErrNotFound) {
		// The other of two clicks was first, or whom the link was for has gone.
		return Result{}, e.unknownToken(ctx, r)
	}
	if err == nil && e.config.KeepAddress {
		// The address is proven whatever becomes of this; the next proof or change
		// settles what is left.
		_ = e.identities.DropRetained(ctx, result.Identity.ID)
	}
	return result, err
}

// unknownToken starts the kind afresh for a token that opens nothing.
func (e *Engine) unknownToken(ctx context.Context, r RedeemRequest) error {
	why := message.KeyVerificationInvalid
	if r.Kind == Recovery {
		why = message.KeyRecoveryInvalid
	}
	started := &Flow{Kind: r.Kind, Client: Browser, Request: r.URL}
	return e.restart(ctx, started, r.Caller, message.Of(why))
}
