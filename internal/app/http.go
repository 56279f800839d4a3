package app

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/symbolon/symbolon/internal/adminapi"
	"github.com/symbolon/symbolon/internal/config"
	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/httpapi"
	"github.com/symbolon/symbolon/internal/locale"
	"github.com/symbolon/symbolon/internal/mailbox"
	"github.com/symbolon/symbolon/internal/webui"
)

func (a *composition) newServer() error {
	pages, err := a.newPages()
	if err != nil {
		return err
	}
	mails, err := a.mailboxPages()
	if err != nil {
		return err
	}
	operators, err := a.consolePages()
	if err != nil {
		return err
	}
	a.server, err = httpapi.New(httpapi.Parts{
		Engine: audited{Engine: a.engine, record: a.db.RecordEvent, log: a.log}, Sessions: a.sessions, Identities: a.identities, Passwords: a.passwords(), Factors: a, Archive: a,
		Errors: a.db, Schemas: a.schemas, Courier: a.outbox, Tokens: a.issuer, Ended: a.ended, CredentialConfig: a.credentialConfig, Meter: a.metrics, Metrics: a.metrics.Handler(),
		Ready: a.db.Ready, Hashing: a.hashing, Pages: withScript(pages.Handlers()), ErrorPages: httpapi.ErrorPages{NotFound: pages.NotFound(), Error: pages.ServeError}, Language: locale.NewChoice(a.config.UI.Languages...).Known, Mailbox: mails, Console: operators, Log: a.log, Now: a.now,
		Limits: a.limiter,
	}, a.httpConfig())
	if err != nil {
		return err
	}
	pages.Bind(a.server)
	return nil
}

func (a *composition) pagesConfig() webui.Config {
	c := a.config
	flows := c.Selfservice.Flows
	pages := webui.Config{
		Product: c.UI.Name, BasePath: c.Serve.Public.BaseURL.Path, Theme: theme(c.UI), Templates: c.UI.Templates, Texts: c.UI.Texts,
		Languages: c.UI.Languages, LanguageTrait: c.UI.LanguageTrait,
		Recovery: a.engine.Serves(flow.Recovery), Verification: a.engine.Serves(flow.Verification),
		App: c.Selfservice.DefaultBrowserReturnURL, Schemas: a.schemas, DefaultSchema: c.Identity.DefaultSchemaID, HideExisting: flows.Registration.HideExisting,
		PasswordMinLength: c.Password.MinLength, FirstRun: c.Embedded, FormsLeave: a.formsLeave(),
	}
	for _, p := range c.Selfservice.Methods.OIDC.Providers {
		if issuer, err := url.Parse(p.IssuerURL); err == nil && a.formsLeave() {
			pages.FormTargets = append(pages.FormTargets, issuer)
		}
	}
	for _, target := range []*url.URL{
		c.Selfservice.DefaultBrowserReturnURL, c.Selfservice.Flows.Login.After.DefaultBrowserReturnURL,
		c.Selfservice.Flows.Registration.After.DefaultBrowserReturnURL, c.Selfservice.Flows.Settings.After.DefaultBrowserReturnURL,
		c.Selfservice.Flows.Login.After.Password.DefaultBrowserReturnURL, c.Selfservice.Flows.Registration.After.Password.DefaultBrowserReturnURL,
		c.Selfservice.Flows.Settings.After.Password.DefaultBrowserReturnURL, c.Selfservice.Flows.Settings.After.Profile.DefaultBrowserReturnURL,
		// A provider that asks nothing sends people on within the same submission.
		c.Selfservice.Flows.Login.After.OIDC.DefaultBrowserReturnURL, c.Selfservice.Flows.Registration.After.OIDC.DefaultBrowserReturnURL,
		c.Selfservice.Flows.Settings.After.OIDC.DefaultBrowserReturnURL,
		c.Selfservice.Flows.Login.UIURL, c.Selfservice.Flows.Settings.UIURL, c.Selfservice.Flows.Error.UIURL,
	} {
		if target != nil {
			pages.FormTargets = append(pages.FormTargets, target)
		}
	}
	// Any flow may lead to an app, also by way of a second one.
	for _, target := range c.Selfservice.WhitelistedReturnURLs {
		if target.Scheme != "http" && target.Scheme != "https" {
			pages.FormTargets = append(pages.FormTargets, target)
		}
	}
	if a.mailbox() && c.Embedded {
		pages.Mailbox = c.Serve.Admin.BaseURL.JoinPath("mailbox").String()
	}
	return pages
}

// mailboxPages are the pages that show mail: always where it stays here, and on
// a listener that only this machine reaches.
func (a *composition) mailboxPages() (map[string]http.Handler, error) {
	admin := a.config.Serve.Admin
	if !a.mailbox() && !mailbox.IsLoopback(admin.Host) {
		return nil, nil
	}
	pages, err := mailbox.New(a.outbox, mailbox.Config{
		Product: a.config.UI.Name, URL: admin.BaseURL, Token: adminToken(a.config), Delivers: !a.mailbox(),
	})
	if err != nil {
		return nil, err
	}
	return pages.Handlers(), nil
}

// logoutReturn is where people go who signed out: where the operator says, else to
// the page that tells them so. nil leaves it to the engine.
func logoutReturn(c *config.Config) *url.URL {
	own := c.Selfservice.Flows.Logout.DefaultBrowserReturnURL
	if own != nil || c.Selfservice.DefaultBrowserReturnURL != nil {
		return own
	}
	return page(c, nil, "logout")
}

// registeredPage is the built-in page that says that an account is there; nil where the
// operator names a page of their own.
func registeredPage(c *config.Config) *url.URL {
	flows := c.Selfservice.Flows
	after := flows.Registration.After
	for _, own := range []*url.URL{flows.Registration.UIURL, flows.Login.UIURL, after.DefaultBrowserReturnURL, after.Password.DefaultBrowserReturnURL, after.OIDC.DefaultBrowserReturnURL} {
		if own != nil {
			return nil
		}
	}
	return page(c, nil, "registration/done")
}

// hashing is what administrators see of the hashing of passwords.
func (a *composition) hashing() adminapi.Hashing {
	s := a.hasher.Stats()
	return adminapi.Hashing{Running: s.Running, Waiting: s.Waiting, Memory: s.InUse, Budget: s.Budget}
}

func (a *composition) httpConfig() httpapi.Config {
	c := a.config
	flows := c.Selfservice.Flows
	return httpapi.Config{
		Version:        a.version,
		Wire:           c.Serve.Public.Wire,
		PublicURL:      c.Serve.Public.BaseURL,
		AdminURL:       c.Serve.Admin.BaseURL,
		ErrorUI:        page(c, flows.Error.UIURL, "error"),
		LoginUI:        page(c, flows.Login.UIURL, "login"),
		LogoutReturn:   logoutReturn(c),
		DefaultReturn:  page(c, c.Selfservice.DefaultBrowserReturnURL, "/"),
		DefaultSchema:  c.Identity.DefaultSchemaID,
		AsTyped:        c.V05,
		TwoSteps:       c.Selfservice.Flows.Registration.Style == config.StyleProfileFirst && !c.Selfservice.Flows.Registration.LegacyOneStep,
		V1:             v1Config(c.Flags),
		OfferPasskey:   offersPasskey(c),
		Registered:     registeredPage(c),
		Cookies:        cookieConfig(c),
		CookieSecrets:  c.Secrets.Signing(),
		TrustedProxies: c.Serve.TrustedProxies,
		AdminToken:     adminToken(c),
		AdminNamed:     allowedAdminHosts(c.Serve.Admin),
		MailChannel:    a.mailChannel(),
		CORS:           a.corsConfig(),
		PublicMetrics:  c.Serve.Public.Metrics,
		ConfirmLinks:   confirmLinks(c),

		PostingProviders: a.posting,
		UIs:              configuredUIs(c), LaxAPI: c.LaxAPI,
	}
}

func v1Config(f config.FeatureFlags) httpapi.V1Config {
	return httpapi.V1Config{
		ContinueWith: f.ContinueWithTransitions, Cacheable: f.CacheableSessions, CacheableFor: f.CacheableSessionsMaxAge,
		FasterExtend: f.FasterSessionExtend, ProviderTraits: f.LegacyOIDCRegistrationGroup,
	}
}

// allowedAdminHosts judges the names of a listener that this machine alone reaches. One
// that others reach has names that the server does not know.
func allowedAdminHosts(c config.Admin) func(host string) bool {
	if !mailbox.IsLoopback(c.Host) {
		return nil
	}
	return func(host string) bool { return mailbox.Named(host, c.BaseURL) }
}

// confirmLinks names the built-in pages that ask before a link takes effect.
func confirmLinks(c *config.Config) map[flow.Kind]*url.URL {
	pages := map[flow.Kind]*url.URL{}
	flows := c.Selfservice.Flows
	if c.Link.Confirm && flows.Recovery.UIURL == nil {
		pages[flow.Recovery] = page(c, nil, "recovery")
	}
	if c.Link.Confirm && flows.Verification.UIURL == nil {
		pages[flow.Verification] = page(c, nil, "verification")
	}
	return pages
}

func cookieConfig(c *config.Config) httpapi.CookieConfig {
	sameSite := map[string]http.SameSite{
		"Strict": http.SameSiteStrictMode, "Lax": http.SameSiteLaxMode, "None": http.SameSiteNoneMode,
	}
	cookie := c.Session.Cookie
	return httpapi.CookieConfig{
		SessionName: cookie.Name, Domain: cookie.Domain, Path: cookie.Path, Persistent: cookie.Persistent,
		SameSite: sameSite[cookie.SameSite], Secure: c.SecureCookies(), Lifespan: c.Session.Lifespan,
		HostPrefix: hostCookies(c), Devices: c.Security.Limits.Enabled,
	}
}

func (a *composition) corsConfig() *httpapi.CORSConfig {
	c := a.config.Serve.Public.CORS
	if !c.Enabled {
		return nil
	}
	origins := httpapi.ReadOrigins(c.AllowedOrigins)
	for _, text := range origins.Warnings {
		a.warnings = append(a.warnings, config.Problem{Key: "serve.public.cors.allowed_origins", Text: text})
	}
	out := &httpapi.CORSConfig{
		Origins: origins.All, Methods: c.AllowedMethods, RequestHeaders: c.AllowedHeaders,
		Exposed: c.ExposedHeaders, Credentials: c.AllowCredentials, MaxAge: time.Duration(c.MaxAge) * time.Second,
	}
	// Any page of any site, with the visitor's cookies: browsers refuse the
	// wildcard then, and so does the library. The wildcard stays, without cookies.
	for _, origin := range origins.All {
		if origin == "*" {
			out.Credentials = false
		}
	}
	fits := out.Fit()
	for _, key := range slices.Sorted(maps.Keys(fits)) {
		for _, text := range fits[key] {
			a.warnings = append(a.warnings, config.Problem{Key: "serve.public.cors." + key, Text: text})
		}
	}
	return out
}
