package identity

import (
	"context"
	"fmt"
)

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
