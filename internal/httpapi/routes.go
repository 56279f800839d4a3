package httpapi

import (
	"net/http"

	"symbolon/internal/flow"
)

// Public returns the handler of the public listener: the whole URL map of
// browsers and apps.
func (s *Server) Public() http.Handler {
	t := s.newTable("public")
	for _, k := range flow.Kinds {
		s.flowRoutes(t, k)
	}
	s.providerRoutes(t)
	t.get("/self-service/browser/flows/logout", s.logout).noHead()
	t.get("/self-service/errors", s.getError)
	t.get("/schemas/{id}", s.getSchema)
	t.add(http.MethodDelete, "/sessions", s.revoke)
	t.any("/sessions/whoami", s.whoami).cached()
	s.healthRoutes(t)
	if s.config.PublicMetrics {
		t.get("/metrics/prometheus", plain(s.Metrics)).cached()
	}
	for path, page := range s.Pages {
		t.any(path, plain(page)).cached()
	}
	return s.withCORS(t.handler())
}

// flowRoutes are the routes of one kind. A kind or method that is switched off
// has none.
func (s *Server) flowRoutes(t *table, k flow.Kind) {
	if !s.engine.Serves(k) {
		return
	}
	base := "/self-service/" + string(k)
	t.get(base+"/api", s.startAPI(k))
	t.get(base+"/browser", s.startBrowser(k))
	t.get(base+"/flows", s.getFlow(k))
	for _, method := range s.engine.Methods(k) {
		if method == providerMethod {
			continue
		}
		submit := s.submitFlow(k, method)
		t.add(http.MethodPost, base+"/methods/"+method, submit)
		if k == flow.Settings || challenges(k) {
			t.get(base+"/methods/"+method, submit).noHead()
		}
	}
}

// Admin returns the handler of the admin listener.
func (s *Server) Admin() http.Handler {
	t := s.newTable("admin")
	t.get("/identities", s.listIdentities)
	t.add(http.MethodPost, "/identities", s.createIdentity)
	t.add(http.MethodPatch, "/identities", s.importIdentities)
	t.get("/identities/{id}", s.getIdentity)
	t.add(http.MethodPut, "/identities/{id}", s.updateIdentity)
	t.add(http.MethodDelete, "/identities/{id}", s.deleteIdentity)
	for _, k := range flow.Kinds {
		if s.engine.Serves(k) {
			t.get("/self-service/"+string(k)+"/flows", s.inspectFlow(k))
		}
	}
	if s.engine.Serves(flow.Recovery) && len(s.engine.Methods(flow.Recovery)) > 0 {
		t.add(http.MethodPost, "/recovery/link", s.createRecoveryLink)
	}
	t.get("/self-service/errors", s.inspectError)
	t.get("/schemas/{id}", s.getSchema)
	s.courierRoutes(t)
	s.healthRoutes(t)
	t.get("/health/detail", s.healthDetail)
	t.get("/metrics/prometheus", plain(s.Metrics))
	// Like the mailbox, the console asks for the token in its own way.
	for path, page := range s.Console {
		t.any(path, plain(page)).open()
	}
	return t.handler()
}

// courierRoutes are the routes about outgoing messages. The mailbox pages ask
// for the token in their own way: browsers send no bearer tokens.
func (s *Server) courierRoutes(t *table) {
	t.get("/courier/messages", s.listMessages)
	t.add(http.MethodPost, "/courier/messages", sameOrigin(s.sendTestMessage))
	t.get("/courier/messages/{id}", s.getMessage)
	t.add(http.MethodPost, "/courier/messages/{id}/retry", sameOrigin(s.retryMessage))
	for path, page := range s.Mailbox {
		t.get(path, plain(page)).open()
	}
}

func (s *Server) healthRoutes(t *table) {
	t.get("/health/alive", s.alive).cached().open()
	t.get("/health/ready", s.ready(t.listener)).cached().open()
	t.get("/version", s.version).cached().open()
}

// plain adapts a handler that answers its errors itself.
func plain(h http.Handler) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		h.ServeHTTP(w, r)
		return nil
	}
}
