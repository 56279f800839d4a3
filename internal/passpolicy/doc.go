// Package passpolicy owns the rules for choosing a password: length, likeness to
// identifiers, a list of common passwords and a look-up in known breaches (NIST
// SP 800-63B section 3.1.1.2, OWASP ASVS 6.2.1, 6.2.4, 6.2.11 and 6.2.12).
//
// It does not hash, store or verify passwords, and it applies to new passwords
// alone; method password asks it before hashing. The texts that people read are
// in message. Empty passwords are refused before they come here.
//
// Invariants: everything but the look-up works without a network. The look-up
// sends five hexadecimal digits of a hash, never a password (k-anonymity), takes
// a second at most, and pauses when its service fails. Neither passwords nor
// their hashes appear in errors or stay in memory.
package passpolicy
