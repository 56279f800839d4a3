// Package errs owns the one error type a client may ever see and the codes it
// carries.
//
// It does not know HTTP: only httpapi maps a Code to a status. It does not
// hold texts for forms either; those are messages (package message). Anything
// that is not an *Error is an internal error: the client learns nothing but
// the request id, the log gets the chain.
package errs
