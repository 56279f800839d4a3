// Package app owns the composition: it turns a configuration into a running
// server, naming every part once. The lists of methods, databases and channels
// are here.
//
// It does not own behaviour: what can be decided elsewhere is decided
// elsewhere, and only cli and tests import it. It is the one place that
// starts goroutines and reads the clock.
package app
