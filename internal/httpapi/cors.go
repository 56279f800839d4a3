package httpapi

import (
	"net/http"
	"strings"
	"time"
)

// CORSConfig lets pages of other origins call the public listener.
type CORSConfig struct {
	Origins        []string // as of ReadOrigins
	Methods        []string
	RequestHeaders []string
	Exposed        []string
	Credentials    bool
	MaxAge         time.Duration
}

// The headers of CORS that are touched here.
const (
	requestMethod  = "Access-Control-Request-Method"
	requestHeaders = "Access-Control-Request-Headers"
	allowOrigin    = "Access-Control-Allow-Origin"
	allowMethods   = "Access-Control-Allow-Methods"
	allowHeaders   = "Access-Control-Allow-Headers"
	exposeHeaders  = "Access-Control-Expose-Headers"
)

// withCORS lets the library decide and answers as v0.5 did. The library leaves
// out what the Fetch standard allows anyway; clients that are not browsers may
// look for it.
func (s *Server) withCORS(next http.Handler) http.Handler {
	if s.cors == nil {
		return next
	}
	exposed := strings.Join(s.config.CORS.Exposed, ", ")
	guarded := s.cors.wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if w.Header().Get(allowOrigin) != "" && exposed != "" {
			w.Header().Set(exposeHeaders, exposed)
		}
		next.ServeHTTP(w, r)
	}))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodOptions && r.Header.Get(requestMethod) != "" {
			w = &preflight{ResponseWriter: w, method: r.Header.Get(requestMethod), names: r.Header.Get(requestHeaders)}
			// Browsers send these names in lower case, as the Fetch standard says, and
			// the library takes nothing else.
			if names := r.Header.Get(requestHeaders); names != "" {
				r.Header.Set(requestHeaders, strings.ToLower(names))
			}
		}
		guarded.ServeHTTP(w, r)
	})
}

// preflight completes the answer to a preflight request that was granted.
type preflight struct {
	http.ResponseWriter
	method, names string // as asked for
}

// WriteHeader implements http.ResponseWriter.
func (p *preflight) WriteHeader(status int) {
	h := p.Header()
	h["Vary"] = []string{"Origin", requestMethod, requestHeaders}
	if h.Get(allowOrigin) != "" {
		h.Set(allowMethods, p.method)
		if h.Get(allowHeaders) != "" {
			h.Set(allowHeaders, p.names)
		}
	}
	p.ResponseWriter.WriteHeader(status)
}

// allows reports whether an origin is among the configured ones, where a * stands
// for anything within one.
func (c *CORSConfig) allows(origin string) bool {
	for _, pattern := range c.Origins {
		before, after, wild := strings.Cut(strings.ToLower(pattern), "*")
		origin := strings.ToLower(origin)
		if !wild && origin == before {
			return true
		}
		if wild && len(origin) >= len(before)+len(after) && strings.HasPrefix(origin, before) && strings.HasSuffix(origin, after) {
			return true
		}
	}
	return false
}
