// Package ceremony owns the WebAuthn ceremonies that the methods webauthn and passkey share: the options for a browser,
// the judgement of what an authenticator answers (WebAuthn Level 3, sections 7.1 and 7.2) and the stored form of keys.
//
// It does not parse or verify by itself (go-webauthn does), does not know flows or identities and stores nothing. Beyond
// the library it compares origins exactly, refuses a signature counter that went back, and insists on user verification
// by a key that gave it when it was made.
package ceremony
