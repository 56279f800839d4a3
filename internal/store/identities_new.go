package store

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/event"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/store/sqldb"
)

// CreateIdentity stores a new identity with its addresses and credentials, each
// in the version it has. The error is errs.ErrConflict when an identifier or an
// address is taken; then nothing is stored.
func (db *DB) CreateIdentity(ctx context.Context, i *identity.Identity, credentials []identity.Credential) error {
	err := db.InTx(ctx, func(ctx context.Context) error { return db.insertIdentity(ctx, i, credentials) })
	if err != nil {
		return fmt.Errorf("insert identity: %w", err)
	}
	return nil
}

// createdAtOnce bounds how many of the connections to a server CreateIdentities waits for, so
// that requests of people do not wait behind all of them.
const createdAtOnce = 32

// CreateIdentities stores new identities, each for itself, and returns the error of each. In
// a file they share one transaction without a savepoint for each, which costs half as much;
// if it fails, each is stored apart. On a server each has its own, several at once.
func (db *DB) CreateIdentities(ctx context.Context, all []identity.Created) []error {
	failed := make([]error, len(all))
	if db.MultiNode() {
		var running errgroup.Group
		running.SetLimit(createdAtOnce)
		for n, one := range all {
			running.Go(func() error {
				failed[n] = db.CreateIdentity(ctx, one.Identity, one.Credentials)
				return nil
			})
		}
		_ = running.Wait() // each has its own error
		return failed
	}
	err := db.InTx(ctx, func(ctx context.Context) error {
		for _, one := range all {
			if err := db.insertIdentity(ctx, one.Identity, one.Credentials); err != nil {
				return err
			}
		}
		return nil
	})
	for n, one := range all {
		switch {
		case err == nil:
		case errors.Is(err, errs.ErrUnavailable):
			failed[n] = fmt.Errorf("insert identity: %w", err)
		default:
			failed[n] = db.CreateIdentity(ctx, one.Identity, one.Credentials)
		}
	}
	return failed
}

func (db *DB) insertIdentity(ctx context.Context, i *identity.Identity, credentials []identity.Credential) error {
	wellFormed(i)
	i.CreatedAt, i.UpdatedAt = sqldb.TruncateTime(i.CreatedAt), sqldb.TruncateTime(i.UpdatedAt)
	_, err := db.Exec(ctx, `INSERT INTO identities (id, schema_id, traits, version, created_at, updated_at)
 VALUES (?, ?, ?, ?, ?, ?)`, i.ID, i.SchemaID, string(i.Traits), i.Version, sqldb.Micros(i.CreatedAt), sqldb.Micros(i.UpdatedAt))
	if err != nil {
		return err
	}
	if err := db.insertDetails(ctx, i); err != nil {
		return err
	}
	for _, c := range credentials {
		if err := db.insertCredential(ctx, i.ID, c); err != nil {
			return err
		}
	}
	if err := db.insertAddresses(ctx, i); err != nil {
		return err
	}
	if err := db.insertSearch(ctx, i.ID, searchText(i, credentials), i.Version); err != nil {
		return err
	}
	if err := db.addToCount(ctx, i.ID, +1); err != nil {
		return err
	}
	return db.RecordEvent(ctx, event.Event{Name: event.UserCreated, IdentityID: i.ID, Details: map[string]string{"schema": i.SchemaID}})
}
