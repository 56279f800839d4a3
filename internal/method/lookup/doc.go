// Package lookup owns the lookup_secret method: recovery codes that a person keeps on paper and that each stand in once
// for a second factor (NIST SP 800-63B-4 section 3.1.2, OWASP ASVS 5.0 6.5.1 to 6.5.4).
//
// It does not hash by itself (passhash), does not limit guesses (the engine's limiter does) and writes nothing: it
// returns facts to the flow engine. Codes are shown once, when they are made; what is stored is a salted hash of each.
package lookup
