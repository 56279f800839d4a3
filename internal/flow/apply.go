package flow

import (
	"context"
	"encoding/json"
	"errors"
	"maps"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/session"
)

// apply turns the fact into the kind's effect, in one transaction that first looks
// again at what the decision rested on. The flow is saved only if no other request changed it
// since it was read.
func (e *Engine) apply(ctx context.Context, j *judged) (Result, error) {
	before, effect := j.flow, effectFor(j.flow.Kind, j.fact)
	var result Result
	err := e.store.InTx(ctx, func(ctx context.Context) error {
		// The function may run again after a rollback, so it works on a copy.
		now := *j
		if err := e.stillHolds(ctx, &now); err != nil {
			return err
		}
		now.flow = before.clone()
		now.flow.Active = ""
		now.flow.Form.Messages = nil
		var err error
		if result, err = effect(e, ctx, &now); err != nil {
			return err
		}
		j.held, j.imagined = now.held, now.imagined
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

// clone copies what an effect changes, so that a rollback leaves the original.
func (f *Flow) clone() *Flow {
	c := *f
	c.Private = maps.Clone(f.Private)
	if c.Private == nil {
		c.Private = map[string]json.RawMessage{}
	}
	c.Form.Messages = append(c.Form.Messages[:0:0], c.Form.Messages...)
	return &c
}

// effectFor returns the kind's effect; to wait, to prepare and to leave are the
// same in all.
func effectFor(k Kind, fact Fact) effect {
	switch fact.(type) {
	case RedirectTo:
		return redirectEffect
	case Sent:
		return sentEffect
	case Prepared:
		return preparedEffect
	case Named:
		return namedEffect
	}
	return ruleFor(k).effect
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

// explainConflict says why another request won: usually the same form was sent
// twice and the flow is over now.
func (e *Engine) explainConflict(ctx context.Context, c checked, stale error) error {
	now, err := e.load(ctx, c.flow.Kind, c.flow.ID)
	if err != nil {
		return err
	}
	if e.missed(now, c.step, c.caller) != "" {
		return stale // the same proof may come once more
	}
	c.flow = now
	if err := e.checkRegistered(ctx, c); err != nil {
		return err
	}
	if err := e.checkLifetime(ctx, c); err != nil {
		return err
	}
	return stale
}
