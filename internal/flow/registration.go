package flow

import (
	"context"
	"errors"
	"slices"

	"github.com/symbolon/symbolon/internal/courier"
	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/message"
	"github.com/symbolon/symbolon/internal/session"
)

// registrationEffect creates the identity that the submission drafted, with the
// credential that was chosen.
func registrationEffect(e *Engine, ctx context.Context, j *judged) (Result, error) {
	var factor session.Factor
	switch fact := j.fact.(type) {
	case NewCredential:
		factor = fact.Factor
		j.draft.Set(fact.Credential)
		if len(j.draft.Credential(fact.Credential.Type).Identifiers) == 0 {
			return Result{}, errIdentifierMissing
		}
	case ProvedExternalAccount: // which is in the draft
		factor = fact.Factor
	default:
		return Result{}, errWrongFact(Registration, j.fact)
	}
	result := Result{Outcome: Completed, Redirect: e.returnURL(j.flow, j.method)}
	created, err := e.identities.Create(ctx, j.draft)
	if errors.Is(err, errs.ErrConflict) {
		return e.identifiersTaken(ctx, j, result)
	}
	if err != nil {
		return Result{}, err
	}
	result.Identity = created
	first, err := e.verify(ctx, j, created, created.Verifiable)
	if err != nil {
		return Result{}, err
	}
	if shown := e.hasHook(Registration, j.method, HookVerify); first != nil && !e.config.HideExisting && (shown || e.config.ShowVerification) {
		result.Verification, result.VerificationPage = first, e.Page(first)
		if shown {
			result.Onward, result.Redirect = result.Redirect, e.Page(first)
		}
	}
	j.flow.end(e.now())
	if err := j.flow.remember(registeredMemory, true); err != nil {
		return Result{}, err
	}
	// With existing accounts hidden a registration does not sign in, and its attempt is not
	// given back, since that would tell the two outcomes apart.
	if e.config.HideExisting {
		j.attempts.keep()
	}
	if e.hasHook(Registration, j.method, HookSession) && !e.config.HideExisting {
		result.Session, result.Token, err = e.sessions.Issue(ctx, created, factor)
		if err != nil {
			return Result{}, err
		}
		if result.Enrol, err = e.owesFactor(ctx, created); err != nil {
			return Result{}, err
		}
		err = j.flow.remember(madeMemory, result.Session.ID)
	}
	return result, err
}

// identifiersTaken answers a registration whose identifiers are taken: on the
// form, or as if it had worked, with a mail to the owner.
func (e *Engine) identifiersTaken(ctx context.Context, j *judged, result Result) (Result, error) {
	j.attempts.keep()
	if !e.config.HideExisting {
		if _, external := j.fact.(ProvedExternalAccount); external && j.flow.PendingLink() != "" && j.caller.Providers.Links && e.Serves(Login) {
			return e.offerLink(ctx, j)
		}
		return Result{}, Reject("", message.Of(message.KeyDuplicateIdentifier))
	}
	j.flow.end(e.now())
	if err := j.flow.remember(registeredMemory, true); err != nil {
		return Result{}, err
	}
	result.Identity, j.imagined = e.likeCreated(j.draft), true
	return result, e.notifyExistingOwners(ctx, j.draft)
}

// likeCreated is what a draft shows as if its identity was created and its addresses asked
// to prove themselves.
func (e *Engine) likeCreated(d *identity.Draft) *identity.Identity {
	i := d.AsCreated(e.now())
	i.Verifiable = slices.Clone(i.Verifiable)
	for k := range i.Verifiable {
		if a := &i.Verifiable[k]; e.verifies() && !a.Verified {
			a.SentAt = e.now()
		}
	}
	return i
}

// notifyExistingOwners mails the addresses of a registration that failed because its
// identifier is taken. Only the owner of an address reads the mail, so strangers learn nothing.
func (e *Engine) notifyExistingOwners(ctx context.Context, d *identity.Draft) error {
	return e.mailAll(ctx, d.Identity.Verifiable, courier.Message{Template: courier.RegistrationTaken})
}

// hasHook reports whether a hook is configured after a success of the method.
func (e *Engine) hasHook(k Kind, method, hook string) bool {
	return slices.Contains(e.config.Kinds[k].After[method].Hooks, hook)
}
