package store

import (
	"context"
	"fmt"
	"strconv"

	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/store/sqldb"
)

// CountIdentities returns how many identities a query finds on all its pages:
// limit and offset don't matter.
func (db *DB) CountIdentities(ctx context.Context, q identity.Query) (int, error) {
	where, args, err := db.conditions(ctx, q)
	if err != nil {
		return 0, err
	}
	query := `SELECT COUNT(*) FROM identities i` + where
	if where == "" {
		query = `SELECT value FROM counts WHERE name = 'identities'`
	}
	n := 0
	err = db.listFor(q)(ctx, func(scan sqldb.ScanFunc) error {
		part := 0
		err := scan(&part)
		n += part
		return err
	}, query, args...)
	if err != nil {
		return 0, fmt.Errorf("count identities: %w", err)
	}
	return n, nil
}

// addToCount adds to the number of identities. SQLite has a trigger for it.
func (db *DB) addToCount(ctx context.Context, id string, change int) error {
	if !db.MultiNode() {
		return nil
	}
	slot, err := strconv.ParseInt(id[len(id)-1:], 16, 64)
	if err != nil {
		return fmt.Errorf("count identity: %w", err)
	}
	return db.ExecOne(ctx, `UPDATE counts SET value = value + ? WHERE name = 'identities' AND slot = ?`, change, slot)
}
