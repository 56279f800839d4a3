// Package identity owns identities: their traits, credentials and addresses,
// and the rules for creating and changing them (schema validation, one
// normalised form of every identifier, what a changed trait does to
// credentials and addresses).
//
// It does not own sessions or flows, and it does not judge credentials: a
// method verifies a password and this package only keeps its hash. Storage is
// an interface declared here and satisfied by store.
package identity
