package adminclient

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/symbolon/symbolon/internal/adminapi"
)

// ListQuery selects a page of identities.
type ListQuery struct {
	Page, PerPage int    // the page is counted from 0
	Identifier    string // empty for all
	SchemaID      string // empty for all
}

// Identities returns a page, oldest first; more says that another one follows.
func (c *Client) Identities(ctx context.Context, q ListQuery) (found []adminapi.Identity, more bool, err error) {
	query := url.Values{"page": {strconv.Itoa(q.Page)}, "per_page": {strconv.Itoa(q.PerPage)}}
	setGiven(query, "credentials_identifier", q.Identifier)
	setGiven(query, "schema_id", q.SchemaID)
	response, err := c.call(ctx, request{method: http.MethodGet, path: []string{"identities"}, query: query}, &found)
	if err != nil {
		return nil, false, err
	}
	return found, next(response) != nil, nil
}

// Identity returns one identity.
func (c *Client) Identity(ctx context.Context, id string) (*adminapi.Identity, error) {
	var found adminapi.Identity
	_, err := c.call(ctx, request{method: http.MethodGet, path: []string{"identities", id}}, &found)
	return &found, err
}

// UpdateIdentity replaces an identity; body is what PUT takes.
func (c *Client) UpdateIdentity(ctx context.Context, id string, body json.RawMessage) (*adminapi.Identity, error) {
	var saved adminapi.Identity
	_, err := c.call(ctx, request{method: http.MethodPut, path: []string{"identities", id}, body: body}, &saved)
	return &saved, err
}

// DeleteIdentity removes an identity with all that belongs to it.
func (c *Client) DeleteIdentity(ctx context.Context, id string) error {
	_, err := c.call(ctx, request{method: http.MethodDelete, path: []string{"identities", id}}, nil)
	return err
}

// DeleteCredential removes the credential of a type and ends the identity's sessions.
func (c *Client) DeleteCredential(ctx context.Context, id, typ string) error {
	_, err := c.call(ctx, request{method: http.MethodDelete, path: []string{"identities", id, "credentials", typ}}, nil)
	return err
}

// Schema returns an identity schema as its author wrote it.
func (c *Client) Schema(ctx context.Context, id string) (json.RawMessage, error) {
	var raw json.RawMessage
	_, err := c.call(ctx, request{method: http.MethodGet, path: []string{"schemas", id}}, &raw)
	return raw, err
}

func setGiven(query url.Values, name, value string) {
	if value != "" {
		query.Set(name, value)
	}
}

// next returns the query of the page that follows, nil at the end. Of the Link
// header (RFC 8288) the query alone is used: the next request goes to the same
// server even if the header names another.
func next(r *http.Response) url.Values {
	for entry := range strings.SplitSeq(r.Header.Get("Link"), ",") {
		target, params, _ := strings.Cut(strings.TrimSpace(entry), ">")
		if !strings.Contains(params, `rel="next"`) {
			continue
		}
		if u, err := url.Parse(strings.TrimPrefix(target, "<")); err == nil {
			return u.Query()
		}
	}
	return nil
}
