// Package secret owns randomness, tokens and their hashes, signed values
// (cookies) with key rotation, the anti-CSRF token and constant-time
// comparison.
//
// It does not own password hashing (passhash) and does not store anything. All
// randomness of the program comes from here, and so from crypto/rand.
package secret
