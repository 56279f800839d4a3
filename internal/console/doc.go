// Package console owns the pages for operators, on the admin listener: what the
// server is doing, identities, outgoing messages, flows and errors; and who is let
// in to see them.
//
// It does not decide what an identity or a session may be (identity, session),
// keeps nothing and has no route of its own on the wire: it calls the services
// that the admin API calls. It does not decide whether it is served (app does).
//
// Invariants: what people typed is text, never markup; a page runs no script and
// loads nothing from elsewhere (OWASP ASVS 5.0, V3.4); a request that changes
// something comes from these pages (V3.5); no page shows a password hash, the
// token of a session or what a flow remembers; no cache keeps a page.
package console
