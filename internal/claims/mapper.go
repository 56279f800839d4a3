package claims

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/symbolon/symbolon/internal/program"
)

// maxAtOnce bounds the evaluations of one program at a time.
const maxAtOnce = 2

// ErrNoTraits says that identity.traits is not an object.
var ErrNoTraits = errors.New("the program's identity.traits is not an object")

// Mapper turns claims into what is known of a new identity, by one program. It is safe for concurrent use.
type Mapper struct{ program *program.Program }

// Compile checks a program. The name, such as its URL, is for error messages, which
// tell the position too. A program that imports is an error.
func Compile(name, source string) (*Mapper, error) {
	p, err := program.Compile(name, source, maxAtOnce)
	if err != nil {
		return nil, err
	}
	return &Mapper{program: p}, nil
}

// Mapped is what a program makes of claims.
type Mapped struct {
	Traits json.RawMessage // a JSON object
	// Proven are the addresses that count as verified: the operator trusts the provider to
	// have verified them.
	Proven []Address
	// MetadataPublic and MetadataAdmin are JSON objects, nil for none.
	MetadataPublic, MetadataAdmin json.RawMessage
}

// Address is an address by kind, such as email, and value.
type Address struct {
	Via   string `json:"via"`
	Value string `json:"value"`
}

// Map evaluates the program. The claims are its external variable claims; its value must be
// {identity: {traits: {…}}}, to which verified_addresses, metadata_public and metadata_admin
// may be added. Traits is {} beside ErrNoTraits, which v0.5 goes on with.
func (m *Mapper) Map(ctx context.Context, c Claims) (Mapped, error) {
	input, err := json.Marshal(c)
	if err != nil {
		return Mapped{}, fmt.Errorf("encode claims: %w", err)
	}
	output, err := m.program.With(ctx, "claims", string(input))
	if err != nil {
		return Mapped{}, fmt.Errorf("map claims by %s: %w", m.program.Name(), err)
	}
	var value struct {
		Identity struct {
			Traits         json.RawMessage `json:"traits"`
			Verified       json.RawMessage `json:"verified_addresses"`
			MetadataPublic json.RawMessage `json:"metadata_public"`
			MetadataAdmin  json.RawMessage `json:"metadata_admin"`
		} `json:"identity"`
	}
	made := Mapped{Traits: json.RawMessage("{}")}
	if json.Unmarshal([]byte(output), &value) != nil || !isObject(value.Identity.Traits) {
		return made, fmt.Errorf("map claims by %s: %w", m.program.Name(), ErrNoTraits)
	}
	made.Traits = value.Identity.Traits
	if len(value.Identity.Verified) > 0 {
		if err := json.Unmarshal(value.Identity.Verified, &made.Proven); err != nil {
			return Mapped{}, fmt.Errorf("map claims by %s: verified_addresses is not a list of objects with via and value", m.program.Name())
		}
	}
	if isObject(value.Identity.MetadataPublic) {
		made.MetadataPublic = value.Identity.MetadataPublic
	}
	if isObject(value.Identity.MetadataAdmin) {
		made.MetadataAdmin = value.Identity.MetadataAdmin
	}
	return made, nil
}

// isObject reports whether JSON is an object.
func isObject(raw json.RawMessage) bool {
	var object map[string]json.RawMessage
	return json.Unmarshal(raw, &object) == nil && object != nil
}
