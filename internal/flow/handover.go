package flow

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/secret"
)

// A native app that signs in at a provider leaves for a browser and comes back by a URL of
// its own, which other apps may read. So the browser brings no session token but a code.
// The app exchanges that and the code it started the flow with for the token: neither code
// opens anything alone (RFC 8252, 8.1).

// handoverLife is how long after the callback a session waits for its app, and
// handoverAgain how long after the first exchange another gets the same answer: the first
// may have been lost on the way.
const (
	handoverLife  = 10 * time.Minute
	handoverAgain = 30 * time.Second
)

// handover is a session token that waits for the app whose sign-in a browser has finished.
type handover struct {
	Sealed string    `json:"sealed"` // opens with both codes
	Until  time.Time `json:"until"`
	Again  bool      `json:"again,omitempty"` // it was exchanged
}

// ExchangeCode is the code with which a native app started the flow, to exchange it for the
// session; empty for none.
func (f *Flow) ExchangeCode() string { return f.recallText(exchangeMemory) }

// handOver keeps the token of the session that a flow has made for the app that started it,
// and returns the URL that brings the app the second code. That is the flow's own return
// URL: the page to which a browser would be led next is not the app's.
func (e *Engine) handOver(ctx context.Context, r Result, method, code string) (string, error) {
	back := secret.Token() + secret.Token()
	sealer, err := handoverSealer(code, back)
	if err != nil {
		return "", err
	}
	f := r.Flow.clone()
	f.ResumeHash = secret.Hash(code)
	if err := f.remember(handoverMemory, handover{Sealed: sealer.Seal(r.Token, f.ID), Until: e.now().Add(handoverLife)}); err != nil {
		return "", err
	}
	if err := e.store.SaveFlow(ctx, f); err != nil {
		return "", fmt.Errorf("hand session over: %w", err)
	}
	return withQuery(e.returnURL(f, method), "code", back)
}

// Exchange returns the session token that waits for an app. code is what the app started
// the flow with, back what the browser brought it. The error is
// errs.ErrNotFound where none waits.
func (e *Engine) Exchange(ctx context.Context, code, back string) (string, error) {
	f, err := e.store.FlowByResume(ctx, secret.Hash(code))
	if errors.Is(err, errs.ErrNotFound) {
		return "", errs.ErrNotFound
	}
	if err != nil {
		return "", fmt.Errorf("find session to hand over: %w", err)
	}
	var waits handover
	if ok, err := f.recall(handoverMemory, &waits); err != nil {
		return "", err
	} else if !ok || e.now().After(waits.Until) {
		return "", errs.ErrNotFound
	}
	sealer, err := handoverSealer(code, back)
	if err != nil {
		return "", err
	}
	token, err := sealer.Open(waits.Sealed, f.ID)
	if err != nil {
		return "", errs.ErrNotFound
	}
	if waits.Again {
		return token, nil
	}
	waits.Again, waits.Until = true, e.now().Add(handoverAgain)
	if err := f.remember(handoverMemory, waits); err != nil {
		return "", err
	}
	if err := e.store.SaveFlow(ctx, f); err != nil && !errors.Is(err, errs.ErrStale) { // the other of two exchanges was first
		return "", fmt.Errorf("hand session over: %w", err)
	}
	return token, nil
}

func handoverSealer(code, back string) (*secret.Sealer, error) {
	return secret.NewSealer("session-handover", []string{code + "." + back})
}
