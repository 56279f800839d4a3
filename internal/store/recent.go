package store

import (
	"context"
	"fmt"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/store/sqldb"
)

// RecentFlows lists the flows that end last, which are those that are open and then those
// that have ended, the latest first.
func (db *DB) RecentFlows(ctx context.Context, limit int) ([]*flow.Flow, error) {
	var found []*flow.Flow
	err := db.ListOnReplica(ctx, func(scan sqldb.ScanFunc) error {
		f := &flow.Flow{}
		if err := scan(&f.ID, (*string)(&f.Kind), (*string)(&f.Client), (*string)(&f.State), sqldb.TimeCol(&f.IssuedAt), sqldb.TimeCol(&f.ExpiresAt), sqldb.TextCol(&f.IdentityID)); err != nil {
			return err
		}
		found = append(found, f)
		return nil
	}, `SELECT id, kind, client, state, issued_at, expires_at, subject FROM flows ORDER BY expires_at DESC LIMIT ?`, limit)
	if err != nil {
		return nil, fmt.Errorf("list flows: %w", err)
	}
	return found, nil
}

// RecentErrors lists the errors that people met last, the latest first.
func (db *DB) RecentErrors(ctx context.Context, limit int) ([]*errs.Stored, error) {
	var found []*errs.Stored
	err := db.ListOnReplica(ctx, func(scan sqldb.ScanFunc) error {
		e := &errs.Stored{}
		if err := scan(&e.ID, (*[]byte)(&e.Payload), sqldb.TimeCol(&e.CreatedAt)); err != nil {
			return err
		}
		found = append(found, e)
		return nil
	}, `SELECT id, payload, created_at FROM stored_errors ORDER BY created_at DESC LIMIT ?`, limit)
	if err != nil {
		return nil, fmt.Errorf("list errors: %w", err)
	}
	return found, nil
}
