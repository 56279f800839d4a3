package app

import (
	"context"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/symbolon/symbolon/internal/ceremony"
	"github.com/symbolon/symbolon/internal/config"
	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/method/code"
	"github.com/symbolon/symbolon/internal/method/lookup"
	"github.com/symbolon/symbolon/internal/method/passkey"
	"github.com/symbolon/symbolon/internal/method/totp"
	"github.com/symbolon/symbolon/internal/method/webauthn"
	"github.com/symbolon/symbolon/internal/secret"
	"github.com/symbolon/symbolon/internal/traits"
)

// names finds what authenticators show of people.
type names struct {
	*identity.Service
	schemas *traits.Registry
	schema  string // of registrations
}

// NameField returns the field of a registration that holds the name.
func (n names) NameField(ctx context.Context, method string) (string, error) {
	schema, err := n.schemas.Schema(ctx, n.schema)
	if err != nil {
		return "", err
	}
	return schema.NameField(method), nil
}

// sealer seals what factors keep in the database. Every secret opens, so that rotating them locks no account out while the
// old one stays in the list.
func sealer(c *config.Config, purpose string) (*secret.Sealer, error) {
	return secret.NewSealer(purpose, c.Secrets.Signing())
}

// newFactors makes the methods of second factors, keys and codes that are switched on, in the order in which forms show
// them.
func (a *composition) newFactors(c *config.Config) error {
	m := c.Selfservice.Methods
	var err error
	if a.seals, err = sealer(c, "factors"); err != nil {
		return err
	}
	found := names{a.identities, a.schemas, c.Identity.DefaultSchemaID}
	public, also := c.Serve.Public.BaseURL, passkey.Also{}
	if m.WebAuthn.Enabled {
		also = passkey.Also{Type: webauthn.ID, TwoFactors: m.WebAuthn.TwoFactors, RequireVerification: m.WebAuthn.RequireVerification}
		party, err := a.party(m.WebAuthn.RP)
		if err != nil {
			return fmt.Errorf("selfservice.methods.webauthn.config.rp: %w", err)
		}
		decoys, err := secret.NewSigner("security keys of unknown people", c.Secrets.Signing())
		if err != nil {
			return err
		}
		a.factors = append(a.factors, webauthn.New(party, found, decoys, webauthn.Config{
			Public: public.String(), Passwordless: m.WebAuthn.Passwordless, TwoFactors: m.WebAuthn.TwoFactors,
			RequireVerification: m.WebAuthn.RequireVerification, Tells: c.Selfservice.Flows.Login.TellMethods,
		}, a.now, a.log))
	}
	if m.Passkey.Enabled {
		party, err := a.party(m.Passkey.RP)
		if err != nil {
			return fmt.Errorf("selfservice.methods.passkey.config.rp: %w", err)
		}
		a.factors = append(a.factors, passkey.New(party, found, passkey.Config{
			Name: a.siteName(m.Passkey.RP), Public: public.String(), TwoFactors: m.Passkey.TwoFactors,
			RequireVerification: m.Passkey.RequireVerification, Also: also,
		}, a.now, a.log))
	}
	if conf := codeConfig(c); conf.Passwordless || conf.SecondFactor || conf.Recovery || conf.Verification {
		a.factors = append(a.factors, code.New(a.identities, a.seals, conf, a.now))
	}
	if m.TOTP.Enabled {
		issuer := m.TOTP.Issuer
		if issuer == "" {
			issuer = public.Hostname()
		}
		a.factors = append(a.factors, totp.New(found, a.seals, issuer, a.now))
	}
	if m.LookupSecret.Enabled {
		a.factors = append(a.factors, lookup.New(a.hasher, a.seals, a.now))
	}
	return nil
}

// codeConfig is what the code method needs of the configuration.
func codeConfig(c *config.Config) code.Config {
	m, flows := c.Selfservice.Methods.Code, c.Selfservice.Flows
	pages := map[flow.Kind]*url.URL{}
	for kind, k := range kinds(c) {
		pages[kind] = k.UI
	}
	if c.Serve.Public.Wire == config.WireV1 {
		pages[flow.Verification] = c.Serve.Public.BaseURL.JoinPath("self-service/verification")
	}
	notify := notifyUnknown(flows.Recovery.NotifyUnknown, flows.Verification.NotifyUnknown)
	notify[flow.Login] = flows.Recovery.NotifyUnknown
	pause := code.DefaultPause
	if !c.Security.Limits.Enabled {
		pause = 0
	}
	return code.Config{
		Pause:        pause,
		Passwordless: m.Passwordless, SecondFactor: m.MFA && !m.Passwordless,
		Choose:   c.Serve.Public.Wire == config.WireV1 && c.Flags.ChooseRecoveryAddress && flows.Recovery.UIURL != nil,
		Recovery: m.Enabled && flows.Recovery.Use == config.UseCode, Verification: m.Enabled && flows.Verification.Use == config.UseCode,
		Lifespan: m.Lifespan, MaxTries: m.MaxTries, Fallback: m.Fallback, NotifyUnknown: notify, Pages: pages,
		ImportedHashes: importedHashes(c),
	}
}

func (a *composition) siteName(rp config.RelyingParty) string {
	switch {
	case rp.DisplayName != "":
		return rp.DisplayName
	case a.config.UI.Name != "":
		return a.config.UI.Name
	}
	return a.config.Serve.Public.BaseURL.Hostname()
}

// party is the relying party of the site.
func (a *composition) party(rp config.RelyingParty) (*ceremony.Party, error) {
	c := ceremony.Config{ID: rp.ID, Name: a.siteName(rp), Origins: rp.Origins}
	if c.ID == "" {
		c.ID = a.config.Serve.Public.BaseURL.Hostname()
	}
	if _, err := netip.ParseAddr(strings.Trim(c.ID, "[]")); err == nil {
		return nil, fmt.Errorf("browsers bind keys to a domain and not to the address %s: set id, or use localhost in serve.public.base_url", c.ID)
	}
	if len(c.Origins) == 0 {
		c.Origins = pageOrigins(a.config, c.ID)
	}
	return ceremony.New(c)
}

// pageOrigins are the origins of the public listener and of the configured pages that the domain covers.
func pageOrigins(c *config.Config, domain string) []string {
	pages := []*url.URL{c.Serve.Public.BaseURL}
	for _, k := range flow.Kinds {
		pages = append(pages, kinds(c)[k].UI)
	}
	var out []string
	for _, u := range pages {
		if u == nil || u.Hostname() != domain && !strings.HasSuffix(u.Hostname(), "."+domain) {
			continue
		}
		if o := originOf(u); !slices.Contains(out, o) {
			out = append(out, o)
		}
	}
	return out
}

// originOf is the serialised origin of a web address (RFC 6454, section 6.2).
func originOf(u *url.URL) string {
	host := strings.ToLower(u.Host)
	if port := u.Port(); u.Scheme == "https" && port == "443" || u.Scheme == "http" && port == "80" {
		host = strings.TrimSuffix(host, ":"+port)
	}
	return u.Scheme + "://" + host
}

// withScript adds the script of WebAuthn pages. Pages of other origins load it too, and their browsers check it against
// the hash in the form.
func withScript(pages map[string]http.Handler) map[string]http.Handler {
	pages[ceremony.ScriptPath] = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		h := w.Header()
		h.Set("Content-Type", "text/javascript; charset=UTF-8")
		h.Set("Cache-Control", "public, max-age=3600")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Access-Control-Allow-Origin", "*")
		_, _ = w.Write(ceremony.Script())
	})
	return pages
}

// factorPolicies are the policies of identity schemas.
func factorPolicies(c *config.Config) map[string]flow.Policy {
	all := map[string]flow.Policy{}
	for _, p := range c.Security.RequiredFactors {
		all[p.SchemaID] = flow.Policy{Factors: p.Methods, Since: p.SinceTime(), Grace: p.GracePeriod}
	}
	return all
}
