// Package code owns the code method: six digits that are sent to an address and typed into the form that waits for them,
// for login without password, registration, recovery, verification and as second factor (NIST SP 800-63B-4 section 3.1.3,
// OWASP ASVS 5.0 6.5 and 6.6).
//
// It does not deliver messages (courier), issue sessions or write anything: it returns facts to the flow engine. Known
// and unknown addresses get the same answer after the same work. A code belongs to one flow, is sealed in it, and is
// used up by success, by the next code and by too many wrong ones. The address that a session's first factor came by is
// never its second factor too.
package code
