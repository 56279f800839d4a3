// Package store owns everything that is kept: flows, identities with their
// credentials and addresses, sessions and stored errors, and the schema they
// live in. It is the only package with SQL, and app hands its one *DB to all
// who declare what they need of it.
//
// It does not judge what it keeps: rules about traits, credentials, lifetimes
// and who may do what belong to identity, flow and session.
//
// Invariants: the error for a missing row is errs.ErrNotFound, for a taken
// unique value errs.ErrConflict, for a row that changed since it was read
// errs.ErrStale, and for a database that can't be reached in time
// errs.ErrUnavailable. No driver error is returned bare. Times are UTC with
// microseconds. Identifiers and addresses are compared byte by byte. Queries
// keep to SQL that SQLite, PostgreSQL and MySQL share; what differs is data in
// a Dialect.
package store
