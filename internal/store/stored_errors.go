package store

import (
	"context"
	"fmt"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/store/sqldb"
)

// SaveError keeps an error for the error page.
func (db *DB) SaveError(ctx context.Context, e *errs.Stored) error {
	e.CreatedAt = sqldb.TruncateTime(e.CreatedAt)
	err := db.InsertNew(ctx, `INSERT INTO stored_errors (id, csrf_hash, payload, created_at) VALUES (?, ?, ?, ?)`,
		e.ID, e.CSRFHash, string(e.Payload), sqldb.Micros(e.CreatedAt))
	if err != nil {
		return fmt.Errorf("insert stored error: %w", err)
	}
	return nil
}

// Error returns a kept error; errs.ErrNotFound if there is none of that id.
func (db *DB) Error(ctx context.Context, id string) (*errs.Stored, error) {
	id, ok := sqldb.CanonicalID(id)
	if !ok {
		return nil, errs.ErrNotFound
	}
	e := &errs.Stored{}
	err := db.QueryRow(ctx, []any{&e.ID, &e.CSRFHash, (*[]byte)(&e.Payload), sqldb.TimeCol(&e.CreatedAt)},
		`SELECT id, csrf_hash, payload, created_at FROM stored_errors WHERE id = ?`, id)
	if err != nil {
		return nil, fmt.Errorf("read stored error: %w", err)
	}
	return e, nil
}
