package config

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"
)

// minSecret is the length of secrets that v0.5 asks for, in characters.
const minSecret = 16

// findings tells what is wrong with settings that are right one by one, at their places.
// It leaves out what follows from a value that could not be read.
type findings struct {
	*loader
	broken map[string]bool
}

func (f *findings) fail(key, text string) {
	if !f.broken[key] {
		f.loader.fail(key, text, f.origins[key])
	}
}

func (f *findings) warn(key, text string) {
	if !f.broken[key] {
		f.loader.warn(key, text, f.origins[key])
	}
}

// validate checks the settings against one another. A file that
// v0.5 started with gets warnings at most, except for an open admin listener and
// secrets copied from an example.
func (l *loader) validate() {
	if l.partial {
		return
	}
	c, f := l.config, &findings{l, map[string]bool{}}
	for _, p := range l.problems {
		f.broken[p.Key] = true
	}
	for _, check := range []func(*findings){
		c.checkDatabase, c.checkListeners, c.checkAdmin, c.checkConsole, c.checkPublic, c.checkProxies, c.checkSecrets,
		c.checkCookie, c.checkReturns, c.checkOrigins, c.checkMethods, c.checkSchemas, c.checkProviders, c.checkCourier,
	} {
		check(f)
	}
}

func (c *Config) checkDatabase(f *findings) {
	if c.DSN == "" {
		f.fail("dsn", "is not set; write for example sqlite:///var/lib/symbolon/db.sqlite?_fk=true&mode=rwc, or memory for a trial")
	}
	if c.Version != "" && eraOf(c.Version) == eraUnknown {
		f.warn("version", fmt.Sprintf("is %q, which is no release; write for example v0.5.5-alpha.1 or v26.2.0", c.Version))
	}
}

func (c *Config) checkListeners(f *findings) {
	p, a := c.Serve.Public, c.Serve.Admin
	if p.Port == a.Port && p.Port != 0 && (p.Host == a.Host || everyAddress(p.Host) || everyAddress(a.Host)) {
		f.fail("serve.admin.port", fmt.Sprintf("is %d, as is serve.public.port; give the listeners different ports", a.Port))
	}
	for name, t := range map[string]TLS{"serve.public": p.TLS, "serve.admin": a.TLS} {
		if t.CertFile != "" && t.KeyFile == "" {
			f.fail(name+".tls.cert_file", "is set without "+name+".tls.key_file; set both or neither")
		}
		if t.KeyFile != "" && t.CertFile == "" {
			f.fail(name+".tls.key_file", "is set without "+name+".tls.cert_file; set both or neither")
		}
	}
}

func (c *Config) checkAdmin(f *findings) {
	a := c.Serve.Admin
	if loopback(a.Host) {
		return
	}
	switch {
	case a.Token == "" && !a.Insecure:
		f.fail("serve.admin.host", fmt.Sprintf("is %q, so other machines could reach the admin listener, and anyone who does owns every account; "+
			"set serve.admin.token (SERVE_ADMIN_TOKEN), or serve.admin.insecure: true if the network is closed, or serve.admin.host: 127.0.0.1", a.Host))
	case a.Token != "" && len(a.Token) < minSecret && !c.Dev:
		f.fail("serve.admin.token", fmt.Sprintf("has fewer than %d characters; take a longer one", minSecret))
	case a.Token == "":
		f.warn("serve.admin.insecure", "is true: anybody who reaches the admin listener owns every account")
	}
}

// checkConsole looks at the password of a console that other machines may reach.
func (c *Config) checkConsole(f *findings) {
	console := c.Serve.Admin.Console
	names := map[string]bool{"token": true, "operator": true, "local": true}
	for i, o := range console.Operators {
		if names[o.Name] {
			f.fail("serve.admin.console.operators", fmt.Sprintf("item %d has the name %q, which is taken: choose another", i+1, o.Name))
		}
		names[o.Name] = true
	}
	if console.Password == "" {
		return
	}
	if !console.Enabled {
		f.warn("serve.admin.console.password", "is set, but the console is not served: set serve.admin.console.enabled: true")
	}
	if !loopback(c.Serve.Admin.Host) && len([]rune(console.Password)) < minSecret && !c.Dev {
		f.fail("serve.admin.console.password", fmt.Sprintf("has fewer than %d characters; take a longer one", minSecret))
	}
}

func (c *Config) checkPublic(f *findings) {
	p := c.Serve.Public
	if host := p.BaseURL.Hostname(); strings.ContainsFunc(host, func(r rune) bool { return r > '~' }) {
		if ascii, err := idna.Lookup.ToASCII(host); err == nil {
			f.fail("serve.public.base_url", fmt.Sprintf("has the host %s; write it as browsers send it: %s", host, ascii))
		}
	}
	if p.BaseURL.Scheme == "http" && c.SecureCookies() {
		f.warn("serve.public.base_url", "is http:// and not on this machine; cookies are marked Secure and browsers will not send them there: serve it over https://")
	}
	if p.CORS.Enabled && p.CORS.AllowCredentials && slices.Contains(p.CORS.AllowedOrigins, "*") {
		f.warn("serve.public.cors.allowed_origins", "is * while allow_credentials is true; browsers send no cookies then: list the origins")
	}
}

func (c *Config) checkProxies(f *findings) {
	for _, p := range c.Serve.TrustedProxies {
		if r, err := netip.ParsePrefix(p); err == nil && r.Bits() == 0 {
			f.warn("serve.trusted_proxies", p+" is everybody; anybody can then claim any address and escape the limits")
		}
	}
	public := c.Serve.Public
	if len(c.Serve.TrustedProxies) == 0 && c.Security.Limits.Enabled && !c.Dev && public.BaseURL.Scheme == "https" && public.TLS.CertFile == "" {
		f.warn("serve.trusted_proxies", "is empty, but serve.public.base_url is https:// and this server ends no TLS, so a proxy does; "+
			"all people count as that one client, and one who guesses passwords locks everyone out: set it to the address of the proxy")
	}
}

func (c *Config) checkSecrets(f *findings) {
	// Those of the embedded profile are kept beside its file, which a server has not.
	dsn := c.DSN.Reveal()
	onServer := dsn != "memory" && !strings.HasPrefix(dsn, "sqlite")
	if c.Secrets.Unset() && len(c.Secrets.Cookie) == 0 && (!c.Embedded || onServer) {
		f.warn("secrets.default", "is not set; one is made up at each start, so that people are signed out and links die: set one")
	}
	report := f.fail
	if c.Dev || !c.offLoopback() {
		report = f.warn
	}
	for key, secrets := range map[string][]Secret{"secrets.default": c.Secrets.Default, "secrets.cookie": c.Secrets.Cookie} {
		for i, s := range secrets {
			if s == "" {
				f.fail(key, fmt.Sprintf("item %d is empty, so anyone could forge what it signs; make one with: openssl rand -hex 24", i+1))
				continue
			}
			if why := weakness(s.Reveal()); why != "" {
				report(key, fmt.Sprintf("item %d %s; make one with: openssl rand -hex 24", i+1, why))
			}
		}
	}
}

// weakness says why a secret is none, and is empty for good ones.
func weakness(s string) string {
	if placeholder(s) {
		return "is a placeholder, which is not expanded"
	}
	if len([]rune(s)) < minSecret {
		return fmt.Sprintf("has fewer than %d characters", minSecret)
	}
	distinct := map[rune]bool{}
	for _, r := range s {
		distinct[r] = true
	}
	if len(distinct) < 6 {
		return "repeats the same few characters"
	}
	plain := strings.Map(func(r rune) rune {
		if r == '-' || r == '_' || r == ' ' || r == '.' {
			return -1
		}
		return r
	}, strings.ToLower(s))
	for _, known := range []string{"changeme", "insecure", "pleasechange", "replaceme", "yoursecret", "mysecret", "examplesecret", "12345678901234", "openssl"} {
		if strings.Contains(plain, known) {
			return "is a placeholder from an example"
		}
	}
	return ""
}

func (c *Config) checkCookie(f *findings) {
	k, host := c.Session.Cookie, c.Serve.Public.BaseURL.Hostname()
	domain := strings.ToLower(strings.TrimPrefix(k.Domain, "."))
	if strings.ContainsAny(domain, ":/* ") && net.ParseIP(domain) == nil {
		f.warn("session.cookie.domain", fmt.Sprintf("is %q; write the domain alone, without scheme, port, path and *; browsers will drop the cookie", k.Domain))
	} else if suffix, icann := publicsuffix.PublicSuffix(domain); icann && domain != "" && suffix == domain && strings.Contains(host, ".") {
		f.warn("session.cookie.domain", fmt.Sprintf("is %q, under which anybody can have a name; browsers will drop the cookie: name the domain that is yours", k.Domain))
	} else if domain != "" && !strings.EqualFold(host, domain) && !strings.HasSuffix(strings.ToLower(host), "."+domain) {
		f.warn("session.cookie.domain", fmt.Sprintf("is %q, which neither is nor contains %s, the host of serve.public.base_url; browsers will drop the cookie", k.Domain, host))
	}
	secure := c.SecureCookies()
	if k.SameSite == "None" && !secure {
		f.warn("session.cookie.same_site", "is None, which browsers accept only in Secure cookies; with --dev or http:// they drop the cookie")
	}
	if strings.HasPrefix(k.Name, "__Host-") && (!secure || k.Domain != "" || k.Path != "/") {
		f.fail("session.cookie.name", "starts with __Host-, which needs https, session.cookie.path / and no session.cookie.domain")
	}
	if strings.HasPrefix(k.Name, "__Secure-") && !secure {
		f.fail("session.cookie.name", "starts with __Secure-, which needs https")
	}
	if k.Name == "csrf_token" || k.Name == "ory_kratos_continuity" {
		f.fail("session.cookie.name", "is the name of another cookie of this server; choose another")
	}
}

func (c *Config) checkMethods(f *findings) {
	m, flows := c.Selfservice.Methods, c.Selfservice.Flows
	on := map[string]bool{UseLink: m.Link.Enabled, UseCode: m.Code.Enabled}
	if flows.Recovery.Enabled && !on[flows.Recovery.Use] {
		f.warn("selfservice.flows.recovery.enabled", fmt.Sprintf("is true, but selfservice.methods.%s.enabled is not; there is no way to recover", flows.Recovery.Use))
	}
	if flows.Verification.Enabled && !on[flows.Verification.Use] {
		f.warn("selfservice.flows.verification.enabled", fmt.Sprintf("is true, but selfservice.methods.%s.enabled is not; there is no way to verify", flows.Verification.Use))
	}
	c.checkFactors(f)
	for name, after := range map[string]After{"password": flows.Settings.After.Password, "profile": flows.Settings.After.Profile, "oidc": flows.Settings.After.OIDC} {
		if slices.Contains(after.Hooks.Names(), "verify") {
			f.warn("selfservice.flows.settings.after."+name+".hooks", "has no effect: new addresses are asked to be verified anyway while verification is on")
		}
	}
}

func (c *Config) checkSchemas(f *findings) {
	id := c.Identity.DefaultSchemaID
	if id != "default" && c.Identity.DefaultSchemaURL == "" {
		f.fail("identity.default_schema_id", fmt.Sprintf("is %q, which is not the id of a schema in identity.schemas", id))
	}
	for _, s := range c.Identity.Schemas {
		if s.ID == id {
			f.fail("identity.schemas", fmt.Sprintf("has a schema with the id %q, and identity.default_schema_url is set too; keep one", id))
		}
	}
}

func (c *Config) checkProviders(f *findings) {
	const key = "selfservice.methods.oidc.config.providers"
	oidc := c.Selfservice.Methods.OIDC
	if oidc.Enabled && len(oidc.Providers) == 0 {
		f.warn(key, "is empty while selfservice.methods.oidc.enabled is true")
	}
	for i, p := range oidc.Providers {
		switch {
		case slices.Contains(absentProviders(), p.Provider):
			f.fail(key, fmt.Sprintf("item %d (%s) is of %s, which is not here", i+1, p.ID, p.Provider))
		case p.Provider == "microsoft" && p.Tenant == "":
			f.fail(key, fmt.Sprintf("item %d (%s) needs tenant, for example common", i+1, p.ID))
		case p.Provider != "microsoft" && p.Tenant != "":
			f.warn(key, fmt.Sprintf("item %d (%s) has a tenant, which only microsoft providers know", i+1, p.ID))
		case (p.Provider == "generic" || p.Provider == "gitlab") && p.IssuerURL == "":
			f.warn(key, fmt.Sprintf("item %d (%s) has no issuer_url, so sign-in with it is impossible", i+1, p.ID))
		}
		if p.JWKSURL == "" && p.AuthURL+p.TokenURL != "" {
			f.warn(key, fmt.Sprintf("item %d (%s) has auth_url and token_url, which have no effect without jwks_url", i+1, p.ID))
		}
		switch apple := p.Provider == "apple"; {
		case !apple && p.ClientSecret == "":
			f.fail(key, fmt.Sprintf("item %d (%s) needs client_secret", i+1, p.ID))
		case apple && (p.AppleTeamID == "" || p.ApplePrivateKeyID == "" || p.ApplePrivateKey == ""):
			f.fail(key, fmt.Sprintf("item %d (%s) needs apple_team_id, apple_private_key_id and apple_private_key", i+1, p.ID))
		}
	}
}

func (c *Config) checkCourier(f *findings) {
	b, smtp := c.Courier.Backoff, c.Courier.SMTP
	if b.Min > b.Max {
		f.fail("courier.backoff.min", fmt.Sprintf("is %s, more than courier.backoff.max, %s", formatDuration(b.Min), formatDuration(b.Max)))
	}
	if _, err := c.Courier.TemplateFiles(); err != nil {
		f.fail(mailTemplates, err.Error())
	}
	if smtp.ConnectionURI == "" {
		return
	}
	if u, err := url.Parse(smtp.ConnectionURI.Reveal()); err != nil || u.Hostname() == "" || !validPort(u.Port()) {
		f.fail("courier.smtp.connection_uri", "is not smtp://user:password@host:port/; percent-encode special characters of the password, such as @ as %40")
	}
	if u, err := url.Parse(smtp.ConnectionURI.Reveal()); err == nil && strings.Contains(u.Path+u.Fragment, "@") {
		f.fail("courier.smtp.connection_uri", "has a password with a character that ends the host; percent-encode it: / as %2F, # as %23, ? as %3F, @ as %40")
	}
	if smtp.FromAddress == "no-reply@ory.kratos.sh" {
		f.warn("courier.smtp.from_address", "is the default of Ory Kratos, which is not your domain; set your own")
	}
}

func validPort(port string) bool {
	n, err := strconv.Atoi(port)
	return port == "" || err == nil && n > 0 && n <= 65535
}
