// Package passhash owns password hashes: making them (Argon2id, RFC 9106),
// verifying those and the ones imported from elsewhere (bcrypt, scrypt, PBKDF2,
// Argon2i), and the memory budget inside which all of that happens.
//
// It does not judge whether a password may be chosen (passpolicy) and stores
// nothing. Every hash passes one gate: memory and processors in use at once are
// bounded, waiting is bounded, and a stored hash whose parameters exceed the
// limits is refused before anything is allocated for it.
package passhash
