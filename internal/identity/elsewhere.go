package identity

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/symbolon/symbolon/internal/traits"
)

// IsElsewhere reports whether only another system knows the password of a password credential, as
// PasswordElsewhere makes one.
func (c *Credential) IsElsewhere() bool {
	var kept struct {
		Hash   string `json:"hashed_password"`
		ByHook bool   `json:"use_password_migration_hook"`
	}
	return json.Unmarshal(c.Config, &kept) == nil && kept.ByHook && kept.Hash == ""
}

// Spelling returns how the traits of an identity spell an identifier that was typed: as typed if
// one of them does, otherwise as the first that has its normal form; the normal form if none has.
// To a system that tells them apart, each spelling may be another account.
func (s *Service) Spelling(ctx context.Context, i *Identity, typed string) (string, error) {
	own, err := s.spellings(ctx, i)
	if err != nil {
		return "", err
	}
	typed = strings.TrimSpace(typed)
	if slices.Contains(own, typed) {
		return typed, nil
	}
	normal := traits.Normalize(typed)
	if n := slices.IndexFunc(own, func(have string) bool { return traits.Normalize(have) == normal }); n >= 0 {
		return own[n], nil
	}
	return normal, nil
}

func (s *Service) spellings(ctx context.Context, i *Identity) ([]string, error) {
	schema, err := s.schemas.Schema(ctx, i.SchemaID)
	if err != nil {
		return nil, fmt.Errorf("load identity schema: %w", err)
	}
	return schema.Spellings(i.Traits)
}

// stayElsewhere clears the mark that another system knows the password if the identity gets a new
// identifier or a new spelling of one: that system may know another person by it.
func (s *Service) stayElsewhere(ctx context.Context, d *Draft) error {
	c := d.Credential(TypePassword)
	if c == nil || d.before == nil || !c.IsElsewhere() {
		return nil
	}
	had, err := s.spellings(ctx, d.before)
	if _, gone := errors.AsType[*traits.UnknownError](err); err != nil && !gone {
		return err
	}
	has, err := s.spellings(ctx, &d.Identity)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(has, func(one string) bool {
		return !slices.Contains(had, one) || !slices.Contains(d.oldIdentifiers, traits.Normalize(one))
	}) {
		c.Config = json.RawMessage(`{}`)
	}
	return nil
}
