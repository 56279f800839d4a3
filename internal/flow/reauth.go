package flow

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"symbolon/internal/errs"
	"symbolon/internal/message"
	"symbolon/internal/secret"
)

// reauthMemory is the slot of Flow.Private in which a submission waits.
const reauthMemory = "reauthenticate"

// reauthLifespan is how long it waits.
const reauthLifespan = 15 * time.Minute

// pending is a submission that waits for its owner to sign in again. It may
// hold a new password, so it is sealed with a token that only the browser has.
type pending struct {
	Method    string    `json:"method"`
	TokenHash string    `json:"token_hash"`
	Sealed    string    `json:"sealed"`
	ExpiresAt time.Time `json:"expires_at"`
}

// reauthenticate keeps a browser's submission and asks to sign in again. API
// clients keep their submission themselves.
func (e *Engine) reauthenticate(ctx context.Context, f *Flow, r SubmitRequest) error {
	if f.Client == API {
		return errPrivilege
	}
	token := r.Caller.continuity()
	sealer, err := secret.NewSealer(reauthMemory, []string{token})
	if err != nil {
		return err
	}
	plain, err := json.Marshal(r.Input.store())
	if err != nil {
		return fmt.Errorf("keep submission: %w", err)
	}
	f = f.clone()
	err = f.remember(reauthMemory, pending{
		Method: r.Method, TokenHash: secret.Hash(token),
		Sealed: sealer.Seal(string(plain), f.ID), ExpiresAt: e.now().Add(reauthLifespan),
	})
	if err != nil {
		return err
	}
	if err := e.store.SaveFlow(ctx, f); err != nil {
		return fmt.Errorf("keep submission: %w", err)
	}
	return &Reauthenticate{Flow: f, Token: token}
}

// Continue executes the submission that waits in a settings flow, once, for the
// identity that made it. token is what Reauthenticate handed to the browser; if
// nothing waits for it, the form says that a link is no submission.
func (e *Engine) ResumeSubmission(ctx context.Context, r SubmitRequest, token string) (Result, error) {
	result, err := e.resumeSubmission(ctx, r, token)
	e.observer.Submitted(r.Kind, r.Method, OutcomeName(result, err))
	return result, err
}

func (e *Engine) resumeSubmission(ctx context.Context, r SubmitRequest, token string) (Result, error) {
	if r.Caller.Session == nil {
		return Result{}, &LoginRequired{Kind: r.Kind}
	}
	f, err := e.load(ctx, r.Kind, r.FlowID)
	if err != nil {
		return Result{}, err
	}
	if f.IdentityID != r.Caller.Session.IdentityID {
		return Result{Flow: f}, errFlowOwnerMismatch
	}
	if err := e.checkLifetime(ctx, f, r.Caller); err != nil {
		return Result{}, err
	}
	step, served := e.steps[r.Kind][r.Method]
	if !served {
		return Result{}, errs.ErrNotFound
	}
	var wait pending
	if ok, err := f.recall(reauthMemory, &wait); err != nil {
		return Result{}, err
	} else if !ok || wait.Method != r.Method || !secret.Equal(wait.TokenHash, secret.Hash(token)) {
		return e.again(ctx, f, r, Reject("", message.Message{Key: message.KeyBodyMethod, Params: map[string]any{"method": "GET"}}))
	}
	if e.now().After(wait.ExpiresAt) {
		return Result{Flow: f}, errResumeEnded
	}
	if r.Input, err = wait.open(token, f.ID); err != nil {
		return Result{}, err
	}
	f.CSRF = secret.MaskCSRF(r.Caller.CSRF) // signing in again has changed the browser's
	// Gone before it is judged: whatever comes of it, it happens once.
	delete(f.Private, reauthMemory)
	if err := e.store.SaveFlow(ctx, f); err != nil {
		return Result{}, fmt.Errorf("take kept submission: %w", err)
	}
	return e.judge(ctx, f, r, step)
}

func (p pending) open(token, flowID string) (Input, error) {
	sealer, err := secret.NewSealer(reauthMemory, []string{token})
	if err != nil {
		return Input{}, err
	}
	plain, err := sealer.Open(p.Sealed, flowID)
	if err != nil {
		return Input{}, errResumeEnded.Because(err)
	}
	var kept stored
	if err := json.Unmarshal([]byte(plain), &kept); err != nil {
		return Input{}, fmt.Errorf("read kept submission: %w", err)
	}
	return kept.input(), nil
}
