package httpapi

import (
	"net/http"
	"net/url"
	"time"

	"symbolon/internal/httpapi/wire"
	"symbolon/internal/secret"
	"symbolon/internal/session"
)

// continuityCookieName is of v0.5. The session cookie's name can be configured,
// that of the anti-CSRF cookie is the wire's.
const continuityCookieName = "ory_kratos_continuity"

// CookieConfig is how cookies are written.
type CookieConfig struct {
	SessionName string // default ory_kratos_session
	Domain      string // of the session cookie; empty is host-only
	Path        string // of the session cookie
	Persistent  bool   // the session cookie outlives the browser
	SameSite    http.SameSite
	Secure      bool
	Lifespan    time.Duration // of sessions
}

// cookies writes and reads the cookies of browser clients.
type cookies struct {
	config     CookieConfig
	csrfDomain string
	csrfPath   string
	session    *secret.Signer
	continuity *secret.Signer
}

func newCookies(c CookieConfig, public *url.URL, secrets []string) (*cookies, error) {
	k := &cookies{config: c, csrfDomain: public.Hostname(), csrfPath: public.Path}
	if k.csrfPath == "" {
		k.csrfPath = "/"
	}
	var err error
	if k.session, err = secret.NewSigner("session-cookie", secrets); err != nil {
		return nil, err
	}
	k.continuity, err = secret.NewSigner("continuity-cookie", secrets)
	return k, err
}

// sessionToken returns the token in the session cookie, empty if we did not sign
// it.
func (k *cookies) sessionToken(r *http.Request) string {
	c, err := r.Cookie(k.config.SessionName)
	if err != nil {
		return ""
	}
	token, _ := k.session.Open(c.Value)
	return token
}

func (k *cookies) setSession(w http.ResponseWriter, s *session.Session, token string) {
	c := k.sessionCookie(k.session.Sign(token))
	if k.config.Persistent {
		c.Expires = s.ExpiresAt
		c.MaxAge = int(k.config.Lifespan.Seconds())
	}
	http.SetCookie(w, c)
}

func (k *cookies) dropSession(w http.ResponseWriter, value string) {
	c := k.sessionCookie(value)
	c.Expires = time.Unix(1, 0)
	c.MaxAge = -1
	http.SetCookie(w, c)
}

func (k *cookies) sessionCookie(value string) *http.Cookie {
	return &http.Cookie{
		Name: k.config.SessionName, Value: value, Path: k.config.Path, Domain: k.config.Domain,
		HttpOnly: true, Secure: k.config.Secure, SameSite: k.config.SameSite,
	}
}

// csrfCookie returns the anti-CSRF cookie of a request, empty if it is absent
// or not one of ours.
func (m *mount) csrfCookie(r *http.Request) string {
	value, _ := m.foundCSRF(r)
	return value
}

// foundCSRF is csrfCookie and whether it is this wire's own. That of another wire is
// as good, so that a flow can be started in one and finished in another.
func (m *mount) foundCSRF(r *http.Request) (value string, own bool) {
	if value := csrfCookie(r, m.wire.Rules().CSRFCookie); value != "" {
		return value, true
	}
	for _, other := range m.mounts {
		if value := csrfCookie(r, other.wire.Rules().CSRFCookie); value != "" {
			return value, false
		}
	}
	return "", false
}

func csrfCookie(r *http.Request, name string) string {
	c, err := r.Cookie(name)
	if err != nil || !secret.IsCSRF(c.Value) {
		return ""
	}
	return c.Value
}

// setCSRF writes the anti-CSRF cookie. It must reach us from a UI of another
// origin, so it is SameSite=None where browsers allow that, which is with
// Secure.
func (m *mount) setCSRF(w http.ResponseWriter, value string) {
	m.cookies.setCSRF(w, m.wire.Rules(), value)
}

// newCSRF gives the browser another anti-CSRF value.
func (m *mount) newCSRF(w http.ResponseWriter) { m.setCSRF(w, secret.NewCSRF()) }

func (k *cookies) setCSRF(w http.ResponseWriter, rules wire.Rules, value string) {
	c := &http.Cookie{
		Name: rules.CSRFCookie, Value: value, Path: k.csrfPath, Domain: k.csrfDomain,
		MaxAge: 365 * 24 * 60 * 60, HttpOnly: true, Secure: k.config.Secure, SameSite: http.SameSiteLaxMode,
	}
	if k.config.Secure {
		c.SameSite = http.SameSiteNoneMode
	}
	if rules.CSRFHostOnly {
		c.Domain, c.Path = "", "/"
	}
	http.SetCookie(w, c)
}

// ensureCSRF returns the browser's anti-CSRF value, giving it one if it has none.
func (m *mount) ensureCSRF(w http.ResponseWriter, r *http.Request) string {
	value, own := m.foundCSRF(r)
	if own {
		return value
	}
	if value == "" {
		value = secret.NewCSRF()
	}
	m.setCSRF(w, value)
	return value
}

// continuityLife is how long browsers keep the continuity cookie. What it opens
// ends long before that.
const continuityLife = 30 * 24 * time.Hour

// setContinuity keeps the key to a submission that waits for a new login.
func (k *cookies) setContinuity(w http.ResponseWriter, token string, now time.Time) {
	http.SetCookie(w, &http.Cookie{
		Name: continuityCookieName, Value: k.continuity.Sign(token), Path: "/",
		Expires: now.Add(continuityLife), MaxAge: int(continuityLife.Seconds()), HttpOnly: true, Secure: k.config.Secure, SameSite: http.SameSiteLaxMode,
	})
}

// continuityToken returns what setContinuity kept, empty if there is nothing.
func (k *cookies) continuityToken(r *http.Request) string {
	c, err := r.Cookie(continuityCookieName)
	if err != nil {
		return ""
	}
	token, _ := k.continuity.Open(c.Value)
	return token
}
