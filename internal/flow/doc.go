// Package flow owns the self-service flows: one type for all kinds, the engine
// that runs them, and what each kind does with an established fact.
//
// It does not know HTTP, cookies or JSON members (httpapi), it does not judge
// credentials (method/*), and it holds no SQL (store). A method turns a
// submission into a fact; a kind turns a fact into an effect; nothing else
// writes. The checks that guard a submission (lifetime, session rule, client,
// CSRF, privileged session, throttling) are made by the engine, once each, so
// no method or kind can forget one.
package flow
