// Package httpapi owns the HTTP side of Symbolon: the URL map of the public and
// the admin listener, decoding requests, cookies, the anti-CSRF layers, content
// negotiation, and turning results and errors into answers.
//
// It does not judge anything: flow, session and identity do, and it does not
// know methods by name beyond their place in a URL. JSON shapes are wire05's,
// HTML is webui's. Handlers return errors; respond.go alone knows statuses.
package httpapi
