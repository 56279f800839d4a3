// Package argon2 owns the computation of Argon2 (RFC 9106) in memory that the
// caller gives and gets back: Argon2d, Argon2i and Argon2id, of version 1.3 and,
// to verify old hashes, 1.0. It imports nothing of this repository.
//
// It does not read or write hash strings, choose parameters, or limit what is
// computed (passhash does), and it holds no memory between calls.
//
// golang.org/x/crypto/argon2 allocates and clears fresh memory for each hash and
// starts a goroutine for each segment; that cost more than half of a password login
// (docs/adr/0014-argon2.md). BLAKE2b is that of x/crypto.
//
// Invariants: a hash of one lane starts no goroutine and allocates nothing; the
// memory is wiped before Key returns; Argon2i, and Argon2id in the first half of
// the first pass, read memory in an order that depends on the parameters alone
// (RFC 9106, section 3.4.1.2).
package argon2

//go:generate go -C gen run . -out ../compress_amd64.s -stubs ../compress_amd64.go -pkg argon2
