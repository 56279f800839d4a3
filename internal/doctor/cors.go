package doctor

import (
	"context"
	"net/http"
	"net/url"

	"golang.org/x/net/publicsuffix"
)

// The headers of CORS that pages of other origins depend on.
const (
	allowOrigin      = "Access-Control-Allow-Origin"
	allowCredentials = "Access-Control-Allow-Credentials"
)

// cors asks who is signed in as a script of the application's pages does.
func (w *walk) cors(ctx context.Context) verdict {
	to := w.at("sessions/whoami")
	preflight, err := w.app.do(ctx, http.MethodOptions, to, "", "Origin", w.config.Origin,
		"Access-Control-Request-Method", http.MethodGet, "Access-Control-Request-Headers", "content-type")
	if err != nil {
		return w.failed(err)
	}
	simple, err := w.app.get(ctx, to, "Origin", w.config.Origin, "Accept", likesJSON)
	if err != nil {
		return w.failed(err)
	}
	granted := simple.header.Values(allowOrigin)
	switch {
	case len(granted) == 0:
		return found("cors_off", "%s comes without %s", simple, allowOrigin)
	case len(granted) > 1:
		return found("cors_twice", "%s comes %d times", allowOrigin, len(granted))
	case granted[0] != w.config.Origin:
		return found("cors_off", "%s is %q", allowOrigin, granted[0])
	case simple.header.Get(allowCredentials) != "true":
		return found("cors_no_credentials", "%s is %q", allowCredentials, simple.header.Get(allowCredentials))
	case preflight.status < 200 || preflight.status > 299 || preflight.header.Get(allowOrigin) != w.config.Origin:
		return found("cors_preflight", "OPTIONS to %s with %s %q", preflight, allowOrigin, preflight.header.Get(allowOrigin))
	}
	if page, err := url.Parse(w.config.Origin); err == nil && site(page) != site(w.asked) {
		return found("cors_other_site", "%s and %s are different sites", w.config.Origin, origin(w.asked))
	}
	return fine("pages of %s may ask", w.config.Origin)
}

// site is what SameSite compares: the scheme and the registered domain.
func site(u *url.URL) string {
	domain, err := publicsuffix.EffectiveTLDPlusOne(u.Hostname())
	if err != nil {
		domain = u.Hostname()
	}
	return u.Scheme + "://" + domain
}

// admin looks at the admin listener that was named.
func (w *walk) admin(ctx context.Context) verdict {
	to := identities(folder(w.config.Admin))
	a, err := w.app.get(ctx, to, "Accept", likesJSON)
	if err != nil {
		return found("admin_unreachable", "%s: %v", origin(to), cause(err))
	}
	if !isAdmin(a) {
		return found("admin_wrong", "%s", a)
	}
	if a.status == http.StatusUnauthorized {
		return fine("answers at %s, and asks for its token", origin(to))
	}
	if public(to) {
		return found("admin_open", "%s without a token", a)
	}
	if w.flowID == "" {
		return fine("answers at %s", origin(to))
	}
	to = folder(w.config.Admin).JoinPath("self-service/login/flows")
	to.RawQuery = url.Values{"id": {w.flowID}}.Encode()
	if a, err = w.app.get(ctx, to, "Accept", likesJSON); err == nil && a.status == http.StatusNotFound {
		return found("admin_other", "%s for a flow that the public URL made a moment ago", a)
	}
	return fine("answers at %s, for the same database", origin(to))
}
