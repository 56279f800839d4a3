// Package event owns what an event is: the closed list of names, in the vocabulary of
// OWASP's Logging Vocabulary Cheat Sheet, the record, what the context adds to it, and the
// seal that chains records so that changes, deletions and reordering show.
//
// It does not own storage: package store writes events in the transaction of the effect
// they tell of (a transactional outbox) and hands them to readers.
//
// Invariants: an event has no secret, no password, no identifier that was typed and no
// trait; a name that is not in the list is refused.
package event
