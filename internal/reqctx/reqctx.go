package reqctx

import (
	"context"
	"log/slog"
)

type key struct{}

// Request is what is known of the request in progress. One goroutine, the
// handler's, may change it.
type Request struct {
	ID      string // the X-Request-Id that was sent, else a random one
	Sent    bool   // the id came from the client
	Address string // the client's IP address, judged by the trusted proxies
	// Peer is the client's address with its port; without one behind a proxy.
	Peer string
	// UserAgent is the header of that name, cut to 512 bytes of text.
	UserAgent string
	// Language and Languages are what the person wants to read: the tag they chose
	// here, empty if they chose none, and their browser's Accept-Language.
	Language, Languages string
	// Method and Header are those of the request. Nothing changes the header, which has
	// secrets.
	Method string
	Header map[string][]string
	Attrs  []slog.Attr
}

// With returns a context that carries r.
func With(ctx context.Context, r *Request) context.Context {
	return context.WithValue(ctx, key{}, r)
}

// From returns the request of ctx. Outside a request it returns an empty one,
// so callers need no nil check.
func From(ctx context.Context) *Request {
	if r, ok := ctx.Value(key{}).(*Request); ok {
		return r
	}
	return &Request{}
}

// Note adds a fact to the request's log line. Callers never note e-mail
// addresses, traits, tokens or passwords.
func Note(ctx context.Context, attrs ...slog.Attr) {
	r := From(ctx)
	r.Attrs = append(r.Attrs, attrs...)
}
