package httpapi

import (
	"log/slog"
	"net/http"
	"path"
	"slices"
	"strings"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/httpapi/wire"
	"github.com/symbolon/symbolon/internal/ui"
)

type handler = wire.Handler

// router is the URL map of one listener while it is built.
type router struct {
	server   *Server
	listener string // public, admin
	root     *mount // answers what no route takes
	routes   map[string]*route
}

// route is one path with what its verbs do.
type route struct {
	router   *router
	mount    *mount // whose error objects it answers
	path     string
	verbs    map[string]handler
	allow    []string
	all      handler // answers every verb
	noStore  bool    // answers must not be kept by caches
	public   bool    // answers without the admin token
	getOnly  bool    // a GET has effects, so HEAD is not the same without a body
	anySite  bool    // other sites may post here
	fallback bool
	logs     map[string]slog.Handler // by verb: what every line of the route begins with
}

func (s *Server) newRouter(listener string, root *mount) *router {
	return &router{server: s, listener: listener, root: root, routes: map[string]*route{}}
}

func (t *router) route(m *mount, path string) *route {
	e := t.routes[path]
	if e == nil {
		e = &route{router: t, mount: m, path: path, verbs: map[string]handler{}, noStore: true}
		t.routes[path] = e
	}
	return e
}

func (t *router) add(verb, path string, h handler) *route {
	return t.route(t.root, path).add(verb, h)
}

func (e *route) add(verb string, h handler) *route {
	if verb == "" {
		e.all = h
		return e
	}
	e.verbs[verb] = h
	e.allow = append(e.allow, verb)
	return e
}

func (t *router) get(path string, h handler) *route { return t.add(http.MethodGet, path, h) }

func (t *router) any(path string, h handler) *route { return t.add("", path, h) }

// cached leaves caching to the route itself.
func (e *route) cached() *route {
	e.noStore = false
	return e
}

// open answers without the admin token: probes have none.
func (e *route) open() { e.public = true }

// list returns verb and path of each route in order.
func (t *router) list() [][2]string {
	var out [][2]string
	for path, e := range t.routes {
		if e.all != nil {
			out = append(out, [2]string{"*", path})
		}
		for _, verb := range e.allow {
			out = append(out, [2]string{verb, path})
		}
	}
	slices.SortFunc(out, func(a, b [2]string) int { return strings.Compare(a[1]+" "+a[0], b[1]+" "+b[0]) })
	return out
}

// handler returns the finished listener.
func (t *router) handler() http.Handler {
	mux, exact := http.NewServeMux(), map[string]*route{}
	for path, e := range t.routes {
		e.prepareLogs()
		mux.Handle(path, e)
		if !strings.Contains(path, "{") && !strings.HasSuffix(path, "/") {
			exact[path] = e
		}
	}
	if _, taken := t.routes["/"]; !taken {
		mux.Handle("/", &route{router: t, mount: t.root, path: "unmatched", fallback: true})
	}
	return &listener{server: t.server, root: t.root, name: t.listener, mux: mux, exact: exact, none: &route{router: t}}
}

// prepareLogs formats once what the log lines of the route have in common.
func (e *route) prepareLogs() {
	e.logs = make(map[string]slog.Handler, len(e.verbs))
	for verb := range e.verbs {
		e.logs[verb] = e.newLog(verb)
	}
	if e.all != nil { // as session checks
		e.logs[http.MethodGet] = e.newLog(http.MethodGet)
	}
}

func (e *route) newLog(verb string) slog.Handler {
	return e.router.server.Log.Handler().WithAttrs([]slog.Attr{
		slog.String("listener", e.router.listener), slog.String("method", verb), slog.String("route", e.path),
	})
}

// log is the handler of the line of a request.
func (e *route) log(verb string) slog.Handler {
	if h := e.logs[verb]; h != nil {
		return h
	}
	return e.newLog(verb)
}

// ServeHTTP answers a request to one path.
func (e *route) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if out, ok := w.(*recorder); ok {
		out.route = e
	}
	if e.router.listener == "admin" && !e.public {
		if err := e.router.server.admit(r); err != nil {
			if errs.Of(err) == errs.Unauthorized {
				w.Header().Set("WWW-Authenticate", `Bearer realm="symbolon admin"`)
			}
			e.mount.writeError(w, r, err)
			return
		}
	}
	h, ok := e.match(r.Method)
	if !ok {
		e.unmatched(w, r)
		return
	}
	if err := e.guard(r); err != nil {
		e.mount.refuse(w, r, err)
		return
	}
	switch {
	case !e.noStore:
	case e.router.listener == "admin" && !e.mount.rules.CacheableAnswers:
		w.Header()["Cache-Control"] = adminNoStore
	case safe(r.Method) || !e.mount.rules.CacheableAnswers:
		w.Header()["Cache-Control"] = noStore
	}
	if err := h(w, r); err != nil {
		e.mount.writeError(w, r, err)
	}
}

// guard refuses requests that no person has meant: those that pages of other sites
// send, and those of browsers that fetch ahead.
func (e *route) guard(r *http.Request) error {
	switch {
	case e.router.listener != "public":
		return nil
	case e.getOnly && r.Method == http.MethodGet && prefetched(r):
		return errPrefetch
	case e.anySite:
		return nil
	}
	return e.router.server.checkOrigin(r)
}

var (
	noStore      = []string{"private, no-cache, no-store, must-revalidate"}
	adminNoStore = []string{"no-store"}
)

func (e *route) match(verb string) (handler, bool) {
	if e.all != nil {
		return e.all, true
	}
	if verb == http.MethodHead && !e.getOnly {
		verb = http.MethodGet
	}
	h, ok := e.verbs[verb]
	return h, ok
}

// unmatched answers what has no handler: an unknown path, OPTIONS, a verb that
// the path does not take.
func (e *route) unmatched(w http.ResponseWriter, r *http.Request) {
	rules := &e.mount.rules
	allow := append(slices.Clone(e.allow), http.MethodOptions)
	if rules.StrictPaths {
		allow = e.allowed()
	}
	switch {
	case e.fallback && e.router.listener == "public" && rules.GuardUnknown && !safe(r.Method) && !e.mount.hasFormToken(r, formToken(r)):
		e.mount.writeError(w, r, errNoCSRF)
	case e.fallback:
		if rules.StrictPaths {
			e.mount.unknownPath(w, r)
		}
		e.mount.notFound(w, r, e.router.listener)
	default:
		w.Header().Set("Allow", strings.Join(allow, ", "))
		if r.Method == http.MethodOptions && !rules.StrictPaths {
			w.WriteHeader(http.StatusOK)
			return
		}
		http.Error(w, "Method Not Allowed", http.StatusMethodNotAllowed)
	}
}

// unknownPath sees to the headers of an answer that a path is unknown.
func (m *mount) unknownPath(w http.ResponseWriter, r *http.Request) {
	w.Header()["Cache-Control"] = noStore
	if c, err := m.caller(r); err == nil && len(w.Header()["Vary"]) > 0 { // the public listener
		m.ensureCSRF(w, r, c)
	}
}

// allowed are the verbs of a path; HEAD is one where GET is.
func (e *route) allowed() []string {
	out := slices.Clone(e.allow)
	if slices.Contains(out, http.MethodGet) && !slices.Contains(out, http.MethodHead) {
		out = append(out, http.MethodHead)
	}
	slices.Sort(out)
	return out
}

func safe(verb string) bool { return !wire.Route{Verb: verb}.Unsafe() }

// errNoCSRF says that a request to no flow came without an anti-CSRF token.
var errNoCSRF = &errs.Error{Code: errs.Invalid, ID: "csrf_token_invalid"}

// formToken is the anti-CSRF token of a request to no flow: a header or a form
// field.
func formToken(r *http.Request) string {
	if token := r.Header.Get("X-CSRF-Token"); token != "" {
		return token
	}
	body, err := readBody(r, maxBody)
	if err != nil {
		return ""
	}
	return decodeBody(r, body).Form().Get(ui.CSRFName)
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
