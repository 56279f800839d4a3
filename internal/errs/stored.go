package errs

import (
	"encoding/json"
	"time"
)

// Stored is an error kept for the error page of a browser flow.
type Stored struct {
	ID string // UUID version 4; knowing it is part of the right to read it
	// CSRFHash is secret.Hash of the csrf_token cookie of the browser that met
	// the error; empty if it had none.
	CSRFHash string
	// Payload is a JSON array of error objects as the wire shows them.
	Payload   json.RawMessage
	CreatedAt time.Time
}
