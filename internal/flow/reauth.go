package flow

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/message"
	"github.com/symbolon/symbolon/internal/secret"
	"github.com/symbolon/symbolon/internal/session"
)

// pendingLifespan is how long a submission waits for its owner to sign in.
const pendingLifespan = 15 * time.Minute

// sealContext separates sealed submissions from all else that is sealed.
const sealContext = "reauthenticate"

// pendingSubmission is a submission that waits for its owner to sign in again. It
// may hold a new password, so it is sealed with a token that only the browser has.
type pendingSubmission struct {
	Method    string    `json:"method"`
	TokenHash string    `json:"token_hash"`
	Sealed    string    `json:"sealed"`
	ExpiresAt time.Time `json:"expires_at"`
}

// holdSubmission keeps a browser's submission and asks to sign in again, or with a
// second factor. API clients keep their submission themselves. The error says what
// is missing.
func (e *Engine) holdSubmission(ctx context.Context, c checked, level session.AAL) error {
	if c.flow.Client == API {
		if level == session.AAL2 {
			return ErrSecondFactorRequired
		}
		return errPrivilege
	}
	token := c.caller.continuity()
	sealer, err := secret.NewSealer(sealContext, []string{token})
	if err != nil {
		return err
	}
	plain, err := json.Marshal(c.input.store())
	if err != nil {
		return fmt.Errorf("hold submission: %w", err)
	}
	f := c.flow.clone()
	err = f.remember(pendingMemory, pendingSubmission{
		Method: c.method, TokenHash: secret.Hash(token),
		Sealed: sealer.Seal(string(plain), f.ID), ExpiresAt: e.now().Add(pendingLifespan),
	})
	if err != nil {
		return err
	}
	if err := e.store.SaveFlow(ctx, f); err != nil {
		return fmt.Errorf("hold submission: %w", err)
	}
	return &Reauthenticate{Flow: f, Token: token, AAL: level}
}

// ResumeSubmission executes the submission that waits in a settings flow, once, for
// the identity that made it. token is what Reauthenticate handed to the browser; if
// nothing waits for it, the form says that a link is not a submission.
func (e *Engine) ResumeSubmission(ctx context.Context, r SubmitRequest, token string) (Result, error) {
	c, err := e.checkPending(ctx, r, token)
	result, err := e.finish(ctx, c, err)
	e.observer.Submitted(r.Kind, r.Method, OutcomeName(result, err))
	return result, err
}

// checkPending makes the checks on a submission that waited and takes it: it runs
// once, even if it fails.
func (e *Engine) checkPending(ctx context.Context, r SubmitRequest, token string) (checked, error) {
	c := checked{method: r.Method, caller: r.Caller, url: r.URL}
	if err := e.checkSession(r.Kind, r.Caller, false, ""); err != nil {
		return c, err
	}
	if !secret.IsID(r.FlowID) {
		return c, errFlowMissing
	}
	f, err := e.load(ctx, r.Kind, r.FlowID)
	if err != nil {
		return c, err
	}
	c.flow = f
	var wait pendingSubmission
	waits, err := f.recall(pendingMemory, &wait)
	if err != nil {
		return c, err
	}
	if waits && r.AnyMethod {
		c.method = wait.Method
	}
	step, served := e.steps[r.Kind][c.method]
	c.step = step
	if f.IdentityID != r.Caller.Session.IdentityID {
		return c, errFlowOwnerMismatch
	}
	if err := e.checkOpen(ctx, c); err != nil {
		return c, err
	}
	if !served {
		return c, errs.ErrNotFound
	}
	if !waits || wait.Method != c.method || !secret.Equal(wait.TokenHash, secret.Hash(token)) {
		if !r.Caller.sees(f) {
			return c, errs.ErrCSRF
		}
		return c, Reject("", message.Message{Key: message.KeyBodyMethod, Params: map[string]any{"method": "GET"}})
	}
	if e.now().After(wait.ExpiresAt) {
		return c, errResumeExpired
	}
	if c.input, err = wait.open(token, f.ID); err != nil {
		return c, err
	}
	// The browser that holds the continuity token and is signed in as the owner is the
	// one that submitted; signing in has changed its anti-CSRF cookie.
	f.CSRF = secret.MaskCSRF(r.Caller.CSRF)
	delete(f.Private, pendingMemory)
	if err := e.store.SaveFlow(ctx, f); err != nil {
		return c, fmt.Errorf("take held submission: %w", err)
	}
	return c, nil
}

func (p pendingSubmission) open(token, flowID string) (Input, error) {
	sealer, err := secret.NewSealer(sealContext, []string{token})
	if err != nil {
		return Input{}, err
	}
	plain, err := sealer.Open(p.Sealed, flowID)
	if err != nil {
		return Input{}, errResumeExpired.Because(err)
	}
	var kept stored
	if err := json.Unmarshal([]byte(plain), &kept); err != nil {
		return Input{}, fmt.Errorf("read held submission: %w", err)
	}
	return kept.input(), nil
}
