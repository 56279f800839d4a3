// Package shadow owns comparing two servers in use: a proxy that answers each request with
// the old server's answer, asks the new server the same, and reports how the answers differ.
//
// It does not serve accounts and opens no database. The old server gets what its clients
// send and nothing else. The new server gets reads alone, unless it runs on a copy whose
// changes do not matter (Config.Replay).
//
// Invariants: a client waits for the old server only; what is kept of a request is bounded
// and never written out: reports name members, types and statuses, and no text.
package shadow
