package flow

import (
	"context"
	"errors"

	"symbolon/internal/errs"
	"symbolon/internal/identity"
	"symbolon/internal/session"
)

// apply turns the fact into the kind's effect, in one transaction that first looks
// again at what the decision rested on. The flow is saved only if no other request changed it
// since it was read.
func (e *Engine) apply(ctx context.Context, j *judged) (Result, error) {
	before := j.flow
	var result Result
	err := e.store.InTx(ctx, func(ctx context.Context) error {
		// The function may run again after a rollback, so it works on a copy.
		now := *j
		now.flow = before.clone()
		now.flow.Active = ""
		now.flow.Form.Messages = nil
		if err := e.stillHolds(ctx, &now); err != nil {
			return err
		}
		var err error
		if result, err = effectFor(now.flow.Kind, now.fact)(e, ctx, &now); err != nil {
			return err
		}
		result.Flow = now.flow
		return e.store.SaveFlow(ctx, now.flow)
	})
	if errors.Is(err, errs.ErrStale) {
		err = e.explainConflict(ctx, j.checked, err)
	}
	if err != nil {
		return Result{}, err
	}
	return result, nil
}

// stillHolds looks again at the session that a settings flow acts for. It may have
// ended while the method judged or the body came in: by logout, by recovery, by an
// operator, by its age (OWASP ASVS 7.4.1, 7.4.2). The row is locked, and so is the
// identity's, before it is read: an end that comes later waits for this effect.
func (e *Engine) stillHolds(ctx context.Context, j *judged) error {
	if j.flow.Kind != Settings {
		return nil
	}
	if err := e.store.LockIdentity(ctx, j.flow.IdentityID); errors.Is(err, errs.ErrNotFound) {
		return &LoginRequired{Kind: Settings}
	} else if err != nil {
		return err
	}
	locked, err := e.sessions.Lock(ctx, j.caller.Session.ID)
	if errors.Is(err, session.ErrNone) {
		return &LoginRequired{Kind: Settings}
	}
	if err != nil {
		return err
	}
	switch {
	case locked.IdentityID != j.flow.IdentityID:
		return errFlowOwnerMismatch
	case locked.AAL() < j.rests.level || j.rests.privileged && !e.privileged(locked):
		return errSessionChanged
	}
	locked.Identity = j.caller.Session.Identity
	j.caller.Session = locked
	return nil
}

// stillValid returns the owner of a proof as they are now, and sees to it that the proof
// holds until the transaction ends. Judging a password takes long, and its owner may
// have replaced it meanwhile, to lock an intruder out; an address by which a code came may
// have been given up, and the identity may be disabled now.
func (e *Engine) stillValid(ctx context.Context, proof Authenticated) (*identity.Identity, error) {
	id := proof.Identity.ID
	if err := e.store.LockIdentity(ctx, id); errors.Is(err, errs.ErrNotFound) {
		return nil, errCredentialChanged
	} else if err != nil {
		return nil, err
	}
	owner, err := e.identities.ByID(ctx, id)
	if err != nil {
		return nil, err
	}
	if f := proof.Factor; f.Address != "" && identity.Find(owner.Verifiable, f.Via, f.Address) == nil {
		return nil, errCredentialChanged
	}
	if proof.Judged == nil {
		return owner, nil
	}
	now, err := e.identities.Credential(ctx, id, proof.Judged.Type)
	if errors.Is(err, errs.ErrNotFound) || err == nil && now.Version != proof.Judged.Version {
		return nil, errCredentialChanged
	}
	return owner, err
}

// upgrade stores the credential that a proof changes. If another request changed it
// first, a stronger form is as good as this one, while a code that counts once must
// be judged again.
func (e *Engine) upgrade(ctx context.Context, ownerID string, proof Authenticated) error {
	if proof.Upgrade == nil {
		return nil
	}
	err := e.identities.UpdateCredential(ctx, ownerID, *proof.Upgrade)
	if errors.Is(err, errs.ErrStale) {
		if proof.Spent {
			return errCredentialChanged
		}
		return nil
	}
	return err
}

// explainConflict says why another request won: usually the same form was sent
// twice and the flow is over now.
func (e *Engine) explainConflict(ctx context.Context, c checked, stale error) error {
	now, err := e.load(ctx, c.flow.Kind, c.flow.ID)
	if err != nil {
		return err
	}
	if err := e.checkLifetime(ctx, now, c.caller); err != nil {
		return err
	}
	return stale
}
