package app

import "github.com/symbolon/symbolon/internal/config"

// offersPasskey reports whether people who sign in with a password are offered a
// passkey: on the built-in pages alone, which know how.
func offersPasskey(c *config.Config) bool {
	passkey, flows := c.Selfservice.Methods.Passkey, c.Selfservice.Flows
	return passkey.Enabled && passkey.Offer && flows.Login.UIURL == nil && flows.Settings.UIURL == nil
}
