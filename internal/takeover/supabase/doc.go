// Package supabase owns reading the users of Supabase Auth into users of package takeover:
// one JSON document with the rows of auth.users, auth.identities and auth.mfa_factors,
// which docs/from-others.md has the query for. It does not connect to a database.
package supabase
