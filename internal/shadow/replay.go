package shadow

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// answerTimeout bounds how long the new server may take.
const answerTimeout = 30 * time.Second

// replay asks the new server what the old one was asked.
func (p *Proxy) replay(ctx context.Context, e *exchange) (*answer, error) {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	target := *p.config.New
	base := strings.TrimSuffix(target.Path, "/")
	target.Path, target.RawPath = base+p.names.path(e.url.Path), base+p.names.path(e.url.EscapedPath())
	target.RawQuery = e.url.RawQuery
	header, body := e.header.Clone(), e.body
	if p.config.Replay {
		target.RawQuery = p.names.form(e.url.RawQuery)
		body = p.names.body(mediaType(e.header), body)
		p.names.headers(header)
	}
	r, err := http.NewRequestWithContext(ctx, e.method, target.String(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Host, r.Header = e.host, header
	got, err := p.config.Transport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	defer got.Body.Close()
	out := &answer{status: got.StatusCode, header: got.Header}
	out.body, err = io.ReadAll(io.LimitReader(got.Body, maxBody))
	return out, err
}

// maxNames bounds the names that are known: at twice as many the older half is forgotten.
const maxNames = 50_000

// names are ids, tokens and cookies of the old server with those of the new one. The new
// server draws its own where a request makes something.
type names struct {
	mu              sync.Mutex
	recent, earlier map[string]string
}

func newNames() *names { return &names{recent: map[string]string{}, earlier: map[string]string{}} }

// learn notes a name. It is false where the old one is known under another.
func (n *names) learn(from, to string) bool {
	if from == "" || from == to {
		return true
	}
	if known := n.of(from); known != from && anUUID.MatchString(from) {
		return known == to
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.recent) >= maxNames {
		n.recent, n.earlier = map[string]string{}, n.recent
	}
	n.recent[from] = to
	return true
}

// of returns the name on the new server; the same for one that is not known.
func (n *names) of(from string) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	if to, ok := n.recent[from]; ok {
		return to
	}
	if to, ok := n.earlier[from]; ok {
		return to
	}
	return from
}

func (n *names) path(path string) string {
	parts := strings.Split(path, "/")
	for i, part := range parts {
		parts[i] = n.of(part)
	}
	return strings.Join(parts, "/")
}

// form translates the values of a query or of a form.
func (n *names) form(raw string) string {
	values, err := url.ParseQuery(raw)
	if err != nil {
		return raw
	}
	for _, all := range values {
		for i := range all {
			all[i] = n.of(all[i])
		}
	}
	return values.Encode()
}

func (n *names) body(media string, raw []byte) []byte {
	if media == "application/x-www-form-urlencoded" {
		return []byte(n.form(string(raw)))
	}
	var value any
	if !strings.HasSuffix(media, "json") || json.Unmarshal(raw, &value) != nil {
		return raw
	}
	translated, err := json.Marshal(n.value(value))
	if err != nil {
		return raw
	}
	return translated
}

func (n *names) value(value any) any {
	switch v := value.(type) {
	case string:
		return n.of(v)
	case []any:
		for i := range v {
			v[i] = n.value(v[i])
		}
	case map[string]any:
		for name := range v {
			v[name] = n.value(v[name])
		}
	}
	return value
}

func (n *names) headers(h http.Header) {
	h.Del("Content-Length")
	if token := h.Get("X-Session-Token"); token != "" {
		h.Set("X-Session-Token", n.of(token))
	}
	if scheme, token, ok := strings.Cut(h.Get("Authorization"), " "); ok {
		h.Set("Authorization", scheme+" "+n.of(token))
	}
	if csrf := h.Get("X-Csrf-Token"); csrf != "" {
		h.Set("X-Csrf-Token", n.of(csrf))
	}
	cookies := (&http.Request{Header: h}).Cookies()
	if len(cookies) == 0 {
		return
	}
	h.Del("Cookie")
	r := &http.Request{Header: h}
	for _, c := range cookies {
		r.AddCookie(&http.Cookie{Name: n.of(c.Name), Value: n.of(c.Value), Quoted: c.Quoted})
	}
}
