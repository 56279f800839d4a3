package adminapi

import (
	"encoding/json"
	"time"
)

// IdentityV1 is an identity as v1 has it. Credentials and MetadataAdmin are for operators.
type IdentityV1 struct {
	ID                  string                  `json:"id"`
	ExternalID          string                  `json:"external_id,omitempty"`
	Credentials         map[string]CredentialV1 `json:"credentials,omitempty"`
	SchemaID            string                  `json:"schema_id"`
	SchemaURL           string                  `json:"schema_url"`
	State               string                  `json:"state"`
	StateChangedAt      *time.Time              `json:"state_changed_at,omitempty"`
	Traits              json.RawMessage         `json:"traits"`
	VerifiableAddresses []VerifiableAddressV1   `json:"verifiable_addresses,omitempty"`
	RecoveryAddresses   []RecoveryAddressV1     `json:"recovery_addresses,omitempty"`
	MetadataPublic      json.RawMessage         `json:"metadata_public"`
	MetadataAdmin       json.RawMessage         `json:"metadata_admin,omitempty"`
	CreatedAt           time.Time               `json:"created_at"`
	UpdatedAt           time.Time               `json:"updated_at"`
	OrganizationID      *string                 `json:"organization_id"`
}

// CredentialV1 is what operators see of a credential. Config is sent for the types
// that were asked for alone.
type CredentialV1 struct {
	Type        string          `json:"type"`
	Identifiers []string        `json:"identifiers"`
	Config      json.RawMessage `json:"config,omitempty"`
	Version     int             `json:"version"`
	CreatedAt   time.Time       `json:"created_at"`
	UpdatedAt   time.Time       `json:"updated_at"`
}

// VerifiableAddressV1 is an address that its owner can prove.
type VerifiableAddressV1 struct {
	ID         string     `json:"id"`
	Value      string     `json:"value"`
	Verified   bool       `json:"verified"`
	Via        string     `json:"via"`
	Status     string     `json:"status"` // pending, sent, completed
	VerifiedAt *time.Time `json:"verified_at,omitempty"`
	CreatedAt  time.Time  `json:"created_at"`
	UpdatedAt  time.Time  `json:"updated_at"`
}

// RecoveryAddressV1 is an address that lets its owner back in.
type RecoveryAddressV1 struct {
	ID        string    `json:"id"`
	Value     string    `json:"value"`
	Via       string    `json:"via"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}
