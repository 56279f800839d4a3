package adminclient

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"

	"github.com/symbolon/symbolon/internal/adminapi"
)

// Export hands each identity with everything that belongs to it to each, in the form
// that Import takes, from the one after the id given on.
func (c *Client) Export(ctx context.Context, after string, sessions bool, each func(json.RawMessage) error) error {
	for {
		var page adminapi.ExportPage
		query := url.Values{"sessions": {strconv.FormatBool(sessions)}}
		setGiven(query, "after", after)
		if _, err := c.call(ctx, request{method: http.MethodGet, path: []string{"export", "identities"}, query: query}, &page); err != nil {
			return err
		}
		for _, raw := range page.Identities {
			if err := each(raw); err != nil {
				return err
			}
		}
		if after = page.Next; after == "" {
			return nil
		}
	}
}
