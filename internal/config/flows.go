package config

import (
	"net/url"
	"time"
)

// Flows holds what differs by kind of flow.
type Flows struct {
	Login        LoginFlow
	Registration RegistrationFlow
	Settings     SettingsFlow
	Recovery     RecoveryFlow
	Verification VerificationFlow
	Logout       LogoutFlow
	Error        ErrorFlow
}

// After is what follows a success.
type After struct {
	DefaultBrowserReturnURL *url.URL // nil for the default of the flow or above it
	Hooks                   Hooks    // see the key's help for the names
}

// LoginFlow is signing in.
type LoginFlow struct {
	UIURL    *url.URL `key:"ui_url"` // nil for the built-in page
	Lifespan time.Duration
	Style    string // StyleUnified or StyleIdentifierFirst
	// TellMethods offers after an identifier only what its account has, and says where
	// there is none.
	TellMethods bool
	Before      Hooks `key:"before.hooks"`
	After       AfterLogin
}

// RegistrationFlow is making an account.
type RegistrationFlow struct {
	Enabled  bool
	UIURL    *url.URL `key:"ui_url"` // nil for the built-in page
	Lifespan time.Duration
	// Style is StyleUnified or StyleProfileFirst; v1 alone.
	Style string
	// LegacyOneStep shows the form of one step and ignores Style; v1 alone.
	LegacyOneStep bool `key:"enable_legacy_one_step"`
	// LoginHints names the ways to sign in to a taken identifier; v1 alone.
	LoginHints bool
	// HideExisting answers a taken identifier as a success and mails the owner.
	HideExisting bool
	Before       Hooks `key:"before.hooks"`
	After        AfterRegistration
}

// AfterLogin is what follows a login. Hooks apply to methods that name none.
type AfterLogin struct {
	DefaultBrowserReturnURL *url.URL
	Hooks                   Hooks
	Password                After
	OIDC                    After
	Code                    After
	WebAuthn                After `key:"webauthn"`
	Passkey                 After
	TOTP                    After
	LookupSecret            After
}

// AfterRegistration is what follows a registration. Hooks apply to methods that
// name none.
type AfterRegistration struct {
	DefaultBrowserReturnURL *url.URL
	Hooks                   Hooks
	Password                After
	OIDC                    After
	Code                    After
	WebAuthn                After `key:"webauthn"`
	Passkey                 After
}

// SettingsFlow is changing one's own profile and credentials.
type SettingsFlow struct {
	UIURL    *url.URL `key:"ui_url"` // nil for the built-in page
	Lifespan time.Duration
	// PrivilegedSessionMaxAge is how long after signing in credentials may be
	// changed.
	PrivilegedSessionMaxAge time.Duration
	RequiredAAL             string // AAL1 or AALHighest
	// RevokeOtherSessions ends the person's other sessions when the password
	// changes.
	RevokeOtherSessions bool
	// KeepAddressUntilVerified lets the old address sign in until the new one is
	// proven.
	KeepAddressUntilVerified bool
	Before                   Hooks `key:"before.hooks"`
	After                    AfterSettings
}

// AfterSettings is what follows a change of settings.
type AfterSettings struct {
	DefaultBrowserReturnURL *url.URL
	Hooks                   Hooks // of methods that name none
	Password                After
	Profile                 After
	OIDC                    After
	TOTP                    After
	LookupSecret            After
	WebAuthn                After `key:"webauthn"`
	Passkey                 After
}

// RecoveryFlow is getting back into an account.
type RecoveryFlow struct {
	Enabled  bool
	UIURL    *url.URL `key:"ui_url"` // nil for the built-in page
	Lifespan time.Duration
	Use      string // the method that sends: UseLink or UseCode
	// NotifyUnknown mails people who ask for an address without an account.
	NotifyUnknown bool `key:"notify_unknown_recipients"`
	// RevokeOtherSessions ends the person's other sessions.
	RevokeOtherSessions bool
	Before              Hooks `key:"before.hooks"`
	After               Hooks `key:"after.hooks"`
}

// VerificationFlow is proving an address.
type VerificationFlow struct {
	Enabled                 bool
	UIURL                   *url.URL `key:"ui_url"` // nil for the built-in page
	Lifespan                time.Duration
	Use                     string   // the method that sends: UseLink or UseCode
	NotifyUnknown           bool     `key:"notify_unknown_recipients"`        // mail people who ask for an address without an account
	DefaultBrowserReturnURL *url.URL `key:"after.default_browser_return_url"` // nil for the flow's page
	Before                  Hooks    `key:"before.hooks"`
	After                   Hooks    `key:"after.hooks"`
}

// LogoutFlow is signing out.
type LogoutFlow struct {
	DefaultBrowserReturnURL *url.URL `key:"after.default_browser_return_url"`
}

// ErrorFlow is the page for errors that belong to no form.
type ErrorFlow struct {
	UIURL *url.URL `key:"ui_url"` // nil for the built-in page
}
