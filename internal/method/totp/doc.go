// Package totp owns the totp method: enrolling an authenticator app, judging its codes as a second factor and
// removing it (RFC 6238, OWASP ASVS 5.0 6.5.1).
//
// It does not compute codes (pquerna/otp does), does not limit guesses (the engine's limiter does) and writes
// nothing: it returns facts to the flow engine. The secret is sealed before it is stored, and the time step of the
// last accepted code is stored with it, so that a code counts once.
package totp
