package flow

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"symbolon/internal/errs"
	"symbolon/internal/identity"
	"symbolon/internal/message"
	"symbolon/internal/secret"
)

// recoveryEffect signs in whoever controls a recovery address, for long enough
// to choose a new password, and leads to the settings.
func recoveryEffect(e *Engine, ctx context.Context, s Submission, fact Fact) (Result, error) {
	switch fact := fact.(type) {
	case Sent:
		return e.wait(ctx, s, fact)
	case ProvedAddress:
		return e.recovered(ctx, s, fact)
	}
	return Result{}, errWrongFact(Recovery, fact)
}

func (e *Engine) recovered(ctx context.Context, s Submission, fact ProvedAddress) (Result, error) {
	// Its owner may be giving the address up, with all sessions.
	if err := e.store.LockIdentity(ctx, fact.IdentityID); err != nil {
		return Result{}, err
	}
	owner, err := e.identities.ByID(ctx, fact.IdentityID)
	if err != nil {
		return Result{}, err
	}
	if identity.Find(owner.Recovery, fact.Via, fact.Normalized) == nil {
		return Result{}, errs.ErrNotFound // the address was given up since the link was sent
	}
	if owner, err = e.markVerified(ctx, owner, fact); err != nil {
		return Result{}, err
	}
	if e.config.RevokeOnRecovery {
		if err := e.sessions.RevokeOthers(ctx, fact.IdentityID, ""); err != nil {
			return Result{}, err
		}
	}
	issued, token, err := e.sessions.Issue(ctx, owner, fact.Factor)
	if err != nil {
		return Result{}, err
	}
	s.Flow.State, s.Flow.ResumeHash = Passed, ""
	if err := e.invalidateOlderLinks(ctx, s.Flow, owner.ID); err != nil {
		return Result{}, err
	}

	next := e.newFlow(Settings, Browser, e.now())
	next.Request = s.url
	next.IdentityID, next.ReturnTo = owner.ID, s.Flow.ReturnTo
	next.CSRF = secret.MaskCSRF(s.caller.NextCSRF(owner.ID))
	until := issued.AuthenticatedAt.Add(e.config.PrivilegedAge)
	next.Form.Messages = []message.Message{message.RecoveryDone(until, e.config.PrivilegedAge)}
	if err := e.create(ctx, next, owner); err != nil {
		return Result{}, err
	}
	return Result{Outcome: Completed, Session: issued, Token: token, Identity: owner, Redirect: e.Page(next)}, nil
}

// markVerified records a proof of an address where the address is a verifiable
// one, and returns the identity as it is then.
func (e *Engine) markVerified(ctx context.Context, owner *identity.Identity, fact ProvedAddress) (*identity.Identity, error) {
	a := identity.Find(owner.Verifiable, fact.Via, fact.Normalized)
	if a == nil || a.Verified {
		return owner, nil
	}
	if err := e.identities.MarkVerified(ctx, owner.ID, a.ID); err != nil {
		return nil, err
	}
	return e.identities.ByID(ctx, owner.ID)
}

// RecoveryLink makes a link that signs the identity in once, for an
// administrator to hand over. A zero lifespan is the kind's own.
func (e *Engine) RecoveryLink(ctx context.Context, identityID string, lifespan time.Duration) (link string, expires time.Time, err error) {
	owner, err := e.identities.ByID(ctx, identityID)
	if err != nil {
		return "", time.Time{}, err
	}
	if len(owner.Recovery) == 0 {
		return "", time.Time{}, errs.New(errs.Invalid, "no_recovery_address", "The identity does not have any recovery addresses set.")
	}
	f := e.newFlow(Recovery, Browser, e.now())
	f.Request = e.config.PublicURL.JoinPath("self-service/recovery/browser").String()
	if lifespan > 0 {
		f.ExpiresAt = f.IssuedAt.Add(lifespan)
	}
	err = e.store.InTx(ctx, func(ctx context.Context) error {
		link, err = e.challenge(ctx, f, owner.Recovery[0], owner.ID, false)
		return err
	})
	if err != nil {
		return "", time.Time{}, err
	}
	link, err = addFlow(link, f.ID)
	return link, f.ExpiresAt, err
}

// addFlow names the flow in a link, for clients of the admin API that read it
// there.
func addFlow(link, id string) (string, error) {
	u, err := url.Parse(link)
	if err != nil {
		return "", fmt.Errorf("name flow in link: %w", err)
	}
	q := u.Query()
	q.Set("flow", id)
	u.RawQuery = q.Encode()
	return u.String(), nil
}
