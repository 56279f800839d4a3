// Package api owns the tests of behaviour over HTTP: the whole server in
// process, over a real SQLite database, with a clock of its own.
//
// It does not compare with recordings (test/wire) and starts no browser
// (test/e2e).
package api
