// Package session owns sessions: issuing them, checking tokens, revoking, and
// the bounded cache that answers checks without the database.
//
// It does not own cookies (httpapi) nor who may sign in (flow and methods).
// Tokens are stored hashed; the token itself exists only in the answer that
// hands it out. Every write that can change a check's answer drops the answer
// from the cache in the same call.
package session
