// Package storetest owns the tests that every storage must pass, and the databases that other packages' tests run on.
//
// It does not test what only one kind of storage has, such as files and locks of
// SQLite; those tests are beside the code.
package storetest
