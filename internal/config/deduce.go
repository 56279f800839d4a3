package config

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// deduce fills in what follows from other settings.
func (l *loader) deduce() {
	c := l.config
	c.Serve.Public.Host, c.Serve.Admin.Host = unbracketed(c.Serve.Public.Host), unbracketed(c.Serve.Admin.Host)
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
		if strings.HasPrefix(k.Path, "selfservice.") && !k.nested() {
			l.resolve(k, k.in(c))
		}
	}
	c.Serve.Public.BaseURL, c.Serve.Admin.BaseURL = cleanPath(c.Serve.Public.BaseURL), cleanPath(c.Serve.Admin.BaseURL)
	l.deduceSender()
	l.deduceWire()
	l.deduceSchema()
	l.deduceHooks()
	c.Log.Level = strings.ToLower(c.Log.Level)
	if c.Log.Level == "warn" {
		c.Log.Level = "warning"
	}
	l.presentProviders()
	l.firstProviders()
	l.deduceNonces()
	l.raiseLimits()
}

// deduceNonces lets providers of a file that was written for the original answer without
// the nonce, as they may there. PKCE, which is always asked for, then has to bind the
// answer (RFC 9700, 2.1.1).
func (l *loader) deduceNonces() {
	const key = "selfservice.methods.oidc.config.providers"
	if eraOf(l.config.Version) == eraUnknown {
		return
	}
	providers := l.config.Selfservice.Methods.OIDC.Providers
	for i := range providers {
		providers[i].AllowMissingNonce = true
	}
	if len(providers) > 0 {
		l.warn(key, "may answer without the nonce, as the original allows; remove version from the file to refuse such answers", l.origins[key])
	}
}

const consoleEnabled = "serve.admin.console.enabled"

// guess is where a listener is reached if the configuration does not say: on this
// machine, where it listens on every address.
func (l *loader) guess(key, host string, port int, tls TLS) *url.URL {
	l.origins[key] = Origin{Kind: FromGuess}
	scheme := "http"
	if tls.Enabled() {
		scheme = "https"
	}
	public := key == "serve.public.base_url"
	if public && !loopback(host) {
		l.warn(key, "is not set; links lead to the address by which this machine is called, and mails to this machine: set it to what browsers use, for example https://id.example.org/", Origin{})
	}
	if everyAddress(host) {
		host = "127.0.0.1"
	}
	l.config.Serve.Public.BaseURLGuessed = l.config.Serve.Public.BaseURLGuessed || public
	return &url.URL{Scheme: scheme, Host: net.JoinHostPort(strings.Trim(host, "[]"), strconv.Itoa(port)), Path: "/"}
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

// resolve makes URLs absolute, and warns of those that mean something else than they seem to.
func (l *loader) resolve(k Key, pointer any) {
	base := l.config.Serve.Public.BaseURL
	switch p := pointer.(type) {
	case **url.URL:
		if *p != nil {
			l.judgeRelative(k, *p)
			*p = base.ResolveReference(*p)
		}
	case *[]*url.URL:
		for i, u := range *p {
			if u != nil {
				l.judgeAllowed(k, u)
				(*p)[i] = base.ResolveReference(u)
			}
		}
	}
}

func (l *loader) judgeRelative(k Key, u *url.URL) {
	switch {
	case u.Scheme != "":
	case strings.HasSuffix(k.Path, ".default_browser_return_url") && !strings.HasPrefix(u.Path, "/"):
		l.warn(k.Path, fmt.Sprintf("is %q without scheme, which is read as a path of this server; write https://%s", u, u), l.origins[k.Path])
	case strings.HasSuffix(k.Path, ".ui_url"):
		l.warn(k.Path, fmt.Sprintf("is %q, a path of %s, and this server has pages of its own there or none; write the whole address of your page", u, l.config.Serve.Public.BaseURL.Host), l.origins[k.Path])
	}
}

func (l *loader) judgeAllowed(k Key, u *url.URL) {
	switch {
	case strings.Contains(strings.TrimPrefix(u.Host, "*.")+u.Path, "*"):
		l.warn(k.Path, fmt.Sprintf("has %q, which allows nothing: only a host may begin with a wildcard, *.example.org; list the addresses, below which everything is allowed", u), l.origins[k.Path])
	case u.Scheme == "" && !strings.HasPrefix(u.Path, "/"):
		l.warn(k.Path, fmt.Sprintf("has %q without scheme, which is read as a path of this server; write https://%s", u, u), l.origins[k.Path])
	}
}

// cleanPath removes double slashes, which browsers keep and cookies do not match.
func cleanPath(u *url.URL) *url.URL {
	if !strings.Contains(u.Path, "//") {
		return u
	}
	return u.JoinPath()
}

// deduceSender sends mail from the host of this server where no other sender is set.
func (l *loader) deduceSender() {
	const key = "courier.smtp.from_address"
	sender := &l.config.Courier.SMTP.FromAddress
	if *sender != "" {
		return
	}
	host := l.config.Serve.Public.BaseURL.Hostname()
	if _, err := netip.ParseAddr(host); err == nil {
		host = "localhost"
	}
	*sender = "no-reply@" + host
	if l.config.Courier.SMTP.ConnectionURI != "" {
		l.warn(key, "is not set; mail will come from "+*sender+", which the mail server may refuse: set it", Origin{})
	}
	l.origins[key] = Origin{Kind: FromGuess}
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

// SecureCookies reports whether cookies carry Secure: always but in development,
// when the public URL is http on a loopback host, and when the file does not say what it is
// and this server does not speak TLS.
func (c *Config) SecureCookies() bool {
	p := c.Serve.Public
	return !c.Dev && (p.BaseURL.Scheme != "http" || !loopback(p.BaseURL.Hostname()) && !p.BaseURLGuessed)
}

// offLoopback reports whether other machines can reach a listener, directly or
// through something that forwards to it.
func (c *Config) offLoopback() bool {
	return !loopback(c.Serve.Public.Host) || !loopback(c.Serve.Admin.Host) || !loopback(c.Serve.Public.BaseURL.Hostname())
}

// deduceWire chooses the API by the version of the file.
func (l *loader) deduceWire() {
	const key = "serve.public.wire"
	wire := &l.config.Serve.Public.Wire
	if *wire != "" {
		return
	}
	*wire = WireV05
	if eraOf(l.config.Version) == eraV1 {
		*wire = WireV1
	}
	l.origins[key] = Origin{Kind: FromGuess}
}

// deduceSchema takes the default schema out of the list, where v26 has it.
func (l *loader) deduceSchema() {
	c := &l.config.Identity
	if c.DefaultSchemaID == "" {
		c.DefaultSchemaID = "default"
	}
	for i, s := range c.Schemas {
		if s.ID == c.DefaultSchemaID && c.DefaultSchemaURL == "" {
			c.DefaultSchemaURL, c.Schemas = s.URL, slices.Delete(slices.Clone(c.Schemas), i, i+1)
			l.origins["identity.default_schema_url"] = l.origins["identity.schemas"]
			return
		}
	}
}

// deduceHooks gives the hooks of all methods to those whose own are not set.
func (l *loader) deduceHooks() {
	flows := &l.config.Selfservice.Flows
	for _, f := range []struct {
		name  string
		hooks Hooks
		after any
	}{
		{"login", flows.Login.After.Hooks, &flows.Login.After},
		{"registration", flows.Registration.After.Hooks, &flows.Registration.After},
		{"settings", flows.Settings.After.Hooks, &flows.Settings.After},
	} {
		key := "selfservice.flows." + f.name + ".after."
		at, said := l.origins[key+"hooks"]
		if !said {
			continue
		}
		for method, after := range afterMethods(f.after) {
			own := key + method + ".hooks"
			if from := l.origins[own].Kind; from == "" || from == FromProfile {
				after.Hooks = f.hooks
				l.origins[own] = at
			}
		}
	}
}
