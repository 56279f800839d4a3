// Package revocation owns the feed of sessions that have ended: what of the audit log
// means that a session is over, the position of a reader in it, and the wait for more.
// Those who verify tokens offline follow it (RFC 7519 has no revocation of its own).
//
// It does not own the events (event, store), does not answer requests (wire1), and
// does not end sessions. Sessions that expire are not in the feed: no token outlives
// its session.
package revocation
