package adminclient

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"

	"github.com/symbolon/symbolon/internal/adminapi"
)

// NewRecord is an identity to create.
type NewRecord struct {
	adminapi.IdentityV1
	HashedPassword string   // empty for none
	Verified       []string // addresses that are proven
}

// RecordByExternalID finds an identity by what another system calls it.
func (c *Client) RecordByExternalID(ctx context.Context, id string) (*adminapi.IdentityV1, error) {
	var found adminapi.IdentityV1
	_, err := c.call(ctx, request{method: http.MethodGet, path: []string{"admin", "identities", "by", "external", id}}, &found)
	return &found, err
}

// RecordByIdentifier finds an identity by what its owner signs in with; nil if there is
// none.
func (c *Client) RecordByIdentifier(ctx context.Context, identifier string) (*adminapi.IdentityV1, error) {
	var list []adminapi.IdentityV1
	query := url.Values{"credentials_identifier": {identifier}}
	if _, err := c.call(ctx, request{method: http.MethodGet, path: []string{"admin", "identities"}, query: query}, &list); err != nil || len(list) == 0 {
		return nil, err
	}
	var found adminapi.IdentityV1
	_, err := c.call(ctx, request{method: http.MethodGet, path: []string{"admin", "identities", list[0].ID}}, &found)
	return &found, err
}

// CreateRecord creates an identity. Its id is the server's to choose.
func (c *Client) CreateRecord(ctx context.Context, r NewRecord) (*adminapi.IdentityV1, error) {
	var made adminapi.IdentityV1
	_, err := c.call(ctx, request{method: http.MethodPost, path: []string{"admin", "identities"}, body: r.body()}, &made)
	return &made, err
}

// ChangeRecord replaces the members of an identity that are named, and leaves the others as
// they are on the server by then. It fails if the identity
// does not have these traits by then, unless they are nil.
func (c *Client) ChangeRecord(ctx context.Context, r adminapi.IdentityV1, members []string, has json.RawMessage) (*adminapi.IdentityV1, error) {
	type operation struct {
		Op    string `json:"op"`
		Path  string `json:"path"`
		Value any    `json:"value"`
	}
	values, patch := NewRecord{IdentityV1: r}.body(), []operation(nil)
	if has != nil {
		patch = append(patch, operation{Op: "test", Path: "/traits", Value: has})
	}
	for _, name := range members {
		patch = append(patch, operation{Op: "add", Path: "/" + name, Value: values[name]}) // that replaces, too (RFC 6902, section 4.1)
	}
	var saved adminapi.IdentityV1
	_, err := c.call(ctx, request{method: http.MethodPatch, path: []string{"admin", "identities", r.ID}, body: patch}, &saved)
	return &saved, err
}

// body leaves out what is not given, and the id, which no body takes.
func (r NewRecord) body() map[string]any {
	body := map[string]any{"traits": r.Traits}
	for name, text := range map[string]string{"schema_id": r.SchemaID, "external_id": r.ExternalID, "state": r.State} {
		if text != "" {
			body[name] = text
		}
	}
	for name, raw := range map[string]json.RawMessage{"metadata_public": r.MetadataPublic, "metadata_admin": r.MetadataAdmin} {
		if len(raw) > 0 {
			body[name] = raw
		}
	}
	if r.HashedPassword != "" {
		body["credentials"] = map[string]any{"password": map[string]any{"config": map[string]string{"hashed_password": r.HashedPassword}}}
	}
	var proven []map[string]any
	for _, address := range r.Verified {
		proven = append(proven, map[string]any{"value": address, "via": "email", "verified": true, "status": "completed"})
	}
	if len(proven) > 0 {
		body["verifiable_addresses"] = proven
	}
	return body
}
