// Package store owns everything that is stored: flows, identities with their
// credentials and addresses, sessions, messages and stored errors, and their tables.
// With sqldb below it, it is the only package with SQL. App passes its one *DB to the
// packages that declare what they need of it.
//
// It does not own rules: those about traits, credentials, lifetimes and permissions
// belong to identity, flow and session.
//
// Invariants: the error for a missing row is errs.ErrNotFound, for a taken
// unique value errs.ErrConflict, for a row that changed since it was read
// errs.ErrStale, and for a database that can't be reached in time
// errs.ErrUnavailable. No driver error is returned bare. Times are UTC with
// microseconds. Identifiers and addresses are compared byte by byte. Queries
// keep to the SQL that SQLite, PostgreSQL and MySQL share; what differs is data in
// a sqldb.Dialect and in schema.
package store
