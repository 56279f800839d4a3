// Package webauthn owns the webauthn method: security keys as second factor, with their names (WebAuthn Level 3,
// NIST SP 800-63B-4 section 3.1.7).
//
// It does not judge answers of keys (ceremony does), serves no first factor (passkey does) and writes nothing: it
// returns facts to the flow engine.
package webauthn
