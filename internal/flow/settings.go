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

// settingsEffect stores what the signed-in person chose. The flow stays usable
// until it expires.
func settingsEffect(e *Engine, ctx context.Context, j *judged) (Result, error) {
	var saved *identity.Identity
	var err error
	var factor session.Factor
	var memory any
	switch fact := j.fact.(type) {
	case NewCredential:
		factor, memory = fact.Factor, fact.Memory
		j.draft.Set(fact.Credential)
		if saved, err = e.saveCredential(ctx, j); errors.Is(err, errs.ErrConflict) {
			err = Reject("", message.Of(message.KeyKeyTaken)) // an identifier of its own that another identity has
		}
	case ProvedExternalAccount:
		j.draft.Link(fact.Account.Type, fact.Account.Identifier)
		delete(j.flow.Private, linkMemory)
		saved, err = e.saveCredential(ctx, j)
	case RemoveCredential:
		memory = fact.Memory
		saved, err = e.removeCredential(ctx, j, fact)
	case DeclinedLink:
		return e.declineLink(ctx, j)
	case ClosedAccount:
		return e.closeAccount(ctx, j, fact)
	case NewTraits:
		saved, err = e.saveTraits(ctx, j, fact.Draft)
	default:
		return Result{}, errWrongFact(Settings, j.fact)
	}
	if err != nil {
		return Result{}, err
	}
	if memory != nil {
		if err := j.flow.remember(j.method, memory); err != nil {
			return Result{}, err
		}
	}
	return e.settingsSaved(ctx, j, saved, factor)
}

// settingsSaved shows the form with what is stored now. A factor that was set up
// raises the session at once.
func (e *Engine) settingsSaved(ctx context.Context, j *judged, saved *identity.Identity, factor session.Factor) (Result, error) {
	j.flow.State = Passed
	j.flow.Form.Messages = []message.Message{message.Of(message.KeySettingsSaved)}
	now := *j.caller.Session
	now.Identity = saved
	result := Result{Outcome: Completed, Identity: saved, Session: &now, Redirect: e.returnURL(j.flow, j.method)}
	if factor.Method != "" {
		var err error
		result.Session, result.Token, err = e.sessions.Upgrade(ctx, &now, session.Proof{
			Factor: factor, Enrolled: true, KeepToken: j.caller.KeepToken || j.flow.Client == API,
		})
		if err != nil {
			return Result{}, err
		}
	}
	if err := e.renderFor(ctx, j.flow, saved, result.Session); err != nil {
		return Result{}, err
	}
	return result, nil
}

// declineLink forgets the external account that waited.
func (e *Engine) declineLink(ctx context.Context, j *judged) (Result, error) {
	delete(j.flow.Private, linkMemory)
	j.flow.State = Open
	if err := e.renderFor(ctx, j.flow, j.identity, j.caller.Session); err != nil {
		return Result{}, err
	}
	return Result{
		Outcome: Completed, Identity: j.identity, Session: j.caller.Session, Redirect: e.returnURL(j.flow, j.method),
	}, nil
}

// removeCredential takes a credential away, unless it is the last first factor:
// its owner could not sign in any more.
func (e *Engine) removeCredential(ctx context.Context, j *judged, fact RemoveCredential) (*identity.Identity, error) {
	before := slices.Clone(j.draft.Credentials)
	switch {
	case fact.Rest != nil:
		j.draft.Set(*fact.Rest)
	case fact.Identifier != "":
		j.draft.Unlink(fact.Type, fact.Identifier)
	default:
		j.draft.Remove(fact.Type)
	}
	if e.losesLastFactor(j.identity, before, j.draft.Credentials) {
		return nil, Reject("", message.Message{Key: message.KeyLastCredential, Params: map[string]any{"type": fact.Type}})
	}
	if e.breaksPolicy(j.identity, before, j.draft.Credentials) {
		return nil, Reject("", message.Of(message.KeyFactorNeeded))
	}
	return e.saveCredential(ctx, j)
}

// saveCredential stores the draft, of which a credential is new or gone, and ends
// the identity's other sessions where that is configured. After a recovery it
// always does: an intruder who knew the old password may have signed in since.
func (e *Engine) saveCredential(ctx context.Context, j *judged) (*identity.Identity, error) {
	saved, err := e.saveTraits(ctx, j, j.draft) // which a hook may have changed
	if err != nil {
		return nil, err
	}
	if e.config.RevokeOnCredentialChange || e.hasHook(Settings, j.method, HookRevoke) || j.caller.Session.Recovered() {
		if err := e.sessions.RevokeOthers(ctx, saved.ID, j.caller.Session.ID); err != nil {
			return nil, err
		}
	}
	return saved, e.notifyOwner(ctx, j, saved)
}

// saveTraits stores a draft, asks its new addresses to prove themselves and writes to those that
// it gives up.
func (e *Engine) saveTraits(ctx context.Context, j *judged, draft *identity.Draft) (*identity.Identity, error) {
	if e.config.KeepAddress {
		draft.RetainOldAddresses()
	}
	if draft.LosesIdentifiers() {
		return nil, Reject("", message.Of(message.KeyLastIdentifier))
	}
	var vouched []string // ids of addresses that a hook says are proven; what is stored says otherwise
	for _, a := range draft.Identity.Verifiable {
		if was := identity.Find(j.identity.Verifiable, a.Via, a.Normalized); was != nil && a.Verified && !was.Verified {
			vouched = append(vouched, a.ID)
		}
	}
	saved, err := e.identities.Save(ctx, draft)
	if err != nil {
		return nil, err
	}
	for _, id := range vouched {
		if err := e.identities.MarkVerified(ctx, saved.ID, id); err != nil {
			return nil, err
		}
	}
	if len(vouched) > 0 {
		if saved, err = e.identities.ByID(ctx, saved.ID); err != nil {
			return nil, err
		}
	}
	asked := unasked(j, draft)
	if _, err := e.verify(ctx, j, saved, asked); err != nil {
		return nil, err
	}
	for _, a := range asked {
		if shown := identity.Find(saved.Verifiable, a.Via, a.Normalized); shown != nil {
			shown.SentAt = a.SentAt
		}
	}
	return saved, e.notify(ctx, j.method, courier.AddressChanged, saved.ID, draft.RemovedAddresses())
}
