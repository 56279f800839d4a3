// Package passpolicy owns the rules for choosing a password: length, likeness to
// identifiers, a list of common passwords and a look-up in known breaches.
//
// It does not hash, store or verify passwords, and it applies to new passwords
// alone. Everything but the breach look-up works without a network, and the
// look-up sends five characters of a hash, never a password (k-anonymity). NIST
// SP 800-63B section 3.1.1.2 and OWASP ASVS 6.2 ask for these rules.
package passpolicy
