// Package throttle owns the counting of failed attempts: how many a key had in
// a window of time, and how long it must wait (NIST SP 800-63B section 3.2.2,
// OWASP ASVS 6.3.1).
//
// It does not know what an attempt is or whom a key stands for: app makes keys of
// accounts, typed identifiers and client addresses, and flow charges before it
// judges and refunds what succeeded.
//
// Invariants: an attempt is counted before it is judged, so parallel ones cannot
// share a count; counters live in bounded memory and go when their window is over;
// what other nodes counted, told in notes that app carries, counts too, and a note
// may be lost or heard twice; of a key only a keyed hash is kept, since people type
// passwords into the wrong field.
package throttle
