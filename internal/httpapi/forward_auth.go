package httpapi

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/session"
)

// forwardAuth answers a reverse proxy that asks whether to let a request through, in the
// way of Caddy's forward_auth and Traefik's ForwardAuth: 200 with who it is, a redirect to
// sign in for a browser that fetches a page, 401 for everything else. The place to come
// back to is the one that the proxy names; the login flow judges it as any return_to.
func (s *Server) forwardAuth(w http.ResponseWriter, r *http.Request) error {
	live, err := s.pagesMount.checkLevel(r)
	w.Header().Set("Cache-Control", "no-store")
	if err == nil {
		w.Header()["X-Kratos-Authenticated-Identity-Id"] = []string{live.IdentityID}
		w.WriteHeader(http.StatusOK)
		return nil
	}
	short := errors.Is(err, flow.ErrSecondFactorRequired)
	if !short && !errors.Is(err, session.ErrNone) {
		return err
	}
	method := r.Header.Get("X-Forwarded-Method")
	if !strings.Contains(r.Header.Get("Accept"), "text/html") || method != "" && method != http.MethodGet {
		return err
	}
	to := s.StartURL(flow.Login)
	query := to.Query()
	if back := forwardedURL(r); back != "" {
		query.Set("return_to", back)
	}
	if short {
		query.Set("aal", session.AAL2.String())
	}
	to.RawQuery = query.Encode()
	return redirect(w, r, http.StatusFound, to.String())
}

// forwardedURL is what a browser asked the proxy for, as the proxy says; empty if it does
// not.
func forwardedURL(r *http.Request) string {
	host := r.Header.Get("X-Forwarded-Host")
	if host == "" {
		return ""
	}
	back, err := url.Parse(r.Header.Get("X-Forwarded-Uri"))
	if err != nil {
		return ""
	}
	back.Scheme, back.Host = "https", host
	if r.Header.Get("X-Forwarded-Proto") == "http" {
		back.Scheme = "http"
	}
	return back.String()
}
