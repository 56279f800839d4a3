package wire1

import (
	"github.com/symbolon/symbolon/internal/ceremony"
	"github.com/symbolon/symbolon/internal/identity"
)

// shownIdentifiers are what v26 says that a credential is found by: of security keys the login identifiers, of passkeys the
// user handles.
func shownIdentifiers(c identity.Credential, held []identity.Credential) []string {
	switch c.Type {
	case groupKeys:
		if login := identity.Of(held, identity.TypePassword); login != nil {
			return login.Identifiers
		}
	case "passkey":
		return ceremony.Handles(c.Identifiers)
	}
	return c.Identifiers
}
