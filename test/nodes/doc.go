// Package nodes owns the tests of several servers over one database, and of servers and
// databases that are killed: the built program, in processes of their own, on real
// databases. It does not test what one server does (test/api) or what one database
// does (internal/store).
package nodes
