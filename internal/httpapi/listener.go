package httpapi

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"path"
	"runtime/debug"
	"strings"
	"time"

	"github.com/symbolon/symbolon/internal/reqctx"
	"github.com/symbolon/symbolon/internal/secret"
)

// listener is what every request to one of the two ports passes: request id,
// recovery, path cleaning, the log line and the metrics.
type listener struct {
	server *Server
	root   *mount // answers what goes wrong before a route is found
	name   string
	mux    *http.ServeMux
	exact  map[string]*route // those of mux whose paths have no variable part
	none   *route            // of requests that are answered before one is found
}

// recorder notes what was answered.
type recorder struct {
	http.ResponseWriter
	status int
	route  *route // nil for what was answered before one was found
}

func (w *recorder) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
		secureHeaders(w.Header())
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *recorder) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
		secureHeaders(w.Header())
	}
	return w.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the connection.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// maxRequestID bounds what a client may put on our log lines as its id.
const maxRequestID = 128

func (l *listener) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start := l.server.now()
	made := &struct { // in one allocation
		recorder
		request reqctx.Request
	}{
		recorder{ResponseWriter: w},
		reqctx.Request{ID: r.Header.Get("X-Request-Id"), Address: l.server.proxies.client(r), UserAgent: userAgent(r), Method: r.Method, Header: r.Header},
	}
	out, request := &made.recorder, &made.request
	l.server.warnOfProxy(r)
	if request.Peer = request.Address; isPortOf(r.RemoteAddr, request.Address) {
		request.Peer = r.RemoteAddr
	}
	if request.Sent = printable(request.ID); !request.Sent {
		request.ID = secret.NewRequestID()
	}
	r = r.WithContext(reqctx.With(r.Context(), request))
	if l.name == "public" {
		l.server.noticeLanguage(out, r, request)
	}
	defer l.finish(out, r, request, start)
	l.route(out, r)
}

// isPortOf reports whether peer is a host with a port behind it.
func isPortOf(peer, host string) bool {
	if strings.HasPrefix(peer, "[") {
		rest, ok := strings.CutPrefix(peer[1:], host)
		return ok && strings.HasPrefix(rest, "]:")
	}
	rest, ok := strings.CutPrefix(peer, host)
	return ok && strings.HasPrefix(rest, ":")
}

func varyOnCookie(h http.Header) {
	if len(h["Vary"]) == 0 {
		h["Vary"] = varyByCookie
		return
	}
	h["Vary"] = append(h["Vary"], varyByCookie...)
}

// maxUserAgent bounds what is kept of a browser's name.
const maxUserAgent = 512

// userAgent is what a client calls itself, as text that every database can keep.
func userAgent(r *http.Request) string {
	name := r.UserAgent()
	name = name[:min(len(name), maxUserAgent)]
	return strings.ReplaceAll(strings.ToValidUTF8(name, ""), "\x00", "")
}

func (l *listener) route(w http.ResponseWriter, r *http.Request) {
	strict := l.root.rules.StrictPaths
	if l.name == "public" && !(strict && strings.HasPrefix(r.URL.Path, "/health/")) {
		varyOnCookie(w.Header())
	}
	strictTransport(w.Header(), r)
	if len(r.TransferEncoding) > 0 {
		// Whether the client sent a length as well can't be seen any more. If it did, a
		// proxy in front may have understood another end of the body (RFC 9112, 6.3).
		w.Header().Set("Connection", "close")
	}
	if hidesDots(r.URL) {
		l.root.refuse(w, r, errHiddenDots)
		return
	}
	clean, moved := cleanPath(r.URL.Path)
	if strict && clean != r.URL.Path {
		l.clean(w, r, clean, moved)
		return
	}
	if moved && safe(r.Method) {
		to := url.URL{Path: l.basePath() + clean, RawQuery: r.URL.RawQuery}
		http.Redirect(w, r, to.String(), http.StatusMovedPermanently)
		return
	}
	if clean != r.URL.Path {
		u := *r.URL
		u.Path, u.RawPath = clean, ""
		r.URL = &u
	}
	if e := l.exact[r.URL.Path]; e != nil && r.URL.RawPath == "" {
		e.ServeHTTP(w, r) // as mux would find
		return
	}
	l.mux.ServeHTTP(w, r)
}

// basePath is the path that a proxy in front takes off, without a trailing slash.
func (l *listener) basePath() string {
	base := l.server.config.PublicURL
	if l.name == "admin" {
		base = l.server.config.AdminURL
	}
	if base == nil {
		return ""
	}
	return strings.TrimSuffix(path.Clean("/"+base.Path), "/")
}

// clean answers a path that is not written as it should be: a slash at its end names
// nothing, repeated ones are folded.
func (l *listener) clean(w http.ResponseWriter, r *http.Request, to string, slashed bool) {
	w.Header()["Cache-Control"] = noStore
	if slashed {
		w.Header()["Vary"] = []string{"Cookie"}
		http.NotFound(w, r)
		return
	}
	target := url.URL{Path: l.basePath() + to, RawQuery: r.URL.RawQuery}
	http.Redirect(w, r, target.String(), http.StatusTemporaryRedirect)
}

// finish answers a panic, counts the request and writes its one log line. The
// line has the route's pattern, never the query: links carry tokens.
func (l *listener) finish(w *recorder, r *http.Request, request *reqctx.Request, start time.Time) {
	if cause := recover(); cause != nil {
		if cause == http.ErrAbortHandler { //nolint:errorlint // the sentinel is compared as net/http does
			panic(cause)
		}
		reqctx.Note(r.Context(), slog.String("stack", string(debug.Stack())))
		if w.status == 0 {
			l.root.writeError(w, r, fmt.Errorf("panic: %v", cause))
		}
	}
	if w.status == 0 {
		w.status = http.StatusOK
	}
	ended := l.server.now()
	took := ended.Sub(start)
	route := w.route
	if route == nil {
		route = l.none
	}
	l.server.Meter.Observe(l.name, route.path, r.Method, w.status, took)
	level := slog.LevelInfo
	if w.status >= http.StatusInternalServerError {
		level = slog.LevelError
	}
	if !l.server.Log.Enabled(r.Context(), level) {
		return
	}
	// Not by Log.LogAttrs, which looks up the calling line; that is always this one.
	line := slog.NewRecord(ended, level, "request", 0)
	line.AddAttrs(
		slog.Int("status", w.status), slog.Duration("took", took),
		slog.String("request_id", request.ID), slog.String("client", request.Address),
	)
	line.AddAttrs(request.Attrs...)
	_ = route.log(r.Method).Handle(r.Context(), line)
}

func printable(id string) bool {
	if id == "" || len(id) > maxRequestID {
		return false
	}
	for i := range len(id) {
		if id[i] < 0x21 || id[i] > 0x7e {
			return false
		}
	}
	return true
}
