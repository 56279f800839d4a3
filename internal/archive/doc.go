// Package archive owns the form in which an identity leaves one server and enters
// another without loss: one JSON object with its traits, metadata, addresses,
// credentials and sessions. Secrets that a server seals are in clear in it, so that
// a server with other secrets can take it; a file of such lines is as worth
// protecting as the database.
//
// It does not read or write storage, and does not seal or open secrets: that is
// app's.
package archive
