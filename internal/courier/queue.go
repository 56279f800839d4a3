package courier

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/mail"
	"strings"
	"time"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/secret"
)

// Status is where a message stands.
type Status string

// The statuses. Dead messages have used up their tries or were refused for
// good; they are kept until they are cleaned up or retried by hand.
const (
	Queued  Status = "queued"
	Sending Status = "sending"
	Sent    Status = "sent"
	Dead    Status = "dead"
)

// Statuses are all of them, in the order in which a message may have them.
var Statuses = []Status{Queued, Sending, Sent, Dead}

// Stored is a message as it is kept.
type Stored struct {
	ID         string // UUID version 7; also the local part of the Message-ID
	Template   Template
	Recipient  string
	Subject    string
	Sealed     string // the body; empty once it has been erased
	IdentityID string // empty for unknown addresses
	Status     Status
	Tries      int
	// NextTry is when a message that waits is due; while Sending, when the lease
	// runs out.
	NextTry   time.Time
	Lease     string // who is sending, or was last
	LastError string // without secrets
	CreatedAt time.Time
	Expires   time.Time // when the link in the body ends; zero if it has none
	SentAt    time.Time // zero until sent
}

// Type is how the message travels.
func (m *Stored) Type() Type { return TypeOf(m.Recipient) }

// expired reports whether the link of a message has ended.
func (m *Stored) expired(now time.Time) bool { return !m.Expires.IsZero() && !now.Before(m.Expires) }

// Store keeps messages. *store.DB satisfies it.
type Store interface {
	CreateMessage(context.Context, *Stored) error
	// AfterCommit runs f when the context's transaction has committed.
	AfterCommit(ctx context.Context, f func())
	// InTx runs f in a transaction that f's context carries. f may run more than once.
	InTx(ctx context.Context, f func(context.Context) error) error
	// InTxAsync is InTx whose commit does not wait for the disk: if the machine crashes
	// before a commit that does, its work is undone.
	InTxAsync(ctx context.Context, f func(context.Context) error) error
	waiting
	records
}

// waiting is what dispatchers do to the queue.
type waiting interface {
	// ClaimMessages leases up to limit messages that are due, or whose lease has
	// run out, counting a try for each. The longest due come first.
	ClaimMessages(ctx context.Context, lease string, now, until time.Time, limit int) ([]*Stored, error)
	// RecordDelivery stores status, next try, error, body and sent time if the
	// message is still under the lease; errs.ErrStale if it is not.
	RecordDelivery(context.Context, *Stored) error
	// NextMessage is when the earliest message is due or its lease runs out; ok is
	// false if none waits.
	NextMessage(context.Context) (at time.Time, ok bool, err error)
	// EraseMessages removes the bodies of at most limit messages that were sent or
	// given up and whose link has expired.
	EraseMessages(ctx context.Context, now time.Time, limit int) (erased int64, err error)
}

// records are what operators see and do.
type records interface {
	Message(ctx context.Context, id string) (*Stored, error)
	Messages(context.Context, Filter) ([]*Stored, error)
	RetryMessage(ctx context.Context, id string, now time.Time) error
	CountMessages(context.Context) (map[Status]int, error)
	// Backlog is when the oldest message that still waits was queued, zero if none
	// does, and the error of the latest one that could not be sent so far.
	Backlog(context.Context) (oldest time.Time, lastError string, err error)
}

// Filter selects messages for a listing, the latest first.
type Filter struct {
	Status     Status   // empty for all
	Recipient  string   // empty for all
	Normalized []string // the forms in which addresses like Recipient are compared (traits.NormalForms)
	Before     string   // only ids smaller than this one
	Limit      int
}

// body is what is sealed.
type body struct {
	Text string         `json:"text"`
	HTML string         `json:"html"`
	Data map[string]any `json:"data,omitempty"`
}

// Outbox queues messages and shows them to operators.
type Outbox struct {
	store     Store
	templates *Templates
	sealer    *secret.Sealer
	now       func() time.Time
	wake      chan struct{}
	describe  func(ctx context.Context, identityID string) (map[string]any, error)
}

// Describe sets the function that shapes the identity of a message for templates and for the programs of senders. Without it
// they get no identity, and the outbox reads none. by returns errs.ErrNotFound for an unknown id; any other error fails
// Enqueue. Call Describe before the first Enqueue.
func (o *Outbox) Describe(by func(ctx context.Context, identityID string) (map[string]any, error)) {
	o.describe = by
}

// NewOutbox returns an outbox. Bodies hold live links, so they are sealed with
// the secrets: a database dump holds no usable recovery link.
func NewOutbox(s Store, t *Templates, secrets []string, now func() time.Time) (*Outbox, error) {
	sealer, err := secret.NewSealer("courier", secrets)
	if err != nil {
		return nil, err
	}
	return &Outbox{store: s, templates: t, sealer: sealer, now: now, wake: make(chan struct{}, 1)}, nil
}

// Enqueue implements Queue.
func (o *Outbox) Enqueue(ctx context.Context, m Message) error {
	_, err := o.enqueue(ctx, m)
	if err != nil {
		return fmt.Errorf("queue %s message: %w", m.Template, err)
	}
	return nil
}

func (o *Outbox) enqueue(ctx context.Context, m Message) (*Stored, error) {
	now := o.now()
	kept := &Stored{
		ID: secret.NewOrderedID(), Template: m.Template, Recipient: m.To, IdentityID: m.IdentityID,
		Status: Queued, NextTry: now, CreatedAt: now, Expires: m.Expires,
	}
	if !m.Expires.IsZero() {
		m.minutes = int((m.Expires.Sub(now) + time.Minute - 1) / time.Minute)
	}
	if m.described = o.describe != nil; m.described && m.IdentityID != "" {
		shown, err := o.describe(ctx, m.IdentityID)
		if err != nil && !errors.Is(err, errs.ErrNotFound) {
			return nil, err
		}
		m.identity = shown
	}
	rendered, err := o.templates.Render(m)
	noText := errors.Is(err, errNoText)
	if err != nil && !noText {
		return nil, err
	}
	kept.Subject = rendered.Subject
	switch {
	case noText:
		kept.Status, kept.LastError, err = Dead, "this message has no form for a phone", nil
	case deliverable(m.To):
		err = o.seal(kept, rendered)
	default:
		// Not every schema demands addresses where it says so. A person who signs up
		// with another text is not to blame, and there is no recipient.
		kept.Status, kept.LastError = Dead, "the recipient is no e-mail address or phone number"
	}
	if err != nil {
		return nil, err
	}
	if err := o.store.CreateMessage(ctx, kept); err != nil {
		return nil, err
	}
	o.store.AfterCommit(ctx, o.signal)
	return kept, nil
}

// deliverable reports whether a text is an e-mail address or phone number and
// nothing else.
func deliverable(to string) bool {
	if TypeOf(to) == SMS {
		return true
	}
	parsed, err := mail.ParseAddress(to)
	if err != nil {
		return false
	}
	bare := mail.Address{Address: parsed.Address}
	return bare.String() == "<"+to+">"
}

func (o *Outbox) seal(kept *Stored, r Rendered) error {
	var plain strings.Builder
	encoder := json.NewEncoder(&plain)
	encoder.SetEscapeHTML(false) // six bytes for each "<" would take another page of the table
	if err := encoder.Encode(body{Text: r.Text, HTML: r.HTML, Data: r.Data}); err != nil {
		return err
	}
	kept.Sealed = o.sealer.Seal(plain.String(), kept.ID)
	return nil
}

// errErased says that the body is gone: the message was delivered or given up.
var errErased = errors.New("the body has been erased")

func (o *Outbox) open(kept *Stored) (Rendered, error) {
	r := Rendered{ID: kept.ID, Type: kept.Type(), Template: kept.Template, To: kept.Recipient, Subject: kept.Subject}
	if kept.Sealed == "" {
		return r, errErased
	}
	plain, err := o.sealer.OpenBytes(kept.Sealed, kept.ID)
	if err != nil {
		return r, err
	}
	var b body
	if err := json.Unmarshal(plain, &b); err != nil {
		return r, fmt.Errorf("read body: %w", err)
	}
	r.Text, r.HTML, r.Data = b.Text, b.HTML, b.Data
	return r, nil
}

// signal wakes the dispatcher, or leaves a note that it is to look again.
func (o *Outbox) signal() {
	select {
	case o.wake <- struct{}{}:
	default:
	}
}
