// Package wire owns what a version of the HTTP API is to the listeners: the
// interface Wire, the routes that a wire declares, the request that it is asked
// about and the answer that it gives.
//
// It does not own any version: wire05 speaks v0.5, and a later one is a sibling
// of it. It does not write to connections, set cookies or call the engine
// (httpapi): a wire turns values into values. A wire imports this package and
// never httpapi.
package wire
