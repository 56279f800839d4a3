// Package webauthn owns the webauthn method: security keys, with their names. A key is a second factor, or a first one by
// which a person whose identifier is known signs in without password (WebAuthn Level 3, NIST SP 800-63B-4 section 3.1.7).
//
// It does not judge answers of keys (ceremony does), serves no keys that find their owner by themselves (passkey does) and
// writes nothing: it returns facts to the flow engine. A first factor whose user was verified counts as two only where the
// operator says so (NIST SP 800-63B-4 section 3.1.7.3).
package webauthn
