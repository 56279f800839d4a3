package flow

import (
	"context"
	"errors"
	"slices"

	"github.com/symbolon/symbolon/internal/courier"
	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/identity"
)

// The reasons why a factor is not removed.
var (
	ErrNoCredential = errs.New(errs.NotFound, "credential_not_found", "The identity has no credential of this type.")
	ErrLastFactor   = errs.New(errs.Conflict, "last_first_factor", "You can not remove the last way to sign in. Add another one first, or delete the identity.")
)

// RemoveFactor removes the credential of a type for an operator, who has made sure who
// asks. It ends all sessions of the owner and tells them by mail, in one transaction. take
// removes a part of the credential, such as one account at a provider; nil for all of it.
// The error is ErrNoCredential or ErrLastFactor, errs.ErrStale if the identity changed
// meanwhile, or that of take.
func (e *Engine) RemoveFactor(ctx context.Context, identityID, typ string, take func(*identity.Draft, *identity.Credential) error) error {
	return e.store.InTx(ctx, func(ctx context.Context) error {
		owner, err := e.identities.ByID(ctx, identityID)
		if err != nil {
			return err
		}
		draft, err := e.identities.DraftUnchanged(ctx, owner)
		if err != nil {
			return err
		}
		if err := e.takeFactor(owner, draft, typ, take); err != nil {
			return err
		}
		if _, err := e.identities.Save(ctx, draft); err != nil {
			return err
		}
		if err := e.sessions.RevokeOthers(ctx, owner.ID, ""); err != nil && !errors.Is(err, errs.ErrNotFound) {
			return err
		}
		if !e.config.Notices {
			return nil
		}
		// The device and address of the operator are not the owner's business.
		return e.mailAll(ctx, owner.Verifiable, courier.Message{
			Template: courier.CredentialsChanged, IdentityID: owner.ID, Change: courier.Change{Method: typ, At: e.now()},
		})
	})
}

// takeFactor removes a credential, or a part of it, from the draft of its owner.
func (e *Engine) takeFactor(owner *identity.Identity, d *identity.Draft, typ string, take func(*identity.Draft, *identity.Credential) error) error {
	held := d.Credential(typ)
	if held == nil || typ == identity.TypePassword && !held.IsSet() {
		return ErrNoCredential
	}
	before := slices.Clone(d.Credentials)
	if take == nil {
		d.Remove(typ)
	} else if err := take(d, held); err != nil {
		return err
	}
	if e.losesLastFactor(owner, before, d.Credentials) {
		return ErrLastFactor
	}
	return nil
}
