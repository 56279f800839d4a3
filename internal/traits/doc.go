// Package traits owns identity schemas: where they come from, what a submission
// means under a schema, whether traits obey it, and which of them identify,
// verify or recover an account. It also owns the one normal form in which
// identifiers and addresses are compared.
//
// It does not store identities, does not choose messages or languages (a
// Violation names its cause and carries the English text of the wire), does not
// show forms, and does not open network connections: remote documents come
// through functions that the caller supplies and guards.
//
// The flow engine decodes and merges submissions, identity validates and
// annotates them, the HTTP layers serve the raw documents. A Schema never
// changes after it was compiled and is safe for concurrent use, as is the
// Registry that hands it out. What a client sends is bounded in bytes,
// depth and number of values before a schema sees it, and never panics.
package traits
