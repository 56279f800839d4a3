package flow

import (
	"context"

	"symbolon/internal/courier"
	"symbolon/internal/identity"
	"symbolon/internal/message"
)

// settingsEffect stores what the signed-in person chose. The flow stays usable
// until it expires.
func settingsEffect(e *Engine, ctx context.Context, s Submission, fact Fact) (Result, error) {
	var saved *identity.Identity
	var err error
	switch fact := fact.(type) {
	case NewCredential:
		s.work.draft.Set(fact.Credential)
		saved, err = e.saveCredential(ctx, s, fact.Credential.Type)
	case ProvedExternalAccount:
		s.work.draft.Link(fact.Account.Type, fact.Account.Identifier)
		saved, err = e.saveCredential(ctx, s, fact.Account.Type)
	case RemoveCredential:
		s.work.draft.Unlink(fact.Account.Type, fact.Account.Identifier)
		if s.work.draft.FirstFactors() == 0 {
			return Result{}, Reject("", message.Of(message.KeyLastCredential))
		}
		saved, err = e.saveCredential(ctx, s, fact.Account.Type)
	case NewTraits:
		if e.config.KeepAddress {
			fact.Draft.RetainOldAddresses()
		}
		saved, err = e.saveTraits(ctx, fact.Draft)
	default:
		return Result{}, errWrongFact(Settings, fact)
	}
	if err != nil {
		return Result{}, err
	}
	s.Flow.State = Passed
	s.Flow.Form.Messages = []message.Message{message.Of(message.KeySettingsSaved)}
	if err := e.build(ctx, s.Flow, saved); err != nil {
		return Result{}, err
	}
	session := *s.Session
	session.Identity = saved
	return Result{
		Outcome: Completed, Identity: saved, Session: &session,
		Redirect: e.returnURL(s.Flow, s.method),
	}, nil
}

// saveCredential stores the draft, of which a credential of that type is new or
// gone.
func (e *Engine) saveCredential(ctx context.Context, s Submission, typ string) (*identity.Identity, error) {
	saved, err := e.identities.Save(ctx, s.work.draft)
	if err != nil {
		return nil, err
	}
	if e.config.RevokeOnPasswordChange && typ == identity.TypePassword {
		if err := e.sessions.RevokeOthers(ctx, saved.ID, s.Session.ID); err != nil {
			return nil, err
		}
	}
	return saved, e.notifyOwner(ctx, courier.CredentialsChanged, saved.ID, saved.Verifiable)
}

func (e *Engine) saveTraits(ctx context.Context, draft *identity.Draft) (*identity.Identity, error) {
	saved, err := e.identities.Save(ctx, draft)
	if err != nil {
		return nil, err
	}
	if err := e.verify(ctx, saved, draft.NewAddresses()); err != nil {
		return nil, err
	}
	return saved, e.notifyOwner(ctx, courier.AddressChanged, saved.ID, draft.RemovedAddresses())
}
