package flow

import (
	"context"
	"slices"
	"time"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/message"
	"github.com/symbolon/symbolon/internal/traits"
)

// Limiter counts attempts. Count takes one for each key before a submission is
// judged; refund gives it back once the submission has succeeded.
type Limiter interface {
	Count(ctx context.Context, keys Attempt) (refund func(), wait time.Duration, ok bool)
}

// Attempt is what an attempt counts against, beside the client's address, which
// the context carries.
type Attempt struct {
	Kind        LimitKind
	IdentityID  string   // empty if the identifier is unknown
	Identifiers []string // normalised
	// KnownBrowser is what tells a browser in which this identity signed in before
	// from all others; empty for an unknown one. It has a count of its own, so that
	// strangers do not lock the owner out.
	KnownBrowser string
}

// LimitKind is what is attempted. Each kind has its own count: too many wrong
// passwords do not stop a request for a link.
type LimitKind string

// The kinds. Their values are keys of the counters that nodes exchange.
const (
	LimitPassword LimitKind = "guess" // a guess at a password
	LimitRegister LimitKind = "claim" // a registration, whose identifier may be taken
	LimitSendLink LimitKind = "link"  // a mail that a person asked for
	// LimitNotify is mail about a change of settings. It counts for the identity and
	// not for the client's address.
	LimitNotify LimitKind = "news"
	// LimitCode is a guess at a one-time code or another second factor.
	LimitCode LimitKind = "code"
)

// attempts counts what one submission attempts, before it is judged, so that
// parallel guesses can't share one.
type attempts struct {
	limiter Limiter
	client  Client
	devices map[string]string // Caller.Devices
	hidden  bool              // Config.HideExisting
	refunds []func()
	mails   []func() // take back the count of mails that are not sent after all
}

// refund gives back what was counted for a submission that succeeded.
func (a *attempts) refund() {
	for _, refund := range a.refunds {
		refund()
	}
	a.refunds = nil
}

// unsent gives back the mails of a submission that had no effect, such as one that another
// overtook: it sent none.
func (a *attempts) unsent() {
	for _, takeBack := range a.mails {
		takeBack()
	}
	a.mails = nil
}

// keep makes the count permanent: the result only looks like success.
func (a *attempts) keep() { a.refunds = nil }

// count counts an attempt; success gives it back.
func (a *attempts) count(ctx context.Context, what Attempt) error {
	refund, err := a.spend(ctx, what)
	if err == nil {
		a.refunds = append(a.refunds, refund)
	}
	return err
}

func (a *attempts) spend(ctx context.Context, what Attempt) (refund func(), err error) {
	refund, wait, ok := a.limiter.Count(ctx, what)
	mail := what.Kind == LimitSendLink || what.Kind == LimitNotify
	if ok && mail {
		a.mails = append(a.mails, refund)
	}
	if ok {
		return refund, nil
	}
	why := message.TooManyAttempts(wait)
	if mail {
		why = message.TooManyMails(wait)
	}
	if a.client == Browser {
		return nil, Reject("", why)
	}
	return nil, &errs.Error{
		Code: errs.TooMany, ID: "too_many_attempts", RetryAfter: max(wait, time.Second),
		Reason: why.English(),
	}
}

// CountGuess counts a guess at a password before the method judges it; a success
// refunds it. The caller must return the error unchanged.
func (s Submission) CountGuess(ctx context.Context, identityID, identifier string) error {
	a := Attempt{Kind: LimitPassword, IdentityID: identityID, Identifiers: []string{traits.Normalize(identifier)}}
	if identityID != "" {
		a.KnownBrowser = s.attempts.devices[identityID]
	}
	return s.attempts.count(ctx, a)
}

// CountCode counts a guess at a code of an identity, empty for an unknown one;
// success gives it back.
func (s Submission) CountCode(ctx context.Context, identityID string) error {
	return s.attempts.count(ctx, Attempt{Kind: LimitCode, IdentityID: identityID})
}

// CountRegistration counts an attempt to register what the draft wants to own,
// before a password is hashed for it; success gives it back. Where owners are told
// of it, it counts for what is wanted too, else it would fill their mailboxes.
func (s Submission) CountRegistration(ctx context.Context, d *identity.Draft) error {
	return s.attempts.countRegistration(ctx, d)
}

func (a *attempts) countRegistration(ctx context.Context, d *identity.Draft) error {
	if !a.hidden {
		return a.count(ctx, Attempt{Kind: LimitRegister})
	}
	return a.count(ctx, Attempt{Kind: LimitRegister, Identifiers: wanted(d)})
}

// CountMail counts a mail or text message to an address, in the form in which addresses are
// compared: each spelling of a phone number is the same phone. It costs its recipient something and so is
// not given back on success. A signed-in owner who has proven the address has a count of
// their own, which strangers who name the address do not fill.
func (s Submission) CountMail(ctx context.Context, normalized string) error {
	a := Attempt{Kind: LimitSendLink, Identifiers: []string{normalized}}
	if s.Identity != nil && slices.ContainsFunc(s.Identity.Verifiable, func(own identity.Address) bool {
		return own.Verified && own.Normalized == normalized
	}) {
		a = Attempt{Kind: LimitSendLink, IdentityID: s.Identity.ID}
	}
	_, err := s.attempts.spend(ctx, a)
	return err
}
