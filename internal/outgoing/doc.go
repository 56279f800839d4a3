// Package outgoing owns what the HTTP requests that operators configure have in common: how
// a request proves who sends it, and a body that is written as a form.
//
// It does not send requests (netguard makes the client) and does not know what they are for:
// courier/webhook hands messages over with them, webhook calls other programs in flows.
package outgoing
