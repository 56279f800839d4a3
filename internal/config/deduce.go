package config

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// deduce fills in what follows from other settings.
func (l *loader) deduce() {
	c := l.config
	if c.Serve.Public.BaseURL == nil {
		c.Serve.Public.BaseURL = l.guess("serve.public.base_url", c.Serve.Public.Host, c.Serve.Public.Port, c.Serve.Public.TLS)
	}
	if c.Serve.Admin.BaseURL == nil {
		c.Serve.Admin.BaseURL = l.guess("serve.admin.base_url", c.Serve.Admin.Host, c.Serve.Admin.Port, c.Serve.Admin.TLS)
	}
	if _, said := l.origins[consoleEnabled]; !said {
		c.Serve.Admin.Console.Enabled = loopback(c.Serve.Admin.Host)
		l.origins[consoleEnabled] = Origin{Kind: FromGuess}
	}
	for _, k := range l.table.keys {
		if k.Section() == "selfservice" && !k.nested() {
			resolve(c.Serve.Public.BaseURL, k.ref.at(c))
		}
	}
	c.Log.Level = strings.ToLower(c.Log.Level)
	if c.Log.Level == "warn" {
		c.Log.Level = "warning"
	}
	l.firstProviders()
	l.raiseLimits()
}

const consoleEnabled = "serve.admin.console.enabled"

// guess is where a listener is reached if nobody says so.
func (l *loader) guess(key, host string, port int, tls TLS) *url.URL {
	l.origins[key] = Origin{Kind: FromGuess}
	scheme := "https"
	if (l.config.Dev || loopback(host)) && !tls.Enabled() {
		scheme = "http"
	}
	if everyAddress(host) {
		name, err := l.source.Hostname()
		if err != nil || name == "" {
			l.warn(key, "is not set, and the name of this machine is unknown; localhost stands in for it", Origin{})
			name = "localhost"
		}
		host = name
	}
	guessed := &url.URL{Scheme: scheme, Host: net.JoinHostPort(strings.Trim(host, "[]"), strconv.Itoa(port)), Path: "/"}
	if key == "serve.public.base_url" && scheme == "https" && !tls.Enabled() {
		l.warn(key, fmt.Sprintf("is not set; links will point to %s, which this server does not serve itself", guessed), Origin{})
	}
	return guessed
}

func loopback(host string) bool {
	host = strings.TrimSuffix(strings.ToLower(strings.Trim(host, "[]")), ".")
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.Unmap().IsLoopback()
}

func everyAddress(host string) bool {
	a, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return host == "" || err == nil && a.IsUnspecified()
}

// resolve makes URLs absolute.
func resolve(base *url.URL, pointer any) {
	switch p := pointer.(type) {
	case **url.URL:
		if *p != nil {
			*p = base.ResolveReference(*p)
		}
	case *[]*url.URL:
		for i, u := range *p {
			if u != nil {
				(*p)[i] = base.ResolveReference(u)
			}
		}
	}
}

// firstProviders drops providers and schemas whose id is taken, as v0.5 does.
func (l *loader) firstProviders() {
	const providers = "selfservice.methods.oidc.config.providers"
	oidc := &l.config.Selfservice.Methods.OIDC
	oidc.Providers = firstOf(oidc.Providers, func(p Provider) string { return p.ID }, func(id string) {
		l.warn(providers, fmt.Sprintf("has two providers with the id %q; the first counts", id), l.origins[providers])
	})
	const schemas = "identity.schemas"
	l.config.Identity.Schemas = firstOf(l.config.Identity.Schemas, func(s Schema) string { return s.ID }, func(id string) {
		l.warn(schemas, fmt.Sprintf("has two schemas with the id %q; the first counts", id), l.origins[schemas])
	})
}

func firstOf[T any](all []T, id func(T) string, again func(id string)) []T {
	seen := map[string]bool{}
	var kept []T
	for _, item := range all {
		if seen[id(item)] {
			again(id(item))
			continue
		}
		seen[id(item)] = true
		kept = append(kept, item)
	}
	return kept
}

// raiseLimits keeps the hashes that are made verifiable.
func (l *loader) raiseLimits() {
	made, limits := l.config.Hashers.Argon2, &l.config.Hashers.Limits.Argon2
	for _, pair := range []struct {
		name  string
		made  int
		limit *int
	}{
		{"memory", made.Memory, &limits.Memory},
		{"iterations", made.Iterations, &limits.Iterations},
		{"parallelism", made.Parallelism, &limits.Parallelism},
	} {
		if pair.made <= *pair.limit {
			continue
		}
		key := "hashers.limits.argon2." + pair.name
		l.warn(key, fmt.Sprintf("is raised to %d, the value of hashers.argon2.%s", pair.made, pair.name), l.origins[key])
		*pair.limit = pair.made
		l.origins[key] = Origin{Kind: FromGuess}
	}
}

// SecureCookies reports whether cookies carry Secure: always but in
// development and when the public URL is http on a loopback host.
func (c *Config) SecureCookies() bool {
	u := c.Serve.Public.BaseURL
	return !c.Dev && (u.Scheme != "http" || !loopback(u.Hostname()))
}

// offLoopback reports whether other machines can reach a listener, directly or
// through something that forwards to it.
func (c *Config) offLoopback() bool {
	return !loopback(c.Serve.Public.Host) || !loopback(c.Serve.Admin.Host) || !loopback(c.Serve.Public.BaseURL.Hostname())
}
