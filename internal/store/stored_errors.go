package store

import (
	"context"
	"fmt"

	"symbolon/internal/errs"
)

// SaveError keeps an error for the error page.
func (db *DB) SaveError(ctx context.Context, e *errs.Stored) error {
	e.CreatedAt = edge(e.CreatedAt)
	err := db.create(ctx, `INSERT INTO stored_errors (id, csrf_hash, payload, created_at) VALUES (?, ?, ?, ?)`,
		e.ID, e.CSRFHash, string(e.Payload), micros(e.CreatedAt))
	if err != nil {
		return fmt.Errorf("insert stored error: %w", err)
	}
	return nil
}

// Error returns a kept error; errs.ErrNotFound if there is none of that id.
func (db *DB) Error(ctx context.Context, id string) (*errs.Stored, error) {
	id, ok := canonical(id)
	if !ok {
		return nil, errs.ErrNotFound
	}
	e := &errs.Stored{}
	err := db.row(ctx, []any{&e.ID, &e.CSRFHash, (*[]byte)(&e.Payload), at{&e.CreatedAt}},
		`SELECT id, csrf_hash, payload, created_at FROM stored_errors WHERE id = ?`, id)
	if err != nil {
		return nil, fmt.Errorf("read stored error: %w", err)
	}
	return e, nil
}
