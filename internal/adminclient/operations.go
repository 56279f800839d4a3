package adminclient

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"

	"github.com/symbolon/symbolon/internal/adminapi"
)

// MessageQuery selects a page of messages.
type MessageQuery struct {
	Status    string // empty for all
	Recipient string // empty for all
	Size      int
	Token     string // of the page; empty for the first
}

// Messages returns a page, the latest first, and the token of the page that
// follows, empty at the end.
func (c *Client) Messages(ctx context.Context, q MessageQuery) (found []adminapi.Message, token string, err error) {
	query := url.Values{"page_size": {strconv.Itoa(q.Size)}}
	setGiven(query, "status", q.Status)
	setGiven(query, "recipient", q.Recipient)
	setGiven(query, "page_token", q.Token)
	response, err := c.call(ctx, request{method: http.MethodGet, path: []string{"courier", "messages"}, query: query}, &found)
	if err != nil {
		return nil, "", err
	}
	return found, next(response).Get("page_token"), nil
}

// Message returns one message.
func (c *Client) Message(ctx context.Context, id string) (*adminapi.Message, error) {
	var found adminapi.Message
	_, err := c.call(ctx, request{method: http.MethodGet, path: []string{"courier", "messages", id}}, &found)
	return &found, err
}

// RetryMessage queues a dead message again.
func (c *Client) RetryMessage(ctx context.Context, id string) (*adminapi.Message, error) {
	var queued adminapi.Message
	_, err := c.call(ctx, request{method: http.MethodPost, path: []string{"courier", "messages", id, "retry"}}, &queued)
	return &queued, err
}

// SendTest queues the test message.
func (c *Client) SendTest(ctx context.Context, to string) (*adminapi.Message, error) {
	var queued adminapi.Message
	_, err := c.call(ctx, request{method: http.MethodPost, path: []string{"courier", "messages"}, body: map[string]string{"to": to}}, &queued)
	return &queued, err
}

// Health asks how the parts are doing. A server that is not well is not an error.
func (c *Client) Health(ctx context.Context) (*adminapi.Health, error) {
	var h adminapi.Health
	_, err := c.call(ctx, request{
		method: http.MethodGet, path: []string{"health", "detail"}, also: []int{http.StatusServiceUnavailable},
	}, &h)
	return &h, err
}

// Alive asks whether the server answers at all, and Ready whether it can serve
// requests; why is empty if it can.
func (c *Client) Alive(ctx context.Context) error {
	_, err := c.call(ctx, request{method: http.MethodGet, path: []string{"health", "alive"}}, nil)
	return err
}

// Ready asks whether the server can serve requests; why maps what can't to the
// reason and is empty if all can.
func (c *Client) Ready(ctx context.Context) (why map[string]string, err error) {
	var answer struct {
		Errors map[string]string `json:"errors"`
	}
	_, err = c.call(ctx, request{
		method: http.MethodGet, path: []string{"health", "ready"}, also: []int{http.StatusServiceUnavailable},
	}, &answer)
	return answer.Errors, err
}

// Version returns the version of the server.
func (c *Client) Version(ctx context.Context) (string, error) {
	var answer struct {
		Version string `json:"version"`
	}
	_, err := c.call(ctx, request{method: http.MethodGet, path: []string{"version"}}, &answer)
	return answer.Version, err
}

// Metrics returns the metrics as Prometheus reads them.
func (c *Client) Metrics(ctx context.Context) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, c.config.Timeout)
	defer cancel()
	response, err := c.send(ctx, request{method: http.MethodGet, path: []string{"metrics", "prometheus"}}, "", nil)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the server answers %s", response.Status)
	}
	return io.ReadAll(io.LimitReader(response.Body, maxAnswer))
}
