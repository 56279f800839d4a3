package flow

import (
	"context"
	"errors"

	"github.com/symbolon/symbolon/internal/courier"
	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/reqctx"
)

// mark stores that a credential may be copied, and tells its owner (WebAuthn Level 3, 7.2 step 22). The
// credential may have changed or gone meanwhile; then the next use of the copy is noticed.
func (e *Engine) mark(ctx context.Context, s *Suspect) error {
	if s == nil {
		return nil
	}
	err := e.store.InTx(ctx, func(ctx context.Context) error {
		if err := e.store.LockIdentity(ctx, s.IdentityID); err != nil {
			return err
		}
		owner, err := e.identities.ByID(ctx, s.IdentityID)
		if err != nil {
			return err
		}
		if err := e.identities.UpdateCredential(ctx, owner.ID, s.Credential); err != nil || !e.config.Notices {
			return err
		}
		client := reqctx.From(ctx)
		return e.mailAll(ctx, owner.Verifiable, courier.Message{Template: courier.KeyCopied, IdentityID: owner.ID, Change: courier.Change{
			At: e.now(), Device: client.UserAgent, Address: client.Address,
		}})
	})
	if errors.Is(err, errs.ErrStale) || errors.Is(err, errs.ErrNotFound) {
		return nil
	}
	return err
}
