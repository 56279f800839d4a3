package config

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/publicsuffix"
)

// checkReturns looks for hosts where people may return to and are not signed in: the
// session cookie does not go there (RFC 6265, section 5.1.3).
func (c *Config) checkReturns(f *findings) {
	host := strings.ToLower(c.Serve.Public.BaseURL.Hostname())
	parent, err := publicsuffix.EffectiveTLDPlusOne(host)
	if err != nil {
		parent = ""
	}
	var uncovered, loops []string
	for _, u := range c.returns() {
		if u == nil || u.Scheme != "http" && u.Scheme != "https" || c.cookieReaches(u.Hostname()) {
			continue
		}
		switch name := strings.ToLower(u.Hostname()); {
		case parent != "" && (name == parent || strings.HasSuffix(name, "."+parent)):
			uncovered = append(uncovered, name)
		case loopback(host) && loopback(name):
			loops = append(loops, name)
		}
	}
	slices.Sort(uncovered)
	slices.Sort(loops)
	if names := strings.Join(slices.Compact(uncovered), ", "); names != "" {
		f.warn("session.cookie.domain", fmt.Sprintf("does not cover %s, where people may return to: they arrive there without a session, and an app that sends them back here makes a loop; set it to %s",
			names, parent))
	}
	if names := strings.Join(slices.Compact(loops), ", "); names != "" {
		f.warn("serve.public.base_url", fmt.Sprintf("has the host %s, and people may return to %s: to a browser these are different hosts, so they arrive there without a session; use one name in all addresses",
			host, names))
	}
}

// cookieReaches reports whether browsers send the session cookie to a host.
func (c *Config) cookieReaches(host string) bool {
	name, own := strings.ToLower(host), strings.ToLower(c.Serve.Public.BaseURL.Hostname())
	domain := strings.ToLower(strings.TrimPrefix(c.Session.Cookie.Domain, "."))
	return name == own || domain != "" && (name == domain || strings.HasSuffix(name, "."+domain))
}

// returns lists the addresses that people are led to, nil among them.
func (c *Config) returns() []*url.URL {
	own := c.Selfservice
	all := append(slices.Clone(own.WhitelistedReturnURLs), own.DefaultBrowserReturnURL)
	login, registration, settings := own.Flows.Login.After, own.Flows.Registration.After, own.Flows.Settings.After
	for _, flow := range []any{&login, &registration, &settings} {
		for _, after := range afterMethods(flow) {
			all = append(all, after.DefaultBrowserReturnURL)
		}
	}
	return append(all, login.DefaultBrowserReturnURL, registration.DefaultBrowserReturnURL, settings.DefaultBrowserReturnURL,
		own.Flows.Verification.DefaultBrowserReturnURL)
}

// checkOrigins looks for origins whose scripts may ask with cookies and of which browsers
// send none: they are of another site (RFC 6265bis, section 5.2).
func (c *Config) checkOrigins(f *findings) {
	k, public := c.Serve.Public.CORS, c.Serve.Public.BaseURL
	if !k.Enabled || !k.AllowCredentials || c.Session.Cookie.SameSite == "None" {
		return
	}
	var foreign []string
	for _, origin := range k.AllowedOrigins {
		u, err := url.Parse(origin)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || strings.Contains(u.Host, "*") || u.Hostname() == "" {
			continue
		}
		if site(u) != site(public) {
			foreign = append(foreign, origin)
		}
	}
	if len(foreign) > 0 {
		f.warn("session.cookie.same_site", fmt.Sprintf("is %s, so browsers keep the session cookie back from scripts of %s, which is another site than %s; serve both below one domain, or set None, which needs https",
			c.Session.Cookie.SameSite, strings.Join(foreign, ", "), public.Host))
	}
}

// site is what SameSite compares: the scheme and the registered domain.
func site(u *url.URL) string {
	host := strings.ToLower(u.Hostname())
	if domain, err := publicsuffix.EffectiveTLDPlusOne(host); err == nil {
		host = domain
	}
	return u.Scheme + "://" + host
}
