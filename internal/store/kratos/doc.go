// Package kratos owns reading databases of Ory Kratos, version 0.5 and 26 and what lies
// between, on SQLite, PostgreSQL, MySQL and MariaDB, into records of package takeover.
//
// It does not write, neither there nor here. What the tables mean was measured on
// databases that the original servers filled.
//
// Invariants: memory does not grow with the number of accounts; columns that a version
// lacks read as absent; what can't be read of an account becomes a note of its record.
package kratos
