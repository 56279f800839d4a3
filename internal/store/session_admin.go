package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/event"
	"github.com/symbolon/symbolon/internal/session"
	"github.com/symbolon/symbolon/internal/store/sqldb"
)

// AllSessions returns a page of everyone's sessions, the latest first and without
// their identities. A limit of zero stands for 1000.
func (db *DB) AllSessions(ctx context.Context, q session.Query) ([]*session.Session, error) {
	query, args := `SELECT `+sessionColumns+` FROM sessions s `+joinDevices+` WHERE 1 = 1`, []any{}
	if q.Active != nil {
		ended := `s.active = ? AND s.expires_at > ?`
		if !*q.Active {
			ended = `(s.active <> ? OR s.expires_at <= ?)`
		}
		query, args = query+` AND `+ended, append(args, true, sqldb.Micros(q.Now))
	}
	if q.After != "" {
		last, err := db.SessionByID(ctx, q.After)
		if errors.Is(err, errs.ErrNotFound) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		query += ` AND (s.issued_at < ? OR s.issued_at = ? AND s.id > ?)`
		args = append(args, sqldb.Micros(last.IssuedAt), sqldb.Micros(last.IssuedAt), last.ID)
	}
	if q.Limit <= 0 {
		q.Limit = maxPage
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
	}, query+` ORDER BY s.issued_at DESC, s.id LIMIT ?`, append(args, q.Limit)...)
	if err != nil {
		return nil, fmt.Errorf("list all sessions: %w", err)
	}
	return found, nil
}

// SessionByID returns a session without its identity, revoked and expired ones too;
// errs.ErrNotFound if there is none of that id.
func (db *DB) SessionByID(ctx context.Context, id string) (*session.Session, error) {
	id, ok := sqldb.CanonicalID(id)
	if !ok {
		return nil, errs.ErrNotFound
	}
	var row sessionRow
	if err := db.QueryRow(ctx, row.targets(), `SELECT `+sessionColumns+` FROM sessions s `+joinDevices+` WHERE s.id = ?`, id); err != nil {
		return nil, fmt.Errorf("read session: %w", err)
	}
	return row.finish()
}

// ExtendSession lets a session that holds at a moment last until another;
// errs.ErrNotFound if it has ended.
func (db *DB) ExtendSession(ctx context.Context, s *session.Session, now, until time.Time) error {
	until = sqldb.TruncateTime(until)
	err := db.withChange(ctx, s.IdentityID, func(ctx context.Context) error {
		err := db.ExecOne(ctx, `UPDATE sessions SET expires_at = ? WHERE id = ? AND active = ? AND expires_at > ?`,
			sqldb.Micros(until), s.ID, true, sqldb.Micros(now))
		if err != nil {
			return err
		}
		return db.recordSession(ctx, event.SessionRenewed, s.IdentityID, s.ID, "")
	})
	if err != nil {
		return fmt.Errorf("extend session: %w", err)
	}
	s.ExpiresAt = until
	return nil
}
