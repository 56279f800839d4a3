package httpapi

import (
	"net/http"
	"path"
	"strings"

	"symbolon/internal/errs"
	"symbolon/internal/secret"
	"symbolon/internal/ui"
)

// handler is an http.Handler that may fail; what it returns is answered as an
// error object.
type handler func(http.ResponseWriter, *http.Request) error

// table is the URL map of one listener while it is built.
type table struct {
	server    *Server
	listener  string // public, admin
	endpoints map[string]*endpoint
}

// endpoint is one path with what its methods do.
type endpoint struct {
	table    *table
	path     string
	methods  map[string]handler
	allow    []string
	all      handler // answers every method
	noStore  bool    // answers must not be kept by caches
	untoken  bool    // answers without the admin token
	getOnly  bool    // a GET has effects, so HEAD is not the same without a body
	fallback bool
}

func (s *Server) newTable(listener string) *table {
	return &table{server: s, listener: listener, endpoints: map[string]*endpoint{}}
}

func (t *table) endpoint(path string) *endpoint {
	e := t.endpoints[path]
	if e == nil {
		e = &endpoint{table: t, path: path, methods: map[string]handler{}, noStore: t.listener == "public"}
		t.endpoints[path] = e
	}
	return e
}

func (t *table) add(method, path string, h handler) *endpoint {
	e := t.endpoint(path)
	e.methods[method] = h
	e.allow = append(e.allow, method)
	return e
}

func (t *table) get(path string, h handler) *endpoint { return t.add(http.MethodGet, path, h) }

func (t *table) any(path string, h handler) *endpoint {
	e := t.endpoint(path)
	e.all = h
	return e
}

// cached leaves caching to the endpoint itself.
func (e *endpoint) cached() *endpoint {
	e.noStore = false
	return e
}

// noHead refuses HEAD: mail scanners send it to links that work once, and whoever
// looks ahead to what a page links to.
func (e *endpoint) noHead() { e.getOnly = true }

// open answers without the admin token: probes have none.
func (e *endpoint) open() { e.untoken = true }

// handler returns the finished listener.
func (t *table) handler() http.Handler {
	mux := http.NewServeMux()
	for path, e := range t.endpoints {
		mux.Handle(path, e)
	}
	if _, taken := t.endpoints["/"]; !taken {
		mux.Handle("/", &endpoint{table: t, path: "unmatched", fallback: true})
	}
	return &listener{server: t.server, name: t.listener, mux: mux}
}

// ServeHTTP answers a request to one path.
func (e *endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if out, ok := w.(*recorder); ok {
		out.route = e.path
	}
	s := e.table.server
	if e.table.listener == "admin" && !e.untoken {
		if err := s.admit(r); err != nil {
			if errs.Of(err) == errs.Unauthorized {
				w.Header().Set("WWW-Authenticate", `Bearer realm="symbolon admin"`)
			}
			s.writeError(w, r, err)
			return
		}
	}
	h, ok := e.pick(r.Method)
	if !ok {
		e.decline(w, r)
		return
	}
	if e.noStore {
		w.Header()["Cache-Control"] = noStore
	}
	if err := h(w, r); err != nil {
		s.writeError(w, r, err)
	}
}

var noStore = []string{"private, no-cache, no-store, must-revalidate"}

func (e *endpoint) pick(method string) (handler, bool) {
	if e.all != nil {
		return e.all, true
	}
	if method == http.MethodHead && !e.getOnly {
		method = http.MethodGet
	}
	h, ok := e.methods[method]
	return h, ok
}

// decline answers what has no handler: an unknown path, OPTIONS, a method that
// the path does not take.
func (e *endpoint) decline(w http.ResponseWriter, r *http.Request) {
	switch {
	case e.fallback && e.table.listener == "public" && !safe(r.Method) && !csrfGiven(r):
		e.table.server.writeError(w, r, errNoCSRF)
	case e.fallback:
		http.NotFound(w, r)
	default:
		w.Header().Set("Allow", strings.Join(append(e.allow, http.MethodOptions), ", "))
		if r.Method == http.MethodOptions {
			return
		}
		http.Error(w, "Method Not Allowed", http.StatusMethodNotAllowed)
	}
}

func safe(method string) bool {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace:
		return true
	}
	return false
}

// errNoCSRF is the answer where csrfGiven is false, as v0.5 has it.
var errNoCSRF = errs.New(errs.Invalid, "csrf_token_invalid", "CSRF token is missing or invalid.")

// csrfGiven reports whether a request to no flow carries the anti-CSRF token,
// as a header or as a form field.
func csrfGiven(r *http.Request) bool {
	cookie := csrfCookie(r)
	if token := r.Header.Get("X-CSRF-Token"); token != "" {
		return secret.CheckCSRF(token, cookie)
	}
	body, err := readBody(r, maxBody)
	if err != nil {
		return false
	}
	token := decodeBody(r, body).Form().Get(ui.CSRFName)
	return secret.CheckCSRF(token, cookie)
}

// cleanPath folds repeated slashes and dots. redirected is the path without a
// trailing slash where the request's had one.
func cleanPath(given string) (clean string, redirected bool) {
	if given == "" || given == "/" {
		return "/", false
	}
	if !strings.Contains(given, "//") && !strings.Contains(given, "/.") && given[len(given)-1] != '/' {
		return given, false
	}
	return path.Clean("/" + given), strings.HasSuffix(given, "/")
}

// client is the address that limits and logs count a request against.
func (s *Server) client(r *http.Request) string { return s.proxies.client(r) }
