package doctor

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Config of a walk.
type Config struct {
	// URL is the public URL as people type it: http or https, with or without a
	// path.
	URL *url.URL
	// Admin is the URL of the admin listener; nil leaves it out.
	Admin *url.URL
	// Origin is the origin of an application whose pages call the public API, such as
	// https://app.example.org; empty leaves it out.
	Origin string
	// Timeout bounds each request.
	Timeout time.Duration
	// Roots are the authorities that certificates are verified against; nil for those
	// of the system. There is no way to skip the verification.
	Roots *x509.CertPool
	// Dial connects to an address; nil does as the system does.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Agent names the program to the server.
	Agent string
	// Now reads the clock that the server's is compared with.
	Now func() time.Time
}

// walk is what has been seen so far.
type walk struct {
	config Config
	// asked is the public URL, after the redirect to https if there is one. Its path
	// ends in a slash.
	asked     *url.URL
	jane, joe *visitor // two browsers that know nothing of each other
	app       *visitor
	report    *Report
	lost      map[string]string // by check, the fault that it is or that kept it from being made

	probesHidden  bool     // /health does not get through
	api, again    *flow    // as an app was answered, twice
	landed        *answer  // how jane's login began
	flowPage      *url.URL // where she was led
	othersPage    *url.URL // where joe was led, nil if nowhere
	flowID, token string   // of jane's form
	action        *url.URL // where it goes; nil without a password form
	page          *answer
	assets        []*url.URL
	elsewhere     bool     // the page is not a built-in one
	after         *url.URL // where the form led
}

// step is one check and what must not be broken for it to mean anything.
type step struct {
	name  string
	needs []string
	run   func(context.Context) verdict
}

// verdict is the outcome of a step; without a code all is well.
type verdict struct {
	code, seen string
	skipped    bool
}

func fine(format string, args ...any) verdict { return verdict{seen: fmt.Sprintf(format, args...)} }

func found(code, format string, args ...any) verdict {
	return verdict{code: code, seen: fmt.Sprintf(format, args...)}
}

func skip(why string) verdict { return verdict{seen: why, skipped: true} }

// steps are the checks in the order in which a browser meets the links. Faults that are
// dangerous even where sign-in works come first.
func (w *walk) steps() []step {
	reached := []string{"reach", "listener"}
	known := []string{"app flow", "address"}
	shown := []string{"login start", "caching", "address", "cookie", "cookie return"}
	steps := []step{
		{"reach", nil, w.reach},
		{"listener", []string{"reach"}, w.listener},
		{"ready", reached, w.ready},
		{"admin hidden", reached, w.adminHidden},
		{"app flow", reached, w.appFlow},
		{"login start", reached, w.loginStart},
		{"caching", []string{"app flow", "login start"}, w.caching},
		{"clock", []string{"app flow", "caching"}, w.clock},
		{"lifetime", []string{"app flow", "caching"}, w.lifetime},
		{"address", []string{"app flow", "login start", "caching"}, w.address},
		{"cookie", []string{"login start", "address"}, w.cookie},
		{"cookie return", []string{"cookie"}, w.cookieReturn},
		{"query", shown, w.query},
		{"flow", append([]string{"query"}, shown...), w.fetchFlow},
		{"page", append([]string{"flow"}, shown...), w.showPage},
		{"page files", []string{"page"}, w.pageFiles},
		{"page headers", []string{"page"}, w.pageHeaders},
		{"form token", []string{"page"}, w.formToken},
		{"submit", []string{"page", "form token"}, w.submit},
		{"answer", []string{"submit"}, w.afterwards},
		{"large form", known, w.largeForm},
		{"accept header", reached, w.acceptHeader},
		{"token header", []string{"cookie return"}, w.tokenHeader},
		{"origin header", known, w.originHeader},
		{"recovery", reached, w.recovery},
	}
	if w.config.Origin != "" {
		steps = append(steps, step{"cors", reached, w.cors}, step{"session cookie", append([]string{"cors"}, shown...), w.sessionReach})
	}
	if w.config.Admin != nil {
		steps = append(steps, step{"client address", reached, w.clientAddress}, step{"admin", nil, w.admin})
	}
	return steps
}

// Examine walks through the deployment. It takes as long as its requests, of
// which there are some thirty, and stops asking when ctx ends.
func Examine(ctx context.Context, c Config) *Report {
	if c.Dial == nil {
		c.Dial = (&net.Dialer{Timeout: c.Timeout}).DialContext
	}
	transport := &http.Transport{
		DialContext:         c.Dial,
		TLSClientConfig:     &tls.Config{RootCAs: c.Roots, MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout: c.Timeout,
		ForceAttemptHTTP2:   true,
	}
	defer transport.CloseIdleConnections()
	w := &walk{
		config: c, asked: folder(c.URL), report: &Report{URL: c.URL.Redacted()}, lost: map[string]string{},
		jane: newVisitor(c, transport, true), joe: newVisitor(c, transport, true), app: newVisitor(c, transport, false),
	}
	for _, s := range w.steps() {
		w.take(ctx, s)
	}
	return w.report
}

// take runs a step, unless what it needs is broken.
func (w *walk) take(ctx context.Context, s step) {
	for _, name := range s.needs {
		if broken := w.lost[name]; broken != "" {
			w.lost[s.name] = broken
			w.report.add(Check{Name: s.name, Status: Skipped, Seen: fmt.Sprintf("says nothing while “%s” is not well", broken)})
			return
		}
	}
	v := s.run(ctx)
	check := Check{Name: s.name, Status: OK, Seen: v.seen}
	switch {
	case v.skipped:
		check.Status = Skipped
	case v.code != "":
		t := troubleOf(v.code)
		fill := strings.NewReplacer("{asked}", w.asked.Redacted(), "{origin}", w.config.Origin)
		check.Status, check.Code, check.Title = t.Status, t.Code, t.Title
		check.Cause, check.Remedy = fill.Replace(t.Cause), fill.Replace(t.Remedy)
	}
	if check.Status == Fault {
		w.lost[s.name] = s.name
	}
	w.report.add(check)
}

// folder returns the URL with a path that ends in a slash, and nothing after it.
func folder(u *url.URL) *url.URL {
	c := *u
	c.RawQuery, c.Fragment, c.User = "", "", nil
	if !strings.HasSuffix(c.Path, "/") {
		c.Path += "/"
		c.RawPath = ""
	}
	return &c
}

// at is a path below the public URL.
func (w *walk) at(path string) *url.URL { return w.asked.JoinPath(path) }

// origin is scheme, host and port of a URL.
func origin(u *url.URL) string { return u.Scheme + "://" + u.Host }
