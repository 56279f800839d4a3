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

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/reqctx"
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
	Causes  []string // what usually causes it
	// Aside is the key of the heading of a part that is folded away and holds the reasons
	// and causes; empty for none. Open says that it is unfolded at first.
	Aside string
	Open  bool
	Trace *trace // what to tell the people who run the server; nil for nothing
	Next  link   // the way on
}

// failure shows the error that a browser was led here with.
func (p *Pages) failure(w http.ResponseWriter, r *http.Request) error {
	if query := r.URL.Query(); query.Get("error") == "" && query.Get("id") == "" { // the latter is v1's name for it
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

// trace names a failure for support. The id of the request is written from left to right in
// every language.
type trace struct{ Before, Request, After string }

// String lets templates print a trace as its text.
func (t *trace) String() string { return t.Before + t.Request + t.After }

// failureKey is the key of the heading for an error.
func failureKey(f storedError) string {
	switch {
	case isCSRF(f):
		return failureCSRF
	case f.Code == http.StatusBadRequest && strings.HasPrefix(f.Reason, "Requested return_to URL"):
		return failureReturnTo
	case strings.HasPrefix(f.Reason, "A redirect loop:"):
		return failureLoop
	case f.Code == http.StatusTooManyRequests:
		return "page.failure.busy"
	case f.Code == http.StatusServiceUnavailable:
		return "page.failure.503"
	case f.Code >= http.StatusInternalServerError:
		return "page.failure.500"
	case f.Code == http.StatusNotFound, f.Code == http.StatusGone:
		return "page.failure.404"
	case f.Code == http.StatusForbidden, f.Code == http.StatusUnauthorized:
		return "page.failure.403"
	}
	return "page.failure.400"
}

// The failures that have more to say than their heading.
const (
	failureCSRF     = "page.failure.csrf"
	failureReturnTo = "page.failure.return_to"
	failureLoop     = "page.failure.loop"
)

// isCSRF reports whether a form was refused because the browser did not send the
// cookie that goes with it. The stored error says so in its reason alone.
func isCSRF(f storedError) bool {
	return f.Code == http.StatusForbidden && (strings.Contains(f.Reason, "csrf_token") || strings.Contains(f.Reason, "(CSRF)")) ||
		f.Code == http.StatusBadRequest && strings.Contains(f.Reason, "CSRF token")
}

// fail answers the error page.
func (p *Pages) fail(w http.ResponseWriter, r *http.Request, status int, key string, faults []storedError) error {
	d := p.page(r, pageFailure, "failure")
	body := &failurePage{Next: p.afterFailure(d, r, status, key)}
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
		if f.Code == http.StatusNotFound {
			continue // there is nothing to support
		}
		key := "failure.trace"
		if f.Request != "" {
			key = "failure.trace_request"
		}
		text, err := d.T(key, "code", strconv.Itoa(f.Code))
		if err != nil {
			return err
		}
		before, after, _ := strings.Cut(text, "{request}")
		body.Trace = &trace{Before: before, Request: f.Request, After: after}
	}
	switch key {
	case failureCSRF:
		// The heading has said in plain words what the reason says in others.
		body.Aside, body.Reasons, body.Causes = "failure.causes", nil, p.cookieCauses(d, r)
	case failureReturnTo:
		body.Aside, body.Open = "failure.details", p.forDeveloper()
		body.Causes = []string{d.first("cause.return_to")}
	case failureLoop:
		body.Aside, body.Open = "failure.details", p.forDeveloper()
		body.Causes = []string{d.first("cause.loop")}
	}
	return p.render(w, status, d)
}

// afterFailure is the way on from an error page: try again where waiting helps, else go to
// the first page.
func (p *Pages) afterFailure(d *page, r *http.Request, status int, key string) link {
	switch {
	case key == "page.failure.404":
		return link{Text: d.first("failure.account"), URL: p.config.BasePath}
	case status == http.StatusServiceUnavailable && r.Method == http.MethodGet:
		return link{Text: d.first("failure.retry"), URL: "?" + r.URL.RawQuery}
	}
	return link{Text: d.first("failure.home"), URL: p.config.BasePath}
}

// forDeveloper reports whether the visitor runs the server: then details are shown at once.
func (p *Pages) forDeveloper() bool {
	return p.config.FirstRun || inside(p.source.StartURL(flow.Login).Hostname())
}

// NotFound is the page for addresses that lead nowhere.
func (p *Pages) NotFound() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { p.ServeError(w, r, errs.ErrNotFound) })
}

// cookieCauses lists what keeps a browser from sending the cookie of a form: first the
// causes that this request shows, then the usual ones.
func (p *Pages) cookieCauses(d *page, r *http.Request) []string {
	public := p.source.StartURL(flow.Login)
	var keys []string
	if cameElsewhere(r.Host, public) {
		keys = append(keys, "cause.host")
	}
	// Any client can send this header; it only decides which hint is shown.
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

// ServeError answers a request with the error page. The cause is for the log alone.
func (p *Pages) ServeError(w http.ResponseWriter, r *http.Request, why error) {
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
