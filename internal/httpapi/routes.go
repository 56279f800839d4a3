package httpapi

import (
	"net/http"
	"net/url"

	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/httpapi/wire"
	"github.com/symbolon/symbolon/internal/httpapi/wire05"
	"github.com/symbolon/symbolon/internal/httpapi/wire1"
)

// wires are the versions of the HTTP API that the listeners speak.
func (s *Server) wires() []func(base *url.URL) wire.Wire {
	return []func(base *url.URL) wire.Wire{
		func(base *url.URL) wire.Wire { return wire05.New(base) },
		func(base *url.URL) wire.Wire { return wire1.New(base, s.wire1Parts(), s.wire1Config()) },
	}
}

// Public returns the handler of the public listener: the whole URL map of
// browsers and apps.
func (s *Server) Public() http.Handler { return s.withCORS(s.publicRouter().handler()) }

// PublicRoutes are the verb and the path of every route of the public listener; the
// verb is * where the route takes each. They are sorted, for tests that try them all.
func (s *Server) PublicRoutes() [][2]string { return s.publicRouter().list() }

func (s *Server) publicRouter() *router {
	t := s.newRouter("public", s.mounts[0])
	for _, m := range s.mounts {
		m.serve(t, m.wire.Routes(s.engine).Public)
	}
	s.healthRoutes(t)
	if s.config.PublicMetrics {
		t.get("/metrics/prometheus", wrap(s.Metrics)).cached()
	}
	for path, page := range s.Pages {
		t.any(path, wrap(boundQuery(page))).cached()
	}
	if s.engine.Serves(flow.Settings) {
		// Password managers look for it (W3C, A Well-Known URL for Changing Passwords).
		t.get("/.well-known/change-password", func(w http.ResponseWriter, r *http.Request) error {
			return redirect(w, r, 0, s.StartURL(flow.Settings).String())
		})
	}
	s.describeAPIs(t)
	t.get("/sessions/forward-auth", s.forwardAuth)
	return t
}

// Admin returns the handler of the admin listener.
func (s *Server) Admin() http.Handler {
	t := s.newRouter("admin", s.mounts[0])
	for _, m := range s.adminMounts() {
		m.serve(t, m.wire.Routes(s.engine).Admin)
	}
	s.courierRoutes(t)
	s.healthRoutes(t)
	t.get("/health/detail", s.healthDetail)
	t.get("/export/identities", s.exportIdentities)
	t.get("/metrics/prometheus", wrap(s.Metrics)).cached()
	// Like the mailbox, the console asks for the token in its own way.
	for path, page := range s.Console {
		t.any(path, wrap(page)).cached().open()
	}
	return t.handler()
}

// courierRoutes are the routes about outgoing messages. The mailbox pages ask
// for the token in their own way: browsers send no bearer tokens.
func (s *Server) courierRoutes(t *router) {
	t.get("/courier/messages", s.listMessages)
	t.add(http.MethodPost, "/courier/messages", sameOrigin(s.sendTestMessage))
	t.get("/courier/messages/{id}", s.getMessage)
	t.add(http.MethodPost, "/courier/messages/{id}/retry", sameOrigin(s.retryMessage))
	for path, page := range s.Mailbox {
		t.get(path, s.door(page)).cached().open()
	}
}

func (s *Server) healthRoutes(t *router) {
	strict := t.root.rules.StrictPaths
	for path, h := range map[string]handler{"/health/alive": s.alive, "/health/ready": s.ready(t.listener)} {
		e := t.get(path, h)
		e.noStore = strict
		e.open()
	}
	if t.listener == "public" && strict {
		return
	}
	t.get("/version", s.version).cached().open()
}

// wrap adapts a handler that answers its errors itself.
func wrap(h http.Handler) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		h.ServeHTTP(w, r)
		return nil
	}
}

// boundQuery drops a query that is longer than any that these pages make: they
// repeat it in links.
func boundQuery(page http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if len(r.URL.RawQuery) > maxQuery {
			short := *r
			u := *r.URL
			u.RawQuery = ""
			short.URL = &u
			r = &short
		}
		page.ServeHTTP(w, r)
	})
}
