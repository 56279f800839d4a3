package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"symbolon/internal/errs"
)

// SignOut remembers on all nodes that an operator has signed out of the console, until
// what they signed in with would have ended. The id is that of their sign-in. Doing it
// twice is no error.
func (db *DB) SignOut(ctx context.Context, id string, until time.Time) error {
	_, err := db.exec(ctx, `INSERT INTO console_sign_outs (id, expires_at) VALUES (?, ?)`, id, micros(until))
	if err != nil && !errors.Is(err, errs.ErrConflict) {
		return fmt.Errorf("sign operator out: %w", err)
	}
	return nil
}

// SignedOut reports whether an operator has signed out.
func (db *DB) SignedOut(ctx context.Context, id string) (bool, error) {
	found := 0
	err := db.row(ctx, []any{&found}, `SELECT 1 FROM console_sign_outs WHERE id = ?`, id)
	if err != nil && !errors.Is(err, errs.ErrNotFound) {
		return false, fmt.Errorf("read sign-outs: %w", err)
	}
	return err == nil, nil
}
