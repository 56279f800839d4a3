package courier

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/symbolon/symbolon/internal/secret"
)

// What operators see of the queue and do to it.

// Overview is how the queue is doing.
type Overview struct {
	Counts map[Status]int
	// Oldest is when the oldest message that still waits was queued; zero if none
	// waits.
	Oldest time.Time
	// NextTry is when the earliest waiting message is due; zero if none waits. In
	// the past it says that delivery lags behind.
	NextTry time.Time
	// LastError is why the latest message that could not be sent so far was not;
	// empty if there is none.
	LastError string
}

// Overview says how the queue is doing.
func (o *Outbox) Overview(ctx context.Context) (Overview, error) {
	var v Overview
	var err error
	if v.Counts, err = o.store.CountMessages(ctx); err != nil {
		return v, err
	}
	if v.Oldest, v.LastError, err = o.store.Backlog(ctx); err != nil {
		return v, err
	}
	at, ok, err := o.store.NextMessage(ctx)
	if ok {
		v.NextTry = at
	}
	return v, err
}

// SendTest queues the test message and returns it as it is kept.
func (o *Outbox) SendTest(ctx context.Context, to string) (*Stored, error) {
	kept, err := o.enqueue(ctx, Message{Template: Test, To: to})
	if err != nil {
		return nil, fmt.Errorf("queue test message: %w", err)
	}
	return kept, nil
}

// List returns messages without their bodies, the latest first.
func (o *Outbox) List(ctx context.Context, f Filter) ([]*Stored, error) {
	return o.store.Messages(ctx, f)
}

// Get returns a message and what it says, where that is still kept;
// errs.ErrNotFound if there is none.
func (o *Outbox) Get(ctx context.Context, id string) (*Stored, Rendered, error) {
	kept, err := o.store.Message(ctx, id)
	if err != nil {
		return nil, Rendered{}, err
	}
	r, err := o.open(kept)
	if err != nil && !errors.Is(err, errErased) && !errors.Is(err, secret.ErrSealed) {
		return nil, Rendered{}, err
	}
	return kept, r, nil
}

// Retry queues a dead message again with all its tries; errs.ErrNotFound if
// there is none of that id that is dead and has its body.
func (o *Outbox) Retry(ctx context.Context, id string) error {
	if err := o.store.RetryMessage(ctx, id, o.now()); err != nil {
		return err
	}
	o.signal()
	return nil
}
