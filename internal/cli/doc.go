// Package cli owns the commands: their words, flags, help texts, output formats
// and exit codes.
//
// It does not own behaviour: serve and migrate compose an app, all other
// commands talk to a running server through its admin API. It and config are
// the only packages that read the environment.
//
// docs/cli.md is written from the commands by the tests.
//
//go:generate go test -count=1 -run Document -update .
package cli
