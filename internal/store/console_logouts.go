package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/store/sqldb"
)

// SignOut records for all nodes that an operator has signed out of the console, until
// their console session would have expired. The id is that of the session. Calling it
// twice is not an error.
func (db *DB) SignOut(ctx context.Context, id string, until time.Time) error {
	_, err := db.Exec(ctx, `INSERT INTO console_sign_outs (id, expires_at) VALUES (?, ?)`, id, sqldb.Micros(until))
	if err != nil && !errors.Is(err, errs.ErrConflict) {
		return fmt.Errorf("sign operator out: %w", err)
	}
	return nil
}

// SignedOut reports whether an operator has signed out.
func (db *DB) SignedOut(ctx context.Context, id string) (bool, error) {
	found := 0
	err := db.QueryRow(ctx, []any{&found}, `SELECT 1 FROM console_sign_outs WHERE id = ?`, id)
	if err != nil && !errors.Is(err, errs.ErrNotFound) {
		return false, fmt.Errorf("read sign-outs: %w", err)
	}
	return err == nil, nil
}
