package doctor

import (
	"context"
	"net"
	"net/netip"
	"net/url"
	"strings"
)

// isCSRFCookie reports whether a name is that of the cookie that forms belong to,
// which has a prefix where no other site of the domain may set it.
func isCSRFCookie(name string) bool { return strings.TrimPrefix(name, "__Host-") == "csrf_token" }

// base is the URL that the server takes for its own: what its answer has in
// front of a path that is known.
func base(of, suffix string) *url.URL {
	u, err := url.Parse(of)
	if err != nil || u.Host == "" {
		return nil
	}
	before, _, ok := strings.Cut(u.Path, suffix)
	if !ok {
		return nil
	}
	return &url.URL{Scheme: u.Scheme, Host: u.Host, Path: before}
}

// address compares the URL that people type with the one that the server puts
// into forms, links and cookies.
func (w *walk) address(context.Context) verdict {
	told := base(w.api.RequestURL, "self-service/login/api")
	if action := w.api.action(); action != nil {
		told = base(action.String(), "self-service/login/methods/")
	}
	if told == nil {
		return found("body_changed", "the flow names %q as its own URL", w.api.RequestURL)
	}
	code := w.difference(told)
	if code == "" {
		return fine("forms lead back to %s", told)
	}
	if code != "base_url_port" && code != "base_url_path" && w.headersAgree() {
		return found("body_changed", "forms lead to %s while redirects and cookies are for %s", told, w.asked)
	}
	secure := ""
	if c := w.landed.csrf(); c != nil && c.Secure && w.asked.Scheme == "http" {
		secure = ", and the cookie is Secure, so browsers drop it on http"
	}
	return found(code, "forms lead to %s, but you came by %s%s", told, w.asked, secure)
}

// difference is the code of what differs between the URL that was asked and the
// one that the server told.
func (w *walk) difference(told *url.URL) string {
	switch {
	case !strings.EqualFold(told.Hostname(), w.asked.Hostname()):
		if loopback(told.Hostname()) && loopback(w.asked.Hostname()) {
			return "base_url_loopback"
		}
		return "base_url_host"
	case told.Scheme != w.asked.Scheme && w.asked.Scheme == "http":
		return "https_base_on_http"
	case told.Scheme != w.asked.Scheme:
		return "http_base_on_https"
	case port(told) != port(w.asked):
		return "base_url_port"
	case told.Path != w.asked.Path:
		return "base_url_path"
	}
	return ""
}

// headersAgree reports whether redirect and cookie are for the URL that was
// asked. The server derives them and the forms from one setting, so where they
// differ, a proxy in between changed one of them.
func (w *walk) headersAgree() bool {
	c := w.landed.csrf()
	return c != nil && w.accepted(c) && c.Secure == (w.asked.Scheme == "https") &&
		w.flowPage.Scheme == w.asked.Scheme && w.flowPage.Host == w.asked.Host
}

func port(u *url.URL) string {
	if p := u.Port(); p != "" {
		return p
	}
	if u.Scheme == "https" {
		return "443"
	}
	return "80"
}

func loopback(host string) bool {
	address, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && address.Unmap().IsLoopback()
}

// public reports whether a host is more than this machine.
func public(u *url.URL) bool {
	host := u.Host
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return !loopback(strings.Trim(host, "[]"))
}
