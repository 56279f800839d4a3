package store

import (
	"context"
	"fmt"
	"strconv"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/event"
	"github.com/symbolon/symbolon/internal/session"
	"github.com/symbolon/symbolon/internal/store/sqldb"
)

const sessionColumns = `s.id, s.identity_id, s.token_hash, s.active, s.issued_at, s.authenticated_at,
 s.expires_at, s.factors, v.address, v.user_agent, v.seen_at`

const joinDevices = `LEFT JOIN session_devices v ON v.session_id = s.id`

// sessionRow scans sessionColumns.
type sessionRow struct {
	session session.Session
	factors string
}

func (r *sessionRow) targets() []any {
	s := &r.session
	return []any{
		&s.ID, &s.IdentityID, &s.TokenHash, &s.Active,
		sqldb.TimeCol(&s.IssuedAt),
		sqldb.TimeCol(&s.AuthenticatedAt),
		sqldb.TimeCol(&s.ExpiresAt),
		&r.factors,
		sqldb.TextCol(&s.Address),
		sqldb.TextCol(&s.UserAgent),
		sqldb.TimeCol(&s.SeenAt),
	}
}

func (r *sessionRow) finish() (*session.Session, error) {
	if err := sqldb.FromJSON(r.factors, &r.session.Factors); err != nil {
		return nil, err
	}
	return &r.session, nil
}

// CreateSession stores a new session. The error is errs.ErrNotFound when its
// identity does not exist (any more).
func (db *DB) CreateSession(ctx context.Context, s *session.Session) error {
	factors, err := sqldb.ToJSON(append([]session.Factor{}, s.Factors...))
	if err != nil {
		return fmt.Errorf("insert session: %w", err)
	}
	s.IssuedAt, s.AuthenticatedAt, s.ExpiresAt = sqldb.TruncateTime(s.IssuedAt), sqldb.TruncateTime(s.AuthenticatedAt), sqldb.TruncateTime(s.ExpiresAt)
	err = db.Join(ctx, func(ctx context.Context) error { return db.insertSession(ctx, s, factors) })
	if err != nil {
		return fmt.Errorf("insert session: %w", err)
	}
	return nil
}

func (db *DB) insertSession(ctx context.Context, s *session.Session, factors string) error {
	_, err := db.Exec(ctx, `INSERT INTO sessions
 (id, identity_id, token_hash, active, issued_at, authenticated_at, expires_at, factors)
 VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		s.ID, s.IdentityID, s.TokenHash, s.Active, sqldb.Micros(s.IssuedAt), sqldb.Micros(s.AuthenticatedAt),
		sqldb.Micros(s.ExpiresAt), factors)
	if err != nil {
		return err
	}
	if s.Address != "" || s.UserAgent != "" {
		if _, err := db.Exec(ctx, `INSERT INTO session_devices (session_id, address, user_agent) VALUES (?, ?, ?)`, s.ID, s.Address, s.UserAgent); err != nil {
			return fmt.Errorf("insert device: %w", err)
		}
	}
	method := ""
	if len(s.Factors) > 0 {
		method = s.Factors[len(s.Factors)-1].Method
	}
	return db.recordSession(ctx, event.LoginSuccess, s.IdentityID, s.ID, method)
}

// SessionByToken returns the session of a token's hash with its identity, both
// as of one moment, revoked and expired sessions too; errs.ErrNotFound if there
// is none.
func (db *DB) SessionByToken(ctx context.Context, tokenHash string) (*session.Session, error) {
	var row sessionRow
	owner, err := db.identity(ctx, row.targets(), `SELECT `+identityColumns+`, `+sessionColumns+`
 FROM sessions s JOIN identities i ON i.id = s.identity_id `+joinDevices+` `+joinAddresses+`
 WHERE s.token_hash = ?`, tokenHash)
	if err != nil {
		return nil, fmt.Errorf("read session: %w", err)
	}
	found, err := row.finish()
	if err != nil {
		return nil, fmt.Errorf("read session: %w", err)
	}
	found.Identity = owner
	return found, nil
}

// Sessions returns the sessions of an identity, revoked and expired ones too, the
// latest first and without the identity.
func (db *DB) Sessions(ctx context.Context, identityID string) ([]*session.Session, error) {
	id, ok := sqldb.CanonicalID(identityID)
	if !ok {
		return nil, nil
	}
	var found []*session.Session
	err := db.List(ctx, func(scan sqldb.ScanFunc) error {
		var row sessionRow
		if err := scan(row.targets()...); err != nil {
			return err
		}
		s, err := row.finish()
		found = append(found, s)
		return err
	}, `SELECT `+sessionColumns+` FROM sessions s `+joinDevices+` WHERE s.identity_id = ? ORDER BY s.issued_at DESC, s.id`, id)
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	return found, nil
}

// RevokeSession ends the session of a token's hash; errs.ErrNotFound if there is
// none. Ending it twice is not an error.
func (db *DB) RevokeSession(ctx context.Context, tokenHash string) error {
	err := db.withChange(ctx, tokenHash, func(ctx context.Context) error {
		if err := db.ExecOne(ctx, `UPDATE sessions SET active = ? WHERE token_hash = ?`, false, tokenHash); err != nil {
			return err
		}
		return db.recordRevocation(ctx, tokenHash)
	})
	if err != nil {
		return fmt.Errorf("revoke session: %w", err)
	}
	return nil
}

// RevokeSessionByID ends a session of an identity; errs.ErrNotFound if the
// identity has none of that id.
func (db *DB) RevokeSessionByID(ctx context.Context, identityID, id string) error {
	owner, isID := sqldb.CanonicalID(identityID)
	id, ok := sqldb.CanonicalID(id)
	if !ok || !isID {
		return errs.ErrNotFound
	}
	err := db.withChange(ctx, owner, func(ctx context.Context) error {
		if err := db.ExecOne(ctx, `UPDATE sessions SET active = ? WHERE id = ? AND identity_id = ?`, false, id, owner); err != nil {
			return err
		}
		return db.recordSession(ctx, event.TokenRevoked, owner, id, "")
	})
	if err != nil {
		return fmt.Errorf("revoke session: %w", err)
	}
	return nil
}

// RevokeSessions ends all sessions of an identity but the one named; an empty
// name spares none.
func (db *DB) RevokeSessions(ctx context.Context, identityID, exceptID string) error {
	err := db.withChange(ctx, identityID, func(ctx context.Context) error {
		ended, err := db.Exec(ctx, `UPDATE sessions SET active = ? WHERE identity_id = ? AND id <> ? AND active = ?`,
			false, identityID, exceptID, true)
		if err != nil || ended == 0 {
			return err
		}
		// Listed after the update, so that a session created meanwhile is not missed. Sessions
		// that had ended before are listed again, which does no harm.
		ids, err := db.openSessions(ctx, identityID, exceptID, false)
		if err != nil {
			return err
		}
		return db.recordEnded(ctx, event.Event{
			Name: event.TokenRevoked, IdentityID: identityID, Details: map[string]string{"sessions": strconv.FormatInt(ended, 10)},
		}, ids)
	})
	if err != nil {
		return fmt.Errorf("revoke sessions: %w", err)
	}
	return nil
}
