// Package outgoing owns what the HTTP requests that operators configure have in common: how
// a request proves who sends it, a body that is written as a form, and errors without the
// secrets of a URL.
//
// It does not send requests (netguard makes the client) and does not know what they are for:
// courier/webhook hands messages over with them, webhook calls other programs in flows.
package outgoing
