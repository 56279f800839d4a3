// Package ceremonytest owns an authenticator in software: it answers WebAuthn options as a browser with a key does, and
// lies where a test wants it to.
//
// It does not judge anything and is for tests alone.
package ceremonytest
