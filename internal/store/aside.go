package store

import (
	"context"
	"database/sql"
)

// aside is a connection that nobody waits for but who follows the changes of other
// processes. In the line for those that requests use he would hear too late whenever
// there is much to do, the session cache would not be believed, and each check would
// make the line longer: a node would not get out of that by itself.
type aside struct {
	reads *pool
	again *again
}

func newAside(pool *sql.DB, d *Dialect) *aside {
	return &aside{reads: newPool(pool, d), again: &again{pool: pool, idle: 1}}
}

// look is list on the connection that is set aside, for as long as a transaction may
// take: of several hosts the first ones may have to be given up.
func (db *DB) look(ctx context.Context, each func(scanFunc) error, query string, args ...any) error {
	if db.aside == nil {
		return db.list(ctx, each, query, args...)
	}
	ctx, cancel := context.WithTimeout(ctx, db.patience)
	defer cancel()
	return db.rowsAgain(ctx, db.aside.again, db.aside.reads, each, query, args)
}

func (a *aside) close() error {
	if a == nil {
		return nil
	}
	return a.reads.close()
}
