package config

import (
	"net/netip"
	"net/url"
	"reflect"
	"strings"
	"time"
)

// The wires that the root of the public listener can speak.
const (
	WireV05 = "v0.5"
	WireV1  = "v1"
)

// The levels that a session can be asked for.
const (
	AAL1       = "aal1"
	AALHighest = "highest_available"
)

// The styles of login and registration forms of v1.
const (
	StyleUnified         = "unified"
	StyleIdentifierFirst = "identifier_first"
	StyleProfileFirst    = "profile_first"
)

// The methods that can send recovery and verification.
const (
	UseLink = "link"
	UseCode = "code"
)

// Link is proving an address by a link.
type Link struct {
	Enabled  bool
	Lifespan time.Duration `key:"config.lifespan"` // of a link; 0 for that of its flow
	BaseURL  *url.URL      `key:"config.base_url"` // links start with it; nil for serve.public.base_url
}

// Code is proving an address by a one-time code, and signing in with one.
type Code struct {
	Enabled      bool          // recovery and verification
	Passwordless bool          `key:"passwordless_enabled"` // as the first factor
	MFA          bool          `key:"mfa_enabled"`          // as the second factor
	Lifespan     time.Duration `key:"config.lifespan"`
	MaxTries     int           `key:"config.max_submissions"` // wrong codes before a flow must send another
	// Fallback lets addresses without a code credential be used.
	Fallback bool `key:"config.missing_credential_fallback_enabled"`
}

// TOTP is codes from an authenticator app (RFC 6238).
type TOTP struct {
	Enabled bool
	Issuer  string `key:"config.issuer"` // shown by the app; empty for the host of serve.public.base_url
}

// WebAuthn is security keys: a second factor, or the first one if Passwordless.
type WebAuthn struct {
	Enabled      bool
	Passwordless bool         `key:"config.passwordless"`
	RP           RelyingParty `key:"config.rp"`
	// TwoFactors and RequireVerification are as those of Passkey, for keys that are a first factor.
	TwoFactors          bool `key:"config.two_factors"`
	RequireVerification bool `key:"config.require_user_verification"`
}

// Passkey is signing in with a discoverable credential.
type Passkey struct {
	Enabled bool
	RP      RelyingParty `key:"config.rp"`
	// TwoFactors lets a passkey that verified its user count as both factors.
	TwoFactors bool `key:"config.two_factors"`
	// RequireVerification refuses passkeys that did not verify their user.
	RequireVerification bool `key:"config.require_user_verification"`
	// Offer suggests a passkey once to people who sign in with a password on the
	// built-in pages.
	Offer bool `key:"config.offer"`
}

// RelyingParty is what authenticators know of this server (WebAuthn Level 3).
type RelyingParty struct {
	ID          string   // empty for the host of serve.public.base_url
	DisplayName string   // empty for ui.name
	Origins     []string // of pages that use it; empty for those of the base URL and the configured pages
}

// Whoami is the session check.
type Whoami struct {
	RequiredAAL string // AAL1 or AALHighest
	Tokenizer   Tokenizer
}

// Tokenizer turns sessions into signed tokens.
type Tokenizer struct{ Templates []TokenTemplate }

// TokenTemplate is one form of token, called by its name.
type TokenTemplate struct {
	Name            string
	TTL             time.Duration
	JWKSURL         SecretURL `key:"jwks_url"` // private keys: file://, http(s):// or base64://
	ClaimsMapperURL string    // Jsonnet, likewise; empty for none
	SubjectSource   string    // "id" or "external_id"
}

// Channel carries text messages, or mails of some templates.
type Channel struct {
	ID        string      // what it carries: "sms" or "email"
	Type      string      // "http"
	Templates []string    // the messages it carries; empty for all
	Request   HTTPRequest `key:"request_config"`
}

// HTTPRequest is a call that hands a message to another service.
type HTTPRequest struct {
	URL     SecretURL // empty for none
	Method  string
	Body    string // Jsonnet: file://, http(s):// or base64://; empty for the message as JSON
	Headers Headers
	Auth    HTTPAuth
}

// HTTPAuth is how that call proves who makes it.
type HTTPAuth struct {
	Type     string // "", "basic_auth" or "api_key"
	User     string `key:"config.user"`
	Password Secret `key:"config.password"`
	Name     string `key:"config.name"` // of the header or cookie with an API key
	Value    Secret `key:"config.value"`
	In       string `key:"config.in"` // "header" or "cookie"
}

// Headers are header fields by name. Values print as [redacted].
type Headers map[string]Secret

// Reveal returns the values themselves.
func (h Headers) Reveal() map[string]string {
	revealed := make(map[string]string, len(h))
	for name, value := range h {
		revealed[name] = value.Reveal()
	}
	return revealed
}

// FeatureFlags choose between behaviours of v1. They have the meaning that v26
// gives them.
type FeatureFlags struct {
	ContinueWithTransitions         bool `key:"use_continue_with_transitions"`
	ChooseRecoveryAddress           bool
	LegacyVerificationUI            bool `key:"legacy_continue_with_verification_ui"`
	LegacyRequireVerifiedLoginError bool
	PasswordProfileGroup            string `key:"password_profile_registration_node_group"` // "default" or "password"
	LegacyOIDCRegistrationGroup     bool   `key:"legacy_oidc_registration_node_group"`
	CacheableSessions               bool
	CacheableSessionsMaxAge         time.Duration // 0 for none
	FasterSessionExtend             bool
}

// ByMethod is what follows a login, by the id of the method.
func (a AfterLogin) ByMethod() map[string]After { return byMethod(&a) }

// ByMethod is what follows a registration, by the id of the method.
func (a AfterRegistration) ByMethod() map[string]After { return byMethod(&a) }

// ByMethod is what follows a change of settings, by the id of the method.
func (a AfterSettings) ByMethod() map[string]After { return byMethod(&a) }

func byMethod(after any) map[string]After {
	found := map[string]After{}
	for id, a := range afterMethods(after) {
		found[id] = *a
	}
	return found
}

// afterMethods finds the members that belong to one method each, by its id, in an AfterLogin,
// AfterRegistration or AfterSettings.
func afterMethods(after any) map[string]*After {
	found := map[string]*After{}
	v := reflect.ValueOf(after).Elem()
	for i := range v.NumField() {
		if a, ok := reflect.TypeAssert[*After](v.Field(i).Addr()); ok {
			found[memberName(v.Type().Field(i))] = a
		}
	}
	return found
}

// checkFactors judges second factors and keys.
func (c *Config) checkFactors(f *findings) {
	c.checkPolicies(f)
	m := c.Selfservice.Methods
	if m.Code.Passwordless && m.Code.MFA {
		f.fail("selfservice.methods.code.mfa_enabled", "is true, and so is passwordless_enabled: one mailbox would be both factors; keep one")
	}
	for _, keys := range []struct {
		name string
		on   bool
		rp   RelyingParty
	}{{"webauthn", m.WebAuthn.Enabled, m.WebAuthn.RP}, {"passkey", m.Passkey.Enabled, m.Passkey.RP}} {
		if !keys.on {
			continue
		}
		id := keys.rp.ID
		if id == "" && c.Serve.Public.BaseURL != nil {
			id = c.Serve.Public.BaseURL.Hostname()
		}
		if _, err := netip.ParseAddr(strings.Trim(id, "[]")); err == nil {
			f.fail("selfservice.methods."+keys.name+".config.rp.id", "would be "+id+", but browsers bind keys to a domain; set it, or use localhost in serve.public.base_url")
		}
	}
	if m.WebAuthn.TwoFactors && !m.WebAuthn.Passwordless {
		f.warn("selfservice.methods.webauthn.config.two_factors", "is true, but new security keys are a second factor; it counts for keys that are a first one, with passwordless")
	}
}
