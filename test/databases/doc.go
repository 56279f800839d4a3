// Package databases owns the databases that tests run on. DSN hands out an empty
// one of its own to each test:
//
//	dsn := databases.Chosen(t, "memory")   // what go test ./test/api -database postgres says
//	for _, name := range databases.Names() // sqlite, postgres, mariadb
//		dsn := databases.DSN(t, name)
//
// The first test of a process that asks for a server starts one, on a free port
// with its data in memory; it ends with the process, however that ends. If
// SYMBOLON_TEST_POSTGRES or SYMBOLON_TEST_MARIADB holds the DSN of a server and
// of a user who may create databases, that server is used instead. Tests that
// kill servers have one to themselves: Start.
//
// It does not install anything: scripts/databases.sh does. Where a server is
// missing a test is skipped, under CI=true it fails. It does not migrate either:
// that is up to the code that opens the database.
package databases
