// Package passhash owns password hashes: making them (Argon2id of package argon2),
// verifying those and the ones imported from elsewhere (Argon2i, bcrypt, scrypt,
// PBKDF2), and the memory budget inside which all of that happens.
//
// It does not judge whether a password may be chosen (passpolicy) and stores
// nothing. Method password calls it to register and to sign in, the admin API to
// check what it imports.
//
// Invariants: every hash passes one gate, which bounds memory, processors and
// waiting; only this package parses hash strings, so the parameters that it checks
// are those that it computes with, and it allocates nothing for parameters above the
// limits; neither passwords nor hashes appear in errors. The parameters are those of the OWASP
// Password Storage Cheat Sheet; OWASP ASVS 11.4.2 asks for such hashes.
package passhash
