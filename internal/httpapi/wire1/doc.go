// Package wire1 owns the wire that Ory's SDKs speak since v1 of the API: its
// routes, JSON shapes, numbered messages, statuses, redirects and cookies, for
// browsers, single-page applications and native clients, and for operators.
//
// It does not judge: flow, session and identity do. It holds no state of its own
// and no text for pages. What it shares with other wires (who is asking, bodies,
// cookies, logs) comes from its Host, which is httpapi.
package wire1
