package config

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// FactorPolicy asks the identities of a schema for a factor besides the one that they sign
// in with.
type FactorPolicy struct {
	SchemaID    string
	Methods     []string      // of which one is needed; empty for any second factor
	GracePeriod time.Duration // in which it is set up
	Since       string        // a day; identities that are older have the grace period from then on; empty for always
}

// SinceTime is the start of the day that Since names; zero if it names none.
func (p FactorPolicy) SinceTime() time.Time {
	at, err := time.Parse(time.DateOnly, p.Since)
	if err != nil {
		return time.Time{}
	}
	return at
}

const policies = "security.required_factors"

func policyKeys() []Key {
	const at = policies + "[]."
	return []Key{
		key(policies, Key{since: ours, Example: `[{"schema_id":"employee","grace_period":"168h","since":"2027-01-01"}]`},
			"Schemas whose identities need a second factor. Until it is set up, sessions count for the settings alone once the grace period is over."),
		key(at+"schema_id", Key{Required: true, Example: "employee", since: ours},
			"The id of the identity schema. That of identity.default_schema_url is called `default`."),
		key(at+"methods", Key{Example: "totp,webauthn,passkey", since: ours},
			"Methods of which an identity needs one: totp, lookup_secret, webauthn, passkey or code. When unset, any second factor."),
		key(at+"grace_period", Key{Default: "0s", Example: "168h", since: ours},
			"How long an identity has to set a factor up, from its creation or from `since`, whichever is later. The settings say how many days are left."),
		key(at+"since", Key{Example: "2027-01-01", since: ours, must: matches(`^\d{4}-\d{2}-\d{2}$`, "a day such as 2027-01-01")},
			"The day (UTC) on which the policy begins."),
	}
}

func (c *Config) checkPolicies(f *findings) {
	m, seen := c.Selfservice.Methods, map[string]bool{}
	second := map[string]bool{"totp": m.TOTP.Enabled, "lookup_secret": m.LookupSecret.Enabled, "webauthn": m.WebAuthn.Enabled && !m.WebAuthn.Passwordless, "code": m.Code.MFA}
	on := maps.Clone(second)
	on["webauthn"] = m.WebAuthn.Enabled
	on["passkey"], on["code"] = m.Passkey.Enabled, m.Code.MFA || m.Code.Passwordless
	for i, p := range c.Security.RequiredFactors {
		at, can := fmt.Sprintf("%s[%d].", policies, i), false
		for _, method := range p.Methods {
			enabled, known := on[method]
			if can = can || enabled; !known {
				f.fail(at+"methods", fmt.Sprintf("has %q, which is no method of a factor; write totp, lookup_secret, webauthn, passkey or code", method))
			}
		}
		if len(p.Methods) == 0 {
			can = slices.Contains(slices.Collect(maps.Values(second)), true)
		}
		if !can {
			f.warn(at+"methods", "asks for factors of which none is switched on; the policy does not count until one is")
		}
		if p.Since != "" && p.SinceTime().IsZero() {
			f.fail(at+"since", fmt.Sprintf("is %q, which is no day of the calendar", p.Since))
		}
		known := p.SchemaID == "default" || p.SchemaID == c.Identity.DefaultSchemaID
		for _, s := range c.Identity.Schemas {
			known = known || s.ID == p.SchemaID
		}
		if !known {
			f.fail(at+"schema_id", fmt.Sprintf("is %q, which is not the id of an identity schema", p.SchemaID))
		}
		if seen[p.SchemaID] {
			f.fail(at+"schema_id", fmt.Sprintf("is %q, for which there is a policy already", p.SchemaID))
		}
		seen[p.SchemaID] = true
	}
}
