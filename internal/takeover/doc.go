// Package takeover owns moving accounts in from another system: the neutral record
// that readers of other systems' data produce, and the writer that stores records,
// reports what could not be taken and why, and goes on where it was stopped.
//
// It does not read databases or files: package store/kratos and the packages below
// takeover do, one for each system. It does not decide what a person may do later;
// an account that was taken over is one like any other.
//
// Invariants: a record is stored whole or not at all, in one transaction; storing it
// a second time changes nothing; nothing is dropped without a line in the report.
package takeover
