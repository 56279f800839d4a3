// Package passkey owns the passkey method: keys that find their owner by themselves, as first factor of a login without
// password, at sign-up and in settings (WebAuthn Level 3, section 4 "discoverable credential").
//
// It does not judge answers of keys (ceremony does) and writes nothing: it returns facts to the flow engine. A passkey
// whose user was verified counts as two factors only where the operator says so (NIST SP 800-63B-4 section 3.1.7.3).
package passkey
