package flow

import (
	"context"

	"github.com/symbolon/symbolon/internal/courier"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/session"
)

// mayRecover reports whether an address lets the owner of an identity back in. A new
// address that was never confirmed does not once the owner had confirmed another one: it may
// be mistyped, or a stranger's. Nor does it while that is not known. Where the server
// confirms no addresses it is all there is.
func (e *Engine) mayRecover(ctx context.Context, owner *identity.Identity, via, normalized string) (bool, error) {
	if !owner.Recovers(via, normalized) {
		return false, nil
	}
	a := identity.Find(owner.Verifiable, via, normalized)
	if a == nil || a.Verified || !e.verifies() {
		return true, nil
	}
	before, known, err := e.identities.ProvenBefore(ctx, owner.ID)
	return known && !before, err
}

// firstProof ends the credentials of an identity of which no address was ever
// proven before: a stranger may have registered it with the address of the
// person who proves it now, and waited (Sudhodanan and Paverd, Pre-hijacked
// accounts, 2022).
func (e *Engine) firstProof(ctx context.Context, owner *identity.Identity, via, normalized string) (evicted bool, _ *identity.Identity, err error) {
	if len(owner.Verifiable) == 0 || identity.Find(owner.Verifiable, via, normalized) == nil {
		return false, owner, nil // it proves no address that could have been proven before
	}
	if owner.Proven() {
		return false, owner, nil
	}
	// Where that is not known yet, a server that asks for proofs keeps the credentials: the owner may have lost an address
	// that was proven. One that asks for none has next to no identity with a proof, and anyone could have waited there.
	if before, known, err := e.identities.ProvenBefore(ctx, owner.ID); before || !known && e.verifies() || err != nil {
		return false, owner, err
	}
	draft, err := e.identities.DraftUnchanged(ctx, owner)
	if err != nil || !draft.EndCredentials() {
		return false, owner, err
	}
	owner, err = e.identities.Save(ctx, draft)
	return err == nil, owner, err
}

// maySignIn reports whether a code to an address signs its owner in. An address that was
// never confirmed does so while the owner has confirmed no other, as in mayRecover: the
// code that comes back is its first proof.
func (e *Engine) maySignIn(ctx context.Context, owner *identity.Identity, via, normalized string) (bool, error) {
	a := identity.Find(owner.Verifiable, via, normalized)
	switch {
	case a == nil:
		return false, nil
	case a.Verified:
		return true, nil
	case owner.Proven():
		return false, nil
	case !e.verifies():
		return true, nil
	}
	before, known, err := e.identities.ProvenBefore(ctx, owner.ID)
	return known && !before, err
}

// proveBySignIn marks the address verified to which the code of a sign-in went. If no address
// was proven before, the credentials and sessions from then end, and the owner gets a
// notice: a stranger may have made them.
func (e *Engine) proveBySignIn(ctx context.Context, j *judged, owner *identity.Identity, via, normalized string) (*identity.Identity, error) {
	if a := identity.Find(owner.Verifiable, via, normalized); a != nil && a.Verified {
		return owner, nil
	}
	if may, err := e.maySignIn(ctx, owner, via, normalized); err != nil {
		return nil, err
	} else if !may || j.flow.RequestedAAL() == session.AAL2 {
		return nil, errCredentialChanged // since the code was judged
	}
	evicted, owner, err := e.firstProof(ctx, owner, via, normalized)
	if err != nil {
		return nil, err
	}
	if owner, err = e.markVerified(ctx, owner, via, normalized); err != nil || !evicted {
		return owner, err
	}
	kept := ""
	if j.flow.forSignedIn() && j.caller.Session != nil {
		kept = j.caller.Session.ID // of the browser that brings the code
	}
	if err := e.sessions.RevokeOthers(ctx, owner.ID, kept); err != nil {
		return nil, err
	}
	proven := identity.Find(owner.Verifiable, via, normalized)
	return owner, e.notify(ctx, identity.TypePassword, courier.CredentialsChanged, owner.ID, []identity.Address{*proven})
}
