// Package session owns the verification of session tokens in other programs, without a
// request to the server for each: the signature by the published keys, the claims, and
// the feed of sessions that have ended (docs/tokens.md).
//
// It does not fetch sessions and does not hand out tokens: callers get one from
// GET /sessions/whoami?tokenize_as=NAME. session.js beside it does the same in JavaScript.
package session
