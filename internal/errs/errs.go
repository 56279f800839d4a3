package errs

import (
	"errors"
	"fmt"
	"time"
)

// Code classifies an error by what the caller can do about it.
type Code uint8

// The codes. Internal is the zero value, so a forgotten code fails closed.
const (
	Internal Code = iota
	Invalid
	Unauthorized
	Forbidden
	NotFound
	Conflict
	Gone
	TooLarge
	TooMany
	Unavailable
	Upstream // another program that was asked gave no usable answer
)

// Error is an error whose ID, Message, Reason and Details are safe to show to
// the client. Err is the cause, for the log alone.
type Error struct {
	Code    Code
	ID      string         // stable and documented, for example "session_inactive"
	Message string         // replaces the code's general sentence; may be empty
	Reason  string         // what is wrong and what to do about it; may be empty
	Details map[string]any // machine-readable hints, for example where to start again
	// RetryAfter is when trying again makes sense; zero says nothing.
	RetryAfter time.Duration
	Err        error
}

func (e *Error) Error() string {
	text := e.Reason
	if text == "" {
		text = e.Message
	}
	if text == "" {
		text = e.ID
	}
	if e.Err != nil {
		return fmt.Sprintf("%s: %v", text, e.Err)
	}
	return text
}

func (e *Error) Unwrap() error { return e.Err }

// Is makes errors.Is compare errors by code and, where the target names one, by id.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && e.Code == t.Code && (t.ID == "" || e.ID == t.ID)
}

// Of returns the code of the first *Error in the chain, else Internal.
func Of(err error) Code {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return Internal
}

// New returns an error with a reason the client may read.
func New(code Code, id, reason string) *Error {
	return &Error{Code: code, ID: id, Reason: reason}
}

// Because returns a copy of e that carries the cause for the log.
func (e *Error) Because(cause error) *Error {
	c := *e
	c.Err = cause
	return &c
}

// The errors that storage answers with. They are compared with errors.Is.
var (
	// ErrNotFound says that no row matches.
	ErrNotFound = &Error{Code: NotFound, ID: "not_found", Message: "Unable to locate the resource"}
	// ErrConflict says that a unique value is taken.
	ErrConflict = &Error{
		Code: Conflict, ID: "conflict",
		Message: "Unable to insert or update resource because a resource with that value exists already",
	}
	// ErrStale says that the row changed since it was read: another request won.
	ErrStale = &Error{Code: Conflict, ID: "stale", Reason: "The resource was changed by another request at the same time. Read it again and retry."}
	// ErrCSRF says that a form came without the token of the browser that sent it.
	ErrCSRF = &Error{Code: Forbidden, ID: "csrf_token_invalid", Reason: "A request failed due to a missing or invalid csrf_token value."}
	// ErrUnavailable says that storage can't be reached in time.
	ErrUnavailable = &Error{
		Code: Unavailable, ID: "storage_unavailable", RetryAfter: 5 * time.Second,
		Reason: "The service is temporarily unable to reach its storage. Please try again in a moment.",
	}
)
