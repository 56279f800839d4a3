// Package config owns every setting of the program: one table of keys (Keys)
// drives reading files, environment and flags, defaults, validation, the
// report of where a value came from, docs/config.md and the JSON Schema for
// editors. A setting that is not in the table does not exist.
//
// It does not act on settings: it opens no listener, no database and no mail
// server, generates no secrets and fetches no URL. Only the composition root
// and the command line call it; every other package declares its own Config
// and is given values.
//
// Invariants: a *Config that Load returned is complete and valid, and no code
// changes it afterwards, but for a secret that was left unset; a secret is a
// type that prints as [redacted]; every mistake in the input is reported at
// once, with its place and what to write instead.
package config

//go:generate go run ./gen
