package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/event"
	"github.com/symbolon/symbolon/internal/store/sqldb"
)

// ScheduleDeletion notes when an identity is to be deleted, in place of what was noted
// before.
func (db *DB) ScheduleDeletion(ctx context.Context, id string, at time.Time) error {
	err := db.InTx(ctx, func(ctx context.Context) error {
		if _, err := db.Exec(ctx, `DELETE FROM identity_deletions WHERE identity_id = ?`, id); err != nil {
			return err
		}
		_, err := db.Exec(ctx, `INSERT INTO identity_deletions (identity_id, delete_at) VALUES (?, ?)`, id, sqldb.Micros(at))
		if err != nil {
			return err
		}
		return db.RecordEvent(ctx, event.Event{
			Name: event.UserArchived, IdentityID: id, Details: map[string]string{"delete_at": at.UTC().Format(time.RFC3339)},
		})
	})
	if err != nil {
		return fmt.Errorf("schedule deletion: %w", err)
	}
	return nil
}

// CancelDeletion withdraws a deletion; cancelled reports whether there was one.
func (db *DB) CancelDeletion(ctx context.Context, id string) (cancelled bool, err error) {
	err = db.InTx(ctx, func(ctx context.Context) error {
		n, err := db.Exec(ctx, `DELETE FROM identity_deletions WHERE identity_id = ?`, id)
		if cancelled = n > 0; err != nil || !cancelled {
			return err
		}
		return db.RecordEvent(ctx, event.Event{Name: event.UserUpdated, IdentityID: id, Details: map[string]string{"deletion": "cancelled"}})
	})
	if err != nil {
		return false, fmt.Errorf("cancel deletion: %w", err)
	}
	return cancelled, nil
}

// DeletionOf is when an identity will be deleted, zero for never.
func (db *DB) DeletionOf(ctx context.Context, id string) (at time.Time, err error) {
	err = db.QueryRow(ctx, []any{sqldb.TimeCol(&at)}, `SELECT delete_at FROM identity_deletions WHERE identity_id = ?`, id)
	if errors.Is(err, errs.ErrNotFound) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("read deletion: %w", err)
	}
	return at, nil
}

// DueDeletions lists at most limit identities that are to be deleted by now.
func (db *DB) DueDeletions(ctx context.Context, now time.Time, limit int) (ids []string, err error) {
	err = db.List(ctx, func(scan sqldb.ScanFunc) error {
		var id string
		if err := scan(&id); err != nil {
			return err
		}
		ids = append(ids, id)
		return nil
	}, `SELECT identity_id FROM identity_deletions WHERE delete_at <= ? ORDER BY delete_at LIMIT ?`, sqldb.Micros(now), limit)
	if err != nil {
		return nil, fmt.Errorf("list deletions: %w", err)
	}
	return ids, nil
}

// DeleteIfDue deletes an identity if its deletion is due. It removes the row of the deletion
// first, so that a sign-in that cancels the deletion either waits for it or comes first.
func (db *DB) DeleteIfDue(ctx context.Context, id string, now time.Time) (deleted bool, err error) {
	err = db.InTx(ctx, func(ctx context.Context) error {
		n, err := db.Exec(ctx, `DELETE FROM identity_deletions WHERE identity_id = ? AND delete_at <= ?`, id, sqldb.Micros(now))
		if deleted = n > 0; err != nil || !deleted {
			return err
		}
		return db.DeleteIdentity(ctx, id)
	})
	if err != nil {
		return false, fmt.Errorf("delete identity when due: %w", err)
	}
	return deleted, nil
}
