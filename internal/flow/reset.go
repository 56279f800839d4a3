package flow

import (
	"context"
	"errors"
	"slices"

	"symbolon/internal/courier"
	"symbolon/internal/errs"
)

// The reasons why a factor is not reset.
var (
	ErrNoCredential = errs.New(errs.NotFound, "credential_not_found", "The identity has no credential of this type.")
	ErrLastFactor   = errs.New(errs.Conflict, "last_first_factor", "You can not remove the last way to sign in. Add another one first, or delete the identity.")
)

// ResetFactor removes the credential of a type for an operator, who has made sure who
// asks. It ends all sessions of the owner and tells them by mail, in one transaction. The
// error is ErrNoCredential or ErrLastFactor, or errs.ErrStale if the identity changed
// meanwhile.
func (e *Engine) ResetFactor(ctx context.Context, identityID, typ string) error {
	return e.store.InTx(ctx, func(ctx context.Context) error {
		owner, err := e.identities.ByID(ctx, identityID)
		if err != nil {
			return err
		}
		draft, err := e.identities.DraftUnchanged(ctx, owner)
		if err != nil {
			return err
		}
		if draft.Credential(typ) == nil {
			return ErrNoCredential
		}
		before := slices.Clone(draft.Credentials)
		draft.Remove(typ)
		if e.LosesLastFactor(owner, before, draft.Credentials) {
			return ErrLastFactor
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
		for _, a := range owner.Verifiable {
			// The device and address of the operator are not the owner's business.
			m := courier.Message{Template: courier.CredentialsChanged, To: a.Value, IdentityID: owner.ID, Change: courier.Change{Method: typ, At: e.now()}}
			if err := e.mail.Enqueue(ctx, m); err != nil {
				return err
			}
		}
		return nil
	})
}
