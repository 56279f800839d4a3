// Package scratchtest owns the scratch of a test.
//
// It does not judge what is kept there and is for tests alone.
package scratchtest
