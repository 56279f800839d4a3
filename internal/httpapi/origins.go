package httpapi

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jub0bs/cors"
	"github.com/jub0bs/cors/cfgerrors"
	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"
)

// Origins are the origins of a configuration as browsers send them, and warnings about
// how they were written.
type Origins struct {
	All      []string // "*", origins, and origins with one "*"
	Warnings []string
}

// ReadOrigins reads origins as people write them. v0.5 starts with any text; what no
// browser sends is left out here, with a warning.
func ReadOrigins(written []string) Origins {
	var o Origins
	for _, text := range written {
		origin, why := readOrigin(strings.TrimSpace(text))
		if why != "" {
			o.Warnings = append(o.Warnings, fmt.Sprintf("has %q, %s", text, why))
		}
		if origin != "" && !slices.Contains(o.All, origin) {
			o.All = append(o.All, origin)
		}
	}
	return o
}

func readOrigin(text string) (origin, why string) {
	if text == "*" {
		return text, ""
	}
	scheme, rest, ok := strings.Cut(text, "://")
	if !ok || scheme == "" || rest == "" {
		if strings.Count(text, "*") == 1 {
			return strings.ToLower(text), "which has no scheme: every scheme counts; write for example https://" + text
		}
		return "", "which has no scheme and so is no origin; write for example https://" + text
	}
	host, path, hasPath := strings.Cut(rest, "/")
	if strings.ContainsAny(scheme+host, `^$\()|?{},; `) {
		return "", "which is no origin: there are no regular expressions, and one * may stand for any characters; write for example https://*.example.com"
	}
	if ascii, err := idna.Lookup.ToASCII(strings.ToLower(host)); err == nil && !strings.Contains(host, "*") && !strings.Contains(host, ":") {
		host = ascii
	}
	origin = strings.ToLower(scheme + "://" + host)
	switch {
	case strings.Count(origin, "*") > 1:
		return "", "which has more than one *; write one"
	case hasPath && path != "":
		why = "whose path has no meaning in an origin; it is read as " + origin
	case strings.HasPrefix(origin, "http://") && !local(host):
		why = "which is not encrypted: anyone on the network path can act for the visitor"
	case strings.HasPrefix(host, "*."):
		if suffix, icann := publicsuffix.PublicSuffix(host[2:]); suffix == host[2:] && (icann || strings.Contains(suffix, ".")) {
			why = "under which anybody can have a name: list the names that are yours"
		}
	case host == "*":
		why = "which is every site: list those that are yours"
	}
	return origin, why
}

// local reports whether a host with its port is this machine.
func local(host string) bool {
	u := url.URL{Host: host}
	name := u.Hostname()
	return name == "localhost" || strings.HasSuffix(name, ".localhost") || name == "127.0.0.1" || name == "::1"
}

// Fit leaves out of a configuration what has no effect in browsers and the library
// refuses, and says what: v0.5 and v26 start with it, and the quickstart files of both
// name headers that scripts can neither set nor read. Each warning is by the key below
// serve.public.cors.
func (c *CORSConfig) Fit() map[string][]string {
	warnings := map[string][]string{}
	_, err := newMiddleware(*c, "https://origin.invalid")
	for err := range cfgerrors.All(err) {
		without := func(key, value, why string, list *[]string) {
			n := len(*list)
			*list = slices.DeleteFunc(slices.Clone(*list), func(v string) bool { return strings.EqualFold(v, value) })
			if n > len(*list) {
				warnings[key] = append(warnings[key], fmt.Sprintf("has %q, %s; it is left out", value, why))
			}
		}
		if e, ok := errors.AsType[*cfgerrors.UnacceptableHeaderNameError](err); ok && e.Type == "request" {
			without("allowed_headers", e.Value, "which no script may set", &c.RequestHeaders)
		} else if ok {
			without("exposed_headers", e.Value, "which no script may read", &c.Exposed)
		}
		if _, ok := errors.AsType[*cfgerrors.IncompatibleWildcardResponseHeaderNameError](err); ok {
			without("exposed_headers", "*", "which means nothing while allow_credentials is true", &c.Exposed)
		}
		if e, ok := errors.AsType[*cfgerrors.UnacceptableMethodError](err); ok {
			without("allowed_methods", e.Value, "which no script may use", &c.Methods)
		}
		if e, ok := errors.AsType[*cfgerrors.MaxAgeOutOfBoundsError](err); ok {
			c.MaxAge = time.Duration(e.Max) * time.Second
			warnings["max_age"] = append(warnings["max_age"], fmt.Sprintf("is %d, which counts as %d", e.Value, e.Max))
		}
	}
	return warnings
}

// maxPatternOrigins bounds the origins that are remembered to match a pattern.
const maxPatternOrigins = 1000

// originGuard is the check of CORS: the library for origins and patterns that it
// knows, and for the patterns of v0.5 that it does not a middleware for each origin
// that matches one.
type originGuard struct {
	config   CORSConfig
	fixed    *cors.Middleware
	patterns []*regexp.Regexp

	mu      sync.Mutex
	matched map[string]*cors.Middleware
}

func newOriginGuard(c CORSConfig) (*originGuard, error) {
	o := &originGuard{config: c, matched: map[string]*cors.Middleware{}}
	var known []string
	for _, origin := range c.Origins {
		if _, err := newMiddleware(c, origin); err != nil && strings.Contains(origin, "*") {
			part := `[^/]+`
			if !strings.Contains(origin, "://") {
				part = `[a-z][a-z0-9+.-]*://[^/]+`
			}
			pattern := strings.ReplaceAll(regexp.QuoteMeta(origin), `\*`, part)
			o.patterns = append(o.patterns, regexp.MustCompile("^"+pattern+"$"))
			continue
		}
		known = append(known, origin)
	}
	if len(known) == 0 {
		known = []string{"https://origin.invalid"} // the library wants one
	}
	var err error
	if o.fixed, err = newMiddleware(c, known...); err != nil {
		return nil, fmt.Errorf("serve.public.cors: %w", err)
	}
	return o, nil
}

func newMiddleware(c CORSConfig, origins ...string) (*cors.Middleware, error) {
	return cors.NewMiddleware(cors.Config{
		Origins: origins, Methods: c.Methods, RequestHeaders: c.RequestHeaders,
		ResponseHeaders: c.Exposed, Credentialed: c.Credentials, MaxAgeInSeconds: int(c.MaxAge.Seconds()),
		ExtraConfig: cors.ExtraConfig{
			PreflightSuccessStatus: http.StatusOK,
			// v0.5 takes both; ReadOrigins warns of them.
			DangerouslyTolerateInsecureOrigins:            true,
			DangerouslyTolerateSubdomainsOfPublicSuffixes: true,
		},
	})
}

// wrap lets the library decide about the origin of each request.
func (o *originGuard) wrap(next http.Handler) http.Handler {
	fixed := o.fixed.Wrap(next)
	if len(o.patterns) == 0 {
		return fixed
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if m := o.of(r.Header.Get("Origin")); m != nil {
			m.Wrap(next).ServeHTTP(w, r)
			return
		}
		fixed.ServeHTTP(w, r)
	})
}

// of returns the middleware of an origin that matches a pattern; nil if none does.
func (o *originGuard) of(origin string) *cors.Middleware {
	if origin == "" || !slices.ContainsFunc(o.patterns, func(p *regexp.Regexp) bool { return p.MatchString(origin) }) {
		return nil
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if m, ok := o.matched[origin]; ok {
		return m
	}
	m, err := newMiddleware(o.config, origin)
	if err != nil {
		return nil
	}
	if len(o.matched) >= maxPatternOrigins {
		clear(o.matched)
	}
	o.matched[origin] = m
	return m
}
