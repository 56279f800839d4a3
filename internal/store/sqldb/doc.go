// Package sqldb owns the SQL machinery below the store: opening a database, the
// dialects, transactions and how they are committed, retries, migrations, locks,
// backups, the read replica and the connection that polls for changes.
//
// It does not own tables or queries: package store has those and passes them in as a
// Schema.
//
// Invariants: a missing row is errs.ErrNotFound, a unique value that is taken
// errs.ErrConflict, a row that changed since it was read errs.ErrStale, and a database
// that cannot be reached in time errs.ErrUnavailable. No driver error is returned bare,
// and none shows a password. Queries keep to the SQL that SQLite, PostgreSQL and MySQL
// share; what differs is data in a Dialect.
package sqldb
