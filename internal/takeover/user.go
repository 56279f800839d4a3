package takeover

import (
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/gofrs/uuid/v5"

	"github.com/symbolon/symbolon/internal/identity"
)

// User is one account of a system that does not have this one's traits. Claims are what
// is known of the person, under the names of OpenID Connect Core 1.0, section 5.1, where
// it has one, and under the system's own names otherwise.
type User struct {
	Key            string // names the account in the other system, for all time
	Claims         map[string]any
	SelfWritten    []string // names of the claims that the person may have written
	PasswordHash   string   // in a form that package passhash reads
	Links          []Link
	TOTP           string // base32, or an otpauth URL
	RecoveryCodes  []string
	Keys           []json.RawMessage // WebAuthn, second factors, in the form of the import format
	Passkeys       []json.RawMessage // those that sign in without a password
	Disabled       bool
	CreatedAt      time.Time
	MetadataPublic map[string]any
	MetadataAdmin  map[string]any
	Notes          []string
}

// Name is what its owner is known by.
func (u User) Name() string {
	for _, claim := range []string{"email", "preferred_username", "phone_number", "name"} {
		if text, ok := u.Claims[claim].(string); ok && text != "" {
			return text
		}
	}
	return ""
}

// Link is the account of a person at a provider.
type Link struct{ Provider, Subject string }

// Mapper makes traits of the claims of a user.
type Mapper interface {
	Traits(u User) (json.RawMessage, error)
	// Lost names the claims that no trait gets, as far as the mapper knows.
	Lost(u User) []string
}

// Shape is how the users of a system become records.
type Shape struct {
	System    string            // names the system, so that ids differ among systems
	SchemaID  string            // of all identities
	Providers map[string]string // the ids of providers here, by those there; others keep theirs
	Issuer    string            // names this server in authenticator apps
}

// Record returns the user as a record, without addresses: the writer derives them from
// the traits and takes their state from the claims email_verified and
// phone_number_verified. An error says why the user has no traits.
func (s Shape) Record(u User, m Mapper) (Record, error) {
	values, err := m.Traits(u)
	if err != nil {
		return Record{}, err
	}
	u.checkLinks()
	out := Record{Name: cmp.Or(u.Name(), u.Key), Notes: u.Notes, Verified: verified(u.Claims), Identity: identity.Identity{
		ID: s.id(u.Key), SchemaID: s.SchemaID, Traits: values, CreatedAt: u.CreatedAt, UpdatedAt: u.CreatedAt,
		MetadataPublic: object(u.MetadataPublic), MetadataAdmin: object(u.MetadataAdmin), State: identity.Active,
	}}
	if u.Disabled {
		out.Identity.State = identity.Inactive
	}
	out.Credentials = s.credentials(u)
	return out, nil
}

func (s Shape) credentials(u User) []Credential {
	var all []Credential
	add := func(kind string, identifiers []string, config any) {
		all = append(all, Credential{Type: kind, Identifiers: identifiers, Config: mustJSON(config)})
	}
	if u.PasswordHash != "" {
		add(identity.TypePassword, nil, map[string]any{"hashed_password": u.PasswordHash})
	}
	if len(u.Links) > 0 {
		var subjects []string
		for _, l := range u.Links {
			provider := l.Provider
			if known, ok := s.Providers[provider]; ok {
				provider = known
			}
			subjects = append(subjects, provider+":"+l.Subject)
		}
		add(identity.TypeOIDC, subjects, map[string]any{})
	}
	if u.TOTP != "" {
		add("totp", nil, map[string]any{"totp_url": s.otpauth(u)})
	}
	if len(u.RecoveryCodes) > 0 {
		codes := make([]map[string]any, len(u.RecoveryCodes))
		for i, code := range u.RecoveryCodes {
			codes[i] = map[string]any{"code": code}
		}
		add("lookup_secret", nil, map[string]any{"recovery_codes": codes})
	}
	// An account has one credential of a type, so it holds both; each key says which it is.
	if keys := slices.Concat(u.Keys, u.Passkeys); len(keys) > 0 {
		add("webauthn", nil, map[string]any{"credentials": keys})
	}
	return all
}

// checkLinks drops links without a subject, which would let the owners of all such links into one account, and second
// ones of the same name.
func (u *User) checkLinks() {
	var kept []Link
	for _, l := range u.Links {
		switch {
		case strings.TrimSpace(l.Provider) == "" || strings.TrimSpace(l.Subject) == "":
			u.Note("the account at provider %q is not taken: it has no id there", l.Provider)
		case !slices.Contains(kept, l):
			kept = append(kept, l)
		}
	}
	u.Links = kept
}

// otpauth is the URL of a secret in the form that authenticator apps read.
func (s Shape) otpauth(u User) string {
	if strings.HasPrefix(u.TOTP, "otpauth://") {
		return u.TOTP
	}
	account, _ := u.Claims["email"].(string)
	values := url.Values{"secret": {strings.ToUpper(strings.TrimRight(u.TOTP, "="))}, "issuer": {s.Issuer}}
	return (&url.URL{Scheme: "otpauth", Host: "totp", Path: "/" + s.Issuer + ":" + account, RawQuery: values.Encode()}).String()
}

// id keeps a key that is a UUID, which applications may refer to. For others it is the
// same in each run, and passes for a random one (decision: ids are of version 4).
func (s Shape) id(key string) string {
	if known, err := uuid.FromString(key); err == nil && len(key) == 36 {
		return known.String()
	}
	sum := sha256.Sum256([]byte(s.System + "\x00" + key))
	made := uuid.UUID(sum[:16])
	made.SetVersion(uuid.V4)
	made.SetVariant(uuid.VariantRFC9562)
	return made.String()
}

// proofs are the claims that say that an address is proven, with the claim that is the address.
func proofs() map[string]string {
	return map[string]string{"email_verified": "email", "phone_number_verified": "phone_number"}
}

// verified are the values that the other system proved.
func verified(claims map[string]any) []string {
	var proven []string
	for flag, value := range proofs() {
		if text, ok := claims[value].(string); ok && claims[flag] == true {
			proven = append(proven, text)
		}
	}
	slices.Sort(proven)
	return proven
}

// object is JSON of a map; nil for an empty one.
func object(values map[string]any) json.RawMessage {
	if len(values) == 0 {
		return nil
	}
	return mustJSON(values)
}

// mustJSON encodes values that come from JSON or are texts.
func mustJSON(value any) json.RawMessage {
	b, err := json.Marshal(value)
	if err != nil {
		panic(fmt.Sprintf("takeover: %v", err))
	}
	return b
}

// Set sets a claim unless the value is empty.
func (u *User) Set(claim string, value any) {
	if value == nil || value == "" {
		return
	}
	if u.Claims == nil {
		u.Claims = map[string]any{}
	}
	u.Claims[claim] = value
}

// Note adds a line of what is not taken.
func (u *User) Note(format string, args ...any) {
	u.Notes = append(u.Notes, fmt.Sprintf(format, args...))
}

// SetAll sets claims that are not set yet, such as attributes of an operator's own, and names those that it set. None of
// them says that an address is proven: people may have written them.
func (u *User) SetAll(more map[string]any) (names []string) {
	for _, name := range slices.Sorted(maps.Keys(more)) {
		if _, set := u.Claims[name]; set || proofs()[name] != "" {
			continue
		}
		if u.Set(name, more[name]); u.Claims[name] != nil {
			names = append(names, name)
		}
	}
	return names
}

// SetOwn is SetAll of what the person may have written, such as metadata of a profile.
func (u *User) SetOwn(more map[string]any) {
	u.SelfWritten = append(u.SelfWritten, u.SetAll(more)...)
}

// known are the claims that the person may not have written.
func (u *User) known() map[string]any {
	known := maps.Clone(u.Claims)
	for _, name := range u.SelfWritten {
		delete(known, name)
	}
	return known
}
