package app

import (
	"cmp"
	"net/url"
	"time"

	"github.com/symbolon/symbolon/internal/config"
	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/httpapi"
	"github.com/symbolon/symbolon/internal/method/deletion"
	"github.com/symbolon/symbolon/internal/method/identifier"
	"github.com/symbolon/symbolon/internal/method/link"
	"github.com/symbolon/symbolon/internal/method/oidc"
	"github.com/symbolon/symbolon/internal/method/password"
	"github.com/symbolon/symbolon/internal/method/profile"
	"github.com/symbolon/symbolon/internal/webui"
)

// sentAfter is the least time that the answer to a request for a link or code takes. It is
// well above what the work takes on a busy machine, and below what a person notices.
const sentAfter = 20 * time.Millisecond

// page is a path of the built-in pages below the public URL, used where the
// configuration names no page of its own.
func page(c *config.Config, configured *url.URL, path string) *url.URL {
	if configured != nil {
		return configured
	}
	return c.Serve.Public.BaseURL.JoinPath(path)
}

// engineConfig is what the flow engine needs of the configuration.
func engineConfig(c *config.Config) flow.Config {
	public := c.Serve.Public.BaseURL
	self := c.Selfservice
	return flow.Config{
		PublicURL:                public,
		ClosedPage:               public.JoinPath(webui.ClosedPath),
		DefaultReturn:            page(c, self.DefaultBrowserReturnURL, "/"),
		Allowed:                  allowedReturns(c),
		Kinds:                    kinds(c),
		SentAfter:                sentAfter,
		PrivilegedAge:            self.Flows.Settings.PrivilegedSessionMaxAge,
		DefaultSchema:            c.Identity.DefaultSchemaID,
		RevokeOnRecovery:         self.Flows.Recovery.RevokeOtherSessions,
		RevokeOnCredentialChange: self.Flows.Settings.RevokeOtherSessions,
		KeepAddress:              self.Flows.Settings.KeepAddressUntilVerified,
		Notices:                  c.Security.Notices,
		ShowVerification:         c.Flags.LegacyVerificationUI,
		UnprovenOnForm:           c.Flags.LegacyRequireVerifiedLoginError,
		HideExisting:             self.Flows.Registration.HideExisting,
		SettingsAAL:              flow.Requirement(self.Flows.Settings.RequiredAAL),
		SessionAAL:               flow.Requirement(c.Session.Whoami.RequiredAAL),
		LaxAPI:                   c.LaxAPI,
		Policies:                 factorPolicies(c),
		ImportedHashes:           importedHashes(c),
	}
}

// allowedReturns is the configured list, the flows themselves in every version of
// the wire and, where they are in use, the built-in pages.
func allowedReturns(c *config.Config) []*url.URL {
	public := c.Serve.Public.BaseURL
	allowed := append([]*url.URL{public.JoinPath("self-service")}, c.Selfservice.WhitelistedReturnURLs...)
	for _, name := range httpapi.Wires() {
		allowed = append(allowed, public.JoinPath(name, "self-service"))
	}
	if c.Selfservice.Flows.Settings.UIURL == nil {
		allowed = append(allowed, public.JoinPath("settings"))
	}
	return allowed
}

func kinds(c *config.Config) map[flow.Kind]flow.KindConfig {
	f := c.Selfservice.Flows
	return map[flow.Kind]flow.KindConfig{
		flow.Login: {
			Enabled: true, Lifespan: f.Login.Lifespan, UI: page(c, f.Login.UIURL, "login"),
			Return: f.Login.After.DefaultBrowserReturnURL,
			After:  afterEach(f.Login.After.ByMethod()),
		},
		flow.Registration: {
			Enabled: f.Registration.Enabled, Lifespan: f.Registration.Lifespan, UI: page(c, f.Registration.UIURL, "registration"),
			SendsEmpty: f.Registration.UIURL == nil,
			Return:     f.Registration.After.DefaultBrowserReturnURL,
			After:      afterEach(f.Registration.After.ByMethod()),
		},
		flow.Settings: {
			Enabled: true, Lifespan: f.Settings.Lifespan, UI: page(c, f.Settings.UIURL, "settings"),
			Return: f.Settings.After.DefaultBrowserReturnURL,
			After:  afterEach(f.Settings.After.ByMethod()),
		},
		flow.Recovery: {
			Enabled: f.Recovery.Enabled, Lifespan: f.Recovery.Lifespan, Use: f.Recovery.Use, UI: page(c, f.Recovery.UIURL, "recovery"),
		},
		flow.Verification: {
			Enabled: f.Verification.Enabled, Lifespan: f.Verification.Lifespan, Use: f.Verification.Use, UI: page(c, f.Verification.UIURL, "verification"),
			Return: f.Verification.DefaultBrowserReturnURL,
		},
	}
}

// afterEach is what follows a success, by the id of the method.
func afterEach(methods map[string]config.After) map[string]flow.AfterConfig {
	out := make(map[string]flow.AfterConfig, len(methods))
	for id, after := range methods {
		out[id] = flow.AfterConfig{Return: after.DefaultBrowserReturnURL, Hooks: after.Hooks.Names()}
	}
	return out
}

// methods is THE list of authentication methods, in the order in which forms
// show them. Adding one is a package and a line here.
func (a *composition) methods(c *config.Config) []flow.Method {
	on := c.Selfservice.Methods
	all := []struct {
		enabled bool
		method  flow.Method
	}{
		{c.Selfservice.Flows.Login.Style == config.StyleIdentifierFirst, identifier.New(a.identities, c.Selfservice.Flows.Login.TellMethods)},
		{on.Password.Enabled, password.New(a.identities, a.hasher, a.policy, a.migration, a.log)},
		{on.OIDC.Enabled, oidc.New(a.providers, a.identities, c.Serve.Public.BaseURL, a.log)},
		{on.Profile.Enabled, profile.New(twoSteps(c))},
		{on.Link.Enabled, link.New(a.identities, linkConfig(c), a.now)},
	}
	var enabled []flow.Method
	for _, m := range all {
		if m.enabled {
			enabled = append(enabled, m.method)
		}
	}
	enabled = append(enabled, a.factors...)
	if on.Deletion.Enabled {
		enabled = append(enabled, deletion.New(on.Deletion.GracePeriod)) // below all else
	}
	return enabled
}

// linkConfig is what the link method needs of the configuration.
func linkConfig(c *config.Config) link.Config {
	flows := c.Selfservice.Flows
	return link.Config{
		Public: cmp.Or(c.Selfservice.Methods.Link.BaseURL, c.Serve.Public.BaseURL), Lifespan: c.Selfservice.Methods.Link.Lifespan,
		Direct:        c.Serve.Public.Wire == config.WireV1,
		NotifyUnknown: notifyUnknown(flows.Recovery.NotifyUnknown, flows.Verification.NotifyUnknown),
	}
}

// notifyUnknown says in which kinds the owners of addresses without an account are written to.
func notifyUnknown(recovery, verification bool) map[flow.Kind]bool {
	return map[flow.Kind]bool{flow.Recovery: recovery, flow.Verification: verification}
}

// twoSteps reports whether registrations ask for the traits before they ask for a
// credential, as v1 does unless it is told otherwise.
func twoSteps(c *config.Config) bool {
	registration := c.Selfservice.Flows.Registration
	return c.Serve.Public.Wire == config.WireV1 && registration.Style != config.StyleUnified && !registration.LegacyOneStep && c.Selfservice.Methods.Profile.Enabled
}
