package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
)

// needsTable records which releases of the program may use the database.
const needsTable = "schema_needs"

// ErrNewer says that a later release has removed something from the database that this
// program uses.
var ErrNewer = errors.New("the database is for newer releases of Symbolon than this one")

// newestNeeded selects the newest migration that a program must know. There is no row if
// a migration was interrupted on MySQL, which commits a table before it is filled.
const newestNeeded = `SELECT COALESCE(MAX(migration), 0) FROM ` + needsTable

// checkCompatible fails with ErrNewer if a database of these tables needs migrations that
// this program does not know.
func (d *Dialect) checkCompatible(ctx context.Context, pool *sql.DB, tables []string) error {
	if !slices.Contains(tables, needsTable) {
		return nil
	}
	var needed int64
	if err := pool.QueryRowContext(ctx, newestNeeded).Scan(&needed); err != nil {
		return fmt.Errorf("read what the database needs: %w", err)
	}
	return d.supports(needed)
}

// supports fails with ErrNewer if the database needs a migration that this program does
// not know. Migrations that only add something are not needed: a release runs on the
// schema of the next one, so that nodes can be updated one after the other.
func (d *Dialect) supports(needed int64) error {
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
