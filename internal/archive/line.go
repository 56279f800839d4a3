package archive

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/secret"
	"github.com/symbolon/symbolon/internal/session"
	"github.com/symbolon/symbolon/internal/traits"
)

// Format marks the lines of this release; a later one that can't be read by this
// release has another.
const Format = "symbolon.identity/1"

// Line is an identity with everything that belongs to it.
type Line struct {
	Format         string          `json:"format"`
	ID             string          `json:"id"`
	SchemaID       string          `json:"schema_id"`
	Traits         json.RawMessage `json:"traits"`
	State          string          `json:"state"`
	StateChangedAt time.Time       `json:"state_changed_at,omitzero"`
	MetadataPublic json.RawMessage `json:"metadata_public,omitempty"`
	MetadataAdmin  json.RawMessage `json:"metadata_admin,omitempty"`
	ExternalID     string          `json:"external_id,omitempty"`
	CreatedAt      time.Time       `json:"created_at,omitzero"`
	UpdatedAt      time.Time       `json:"updated_at,omitzero"`
	DeleteAt       time.Time       `json:"delete_at,omitzero"` // when it is to be deleted, if its owner asked for that
	Verifiable     []Address       `json:"verifiable_addresses,omitempty"`
	Recovery       []Address       `json:"recovery_addresses,omitempty"`
	Credentials    []Credential    `json:"credentials,omitempty"`
	Sessions       []Session       `json:"sessions,omitempty"`
	// Lost says what of it could not be exported, and why. An import ignores it.
	Lost []string `json:"lost,omitempty"`
}

// Address is a way to reach the owner.
type Address struct {
	ID         string    `json:"id,omitempty"`
	Via        string    `json:"via"`
	Value      string    `json:"value"`
	Verified   bool      `json:"verified,omitempty"`
	VerifiedAt time.Time `json:"verified_at,omitzero"`
	SentAt     time.Time `json:"sent_at,omitzero"`
}

// Credential is a way to sign in. Config has nothing sealed.
type Credential struct {
	Type        string          `json:"type"`
	Identifiers []string        `json:"identifiers,omitempty"`
	Config      json.RawMessage `json:"config,omitempty"`
}

// Session is one that holds. The hash stands for its token, which its owner
// alone has.
type Session struct {
	ID              string           `json:"id"`
	TokenHash       string           `json:"token_hash"`
	IssuedAt        time.Time        `json:"issued_at"`
	AuthenticatedAt time.Time        `json:"authenticated_at"`
	ExpiresAt       time.Time        `json:"expires_at"`
	Factors         []session.Factor `json:"factors,omitempty"`
	Address         string           `json:"address,omitempty"`
	UserAgent       string           `json:"user_agent,omitempty"`
	SeenAt          time.Time        `json:"seen_at,omitzero"`
}

// Is reports whether a JSON object is a line of an export, of this release or
// another.
func Is(raw []byte) bool {
	var mark struct {
		Format *string `json:"format"`
	}
	return json.Unmarshal(raw, &mark) == nil && mark.Format != nil
}

// Parse reads a line. The error is of code errs.Invalid and says what to correct.
func Parse(raw []byte) (Line, error) {
	var mark struct {
		Format string `json:"format"`
	}
	if err := json.Unmarshal(raw, &mark); err != nil {
		return Line{}, invalid("The line can't be read: %v.", err)
	}
	if mark.Format != Format {
		return Line{}, invalid("The format %q is not one that this release reads; it reads %s.", mark.Format, Format)
	}
	var l Line
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields() // a misspelt member would be lost in silence
	if err := decoder.Decode(&l); err != nil {
		return l, invalid("The line can't be read: %v.", err)
	}
	if _, err := decoder.Token(); err != io.EOF {
		return l, invalid("Something follows the object.")
	}
	return l, l.check()
}

func (l *Line) check() error {
	if !secret.IsID(l.ID) {
		return invalid("The member id is %q and must be a UUID.", l.ID)
	}
	for name, m := range map[string]struct {
		raw      json.RawMessage
		optional bool
	}{"traits": {l.Traits, false}, "metadata_public": {l.MetadataPublic, true}, "metadata_admin": {l.MetadataAdmin, true}} {
		if !isObject(m.raw) && !(m.optional && len(m.raw) == 0) {
			return invalid("The member %s must be a JSON object.", name)
		}
		if _, err := traits.Object(m.raw); err != nil {
			return invalid("The member %s %v.", name, err)
		}
	}
	if l.State != "" && l.State != identity.Active && l.State != identity.Inactive {
		return invalid("The state is %q and must be %s or %s.", l.State, identity.Active, identity.Inactive)
	}
	for _, check := range []func() error{l.checkCredentials, l.checkAddresses, l.checkSessions} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

func (l *Line) checkCredentials() error {
	seen := map[string]bool{}
	for i, c := range l.Credentials {
		if seen[c.Type] {
			return invalid("credentials[%d]: an identity has one credential of type %s.", i, c.Type)
		}
		seen[c.Type] = true
		if len(c.Config) > 0 && !isObject(c.Config) {
			return invalid("credentials[%d].config must be a JSON object.", i)
		}
	}
	return nil
}

func (l *Line) checkAddresses() error {
	for name, list := range map[string][]Address{"verifiable_addresses": l.Verifiable, "recovery_addresses": l.Recovery} {
		for i, a := range list {
			if a.Value == "" || a.Via == "" || a.ID != "" && !secret.IsID(a.ID) {
				return invalid("%s[%d] must have a value and say via what it is reached; its id, if it has one, is a UUID.", name, i)
			}
		}
	}
	return nil
}

func (l *Line) checkSessions() error {
	for i, s := range l.Sessions {
		if !secret.IsID(s.ID) || s.TokenHash == "" || s.ExpiresAt.IsZero() {
			return invalid("sessions[%d] must have a UUID as id, a token_hash and expires_at.", i)
		}
	}
	return nil
}

func isObject(raw json.RawMessage) bool {
	raw = bytes.TrimSpace(raw)
	return len(raw) > 0 && raw[0] == '{'
}

func invalid(format string, args ...any) error {
	return errs.New(errs.Invalid, "export_invalid", fmt.Sprintf(format, args...))
}

// Of makes a line of an identity. Its credentials are the caller's to fill in.
func Of(i *identity.Identity, sessions []*session.Session) Line {
	l := Line{
		Format: Format, ID: i.ID, SchemaID: i.SchemaID, Traits: i.Traits, State: i.State, StateChangedAt: i.StateChangedAt.UTC(),
		MetadataPublic: i.MetadataPublic, MetadataAdmin: i.MetadataAdmin, ExternalID: i.ExternalID,
		CreatedAt: i.CreatedAt.UTC(), UpdatedAt: i.UpdatedAt.UTC(),
		Verifiable: addresses(i.Verifiable), Recovery: addresses(i.Recovery),
	}
	if l.State == "" {
		l.State = identity.Active
	}
	if l.StateChangedAt.IsZero() {
		l.StateChangedAt = l.CreatedAt
	}
	for _, s := range sessions {
		l.Sessions = append(l.Sessions, Session{
			ID: s.ID, TokenHash: s.TokenHash, IssuedAt: s.IssuedAt.UTC(), AuthenticatedAt: s.AuthenticatedAt.UTC(), ExpiresAt: s.ExpiresAt.UTC(),
			Factors: s.Factors, Address: s.Address, UserAgent: s.UserAgent, SeenAt: s.SeenAt.UTC(),
		})
	}
	return l
}

func addresses(list []identity.Address) []Address {
	var out []Address
	for _, a := range list {
		out = append(out, Address{ID: a.ID, Via: a.Via, Value: a.Value, Verified: a.Verified, VerifiedAt: a.VerifiedAt.UTC(), SentAt: a.SentAt.UTC()})
	}
	return out
}

// Identity is the identity of a line, without its credentials and sessions.
func (l *Line) Identity(now time.Time) *identity.Identity {
	i := &identity.Identity{
		ID: l.ID, SchemaID: l.SchemaID, Traits: l.Traits, State: l.State, StateChangedAt: l.StateChangedAt,
		MetadataPublic: l.MetadataPublic, MetadataAdmin: l.MetadataAdmin, ExternalID: l.ExternalID,
		CreatedAt: l.CreatedAt, UpdatedAt: l.UpdatedAt,
		Verifiable: stored(l.Verifiable), Recovery: stored(l.Recovery),
	}
	if i.CreatedAt.IsZero() {
		i.CreatedAt = now
	}
	if i.UpdatedAt.IsZero() {
		i.UpdatedAt = i.CreatedAt
	}
	if i.StateChangedAt.IsZero() {
		i.StateChangedAt = i.CreatedAt
	}
	return i
}

func stored(list []Address) []identity.Address {
	var out []identity.Address
	for _, a := range list {
		made := identity.Address{
			ID: a.ID, Via: a.Via, Value: a.Value, Normalized: traits.NormalizeAddress(a.Via, a.Value),
			Verified: a.Verified, VerifiedAt: a.VerifiedAt, SentAt: a.SentAt,
		}
		if made.ID == "" {
			made.ID = secret.NewID()
		}
		out = append(out, made)
	}
	return out
}

// Live are the sessions of a line that hold at that time.
func (l *Line) Live(now time.Time) []session.Session {
	var out []session.Session
	for _, s := range l.Sessions {
		made := session.Session{
			ID: s.ID, IdentityID: l.ID, TokenHash: s.TokenHash, Active: true, IssuedAt: s.IssuedAt, AuthenticatedAt: s.AuthenticatedAt, ExpiresAt: s.ExpiresAt,
			Factors: s.Factors, Address: s.Address, UserAgent: s.UserAgent, SeenAt: s.SeenAt,
		}
		if made.Valid(now) {
			out = append(out, made)
		}
	}
	return out
}
