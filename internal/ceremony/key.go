package ceremony

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
)

// Keys is the stored form of a credential of type webauthn or passkey. Bytes are standard base64 in JSON, so that the
// form is that of Ory Kratos 26 with members added.
type Keys struct {
	Keys   []Key  `json:"credentials"`
	Handle []byte `json:"user_handle,omitempty"`
	// Handles are further ones that older keys of another system were made with.
	Handles [][]byte `json:"user_handles,omitempty"`
}

// Key is one public key and what is known of its authenticator.
type Key struct {
	ID              []byte        `json:"id"`
	PublicKey       []byte        `json:"public_key"` // COSE_Key
	AttestationType string        `json:"attestation_type"`
	Authenticator   Authenticator `json:"authenticator"`
	Name            string        `json:"display_name"`
	AddedAt         time.Time     `json:"added_at"`
	LastUsedAt      *time.Time    `json:"last_used_at,omitempty"`
	Passwordless    bool          `json:"is_passwordless"` // a first factor, and no second one
	Flags           Flags         `json:"flags"`
	Transports      []string      `json:"transports,omitempty"`
	// Handle is the user handle that this key was made with, where it is not that of the others.
	Handle []byte `json:"user_handle,omitempty"`
}

// Authenticator is what the key lives in.
type Authenticator struct {
	AAGUID       []byte `json:"aaguid"`
	SignCount    uint32 `json:"sign_count"`
	CloneWarning bool   `json:"clone_warning"`
	// Answered is the SHA-256 of the challenge whose answer counted last.
	Answered []byte `json:"answered,omitempty"`
}

// Flags are those of the last ceremony, except that Verified is that of the creation.
type Flags struct {
	Present        bool `json:"user_present"`
	Verified       bool `json:"user_verified"`
	BackupEligible bool `json:"backup_eligible"`
	BackupState    bool `json:"backup_state"`
	// Unknown: the key was made elsewhere, and it is not known whether it may be backed up. Its next ceremony tells.
	Unknown bool `json:"unknown,omitempty"`
}

// ParseKeys reads the stored form.
func ParseKeys(raw json.RawMessage) (Keys, error) {
	var k Keys
	if err := json.Unmarshal(raw, &k); err != nil {
		return Keys{}, fmt.Errorf("read keys: %w", err)
	}
	return k, nil
}

// Next returns the user handle for another key of the same person: the handle of the existing keys. It is empty if none is
// known.
func (k Keys) Next() []byte {
	if len(k.Handle) > 0 || len(k.Keys) == 0 {
		return k.Handle
	}
	return k.Keys[len(k.Keys)-1].Handle
}

// Add returns the keys with another one, which was made with that user handle. If the existing keys have no known handle, only
// the new key gets it.
func (k Keys) Add(another Key, handle []byte) Keys {
	if len(k.Handle) == 0 && len(k.Keys) > 0 {
		another.Handle = handle
	} else {
		k.Handle = handle
	}
	k.Keys = append(slices.Clone(k.Keys), another)
	return k
}

// Config is the stored form.
func (k Keys) Config() (json.RawMessage, error) {
	raw, err := json.Marshal(k)
	if err != nil {
		return nil, fmt.Errorf("write keys: %w", err)
	}
	return raw, nil
}

// What the stored form of keys is found by: the beginning of an identifier of each key, and what the configuration says if
// one of the keys is a first factor.
const (
	KeyPrefix   = "key:"
	FirstFactor = `"is_passwordless":true`
)

// Identifiers are what a credential of these keys is found by and may not share with another: the user handles and a
// hash of each key's id, which is too long for an index.
func (k Keys) Identifiers() []string {
	var out []string
	add := func(identifier string) {
		if !slices.Contains(out, identifier) {
			out = append(out, identifier)
		}
	}
	if len(k.Handle) > 0 {
		add(HandleIdentifier(k.Handle))
	}
	for _, handle := range k.Handles {
		add(HandleIdentifier(handle))
	}
	for _, key := range k.Keys {
		if len(key.Handle) > 0 {
			add(HandleIdentifier(key.Handle))
		}
		sum := sha256.Sum256(key.ID)
		add(KeyPrefix + hex.EncodeToString(sum[:]))
	}
	return out
}

// HandleIdentifier is the identifier that a user handle is looked up by.
func HandleIdentifier(handle []byte) string {
	return "handle:" + base64.RawURLEncoding.EncodeToString(handle)
}

// Handles are the user handles among the identifiers of a credential, as text.
func Handles(identifiers []string) []string {
	out := []string{}
	for _, identifier := range identifiers {
		encoded, ok := strings.CutPrefix(identifier, "handle:")
		if handle, err := base64.RawURLEncoding.DecodeString(encoded); ok && err == nil {
			out = append(out, string(handle))
		}
	}
	return out
}

// Find returns the index of the key with that id in hex, -1 for none.
func (k Keys) Find(hexID string) int {
	return slices.IndexFunc(k.Keys, func(key Key) bool { return key.HexID() == hexID })
}

// Of returns the keys that are a first factor, or those that are a second one.
func (k Keys) Of(first bool) []Key {
	return slices.DeleteFunc(slices.Clone(k.Keys), func(key Key) bool { return key.Passwordless != first })
}

// With returns the keys with one replaced by its later state.
func (k Keys) With(after Key) Keys {
	k.Keys = slices.Clone(k.Keys)
	if at := k.Find(after.HexID()); at >= 0 {
		k.Keys[at] = after
	}
	return k
}

// HexID names the key in forms.
func (k Key) HexID() string { return hex.EncodeToString(k.ID) }

func newKey(c *webauthn.Credential, now time.Time) Key {
	k := Key{
		ID: c.ID, PublicKey: c.PublicKey, AttestationType: "none", AddedAt: now.UTC().Truncate(time.Second),
		Authenticator: Authenticator{AAGUID: c.Authenticator.AAGUID, SignCount: c.Authenticator.SignCount},
		Flags: Flags{
			Present: c.Flags.UserPresent, Verified: c.Flags.UserVerified,
			BackupEligible: c.Flags.BackupEligible, BackupState: c.Flags.BackupState,
		},
	}
	for _, t := range c.Transport {
		k.Transports = append(k.Transports, string(t))
	}
	return k
}

func (k *Key) library() webauthn.Credential {
	c := webauthn.Credential{
		ID: k.ID, PublicKey: k.PublicKey, AttestationType: k.AttestationType,
		Authenticator: webauthn.Authenticator{AAGUID: k.Authenticator.AAGUID, SignCount: k.Authenticator.SignCount},
		Flags: webauthn.CredentialFlags{
			UserPresent: k.Flags.Present, UserVerified: k.Flags.Verified,
			BackupEligible: k.Flags.BackupEligible, BackupState: k.Flags.BackupState,
		},
	}
	for _, t := range k.Transports {
		c.Transport = append(c.Transport, protocol.AuthenticatorTransport(t))
	}
	return c
}

// used is the key after a ceremony (WebAuthn Level 3, section 7.2, steps 18 to 26). missed says that it was to verify its
// user and did not. A key that is not asked to may verify at one time and not at another, as those with a PIN do. An answer
// that has counted already is no sign of a copy: its form was sent twice.
func (k Key) used(after *webauthn.Credential, challenge string, missed bool, now time.Time) (Key, error) {
	answered := sha256.Sum256([]byte(challenge))
	if after.Authenticator.CloneWarning {
		if bytes.Equal(k.Authenticator.Answered, answered[:]) {
			return k, ErrReplayed
		}
		k.Authenticator.CloneWarning = true
		return k, ErrCloned
	}
	if k.Flags.Verified && missed {
		return k, ErrUnverified
	}
	now = now.UTC().Truncate(time.Second)
	k.Authenticator.SignCount, k.Authenticator.Answered, k.LastUsedAt = after.Authenticator.SignCount, answered[:], &now
	k.Flags.BackupEligible, k.Flags.BackupState, k.Flags.Present, k.Flags.Unknown = after.Flags.BackupEligible, after.Flags.BackupState, true, false
	return k, nil
}
