// Package flowtest owns what tests of the engine and of methods stand on: an
// engine over a database in memory, a method that establishes the facts that a test
// wants, and the contract that every method keeps.
//
// It does not fake identities, sessions or storage: those are the real ones.
package flowtest
