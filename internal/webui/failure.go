package webui

import (
	"encoding/json"
	"errors"
	"log/slog"
	"math"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"symbolon/internal/errs"
	"symbolon/internal/flow"
	"symbolon/internal/reqctx"
)

// storedError is an error object as it is stored for the error page.
type storedError struct {
	Code    int    `json:"code"`
	Reason  string `json:"reason"`
	Message string `json:"message"`
	Request string `json:"request"`
}

// failurePage is what the error page shows.
type failurePage struct {
	Reasons []string // what the server says
	Causes  []string // what usually is behind it
	Trace   string   // what to tell whoever runs the server
	Home    string
}

// failure shows the error that a browser was led here with.
func (p *Pages) failure(w http.ResponseWriter, r *http.Request) error {
	if r.URL.Query().Get("error") == "" {
		return p.fail(w, r, http.StatusOK, "page.failure.none", nil)
	}
	stored, err := p.source.PageError(r)
	if errors.Is(err, errs.ErrNotFound) {
		return p.fail(w, r, http.StatusNotFound, "page.failure.unknown", nil)
	}
	if err != nil {
		return err
	}
	var faults []storedError
	if err := json.Unmarshal(stored.Payload, &faults); err != nil || len(faults) == 0 {
		return p.fail(w, r, http.StatusOK, "page.failure.500", nil)
	}
	return p.fail(w, r, http.StatusOK, failureKey(faults[0]), faults)
}

// failureKey is the key of the heading for an error.
func failureKey(f storedError) string {
	switch {
	case isCSRF(f):
		return "page.failure.csrf"
	case f.Code == http.StatusTooManyRequests, f.Code == http.StatusServiceUnavailable:
		return "page.failure.busy"
	case f.Code >= http.StatusInternalServerError:
		return "page.failure.500"
	case f.Code == http.StatusNotFound, f.Code == http.StatusGone:
		return "page.failure.404"
	case f.Code == http.StatusForbidden, f.Code == http.StatusUnauthorized:
		return "page.failure.403"
	}
	return "page.failure.400"
}

// isCSRF reports whether a form was refused because the browser did not send the
// cookie that goes with it. The stored error says so in its reason alone.
func isCSRF(f storedError) bool {
	return f.Code == http.StatusForbidden && strings.Contains(f.Reason, "csrf_token") ||
		f.Code == http.StatusBadRequest && strings.Contains(f.Reason, "CSRF token")
}

// fail answers the error page.
func (p *Pages) fail(w http.ResponseWriter, r *http.Request, status int, key string, faults []storedError) error {
	d := p.page(r, pageFailure, "failure")
	body := &failurePage{Home: p.config.BasePath}
	d.Body = body
	if err := d.titled(key); err != nil {
		return err
	}
	for _, f := range faults {
		if text := f.Reason; text != "" {
			body.Reasons = append(body.Reasons, text)
		} else if f.Message != "" {
			body.Reasons = append(body.Reasons, f.Message)
		}
		key := "failure.trace"
		if f.Request != "" {
			key = "failure.trace_request"
		}
		var err error
		if body.Trace, err = d.T(key, "code", strconv.Itoa(f.Code), "request", f.Request); err != nil {
			return err
		}
	}
	if key == "page.failure.csrf" {
		// The heading has said in plain words what the reason says in others.
		body.Reasons, body.Causes = nil, p.cookieCauses(d, r)
	}
	return p.render(w, status, d)
}

// cookieCauses lists what keeps a browser from sending the cookie of a form. What
// this request shows to be so comes first, then what usually is.
func (p *Pages) cookieCauses(d *page, r *http.Request) []string {
	public := p.source.StartURL(flow.Login)
	var keys []string
	if cameElsewhere(r.Host, public) {
		keys = append(keys, "cause.host")
	}
	// Only a hint: anybody may send the header, and nothing but a sentence hangs on it.
	insecure := public.Scheme == "https" && strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "http")
	if insecure {
		keys = append(keys, "cause.http")
	}
	if len(r.Cookies()) == 0 {
		keys = append(keys, "cause.no_cookies")
	} else {
		keys = append(keys, "cause.tab", "cause.cleared")
	}
	if !insecure {
		keys = append(keys, "cause.proxy")
	}
	out := make([]string, len(keys))
	for i, key := range keys {
		out[i] = strings.NewReplacer("{asked}", r.Host, "{public}", public.Host).Replace(d.first(key))
	}
	return out
}

// cameElsewhere reports whether the browser came by another host than the public
// one. Ports do not matter to cookies. Many proxies put their own name for this
// server into the request, which says nothing of the browser: a host that only
// machines inside know does not count where the public one is known outside.
func cameElsewhere(host string, public *url.URL) bool {
	asked := (&url.URL{Host: host}).Hostname()
	return !strings.EqualFold(asked, public.Hostname()) && (inside(public.Hostname()) || !inside(asked))
}

// inside reports whether a host is known on this machine or network alone.
func inside(host string) bool {
	if address, err := netip.ParseAddr(host); err == nil {
		return address.IsLoopback() || address.IsPrivate()
	}
	return !strings.Contains(host, ".")
}

// refuse answers a request whose page could not be made. The cause is for the
// log alone.
func (p *Pages) refuse(w http.ResponseWriter, r *http.Request, why error) {
	reqctx.Note(r.Context(), slog.Any("error", why))
	status := http.StatusInternalServerError
	f := storedError{Code: status, Request: reqctx.From(r.Context()).ID}
	known, ok := errors.AsType[*errs.Error](why)
	switch {
	case ok && known.Code == errs.Unavailable:
		f.Code = http.StatusServiceUnavailable
		if wait := int(math.Ceil(known.RetryAfter.Seconds())); wait > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(wait))
		}
	case ok && known.Code == errs.NotFound:
		f.Code = http.StatusNotFound
	case errors.Is(why, errs.ErrCSRF):
		f.Code, f.Reason = http.StatusForbidden, errs.ErrCSRF.Reason
	}
	if err := p.fail(w, r, f.Code, failureKey(f), []storedError{f}); err != nil {
		reqctx.Note(r.Context(), slog.Any("page_error", err))
		http.Error(w, http.StatusText(status), status)
	}
}
