package doctor

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/symbolon/symbolon/internal/secret"
)

// accepted reports whether a browser that was given the cookie by the server
// would send it back with a form.
func (w *walk) accepted(c *http.Cookie) bool {
	form := w.at("self-service/login/methods/password")
	return kept(c, w.at("self-service/login/browser"), form)
}

// kept asks the rules of browsers whether a cookie set at one URL is sent to
// another.
func kept(c *http.Cookie, at, to *url.URL) bool {
	jar := newJar()
	jar.SetCookies(at, []*http.Cookie{c})
	for _, sent := range jar.Cookies(to) {
		if sent.Name == c.Name {
			return true
		}
	}
	return false
}

// cookie judges the cookie that forms belong to as a browser does.
func (w *walk) cookie(context.Context) verdict {
	c := w.landed.csrf()
	switch {
	case c == nil:
		return found("set_cookie_stripped", "%s sets no cookie", w.landed.url)
	case c.Secure && w.asked.Scheme == "http":
		return found("cookie_secure_on_http", "Set-Cookie: %s", attributes(c))
	case c.SameSite == http.SameSiteNoneMode && !c.Secure:
		return found("cookie_none_insecure", "Set-Cookie: %s", attributes(c))
	case w.accepted(c):
		return fine("browsers keep it (%s)", attributes(c))
	}
	// Which attribute is to blame is the one without which it would be kept.
	anywhere, wider := *c, *c
	anywhere.Domain, wider.Path = "", "/"
	switch {
	case w.accepted(&anywhere):
		return found("cookie_domain", "Set-Cookie: %s", attributes(c))
	case w.accepted(&wider):
		return found("cookie_path", "Set-Cookie: %s", attributes(c))
	}
	return found("cookie_refused", "Set-Cookie: %s", attributes(c))
}

// attributes shows a Set-Cookie header without the value.
func attributes(c *http.Cookie) string {
	_, rest, _ := strings.Cut(c.Raw, ";")
	return c.Name + "=…;" + rest
}

// cookieReturn sees whether the cookie arrives: a browser that has one is not
// given another.
func (w *walk) cookieReturn(ctx context.Context) verdict {
	start := w.at("self-service/login/browser")
	if w.jane.csrf(start) == "" {
		return found("cookie_refused", "the browser has no cookie for %s", start)
	}
	a, err := w.jane.get(ctx, start, "Accept", likesHTML)
	if err != nil {
		return w.failed(err)
	}
	if a.redirect() == nil {
		return found(w.unexpected(a), "%s to a browser that sends its cookie", a)
	}
	if a.csrf() != nil {
		return found("cookie_stripped", "%s gives a new cookie to a browser that sent one", start)
	}
	return fine("arrives at the server")
}

// formToken makes sure that the token in the form belongs to the browser's
// cookie.
func (w *walk) formToken(context.Context) verdict {
	if w.action == nil {
		return skip("there is no password form")
	}
	if !secret.CheckCSRF(w.token, w.jane.csrf(w.action)) {
		return found("token_foreign", "the csrf_token in the form is not made for the browser's cookie")
	}
	return fine("belongs to the browser's cookie")
}
