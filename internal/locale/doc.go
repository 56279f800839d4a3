// Package locale owns the languages that people are addressed in: their tags,
// names and directions of writing, the choice among them for what a person asked
// for, and how a date is written in each.
//
// It does not hold texts (message, webui and courier keep theirs) and does not
// read requests: httpapi says what a browser asked for, app what a recipient
// prefers.
//
// Invariant: a language that is listed here has a text for everything; the tests
// of the packages with texts see to that.
package locale
