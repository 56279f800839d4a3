// Package ratelimit owns the counting of failed attempts: how many a key had in
// a window of time, and how long it must wait (NIST SP 800-63B section 3.2.2,
// OWASP ASVS 6.3.1).
//
// It does not own what an attempt is or what a key stands for: app makes keys of
// accounts, typed identifiers and client addresses, and flow charges an attempt
// before it checks it and refunds the attempts that succeeded.
//
// Invariants: an attempt is counted before it is checked, so that parallel attempts
// cannot share a count; counters live in bounded memory and are dropped when their
// window ends; counts of other nodes arrive as notes that app carries and count too;
// a note may be lost or read twice; only a keyed hash of a key is kept, because people
// type passwords into the wrong field.
package ratelimit
