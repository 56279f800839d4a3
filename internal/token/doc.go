// Package token owns the signed tokens that a session check can answer with: the
// key sets that sign them, the claims that are in them, and the public keys that
// others verify them with (RFC 7515, RFC 7517, RFC 7519).
//
// It does not own sessions, and does not answer requests: wire1 asks it for a
// token of a session that is valid, and serves its public keys. It does not tell
// others which sessions have ended: that is package revocation.
package token
