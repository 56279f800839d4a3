package wire

import (
	"net/http"

	"github.com/symbolon/symbolon/internal/flow"
)

// Handler is an http.Handler that may fail; what it returns is answered as the
// wire's error object.
type Handler func(http.ResponseWriter, *http.Request) error

// Routes are the routes of a wire by listener.
type Routes struct {
	Public, Admin []Route
}

// Route is one method of one path. Op says which of the operations that wires
// share it is; a wire serves the routes that it alone has by Handle.
type Route struct {
	Verb string // GET answers HEAD as well; empty for every verb
	Path string // a pattern of http.ServeMux below the wire's base
	Op   Op
	// Kind and Method fill in the operation: the kind of flow, and the method that
	// is submitted where the path says so.
	Kind   flow.Kind
	Method string
	Handle Handler // for Op Own

	// NoHead refuses HEAD where GET has an effect: scanners of mail send it to links
	// that work once.
	NoHead bool
	// Cacheable leaves the caching headers to the handler.
	Cacheable bool
	// NeedsToken refuses a form without the browser's anti-CSRF token before
	// anything else is looked at.
	NeedsToken bool
}

// Op is an operation that httpapi has for every wire.
type Op uint8

// The operations.
const (
	Own Op = iota // Route.Handle

	// Public. Start and Fetch need Kind, Submit needs it and takes Method or asks
	// Wire.Method.
	OpStartAPI
	OpStartBrowser
	OpFetch
	OpSubmit
	OpToProvider // {flow}; leads a browser to a provider, by form or by link
	OpFromProvider
	OpPostedByProvider // {provider}
	OpLogout           // ends the browser's session at once
	OpWhoami
	OpRevokeToken // ends the session whose token is the member session_token
	OpStoredError
	OpSchema // {id}

	// Admin.
	OpInspect // Kind
	OpInspectError
	OpListIdentities
	OpCreateIdentity
	OpImportIdentities
	OpGetIdentity      // {id}
	OpUpdateIdentity   // {id}
	OpDeleteIdentity   // {id}
	OpDeleteCredential // {id}, {type}
	OpRecoveryLink
)

// Unsafe reports whether the route may change something (RFC 9110, 9.2.1).
func (r Route) Unsafe() bool {
	switch r.Verb {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace:
		return false
	}
	return true
}
