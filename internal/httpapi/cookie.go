package httpapi

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/symbolon/symbolon/internal/kratoskeys"
	"github.com/symbolon/symbolon/internal/secret"
	"github.com/symbolon/symbolon/internal/session"
)

// continuityCookieName is of v0.5. The session cookie's name can be configured,
// that of the anti-CSRF cookie is the wire's.
const continuityCookieName = "ory_kratos_continuity"

// hostPrefix marks cookies that browsers take only from this very host over https,
// for every path (RFC 6265bis, 4.1.3.2): no other site of the domain can set one.
const hostPrefix = "__Host-"

// maxTokens bounds the session cookies of one request that are looked up.
const maxTokens = 4

// CookieConfig is how cookies are written.
type CookieConfig struct {
	SessionName string // default ory_kratos_session
	Domain      string // of the session cookie; empty is host-only
	Path        string // of the session cookie
	Persistent  bool   // the session cookie outlives the browser
	SameSite    http.SameSite
	Secure      bool
	// HostPrefix gives all cookies the prefix __Host-. It needs https, no Domain and
	// the path /.
	HostPrefix bool
	// Devices remembers which identities signed in with a browser.
	Devices  bool
	Lifespan time.Duration // of sessions
}

// cookies writes and reads the cookies of browser clients.
type cookies struct {
	config     CookieConfig
	csrfDomain string
	csrfPath   string
	session    *secret.Signer
	// plain signed session cookies before their name got the prefix. A cookie that is
	// written under the prefix does not open with it, so that another site of the domain
	// can not set it under the name that other hosts may set.
	plain      *secret.Signer
	continuity *secret.Signer
	csrf       *secret.CSRFKeys
	device     *secret.Signer // nil: no browser is remembered
	// taken recognise session cookies of the server whose accounts were taken over.
	taken *kratoskeys.Keys
}

func newCookies(c CookieConfig, public *url.URL, secrets []string) (*cookies, error) {
	k := &cookies{config: c, csrfDomain: public.Hostname(), csrfPath: public.JoinPath("/").Path, taken: kratoskeys.New(secrets)}
	if c.HostPrefix {
		k.csrfDomain, k.csrfPath = "", "/"
	}
	var err error
	if k.plain, err = secret.NewSigner("session-cookie", secrets); err != nil {
		return nil, err
	}
	if k.session = k.plain; c.HostPrefix {
		if k.session, err = secret.NewSigner("host-session-cookie", secrets); err != nil {
			return nil, err
		}
	}
	if k.csrf, err = secret.NewCSRFKeys(secrets); err != nil {
		return nil, err
	}
	if c.Devices {
		if k.device, err = secret.NewSigner("device-cookie", secrets); err != nil {
			return nil, err
		}
	}
	k.continuity, err = secret.NewSigner("continuity-cookie", secrets)
	return k, err
}

// name is the name that a cookie is written under.
func (k *cookies) name(plain string) string {
	if k.config.HostPrefix && !strings.HasPrefix(plain, hostPrefix) {
		return hostPrefix + plain
	}
	return plain
}

// OwnCookies returns a function that reports whether the cookie of a name is one by which this
// server knows a session, a browser or a flow. session is the configured name of the session cookie.
func OwnCookies(session string) func(name string) bool {
	return func(name string) bool {
		plain := strings.TrimPrefix(name, hostPrefix)
		own := []string{strings.TrimPrefix(session, hostPrefix), continuityCookieName, deviceCookieName, offeredCookieName}
		return slices.Contains(own, plain) || strings.HasPrefix(plain, "csrf_token")
	}
}

// values are what a request has under a name, in the browser's order: there may be
// several, set for other paths or domains, and by other sites of the domain.
func values(r *http.Request, name string) []string {
	var out []string
	for _, c := range r.CookiesNamed(name) {
		out = append(out, c.Value)
	}
	return out
}

// sessionTokens returns the tokens in the session cookies that we signed, those of
// the present name first. Sessions that were issued before the name got its prefix
// go on under the old one.
func (k *cookies) sessionTokens(r *http.Request) []string {
	plain := k.config.SessionName
	tokens := k.openSessions(nil, k.session, values(r, k.name(plain)))
	if k.config.HostPrefix {
		tokens = k.openSessions(tokens, k.plain, values(r, plain))
	}
	return tokens
}

// openSessions appends the tokens in cookies that the signer, or the server whose
// accounts were taken over, has signed.
func (k *cookies) openSessions(tokens []string, signer *secret.Signer, signed []string) []string {
	for _, value := range signed {
		token, ok := signer.Open(value)
		if !ok {
			token, ok = k.taken.SessionToken(k.config.SessionName, value)
		}
		if ok && !slices.Contains(tokens, token) && len(tokens) < maxTokens {
			tokens = append(tokens, token)
		}
	}
	return tokens
}

func (k *cookies) setSession(w http.ResponseWriter, s *session.Session, token string) {
	c := k.sessionCookie(k.session.Sign(token))
	if k.config.Persistent {
		c.Expires = s.ExpiresAt
		c.MaxAge = int(k.config.Lifespan.Seconds())
	}
	http.SetCookie(w, c)
}

// dropSession takes the session cookies from a browser that has any: the one that
// is set now, its host-only twin of before session.cookie.domain was set, and the
// one without the prefix.
func (k *cookies) dropSession(w http.ResponseWriter, r *http.Request) {
	plain := k.config.SessionName
	if len(values(r, k.name(plain)))+len(values(r, plain)) == 0 {
		return
	}
	drop := func(c *http.Cookie) {
		c.Expires, c.MaxAge = time.Unix(1, 0), -1
		http.SetCookie(w, c)
	}
	drop(k.sessionCookie(""))
	k.dropTwin(w)
	if k.name(plain) != plain {
		old := k.sessionCookie("")
		old.Name = plain
		drop(old)
	}
}

// dropTwin takes the host-only cookie from before session.cookie.domain was set: the
// session of another person in it would stand against the one that begins.
func (k *cookies) dropTwin(w http.ResponseWriter) {
	if k.config.Domain == "" {
		return
	}
	twin := k.sessionCookie("")
	twin.Domain, twin.Expires, twin.MaxAge = "", time.Unix(1, 0), -1
	http.SetCookie(w, twin)
}

func (k *cookies) sessionCookie(value string) *http.Cookie {
	return &http.Cookie{
		Name: k.name(k.config.SessionName), Value: value, Path: k.config.Path, Domain: k.config.Domain,
		HttpOnly: true, Secure: k.config.Secure, SameSite: k.config.SameSite,
	}
}

// continuityLife is how long browsers keep the continuity cookie. What it opens
// ends long before that.
const continuityLife = 30 * 24 * time.Hour

// setContinuity keeps the key to a submission that waits for a new login.
func (k *cookies) setContinuity(w http.ResponseWriter, token string, now time.Time) {
	http.SetCookie(w, &http.Cookie{
		Name: k.name(continuityCookieName), Value: k.continuity.Sign(token), Path: "/",
		Expires: now.Add(continuityLife), MaxAge: int(continuityLife.Seconds()), HttpOnly: true, Secure: k.config.Secure, SameSite: http.SameSiteLaxMode,
	})
}

// continuityToken returns what setContinuity kept, empty if there is nothing.
func (k *cookies) continuityToken(r *http.Request) string {
	for _, value := range values(r, k.name(continuityCookieName)) {
		if token, ok := k.continuity.Open(value); ok && token != "" {
			return token
		}
	}
	return ""
}
