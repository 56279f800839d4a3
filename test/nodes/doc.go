// Package nodes owns the tests of several servers over one database, and of servers and
// databases that are killed: the built program, in processes of their own, on real
// databases. What one server does is tested in test/api, what one database does in
// internal/store.
package nodes
