package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
)

// needsTable tells releases of the program which of them the database is for.
const needsTable = "schema_needs"

// ErrNewer says that a later release has taken something away from the database that
// this program uses.
var ErrNewer = errors.New("the database is for newer releases of Symbolon than this one")

// newestNeeded asks for the newest migration that a program must know. There is no row
// where a migration was cut off on MySQL, on which a table is there before it is filled.
const newestNeeded = `SELECT COALESCE(MAX(migration), 0) FROM ` + needsTable

// refuseNewer fails with ErrNewer if a database of these tables needs migrations that
// this program does not know.
func (d *Dialect) refuseNewer(ctx context.Context, pool *sql.DB, tables []string) error {
	if !slices.Contains(tables, needsTable) {
		return nil
	}
	var needed int64
	if err := pool.QueryRowContext(ctx, newestNeeded).Scan(&needed); err != nil {
		return fmt.Errorf("read what the database needs: %w", err)
	}
	return d.knows(needed)
}

// knows fails with ErrNewer if a migration is not known that a database needs. Those that
// only add something are not needed: a release runs on the schema of the next one, so
// that nodes can be updated one after the other.
func (d *Dialect) knows(needed int64) error {
	known, err := d.migrations()
	if err != nil {
		return err
	}
	if newest := known[len(known)-1].Version; needed > newest {
		return fmt.Errorf("%w: it needs migration %d, and this program knows them up to %d; run the release that migrated it, or a later one",
			ErrNewer, needed, newest)
	}
	return nil
}
