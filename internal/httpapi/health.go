package httpapi

import (
	"context"
	"net/http"
	"strings"
	"time"
)

// readyWithin is how long storage may take to answer a probe.
const readyWithin = 2 * time.Second

var healthy = map[string]string{"status": "ok"}

func (s *Server) alive(w http.ResponseWriter, _ *http.Request) error {
	return writeJSON(w, http.StatusOK, healthy)
}

// ready asks the database. Only the admin listener says why it is not ready.
func (s *Server) ready(listener string) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		ctx, cancel := context.WithTimeout(r.Context(), readyWithin)
		defer cancel()
		err := s.Ready(ctx)
		if err == nil {
			return writeJSON(w, http.StatusOK, healthy)
		}
		noteError(r, err)
		why := err.Error()
		if listener == "public" || !s.hasAdminToken(r) {
			why = "error may contain sensitive information and was obfuscated"
		}
		return writeJSON(w, http.StatusServiceUnavailable, map[string]any{"errors": map[string]string{"database": why}})
	}
}

func (s *Server) version(w http.ResponseWriter, r *http.Request) error {
	// The commands of this program ask who answers before they change anything. Other
	// callers get what v0.5 answers.
	if strings.HasPrefix(r.UserAgent(), "symbolon/") {
		w.Header().Set("X-Symbolon-Version", s.config.Version)
	}
	return writeJSON(w, http.StatusOK, map[string]string{"version": s.config.Version})
}
