package shadow

import (
	"cmp"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
)

// The bounds of what is kept of requests that wait to be compared.
const (
	maxBody   = 1 << 20  // bytes of a request or an answer; longer ones are not compared
	maxQueue  = 1024     // exchanges; more are counted and not compared
	maxMemory = 64 << 20 // bytes of all of them, with their headers; likewise
)

// Config says what is compared.
type Config struct {
	Old, New *url.URL
	// Replay sends the new server everything, with ids, tokens and cookies of the old one
	// translated to its own: sign-ins, flows, changes. It must run on a copy.
	Replay    bool
	Transport http.RoundTripper
	Log       *slog.Logger
	// Memory is how many bytes of requests and answers may wait to be compared. 0 is 64 MiB.
	Memory int64
	// Report gets each difference, from one goroutine.
	Report func(Difference)
}

// Proxy is the handler in front of the old server.
type Proxy struct {
	config Config
	old    *httputil.ReverseProxy
	queue  chan *exchange
	memory *memory
	names  *names

	mu    sync.Mutex
	count Summary
}

// exchange is a request with the answer of the old server.
type exchange struct {
	method, host string
	url          *url.URL
	header       http.Header
	body         []byte
	answer       answer
	headerBytes  int // of memory, beside the bodies
}

// bytes is how much of the memory the exchange has taken.
func (e *exchange) bytes() int { return len(e.body) + len(e.answer.body) + e.headerBytes }

type answer struct {
	status int
	header http.Header
	body   []byte
}

// New returns a proxy; Run compares.
func New(c Config) *Proxy {
	p := &Proxy{config: c, queue: make(chan *exchange, maxQueue), memory: newMemory(cmp.Or(c.Memory, maxMemory)), names: newNames(), count: Summary{Paths: map[string]*Count{}}}
	p.old = &httputil.ReverseProxy{
		Transport: c.Transport, ErrorLog: slog.NewLogLogger(c.Log.Handler(), slog.LevelWarn),
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(c.Old)
			r.Out.Host = r.In.Host
			r.Out.Header["X-Forwarded-For"] = r.In.Header["X-Forwarded-For"]
			r.SetXForwarded()
			keepForwarded(r)
			r.Out.Header.Del("Accept-Encoding") // so that the answer can be compared
		},
		ModifyResponse: func(r *http.Response) error {
			if to, ok := r.Request.Context().Value(exchangeKey{}).(recording); ok {
				to.answer.status, to.answer.header = r.StatusCode, r.Header.Clone()
				to.header = r.Request.Header.Clone()
				r.Body = tee{io.TeeReader(r.Body, to.body), r.Body}
			}
			return nil
		},
	}
	return p
}

// keepForwarded leaves what a proxy in front said of the client as it is.
func keepForwarded(r *httputil.ProxyRequest) {
	for _, name := range []string{"X-Forwarded-Host", "X-Forwarded-Proto"} {
		if said := r.In.Header[name]; len(said) > 0 {
			r.Out.Header[name] = said
		}
	}
}

type exchangeKey struct{}

// recording is where the answer to a request is kept.
type recording struct {
	*exchange
	body *capture
}

type tee struct {
	io.Reader
	io.Closer
}

// ServeHTTP answers as the old server does.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	e := &exchange{method: r.Method, host: r.Host, url: r.URL}
	asked, answered := capture{memory: p.memory}, capture{memory: p.memory}
	if !p.config.Replay && !reads(r) {
		p.old.ServeHTTP(w, r)
		p.counted(e, func(c *Count) { c.Forwarded++ })
		return
	}
	r = r.WithContext(context.WithValue(r.Context(), exchangeKey{}, recording{e, &answered}))
	if r.Body != nil {
		r.Body = tee{io.TeeReader(r.Body, &asked), r.Body}
	}
	p.old.ServeHTTP(w, r)
	if !p.wait(e, &asked, &answered) {
		p.memory.give(e.bytes())
		p.counted(e, func(c *Count) { c.Skipped++ })
	}
}

// wait puts an exchange that has ended into the queue. It reports whether it could.
func (p *Proxy) wait(e *exchange, asked, answered *capture) bool {
	var okAsked, okAnswered bool
	e.body, okAsked = asked.end()
	e.answer.body, okAnswered = answered.end()
	size := sizeOf(e.header, e.answer.header) + len(e.url.RawQuery) + len(e.url.Path)
	if e.answer.status == 0 || !okAsked || !okAnswered || !p.memory.take(size) {
		return false
	}
	e.headerBytes = size
	select {
	case p.queue <- e:
		return true
	default:
		return false
	}
}

// reads reports whether a request changes nothing on a server: session checks, and what
// lists and shows identities, sessions and schemas.
func reads(r *http.Request) bool {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return false
	}
	path := strings.TrimPrefix(r.URL.Path, "/admin")
	for _, prefix := range []string{"/sessions", "/identities", "/schemas", "/health"} {
		if path == prefix || strings.HasPrefix(path, prefix+"/") {
			return true
		}
	}
	return false
}

// Run replays and compares until the context ends.
func (p *Proxy) Run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case e := <-p.queue:
			p.compare(ctx, e)
		}
	}
}

// Drain compares what waits, and ends.
func (p *Proxy) Drain(ctx context.Context) {
	for ctx.Err() == nil {
		select {
		case e := <-p.queue:
			p.compare(ctx, e)
		default:
			return
		}
	}
}

func (p *Proxy) compare(ctx context.Context, e *exchange) {
	defer p.memory.give(e.bytes())
	got, err := p.replay(ctx, e)
	if err != nil {
		if ctx.Err() == nil {
			p.config.Log.WarnContext(ctx, "the new server does not answer", slog.String("error", err.Error()))
		}
		p.counted(e, func(c *Count) { c.Skipped++ })
		return
	}
	d := comparison{names: p.names, learn: p.config.Replay}
	d.answers(&e.answer, got)
	p.counted(e, func(c *Count) {
		if len(d.found) == 0 {
			c.Equal++
		} else {
			c.Different++
		}
	})
	if len(d.found) > 0 {
		p.config.Report(Difference{Method: e.method, Path: pattern(e.url.Path), Differences: d.found})
	}
}
