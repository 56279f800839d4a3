package doctor

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
)

// maxHops bounds the redirects that are followed before the server is reached.
const maxHops = 3

// reach asks whether the server is alive, and follows the one redirect that is
// right: from http to https on the same host.
func (w *walk) reach(ctx context.Context) verdict {
	moved := false
	for range maxHops {
		a, err := w.app.get(ctx, w.at("health/alive"), "Accept", likesJSON)
		if err != nil && moved {
			return w.lostOnTheWay(err)
		}
		if err != nil {
			return w.failed(err)
		}
		to := a.redirect()
		if to == nil {
			return w.behindProbe(ctx, w.alive(a, moved))
		}
		if w.asked.Scheme != "http" || to.Scheme != "https" || to.Hostname() != w.asked.Hostname() || to.Path != a.url.Path {
			return w.ledAway(a, to)
		}
		w.asked.Scheme, w.asked.Host, moved = to.Scheme, to.Host, true
	}
	return found("redirect_rule", "the redirects from %s do not end", w.config.URL.Redacted())
}

// lostOnTheWay judges an error behind the redirect to https.
func (w *walk) lostOnTheWay(err error) verdict {
	v := w.failed(err)
	switch v.code {
	case "refused", "timeout", "cut", "tls_not_spoken":
		return found("https_redirect_dead", "%s leads to %s, where there is no answer: %v", w.config.URL.Redacted(), w.asked, cause(err))
	}
	return v
}

// ledAway judges a redirect where an answer should be.
func (w *walk) ledAway(a *answer, to *url.URL) verdict {
	if to.Host == a.url.Host && strings.TrimSuffix(to.Path, "/") == strings.TrimSuffix(a.url.Path, "/") {
		return found("redirect_rule", "%s", a)
	}
	return found("redirected_elsewhere", "%s", a)
}

// alive judges the first answer.
func (w *walk) alive(a *answer, moved bool) verdict {
	var health struct {
		Status string `json:"status"`
	}
	if a.status != http.StatusOK {
		code := w.unexpected(a)
		if code == "route_blocked" && a.status == http.StatusNotFound || code == "answer_odd" {
			code = "not_symbolon"
		}
		return found(code, "%s", a)
	}
	if json.Unmarshal(a.body, &health) != nil || health.Status != "ok" {
		return found("not_symbolon", "%s with %q", a, excerpt(a.body))
	}
	if moved {
		return fine("answers at %s, where http leads", w.asked)
	}
	return fine("answers at %s", w.asked)
}

// behindProbe looks past a probe that is not answered: some proxies let no
// probes through, and everything else.
func (w *walk) behindProbe(ctx context.Context, v verdict) verdict {
	if v.code != "not_symbolon" && v.code != "route_blocked" {
		return v
	}
	a, err := w.app.get(ctx, w.at("self-service/login/api"), "Accept", likesJSON)
	if err != nil || a.status != http.StatusOK {
		return v
	}
	if _, err := readFlow(a); err != nil {
		return v
	}
	w.probesHidden = true
	return fine("answers at %s, but for /health", w.asked)
}

// excerpt is the beginning of a body.
func excerpt(body []byte) string {
	const most = 60
	body = bytes.TrimSpace(body)
	if len(body) > most {
		return string(body[:most]) + "…"
	}
	return string(body)
}

// failed judges a request that got no answer.
func (w *walk) failed(err error) verdict {
	return found(failure(err), "%s", cause(err))
}

// cause is the error without the URL that net/http puts before it.
func cause(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err
	}
	return err
}

// failure is the code of an error in place of an answer.
func failure(err error) string {
	if _, ok := errors.AsType[*bodyError](err); ok {
		return "body_unreadable"
	}
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return "name_unknown"
	}
	if code := tlsFailure(err); code != "" {
		return code
	}
	if e, ok := errors.AsType[net.Error](err); ok && e.Timeout() {
		return "timeout"
	}
	switch {
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return "refused"
	case errors.Is(err, io.EOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "cut"
	}
	return "no_http"
}

// tlsFailure is the code of a failed handshake, empty for other errors.
func tlsFailure(err error) string {
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return "tls_not_spoken"
	}
	if strings.Contains(err.Error(), "server gave HTTP response to HTTPS client") {
		return "tls_not_spoken" // net/http hides the error of crypto/tls behind this text
	}
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return "tls_wrong_name"
	}
	if e, ok := errors.AsType[x509.CertificateInvalidError](err); ok {
		if e.Reason == x509.Expired {
			return "tls_expired"
		}
		return "tls_invalid"
	}
	if e, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		if e.Cert != nil && bytes.Equal(e.Cert.RawIssuer, e.Cert.RawSubject) {
			return "tls_self_signed"
		}
		return "tls_unknown_authority"
	}
	if _, ok := errors.AsType[tls.AlertError](err); ok {
		return "tls_invalid"
	}
	return ""
}

// unexpected is the code of an answer that is none of those a step knows.
func (w *walk) unexpected(a *answer) string {
	switch {
	case a.status == http.StatusBadGateway, a.status == http.StatusServiceUnavailable:
		if a.json() {
			return "server_failing"
		}
		return "upstream_down"
	case a.status == http.StatusGatewayTimeout:
		return "upstream_slow"
	case a.status == http.StatusRequestEntityTooLarge:
		return "body_limit"
	case a.status == http.StatusTooManyRequests:
		return "rate_limited"
	case a.status == http.StatusRequestHeaderFieldsTooLarge, a.status == http.StatusBadRequest && bytes.Contains(a.body, []byte("Cookie Too Large")):
		return "header_limit"
	case a.status == http.StatusBadRequest && (bytes.Contains(a.body, []byte("HTTPS port")) || bytes.Contains(a.body, []byte("HTTPS server"))):
		return "http_to_https_port"
	case a.status == http.StatusUnauthorized && a.header.Get("WWW-Authenticate") != "":
		return "proxy_login"
	case a.status == http.StatusNotFound && a.fromSymbolon():
		return "path_changed"
	case a.status >= http.StatusInternalServerError:
		return "server_failing"
	case a.redirect() != nil:
		return "redirect_rule"
	case a.status == http.StatusForbidden, a.status == http.StatusNotFound, a.status == http.StatusMethodNotAllowed:
		return "route_blocked"
	}
	return "answer_odd"
}

// ready asks whether the server reaches its database, and which one it is.
func (w *walk) ready(ctx context.Context) verdict {
	if w.probesHidden {
		return skip("/health is not let through")
	}
	a, err := w.app.get(ctx, w.at("health/ready"), "Accept", likesJSON)
	if err != nil {
		return w.failed(err)
	}
	if a.status == http.StatusServiceUnavailable && a.json() {
		return found("not_ready", "%s", a)
	}
	if a.status != http.StatusOK {
		return found(w.unexpected(a), "%s", a)
	}
	var version struct {
		Version string `json:"version"`
	}
	if a, err = w.app.get(ctx, w.at("version"), "Accept", likesJSON); err == nil {
		_ = json.Unmarshal(a.body, &version) // a version is nice to have
	}
	if version.Version == "" {
		return fine("ready, with a version that is not told")
	}
	return fine("ready, version %s", version.Version)
}

// listener makes sure that it is the public listener that answers.
func (w *walk) listener(ctx context.Context) verdict {
	list, err := w.app.get(ctx, identities(w.asked), "Accept", likesJSON)
	if err != nil {
		return w.failed(err)
	}
	if !isAdmin(list) {
		return fine("the public listener")
	}
	start, err := w.app.get(ctx, w.at("self-service/login/browser"), "Accept", likesHTML)
	if err == nil && start.status == http.StatusNotFound {
		return found("admin_instead", "%s as the admin listener does, and nothing answers browsers", list)
	}
	return fine("the public listener, among others")
}

// adminHidden makes sure that the admin API can't be reached by the public URL.
func (w *walk) adminHidden(ctx context.Context) verdict {
	for _, below := range []*url.URL{w.asked, w.at("admin")} {
		a, err := w.app.get(ctx, identities(below), "Accept", likesJSON)
		if err != nil {
			return w.failed(err)
		}
		if isAdmin(a) {
			return found("admin_exposed", "%s as the admin listener does", a)
		}
	}
	return fine("the admin API is not below the public URL")
}

// identities is the list of identities below a URL, cut to one.
func identities(below *url.URL) *url.URL {
	to := below.JoinPath("identities")
	to.RawQuery = "per_page=1"
	return to
}

// isAdmin reports whether the list of identities was asked of the admin listener.
func isAdmin(a *answer) bool {
	if a.status == http.StatusUnauthorized {
		return strings.Contains(a.header.Get("WWW-Authenticate"), "symbolon admin")
	}
	var list []json.RawMessage
	return a.status == http.StatusOK && a.json() && json.Unmarshal(a.body, &list) == nil
}
