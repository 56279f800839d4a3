package flow

import (
	"context"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/message"
	"github.com/symbolon/symbolon/internal/secret"
)

// recoveryEffect signs in the person who controls a recovery address, for long enough
// to choose a new password, and leads to the settings. That is a first factor: an
// identity that has a second one needs it too before anything changes.
func recoveryEffect(e *Engine, ctx context.Context, j *judged) (Result, error) {
	fact, ok := j.fact.(ProvedAddress)
	if !ok {
		return Result{}, errWrongFact(Recovery, j.fact)
	}
	// Its owner may be giving the address up, with all sessions.
	if err := e.store.LockIdentity(ctx, fact.IdentityID); err != nil {
		return Result{}, err
	}
	owner, err := e.identities.ByID(ctx, fact.IdentityID)
	if err != nil {
		return Result{}, err
	}
	if may, err := e.mayRecover(ctx, owner, fact.Via, fact.Normalized); err != nil {
		return Result{}, err
	} else if !may && !(j.flow.recallText(offeredMemory) == fact.Normalized && owner.Recovers(fact.Via, fact.Normalized)) {
		return Result{}, errs.ErrNotFound // the address was given up, or another one confirmed, since the secret was sent
	}
	evicted := false
	if !j.flow.Offered() || !j.caller.OffersProveNothing {
		if evicted, owner, err = e.firstProof(ctx, owner, fact.Via, fact.Normalized); err != nil {
			return Result{}, err
		}
		if owner, err = e.markVerified(ctx, owner, fact.Via, fact.Normalized); err != nil {
			return Result{}, err
		}
	}
	if e.config.RevokeOnRecovery || e.config.Kinds[Recovery].Revokes || evicted {
		if err := e.sessions.RevokeOthers(ctx, fact.IdentityID, ""); err != nil {
			return Result{}, err
		}
	}
	fact.Factor.Recovery, fact.Factor.Via, fact.Factor.Address = true, fact.Via, fact.Normalized
	if err := e.keepAccount(ctx, owner); err != nil {
		return Result{}, err
	}
	issued, token, err := e.sessions.Issue(ctx, owner, fact.Factor)
	if err != nil {
		return Result{}, err
	}
	j.flow.claim(j.caller)
	j.flow.State, j.flow.ResumeHash = Passed, ""
	j.flow.Form.Groups = withoutMessages(j.flow.Form.Groups)
	delete(j.flow.Private, j.method)
	if err := e.invalidateOlderSecrets(ctx, j.flow, owner.ID); err != nil {
		return Result{}, err
	}

	if j.caller.LinksTakeOver {
		j.flow.handOver(j.caller.nextCSRF(owner.ID))
	}
	next := e.settingsAfter(j, owner)
	if j.next != nil { // the one that hooks have seen
		next = j.next.clone()
	}
	until := issued.AuthenticatedAt.Add(e.config.PrivilegedAge)
	next.Form.Messages = []message.Message{message.RecoveryDone(until, e.config.PrivilegedAge)}
	if evicted {
		next.Form.Messages = append(next.Form.Messages, message.Of(message.KeyUnprovenEnded))
	}
	if err := e.create(ctx, next, owner, Caller{Session: issued}); err != nil {
		return Result{}, err
	}
	return Result{
		Outcome: Completed, Session: issued, Token: token, Identity: owner, Redirect: e.Page(next), Next: next,
	}, nil
}

// settingsAfter is the flow that a recovery leads to.
func (e *Engine) settingsAfter(j *judged, owner *identity.Identity) *Flow {
	client := j.flow.Client
	if j.redeemed {
		client = Browser // links open in browsers, whichever client asked for them
	}
	next := e.newFlow(Settings, client, e.now())
	next.Request = WithoutSecrets(j.url)
	next.IdentityID, next.ReturnTo = owner.ID, j.flow.ReturnTo
	if client == Browser {
		next.CSRF = secret.MaskCSRF(j.caller.nextCSRF(owner.ID))
	}
	return next
}
