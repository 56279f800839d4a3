package flow

import (
	"context"
	"errors"
	"fmt"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/message"
	"github.com/symbolon/symbolon/internal/session"
)

// loginEffect signs in the identity that was authenticated, or raises the session that is
// there.
func loginEffect(e *Engine, ctx context.Context, j *judged) (Result, error) {
	switch fact := j.fact.(type) {
	case Authenticated:
		return e.signIn(ctx, j, fact)
	case ProvedExternalAccount:
		return Result{}, Reject("", message.Of(message.KeySubjectUnknown))
	}
	return Result{}, errWrongFact(Login, j.fact)
}

func (e *Engine) signIn(ctx context.Context, j *judged, proof Authenticated) (Result, error) {
	owner, err := e.stillValid(ctx, proof)
	if err != nil {
		return Result{}, err
	}
	if err := e.upgrade(ctx, owner.ID, proof); err != nil {
		return Result{}, err
	}
	if proof.Factor.Address != "" {
		if owner, err = e.proveBySignIn(ctx, j, owner, proof.Factor.Via, proof.Factor.Address); err != nil {
			return Result{}, err
		}
	}
	if j.link != nil { // after the first proof, which ends what is there
		if owner, err = e.saveLink(ctx, j, owner); err != nil {
			return Result{}, err
		}
	}
	if !owner.Proven() && e.hasHook(Login, j.method, HookVerified) {
		if e.config.UnprovenOnForm {
			return Result{}, Reject("", Said(numberUnproven, "error", "Account not active yet. Did you forget to verify your email address?", nil))
		}
		if !j.rests.unproven {
			return Result{}, errCredentialChanged
		}
		return e.askToProve(ctx, j, owner)
	}
	result := Result{Outcome: Completed, Identity: owner}
	if err := e.openSession(ctx, j, owner, proof.Factor, &result); err != nil {
		return Result{}, err
	}
	if result.StepUp, err = e.fallsShort(ctx, result.Session, owner, j.flow.Client); err != nil {
		return Result{}, err
	}
	if !result.StepUp {
		if result.Enrol, err = e.owesFactor(ctx, owner); err != nil {
			return Result{}, err
		}
	}
	result.Redirect = e.returnURL(j.flow, j.method)
	if j.flow.Remembers(linkMemory) {
		if err := e.settleLink(ctx, j, owner, &result); err != nil {
			return Result{}, err
		}
	}
	j.flow.end(e.now())
	if proof.Again != nil {
		if err := j.flow.remember(j.method, proof.Again); err != nil {
			return Result{}, err
		}
	}
	return result, j.flow.remember(madeMemory, result.Session.ID)
}

// numberUnproven is the number by which v26 says that no address is proven.
const numberUnproven = 4000010

// stillValid returns the owner of a proof as they are now, and sees to it that the proof
// holds until the transaction ends. Judging a password takes long, and its owner may
// have replaced it meanwhile, to lock an intruder out; an address by which a code came may
// have been given up, the owner of what a link rests on may be another person, and the identity
// may be disabled now.
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
	if proof.Link != nil && owner.Version != proof.Identity.Version {
		return nil, fmt.Errorf("link account: %w", errs.ErrStale)
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

// askToProve does not sign in, and asks the owner of the account to prove an address. The
// flow ends: each of its mails has cost the proof of a factor in a flow of its own.
func (e *Engine) askToProve(ctx context.Context, j *judged, owner *identity.Identity) (Result, error) {
	first, err := e.verify(ctx, j, owner, owner.Verifiable)
	if err != nil {
		return Result{}, err
	}
	if first == nil {
		return Result{}, ErrUnproven
	}
	j.flow.end(e.now())
	return Result{Outcome: Redirected, Identity: owner, Redirect: e.Page(first), Verification: first, VerificationPage: e.Page(first), Unproven: true}, nil
}

// openSession issues a session, or raises the one that the person has: a second
// factor, and a sign-in that a browser was asked for again, keep its id and replace
// its token (OWASP ASVS 7.2.4). A client that asks for it without a browser gets
// another session, as v0.5 has it, unless it says that it keeps its token. A browser that
// missed the answer gets the session that was made for it, under a token of its own: the
// lost one ends.
func (e *Engine) openSession(ctx context.Context, j *judged, owner *identity.Identity, f session.Factor, result *Result) (err error) {
	has := j.caller.Session
	stepUp := j.flow.RequestedAAL() == session.AAL2
	same := has != nil && has.IdentityID == owner.ID
	switch {
	case j.again != "":
		if lives, err := e.livesAsMade(ctx, j.again, owner.ID, f); err != nil {
			return err
		} else if !lives {
			return errSessionChanged
		}
		made := session.Session{ID: j.again, Identity: owner}
		result.Session, result.Token, err = e.sessions.Upgrade(ctx, &made, session.Proof{Factor: f})
		if errors.Is(err, session.ErrNone) {
			return errSessionChanged
		}
		return err
	case stepUp && !same:
		return ErrFirstFactorRequired
	case stepUp, j.flow.Refresh && same && (j.flow.Client == Browser || j.caller.KeepToken):
		raised := *has
		raised.Identity = owner
		result.Session, result.Token, err = e.sessions.Upgrade(ctx, &raised, session.Proof{Factor: f, KeepToken: j.caller.KeepToken})
		return err
	}
	if e.hasHook(Login, j.method, HookRevoke) {
		if err := e.sessions.RevokeOthers(ctx, owner.ID, ""); err != nil {
			return err
		}
	}
	if err := e.keepAccount(ctx, owner); err != nil {
		return err
	}
	result.Session, result.Token, err = e.sessions.Issue(ctx, owner, f)
	return err
}
