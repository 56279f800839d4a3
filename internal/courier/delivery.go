package courier

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"time"
	"unicode"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/secret"
)

// Channel delivers a rendered message. It gives up when the context ends. An
// error that wraps ErrPermanent is not tried again.
type Channel interface {
	Name() string
	Deliver(context.Context, Rendered) error
}

// ErrPermanent says that trying again would change nothing.
var ErrPermanent = errors.New("refused for good")

// Why a message is given up before it reaches the channel.
var (
	errExpired = fmt.Errorf("%w: the link expired before the message could be sent", ErrPermanent)
	errLost    = fmt.Errorf("%w: the server stopped in the middle of each try", ErrPermanent)
)

// deliver makes one try and notes its outcome.
func (d *Dispatcher) deliver(ctx context.Context, m *Stored) {
	// A quarter of the lease is left to store the outcome.
	limited, cancel := context.WithTimeout(ctx, d.config.Lease/4*3)
	err := d.try(limited, m)
	cancel()
	d.conclude(m, err)
	d.report(ctx, m)
}

// try hands the message to the channel.
func (d *Dispatcher) try(ctx context.Context, m *Stored) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("channel panicked: %v", cause)
		}
	}()
	if m.Tries > d.config.MaxTries {
		return errLost // or a message that crashes the server would do so for ever
	}
	if m.expired(d.outbox.now()) {
		return errExpired
	}
	rendered, err := d.outbox.open(m)
	if errors.Is(err, secret.ErrSealed) {
		return err // another node has a newer secret: this one may learn it before the last try
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrPermanent, err)
	}
	return d.channel.Deliver(ctx, rendered)
}

// conclude notes the outcome of a try.
func (d *Dispatcher) conclude(m *Stored, err error) {
	now := d.outbox.now()
	switch {
	case err == nil:
		m.Status, m.SentAt, m.LastError = Sent, now, ""
	case errors.Is(err, ErrPermanent) || m.Tries >= d.config.MaxTries:
		m.Status, m.LastError = Dead, brief(err)
	default:
		m.Status, m.LastError = Queued, brief(err)
		m.NextTry = now.Add(d.backoff(m.Tries))
	}
	// A dead letter keeps its body, for a retry by hand, as long as its link works.
	if !d.config.KeepBodies && (m.Status == Sent || m.Status == Dead && m.expired(now)) {
		m.Sealed = ""
	}
}

func (d *Dispatcher) report(ctx context.Context, m *Stored) {
	log := d.log.With(slog.String("message_id", m.ID), slog.String("template", string(m.Template)), slog.Int("tries", m.Tries))
	switch m.Status {
	case Sent:
		log.InfoContext(ctx, "message sent")
	case Dead:
		log.ErrorContext(ctx, "message given up", slog.String("error", m.LastError))
	case Queued, Sending:
		log.WarnContext(ctx, "message not sent, will be tried again", slog.String("error", m.LastError), slog.Time("next_try", m.NextTry))
	}
}

// recordPauses are the waits before each try to store an outcome. Without it the
// message would be sent again once the lease has run out.
var recordPauses = []time.Duration{0, 100 * time.Millisecond, 500 * time.Millisecond, 2 * time.Second}

// recordTries bounds them while storage is away, to some ten minutes. Until it is back
// no other dispatcher can take the message.
const recordTries = 300

// record stores an outcome that could not be stored together with others. The end of ctx
// leaves it the first few tries.
func (d *Dispatcher) record(ctx context.Context, m *Stored) {
	var err error
	for n := 1; ; n++ {
		if err = d.outbox.store.RecordDelivery(context.WithoutCancel(ctx), m); err == nil || errors.Is(err, errs.ErrStale) {
			break
		}
		stopped := ctx.Done()
		if n < len(recordPauses) {
			stopped = nil
		} else if n == recordTries || !errors.Is(err, errs.ErrUnavailable) {
			break
		}
		if !wait(stopped, recordPauses[min(n, len(recordPauses)-1)]) {
			break
		}
	}
	if err != nil {
		d.notStored(ctx, m, err)
	}
}

func (d *Dispatcher) notStored(ctx context.Context, m *Stored, err error) {
	d.log.ErrorContext(ctx, "outcome of a delivery could not be stored, so the message may be sent again",
		slog.String("message_id", m.ID), slog.String("outcome", string(m.Status)), slog.Any("error", err))
}

// wait waits for some time, false if it was stopped.
func wait(stopped <-chan struct{}, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-stopped:
		return false
	case <-timer.C:
		return true
	}
}

// backoff doubles with each try and is spread over its second half, so that what
// failed together is not tried together.
func (d *Dispatcher) backoff(tries int) time.Duration {
	longest := min(d.config.MinBackoff, d.config.MaxBackoff)
	for i := 1; i < tries && longest < d.config.MaxBackoff; i++ {
		longest = min(2*longest, d.config.MaxBackoff)
	}
	return longest - time.Duration(secret.Below(int64(longest)/2+1))
}

// tokenLike is what a mail server may repeat of a message that it refuses: a run
// as long as a token.
var tokenLike = regexp.MustCompile(`[A-Za-z0-9]{30,}`)

// brief makes one short line of an error, for the log and the table: what a mail
// server says may be long, in any encoding, and quote the message.
func brief(err error) string {
	const most = 500
	text := tokenLike.ReplaceAllString(strings.ToValidUTF8(err.Error(), "?"), "[removed]")
	text = strings.Join(strings.FieldsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), " ")
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}

// Mailbox is the channel without a mail server: messages count as delivered and
// are read on the mailbox page.
type Mailbox struct{}

// Name implements Channel.
func (Mailbox) Name() string { return "mailbox" }

// Deliver implements Channel.
func (Mailbox) Deliver(context.Context, Rendered) error { return nil }
