package traits

import (
	_ "embed"
	"slices"
)

// DefaultID is the id of the schema that registrations use.
const DefaultID = "default"

// DefaultURL is the source of the schema that comes with the program.
const DefaultURL = "embedded://default"

//go:embed default.schema.json
var defaultSchema []byte

// DefaultSchema returns the schema that comes with the program: an e-mail address
// that signs in, is verified and recovers the account, and an optional name.
func DefaultSchema() []byte { return slices.Clone(defaultSchema) }
