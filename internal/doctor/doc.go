// Package doctor owns the walk through a deployment from outside: it asks a
// public URL as browsers and apps do, step by step, and says which link of the
// chain between them and the server is broken, why that usually is, and what to
// change.
//
// It does not repair, sign in or create accounts: it starts login flows as any
// visitor does and sends a wrong password for an address that does not exist.
// It reads no configuration and no database; what it knows of the server it has
// seen over HTTP, so it finds what proxies do as well.
//
// docs/troubleshooting.md is written from its table of troubles by the tests.
//
//go:generate go test -count=1 -run Document -update .
package doctor
