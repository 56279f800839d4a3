package adminclient

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// Config of a Client.
type Config struct {
	// URL is where the admin listener is reached: http or https, with or without a
	// path.
	URL *url.URL
	// Token is sent as a bearer token; empty for none.
	Token string
	// Timeout bounds each request but an import; 0 is DefaultTimeout.
	Timeout time.Duration
	// Agent names the program to the server.
	Agent string
	// Verify makes the first request fail if the server is another program.
	Verify bool
	// Transport sends the requests; nil for the network.
	Transport http.RoundTripper
}

// The bounds of a request.
const (
	DefaultTimeout = 30 * time.Second
	dialTimeout    = 5 * time.Second
	maxAnswer      = 64 << 20
)

// Client talks to one server. It is safe for concurrent use.
type Client struct {
	config Config
	http   *http.Client

	mu       sync.Mutex
	verified bool
}

// New returns a client. It connects to nothing yet.
func New(c Config) *Client {
	if c.Timeout == 0 {
		c.Timeout = DefaultTimeout
	}
	if c.Transport == nil {
		dialer := &net.Dialer{Timeout: dialTimeout}
		c.Transport = &http.Transport{DialContext: dialer.DialContext, TLSHandshakeTimeout: dialTimeout, IdleConnTimeout: time.Minute}
	}
	return &Client{config: c, http: &http.Client{
		Transport: c.Transport,
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		},
	}}
}

// URL is the server that is asked.
func (c *Client) URL() *url.URL { return c.config.URL }

// Close drops the connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// verify fails with a *ForeignError if what answers is not this program: other servers
// have the same paths, and a command must not change their data. It asks once.
func (c *Client) verify(ctx context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.verified {
		return nil
	}
	var answer struct{ Version string }
	response, err := c.call(ctx, request{method: http.MethodGet, path: []string{"version"}, open: true}, &answer)
	if err != nil {
		return err
	}
	if _, ok := response.Header["X-Symbolon-Version"]; !ok {
		return &ForeignError{URL: c.config.URL.Redacted(), Status: response.Status, Other: true}
	}
	c.verified = true
	return nil
}

// request is one call.
type request struct {
	method string
	path   []string // below the URL, unescaped
	query  url.Values
	body   any // encoded as JSON; nil for none
	// also are statuses beside 2xx that are answers, not errors.
	also []int
	// open tells that any server may be asked.
	open bool
}

// call sends a request and decodes the answer into out, which may be nil.
func (c *Client) call(ctx context.Context, r request, out any) (*http.Response, error) {
	ctx, cancel := context.WithTimeout(ctx, c.config.Timeout)
	defer cancel()
	var body io.Reader
	if r.body != nil {
		encoded, err := json.Marshal(r.body)
		if err != nil {
			return nil, fmt.Errorf("encode request: %w", err)
		}
		body = bytes.NewReader(encoded)
	}
	response, err := c.send(ctx, r, "application/json", body)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	if err != nil {
		return nil, c.unreachable(ctx, err)
	}
	if len(raw) > maxAnswer {
		return nil, fmt.Errorf("the server answered with more than %d MiB; ask for fewer at once", maxAnswer>>20)
	}
	if err := c.checkAnswer(response, raw, r.also); err != nil {
		return nil, err
	}
	if out == nil || len(raw) == 0 {
		return response, nil
	}
	if err := json.Unmarshal(raw, out); err != nil {
		return nil, c.foreign(response)
	}
	return response, nil
}

// send starts a request; the caller closes the body of the answer.
func (c *Client) send(ctx context.Context, r request, media string, body io.Reader) (*http.Response, error) {
	if c.config.Verify && !r.open {
		if err := c.verify(ctx); err != nil {
			return nil, err
		}
	}
	u := c.config.URL.JoinPath(escaped(r.path)...)
	u.RawQuery = r.query.Encode()
	out, err := http.NewRequestWithContext(ctx, r.method, u.String(), body)
	if err != nil {
		return nil, fmt.Errorf("make request: %w", err)
	}
	out.Header.Set("Accept", "application/json")
	if body != nil {
		out.Header.Set("Content-Type", media)
	}
	if c.config.Agent != "" {
		out.Header.Set("User-Agent", c.config.Agent)
	}
	if c.config.Token != "" && !r.open {
		out.Header.Set("Authorization", "Bearer "+c.config.Token)
	}
	response, err := c.http.Do(out)
	if err != nil {
		return nil, c.unreachable(ctx, err)
	}
	return response, nil
}

// escaped keeps ids inside their path segment, even if they contain slashes.
func escaped(path []string) []string {
	out := make([]string, len(path))
	for i, segment := range path {
		if out[i] = url.PathEscape(segment); strings.Trim(segment, ".") == "" {
			out[i] = strings.ReplaceAll(segment, ".", "%2E")
		}
	}
	return out
}

// checkAnswer tells answers from errors, and this API from other servers.
func (c *Client) checkAnswer(r *http.Response, raw []byte, also []int) error {
	for _, status := range also {
		if r.StatusCode == status && isJSON(r) {
			return nil
		}
	}
	switch {
	case r.StatusCode >= 300 && r.StatusCode < 400:
		return c.foreign(r)
	case r.StatusCode < 300 && (len(raw) == 0 || isJSON(r)):
		return nil
	case r.StatusCode < 300 || !isJSON(r):
		return c.foreign(r)
	}
	var envelope struct {
		Error *Error `json:"error"`
	}
	if err := json.Unmarshal(raw, &envelope); err != nil || envelope.Error == nil {
		return c.foreign(r)
	}
	envelope.Error.Code = r.StatusCode
	envelope.Error.LogID = r.Header.Get("X-Request-Id")
	return envelope.Error
}

func isJSON(r *http.Response) bool {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return err == nil && media == "application/json"
}

func (c *Client) foreign(r *http.Response) error {
	return &ForeignError{URL: c.config.URL.Redacted(), Status: r.Status, Location: r.Header.Get("Location")}
}

// unreachable says why no answer came; nothing if the caller cancelled.
func (c *Client) unreachable(ctx context.Context, err error) error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return ctx.Err()
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return &UnreachableError{URL: c.config.URL.Redacted(), Err: fmt.Errorf("no answer within %s", c.config.Timeout)}
	}
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err // it repeats method and URL, and the latter may hold an e-mail address
	}
	return &UnreachableError{URL: c.config.URL.Redacted(), Err: err}
}
