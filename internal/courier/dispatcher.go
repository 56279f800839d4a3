package courier

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"symbolon/internal/errs"
	"symbolon/internal/secret"
)

// Channel delivers a rendered message. An error that wraps ErrPermanent is not
// tried again.
type Channel interface {
	Name() string
	Deliver(context.Context, Rendered) error
}

// ErrPermanent says that trying again would change nothing.
var ErrPermanent = errors.New("refused for good")

// DispatchConfig of a Dispatcher.
type DispatchConfig struct {
	Workers    int           // deliveries at once
	MaxTries   int           // then the message is dead
	MinBackoff time.Duration // after the first failure; doubles with each
	MaxBackoff time.Duration
	Lease      time.Duration // how long one delivery may take
	// KeepBodies leaves the bodies of sent messages readable, for the mailbox that
	// stands in for a mail server.
	KeepBodies bool
}

// pollEvery bounds how long a message of another node, whose signal does not
// reach this one, waits.
const pollEvery = 5 * time.Second

// Dispatcher delivers what is queued. Any number of dispatchers may share a
// store: a message is leased to one of them at a time.
type Dispatcher struct {
	outbox  *Outbox
	channel Channel
	config  DispatchConfig
	log     *slog.Logger
	name    string // of this dispatcher in leases
}

// NewDispatcher returns a dispatcher for an outbox.
func NewDispatcher(o *Outbox, c Channel, config DispatchConfig, log *slog.Logger) *Dispatcher {
	return &Dispatcher{outbox: o, channel: c, config: config, log: log, name: secret.NewID()}
}

// Run delivers until ctx ends and then waits for deliveries in progress.
func (d *Dispatcher) Run(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-d.outbox.wake:
		case <-timer.C:
		}
		if _, err := d.DeliverDue(ctx); err != nil && ctx.Err() == nil {
			d.log.WarnContext(ctx, "courier could not use its queue", slog.Any("error", err))
		}
		timer.Reset(d.pause(ctx))
	}
}

// pause is the time until the next message is due, at most pollEvery.
func (d *Dispatcher) pause(ctx context.Context) time.Duration {
	at, ok, err := d.outbox.store.NextMessage(ctx)
	if err != nil || !ok {
		return pollEvery
	}
	return min(max(at.Sub(d.outbox.now()), 10*time.Millisecond), pollEvery)
}

// DeliverDue delivers everything that is due, Workers at once, and returns how
// many messages were sent.
func (d *Dispatcher) DeliverDue(ctx context.Context) (sent int, err error) {
	for ctx.Err() == nil {
		now := d.outbox.now()
		claimed, err := d.outbox.store.ClaimMessages(ctx, d.name, now, now.Add(d.config.Lease), d.config.Workers)
		if err != nil || len(claimed) == 0 {
			return sent, err
		}
		sent += d.deliverAll(ctx, claimed)
	}
	return sent, nil
}

func (d *Dispatcher) deliverAll(ctx context.Context, claimed []*Stored) (sent int) {
	// A delivery in progress is finished even when the server stops: its outcome
	// has to be recorded.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), d.config.Lease)
	defer cancel()
	var group sync.WaitGroup
	for _, m := range claimed {
		group.Go(func() { d.deliver(ctx, m) })
	}
	group.Wait()
	for _, m := range claimed {
		if m.Status == Sent {
			sent++
		}
	}
	return sent
}

func (d *Dispatcher) deliver(ctx context.Context, m *Stored) {
	rendered, err := d.outbox.open(m)
	if err != nil {
		err = fmt.Errorf("%w: %w", ErrPermanent, err)
	} else {
		err = d.channel.Deliver(ctx, rendered)
	}
	d.settle(m, err)
	log := d.log.With(slog.String("message_id", m.ID), slog.String("template", string(m.Template)), slog.Int("tries", m.Tries))
	switch {
	case err == nil:
		log.InfoContext(ctx, "message sent")
	case m.Status == Dead:
		log.ErrorContext(ctx, "message given up", slog.Any("error", err))
	default:
		log.WarnContext(ctx, "message not sent, will be tried again", slog.Any("error", err), slog.Time("next_try", m.NextTry))
	}
	if err := d.outbox.store.SettleMessage(ctx, m); err != nil && !errors.Is(err, errs.ErrStale) {
		log.ErrorContext(ctx, "outcome of a delivery could not be stored", slog.Any("error", err))
	}
}

// settle notes the outcome of a try.
func (d *Dispatcher) settle(m *Stored, err error) {
	now := d.outbox.now()
	switch {
	case err == nil:
		m.Status, m.SentAt, m.LastError = Sent, now, ""
		if !d.config.KeepBodies {
			m.Sealed = ""
		}
	case errors.Is(err, ErrPermanent) || m.Tries >= d.config.MaxTries:
		m.Status, m.LastError = Dead, brief(err)
	default:
		m.Status, m.LastError = Queued, brief(err)
		m.NextTry = now.Add(d.backoff(m.Tries))
	}
}

// backoff doubles with each try and is spread over its whole length, so that
// what failed together is not tried together.
func (d *Dispatcher) backoff(tries int) time.Duration {
	longest := d.config.MinBackoff
	for range tries - 1 {
		longest = min(2*longest, d.config.MaxBackoff)
	}
	return longest/2 + time.Duration(secret.Below(int64(longest)/2+1))
}

// brief cuts an error for the table; what a mail server says may be long.
func brief(err error) string {
	text := err.Error()
	return text[:min(len(text), 500)]
}

// Mailbox is the channel without a mail server: messages count as delivered and
// are read on the mailbox page.
type Mailbox struct{}

// Name implements Channel.
func (Mailbox) Name() string { return "mailbox" }

// Deliver implements Channel.
func (Mailbox) Deliver(context.Context, Rendered) error { return nil }
