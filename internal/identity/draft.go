package identity

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/symbolon/symbolon/internal/secret"
	"github.com/symbolon/symbolon/internal/traits"
)

// Draft is an identity that has passed its schema and is not stored yet. It is
// made outside of transactions, since a schema may have to be fetched.
type Draft struct {
	Identity    Identity
	Identifiers []string // normalised password identifiers that the traits yield
	Credentials []Credential

	before         *Identity // what it changes; nil for a new identity
	oldIdentifiers []string
}

// Draft validates traits and returns a new identity made of them. The error is
// a *traits.Invalid when the schema refuses them.
func (s *Service) Draft(ctx context.Context, schemaID string, values json.RawMessage) (*Draft, error) {
	d := &Draft{Identity: Identity{ID: secret.NewIdentityID(), SchemaID: schemaID}}
	if err := s.fill(ctx, d, values); err != nil {
		return nil, err
	}
	return d, nil
}

// AsCreated is the identity that Create makes of a new draft at a time. It is stored nowhere.
func (d *Draft) AsCreated(at time.Time) *Identity {
	i := d.Identity
	i.CreatedAt = at.UTC().Truncate(time.Microsecond)
	i.UpdatedAt, i.StateChangedAt = i.CreatedAt, i.CreatedAt
	return &i
}

// DraftFrom validates new traits, and possibly another schema, for an identity
// that exists. Addresses whose normalised value stays keep their id and
// verification; credentials are kept and get the new identifiers.
func (s *Service) DraftFrom(ctx context.Context, i *Identity, schemaID string, values json.RawMessage) (*Draft, error) {
	d, err := s.keep(ctx, i)
	if err != nil {
		return nil, err
	}
	d.Identity.SchemaID = schemaID
	if err := s.fill(ctx, d, values); err != nil {
		return nil, err
	}
	return d, nil
}

// DraftUnchanged returns an identity as a draft of itself, to set a credential on. Its
// traits are not judged again: a schema that has become stricter must not keep
// anyone from changing a password.
func (s *Service) DraftUnchanged(ctx context.Context, i *Identity) (*Draft, error) {
	d, err := s.keep(ctx, i)
	if err != nil {
		return nil, err
	}
	schema, err := s.schemas.Schema(ctx, i.SchemaID)
	if err != nil {
		return nil, fmt.Errorf("load identity schema: %w", err)
	}
	found, err := schema.Annotations(i.Traits)
	if err != nil {
		return nil, err
	}
	// What RetainOldAddresses kept stays kept.
	d.Identifiers = merge(found.Identifiers, d.oldIdentifiers)
	d.claim()
	return d, s.stayElsewhere(ctx, d)
}

// merge returns the first list and what only the second one has.
func merge(first, second []string) []string {
	all := slices.Clone(first)
	for _, one := range second {
		if !slices.Contains(all, one) {
			all = append(all, one)
		}
	}
	return all
}

// keep returns the identity with its credentials as they are stored.
func (s *Service) keep(ctx context.Context, i *Identity) (*Draft, error) {
	credentials, err := s.store.Credentials(ctx, i.ID)
	if err != nil {
		return nil, fmt.Errorf("read credentials: %w", err)
	}
	d := &Draft{Identity: *i, before: i, Credentials: credentials}
	if c := d.Credential(TypePassword); c != nil {
		d.oldIdentifiers = slices.Clone(c.Identifiers)
	}
	return d, nil
}

func (s *Service) fill(ctx context.Context, d *Draft, values json.RawMessage) error {
	schema, err := s.schemas.Schema(ctx, d.Identity.SchemaID)
	if err != nil {
		return fmt.Errorf("load identity schema: %w", err)
	}
	if err := schema.Validate(values); err != nil {
		return err
	}
	found, err := schema.Annotations(values)
	if err != nil {
		return err
	}
	d.Identity.Traits = values
	d.Identity.Verifiable = addresses(d.Identity.Verifiable, found.Verifiable)
	d.Identity.Recovery = addresses(d.Identity.Recovery, found.Recovery)
	d.Identifiers = found.Identifiers
	d.claim()
	d.claimCodes(found.Codes)
	return s.stayElsewhere(ctx, d)
}

// claim keeps the password identifiers the identity's own, with or without a
// password: no other identity can register them.
func (d *Draft) claim() {
	if c := d.Credential(TypePassword); c != nil {
		c.Identifiers = d.Identifiers
		return
	}
	if len(d.Identifiers) > 0 {
		d.Credentials = append(d.Credentials, Credential{
			Type: TypePassword, Identifiers: d.Identifiers, Config: json.RawMessage(`{}`),
		})
	}
}

// Set adds a credential or replaces the one of its type. A password gets the
// identifiers of the traits.
func (d *Draft) Set(c Credential) {
	if c.Type == TypePassword {
		c.Identifiers = d.Identifiers
	}
	if old := d.Credential(c.Type); old != nil {
		c.Version = old.Version
		*old = c
		return
	}
	d.Credentials = append(d.Credentials, c)
}

// Link adds an identifier to the credential of a type that consists of its
// identifiers alone, such as the subjects of providers.
func (d *Draft) Link(typ, identifier string) {
	c := d.Credential(typ)
	if c == nil {
		d.Credentials = append(d.Credentials, Credential{Type: typ, Config: json.RawMessage(`{}`)})
		c = &d.Credentials[len(d.Credentials)-1]
	}
	c.Identifiers = merge(c.Identifiers, []string{identifier})
}

// Unlink takes an identifier away, and the credential with its last one.
func (d *Draft) Unlink(typ, identifier string) {
	d.Credentials = slices.DeleteFunc(slices.Clone(d.Credentials), func(c Credential) bool {
		return c.Type == typ && slices.Equal(c.Identifiers, []string{identifier})
	})
	if c := d.Credential(typ); c != nil {
		c.Identifiers = slices.DeleteFunc(slices.Clone(c.Identifiers), func(have string) bool { return have == identifier })
	}
}

// Remove takes away the credential of a type. The identifiers of a password stay
// reserved.
func (d *Draft) Remove(typ string) {
	d.Credentials = slices.DeleteFunc(slices.Clone(d.Credentials), func(c Credential) bool { return c.Type == typ })
	d.claim()
}

// EndCredentials takes away everything that signs in, and reports whether there was
// anything.
func (d *Draft) EndCredentials() bool {
	ended := false
	var rest []Credential
	for _, c := range d.Credentials {
		if c.Type != TypePassword {
			ended = true
			continue
		}
		ended = ended || c.IsSet()
		c.Config = json.RawMessage(`{}`)
		rest = append(rest, c)
	}
	d.Credentials = rest
	return ended
}

// LosesIdentifiers reports whether the draft gives up the last login identifier
// while a password depends on it.
func (d *Draft) LosesIdentifiers() bool {
	c := d.Credential(TypePassword)
	return c != nil && c.IsSet() && len(d.oldIdentifiers) > 0 && len(c.Identifiers) == 0
}

// Credential returns the draft's credential of that type, nil if it has none.
func (d *Draft) Credential(typ string) *Credential {
	for i := range d.Credentials {
		if d.Credentials[i].Type == typ {
			return &d.Credentials[i]
		}
	}
	return nil
}

// Protected reports whether saving the draft would change how its owner signs
// in, is verified or gets back in: identifiers or addresses (OWASP ASVS 7.5.1).
func (d *Draft) Protected() bool {
	if d.before == nil {
		return true
	}
	added := without(d.Identity.Recovery, d.before.Recovery)
	return len(d.NewAddresses())+len(d.RemovedAddresses())+len(added) > 0 || d.identifiersChanged() ||
		respelt(d.before.Verifiable, d.Identity.Verifiable) || respelt(d.before.Recovery, d.Identity.Recovery)
}

// respelt reports whether an address is written in another way, which may lead to
// another mailbox although it compares as the same.
func respelt(before, now []Address) bool {
	return slices.ContainsFunc(now, func(a Address) bool {
		old := Find(before, a.Via, a.Normalized)
		return old != nil && old.Value != a.Value
	})
}

func (d *Draft) identifiersChanged() bool {
	return !slices.Equal(d.oldIdentifiers, d.Identifiers)
}

// NewAddresses returns the verifiable addresses that the stored identity does
// not have.
func (d *Draft) NewAddresses() []Address {
	if d.before == nil {
		return d.Identity.Verifiable
	}
	return without(d.Identity.Verifiable, d.before.Verifiable)
}

// RemovedAddresses returns the addresses that the draft gives up, for verification
// or recovery, each once.
func (d *Draft) RemovedAddresses() []Address {
	if d.before == nil {
		return nil
	}
	lost := without(d.before.Verifiable, d.Identity.Verifiable)
	return append(lost, without(without(d.before.Recovery, d.Identity.Recovery), lost)...)
}

func without(in, other []Address) []Address {
	var out []Address
	for _, a := range in {
		if Find(other, a.Via, a.Normalized) == nil {
			out = append(out, a)
		}
	}
	return out
}

// RetainOldAddresses lets the addresses and identifiers that the draft gives up sign in and
// recover until DropRetained, so that a mistyped new address locks no owner out. An
// address that was never proven recovers nothing: it may be a stranger's.
func (d *Draft) RetainOldAddresses() {
	if d.before == nil {
		return
	}
	for _, old := range without(d.before.Recovery, d.Identity.Recovery) {
		if known := Find(d.before.Verifiable, old.Via, old.Normalized); known == nil || known.Verified {
			d.Identity.Recovery = append(slices.Clip(d.Identity.Recovery), old)
		}
	}
	if c := d.Credential(TypePassword); c != nil {
		c.Identifiers = merge(d.Identifiers, d.oldIdentifiers)
	}
}

// DropRetained removes the addresses that RetainOldAddresses kept: only those in the traits
// sign in and recover from now on. It changes nothing while a verifiable address is unproven.
func (s *Service) DropRetained(ctx context.Context, id string) error {
	i, err := s.store.Identity(ctx, id)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(i.Verifiable, func(a Address) bool { return !a.Verified }) {
		return nil
	}
	d, err := s.keep(ctx, i)
	if err != nil {
		return err
	}
	if err := s.fill(ctx, d, i.Traits); err != nil {
		return err
	}
	if len(d.Identity.Recovery) == len(i.Recovery) && len(d.Identifiers) == len(d.oldIdentifiers) {
		return nil
	}
	_, err = s.Save(ctx, d)
	return err
}

// addresses turns what the schema marks into addresses, keeping those that
// exist.
func addresses(old []Address, found []traits.Address) []Address {
	var out []Address
	for _, f := range found {
		if Find(out, f.Via, f.Normalized) != nil {
			continue
		}
		a := Address{ID: secret.NewID(), Via: f.Via, Normalized: f.Normalized}
		if known := Find(old, f.Via, f.Normalized); known != nil {
			a = *known
		}
		a.Value = f.Value
		out = append(out, a)
	}
	return out
}
