package flow

import (
	"context"
	"errors"

	"symbolon/internal/courier"
	"symbolon/internal/errs"
	"symbolon/internal/identity"
	"symbolon/internal/message"
	"symbolon/internal/session"
)

// registrationEffect creates the identity that the submission drafted, with the
// credential that was chosen.
func registrationEffect(e *Engine, ctx context.Context, s Submission, fact Fact) (Result, error) {
	draft := s.work.draft
	var factor session.Factor
	switch fact := fact.(type) {
	case NewCredential:
		factor = fact.Factor
		draft.Set(fact.Credential)
		if len(draft.Credential(fact.Credential.Type).Identifiers) == 0 {
			return Result{}, errNoSecret
		}
	case ProvedExternalAccount: // which is in the draft
		factor = fact.Factor
	default:
		return Result{}, errWrongFact(Registration, fact)
	}
	result := Result{Outcome: Completed, Redirect: e.returnURL(s.Flow, s.method)}
	created, err := e.identities.Create(ctx, draft)
	if errors.Is(err, errs.ErrConflict) {
		s.work.keepAttempts()
		if !e.config.HideExisting {
			return Result{}, Reject("", message.Of(message.KeyDuplicateIdentifier))
		}
		s.Flow.end(e.now())
		result.Identity = &draft.Identity
		return result, e.notifyExistingOwners(ctx, draft)
	}
	if err != nil {
		return Result{}, err
	}
	result.Identity = created
	if err := e.verify(ctx, created, created.Verifiable); err != nil {
		return Result{}, err
	}
	// With existing accounts hidden nobody is signed in, since that would tell
	// the two outcomes apart.
	if e.hasHook(Registration, s.method, HookSession) && !e.config.HideExisting {
		result.Session, result.Token, err = e.sessions.Issue(ctx, created, factor)
		if err != nil {
			return Result{}, err
		}
	}
	s.Flow.end(e.now())
	return result, nil
}

// notifyExistingOwners writes to the addresses of a registration that failed because its
// identifier is taken: to their owner it is news, to anyone else it is nothing.
func (e *Engine) notifyExistingOwners(ctx context.Context, d *identity.Draft) error {
	for _, a := range d.Identity.Verifiable {
		if err := e.mail.Enqueue(ctx, courier.Message{Template: courier.RegistrationTaken, To: a.Value}); err != nil {
			return err
		}
	}
	return nil
}
