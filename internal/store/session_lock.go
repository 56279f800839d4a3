package store

import (
	"context"
	"fmt"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/event"
	"github.com/symbolon/symbolon/internal/session"
	"github.com/symbolon/symbolon/internal/store/sqldb"
)

// LockSession returns a session without its identity and keeps others from
// changing it until the context's transaction ends; errs.ErrNotFound if there is
// none of that id. The update changes nothing: in every database it takes the row
// lock that a revocation needs as well.
func (db *DB) LockSession(ctx context.Context, id string) (*session.Session, error) {
	id, ok := sqldb.CanonicalID(id)
	if !ok {
		return nil, errs.ErrNotFound
	}
	if err := db.ExecOne(ctx, `UPDATE sessions SET active = active WHERE id = ?`, id); err != nil {
		return nil, fmt.Errorf("lock session: %w", err)
	}
	var row sessionRow
	if err := db.QueryRow(ctx, row.targets(), `SELECT `+sessionColumns+` FROM sessions s `+joinDevices+` WHERE s.id = ?`, id); err != nil {
		return nil, fmt.Errorf("lock session: %w", err)
	}
	return row.finish()
}

// UpgradeSession stores the token hash, times and factors of a session;
// errs.ErrNotFound if it is gone or not active any more.
func (db *DB) UpgradeSession(ctx context.Context, s *session.Session) error {
	factors, err := sqldb.ToJSON(append([]session.Factor{}, s.Factors...))
	if err != nil {
		return fmt.Errorf("upgrade session: %w", err)
	}
	s.AuthenticatedAt, s.ExpiresAt = sqldb.TruncateTime(s.AuthenticatedAt), sqldb.TruncateTime(s.ExpiresAt)
	err = db.withChange(ctx, s.IdentityID, func(ctx context.Context) error {
		err := db.ExecOne(ctx, `UPDATE sessions SET token_hash = ?, authenticated_at = ?, expires_at = ?, factors = ?
 WHERE id = ? AND active = ?`, s.TokenHash, sqldb.Micros(s.AuthenticatedAt), sqldb.Micros(s.ExpiresAt), factors, s.ID, true)
		if err != nil {
			return err
		}
		return db.recordSession(ctx, event.SessionRenewed, s.IdentityID, s.ID, "")
	})
	if err != nil {
		return fmt.Errorf("upgrade session: %w", err)
	}
	return nil
}
