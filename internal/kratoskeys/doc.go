// Package kratoskeys owns recognising what an Ory Kratos server handed out before its
// accounts were taken over: session cookies, the tokens of links and codes in mails, and stored tokens of providers.
//
// It does not issue any of them, and stores nothing. A cookie that it recognises is worth no
// more than the session token inside, which is looked up like any other.
//
// The form of cookies is that of gorilla/securecookie; tokens are stored as HMAC-SHA-512/256
// (FIPS 180-4, RFC 2104) in hexadecimal, keyed with a cookie secret.
package kratoskeys
