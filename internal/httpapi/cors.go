package httpapi

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/jub0bs/cors"
)

// CORSConfig lets pages of other origins call the public listener.
type CORSConfig struct {
	Origins        []string // with at most one * each
	Methods        []string
	RequestHeaders []string
	Exposed        []string
	Credentials    bool
	MaxAge         time.Duration
}

// NewCORS checks the configuration and returns its middleware.
func NewCORS(c CORSConfig) (*cors.Middleware, error) {
	m, err := cors.NewMiddleware(cors.Config{
		Origins: c.Origins, Methods: c.Methods, RequestHeaders: c.RequestHeaders,
		ResponseHeaders: c.Exposed, Credentialed: c.Credentials, MaxAgeInSeconds: int(c.MaxAge.Seconds()),
		ExtraConfig: cors.ExtraConfig{PreflightSuccessStatus: http.StatusOK},
	})
	if err != nil {
		return nil, fmt.Errorf("serve.public.cors: %w", err)
	}
	return m, nil
}

const requestHeaders = "Access-Control-Request-Headers"

func (s *Server) withCORS(next http.Handler) http.Handler {
	if s.cors == nil {
		return next
	}
	guarded := s.cors.Wrap(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// Browsers send these names in lower case, as the Fetch standard says, and
		// the library takes nothing else. Clients that write them by hand may not.
		if names := r.Header.Get(requestHeaders); r.Method == http.MethodOptions && names != "" {
			r.Header.Set(requestHeaders, strings.ToLower(names))
		}
		guarded.ServeHTTP(w, r)
	})
}
