// Package app owns the composition: it turns a configuration into a running
// server, naming every part once. The lists of methods, databases and channels
// are here.
//
// It does not own behaviour: whatever can be decided elsewhere is decided
// elsewhere, and nobody but cli and tests imports it. It is the one place that
// starts goroutines and reads the clock.
package app
