package identity

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/symbolon/symbolon/internal/traits"
)

// ViaSMS is by text message.
const ViaSMS = "sms"

// TypeCode is the type of credentials of addresses that one-time codes go to.
const TypeCode = "code"

// Of returns the credential of a type, nil if there is none.
func Of(credentials []Credential, typ string) *Credential {
	for i := range credentials {
		if credentials[i].Type == typ {
			return &credentials[i]
		}
	}
	return nil
}

// NameFor returns what authenticators of a method show of an identity: what its schema marks, else a login identifier,
// else an address; empty if it has none of them.
func (s *Service) NameFor(ctx context.Context, i *Identity, method string) (string, error) {
	schema, err := s.schemas.Schema(ctx, i.SchemaID)
	if err != nil {
		return "", fmt.Errorf("load identity schema: %w", err)
	}
	found, err := schema.Annotations(i.Traits)
	if err != nil {
		return "", err
	}
	switch {
	case found.Names[method] != "":
		return found.Names[method], nil
	case len(found.Identifiers) > 0:
		return found.Identifiers[0], nil
	case len(i.Verifiable) > 0:
		return i.Verifiable[0].Value, nil
	}
	return "", nil
}

// CodeCredential is the code credential of addresses.
func CodeCredential(addresses []Address) Credential {
	type entry struct {
		Channel string `json:"channel"`
		Address string `json:"address"`
	}
	config := struct {
		Addresses []entry `json:"addresses"`
	}{[]entry{}}
	c := Credential{Type: TypeCode}
	for _, a := range addresses {
		config.Addresses = append(config.Addresses, entry{a.Via, a.Value})
		c.Identifiers = append(c.Identifiers, a.Normalized)
	}
	raw, err := json.Marshal(config)
	if err != nil {
		panic(err) // strings always encode
	}
	c.Config = raw
	return c
}

// claimCodes makes the code credential name the addresses that the schema marks for codes. One that was made without
// such marks stays.
func (d *Draft) claimCodes(found []traits.Address) {
	if len(found) == 0 {
		return
	}
	named := make([]Address, len(found))
	for i, a := range found {
		named[i] = Address{Via: a.Via, Value: a.Value, Normalized: a.Normalized}
	}
	d.Set(CodeCredential(named))
}

// Codes is the code credential of a draft: of the addresses that the schema marks for codes, or of the verifiable ones
// where it marks none.
func (d *Draft) Codes() Credential {
	if c := d.Credential(TypeCode); c != nil {
		return *c
	}
	return CodeCredential(d.Identity.Verifiable)
}
