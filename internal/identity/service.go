package identity

import (
	"context"
	"fmt"
	"time"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/traits"
)

// Store keeps identities. *store.DB satisfies it.
type Store interface {
	CreateIdentity(context.Context, *Identity, []Credential) error
	// CreateIdentities stores each for itself, with less work than one after the other, and
	// returns the error of each.
	CreateIdentities(context.Context, []Created) []error
	SaveIdentity(context.Context, *Identity, []Credential) error
	Identity(ctx context.Context, id string) (*Identity, error)
	IdentityByIdentifier(ctx context.Context, typ, identifier string) (*Identity, *Credential, error)
	IdentityByAddress(ctx context.Context, p Purpose, via, normalized string) (*Identity, *Address, error)
	// HasCredential reports whether there is a credential of a type with an identifier that begins with prefix and a
	// configuration that contains text. It reads the credentials with such identifiers one by one.
	HasCredential(ctx context.Context, typ, prefix, text string) (bool, error)
	Credentials(ctx context.Context, identityID string) ([]Credential, error)
	UpdateCredential(ctx context.Context, identityID string, c Credential) error
	MarkVerified(ctx context.Context, addressID string, at time.Time) error
	MarkSent(ctx context.Context, addressID string, at time.Time) error
	// ProvenBefore reports whether an identity had a confirmed address that it gave up, if
	// that is known.
	ProvenBefore(ctx context.Context, id string) (proven, known bool, err error)
	DeleteIdentity(ctx context.Context, id string) error
	Identities(context.Context, Query) ([]*Identity, error)
	CountIdentities(context.Context, Query) (int, error)
	Deletions
}

// Schemas finds identity schemas by id. *traits.Registry satisfies it.
type Schemas interface {
	Schema(ctx context.Context, id string) (*traits.Schema, error)
}

// Service creates, finds and changes identities.
type Service struct {
	store   Store
	schemas Schemas
	changed func(ctx context.Context, id string)
	now     func() time.Time
}

// New returns a service. changed is called after every write to an identity that
// existed before, in the write's context; sessions forget what they cached of it.
func New(s Store, schemas Schemas, changed func(ctx context.Context, id string), now func() time.Time) *Service {
	return &Service{store: s, schemas: schemas, changed: changed, now: now}
}

// Create stores a new identity. The error is errs.ErrConflict when an identifier
// or address is taken.
func (s *Service) Create(ctx context.Context, d *Draft) (*Identity, error) {
	i := d.AsCreated(s.now())
	if err := s.store.CreateIdentity(ctx, i, d.Credentials); err != nil {
		return nil, fmt.Errorf("create identity: %w", err)
	}
	return i, nil
}

// Created is a new identity with its credentials.
type Created struct {
	Identity    *Identity
	Credentials []Credential
}

// CreateAll creates identities, each for itself, and returns the error of each; it is
// errs.ErrConflict when an identifier or address is taken.
func (s *Service) CreateAll(ctx context.Context, drafts []*Draft) []error {
	all := make([]Created, len(drafts))
	for n, d := range drafts {
		all[n] = Created{d.AsCreated(s.now()), d.Credentials}
	}
	failed := s.store.CreateIdentities(ctx, all)
	for n, err := range failed {
		if err != nil {
			failed[n] = fmt.Errorf("create identity: %w", err)
		}
	}
	return failed
}

// Save stores a draft made by DraftFrom. The error is errs.ErrConflict when an
// identifier or address is taken and errs.ErrStale when the identity changed
// since it was read.
func (s *Service) Save(ctx context.Context, d *Draft) (*Identity, error) {
	i := d.Identity
	i.UpdatedAt = s.now()
	if d.before != nil && d.before.Disabled() != i.Disabled() {
		i.StateChangedAt = i.UpdatedAt
	}
	if err := s.store.SaveIdentity(ctx, &i, d.Credentials); err != nil {
		return nil, fmt.Errorf("save identity: %w", err)
	}
	s.changed(ctx, i.ID)
	return &i, nil
}

// ByID finds an identity; errs.ErrNotFound if there is none.
func (s *Service) ByID(ctx context.Context, id string) (*Identity, error) {
	return s.store.Identity(ctx, id)
}

// ByIdentifier finds the owner of a credential by what was typed, in any case
// and with spaces around it; errs.ErrNotFound if there is none.
func (s *Service) ByIdentifier(ctx context.Context, typ, typed string) (*Identity, *Credential, error) {
	return s.store.IdentityByIdentifier(ctx, typ, traits.Normalize(typed))
}

// ByCredential finds the owner of a credential by its identifier as it is: the
// subjects of providers differ by case; errs.ErrNotFound if there is none.
func (s *Service) ByCredential(ctx context.Context, typ, identifier string) (*Identity, *Credential, error) {
	return s.store.IdentityByIdentifier(ctx, typ, identifier)
}

// ByAddress finds the owner of an address by what was typed; errs.ErrNotFound if
// there is none.
func (s *Service) ByAddress(ctx context.Context, p Purpose, via, typed string) (*Identity, *Address, error) {
	return s.store.IdentityByAddress(ctx, p, via, traits.NormalizeAddress(via, typed))
}

// HasCredential reports whether any identity has a credential of a type with an identifier that begins with prefix and a
// configuration that contains text. The time it takes grows with the number of such identifiers.
func (s *Service) HasCredential(ctx context.Context, typ, prefix, text string) (bool, error) {
	return s.store.HasCredential(ctx, typ, prefix, text)
}

// Credential returns the identity's credential of that type; errs.ErrNotFound if
// it has none.
func (s *Service) Credential(ctx context.Context, id, typ string) (*Credential, error) {
	all, err := s.store.Credentials(ctx, id)
	if err != nil {
		return nil, err
	}
	for i := range all {
		if all[i].Type == typ {
			return &all[i], nil
		}
	}
	return nil, errs.ErrNotFound
}

// Credentials returns all credentials of an identity.
func (s *Service) Credentials(ctx context.Context, id string) ([]Credential, error) {
	return s.store.Credentials(ctx, id)
}

// UpdateCredential replaces a credential's configuration if it is still in the
// version given; errs.ErrStale otherwise.
func (s *Service) UpdateCredential(ctx context.Context, id string, c Credential) error {
	if err := s.store.UpdateCredential(ctx, id, c); err != nil {
		return err
	}
	s.changed(ctx, id) // what the identity can sign in with may have changed
	return nil
}

// MarkVerified records that the owner of an identity proved an address.
func (s *Service) MarkVerified(ctx context.Context, id, addressID string) error {
	if err := s.store.MarkVerified(ctx, addressID, s.now()); err != nil {
		return fmt.Errorf("mark address verified: %w", err)
	}
	s.changed(ctx, id)
	return nil
}

// MarkSent records that the owner of an address was asked to prove it, in the
// caller's transaction.
func (s *Service) MarkSent(ctx context.Context, id, addressID string) error {
	if err := s.store.MarkSent(ctx, addressID, s.now()); err != nil {
		return err
	}
	s.changed(ctx, id)
	return nil
}

// Delete removes an identity with its credentials, addresses and sessions;
// errs.ErrNotFound if there is none.
func (s *Service) Delete(ctx context.Context, id string) error {
	if err := s.store.DeleteIdentity(ctx, id); err != nil {
		return err
	}
	s.changed(ctx, id)
	return nil
}

// List returns a page of identities in the order of their ids, and how many
// there are on all pages; 0 with q.NoTotal.
func (s *Service) List(ctx context.Context, q Query) ([]*Identity, int, error) {
	if q.Identifier != "" {
		q.Identifier = traits.Normalize(q.Identifier)
	}
	page, err := s.store.Identities(ctx, q)
	if err != nil {
		return nil, 0, fmt.Errorf("list identities: %w", err)
	}
	if q.NoTotal {
		return page, 0, nil
	}
	total, err := s.store.CountIdentities(ctx, q)
	if err != nil {
		return nil, 0, fmt.Errorf("count identities: %w", err)
	}
	return page, total, nil
}

// Schema returns the compiled schema of that id.
func (s *Service) Schema(ctx context.Context, id string) (*traits.Schema, error) {
	return s.schemas.Schema(ctx, id)
}

// ProvenBefore reports whether the owner of an identity confirmed an address that the
// identity no longer has. It is not known while nodes of an earlier release save identities,
// until the clean-up has read those.
func (s *Service) ProvenBefore(ctx context.Context, id string) (proven, known bool, err error) {
	return s.store.ProvenBefore(ctx, id)
}
