package app

import (
	"encoding/json"
	"log/slog"

	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/method/lookup"
	"github.com/symbolon/symbolon/internal/method/totp"
)

// credentialConfig is what administrators see of a credential that they ask for by its type: the secrets that an
// authenticator app and a provider know too, in clear text, but never recovery codes, of which only hashes are stored. It
// is nil where a secret can't be decrypted.
func (a *composition) credentialConfig(identityID string, c identity.Credential) json.RawMessage {
	shown, err := c.Config, error(nil)
	switch c.Type {
	case identity.TypeOIDC:
		shown = a.providerConfig(identityID, c)
	case totp.ID:
		shown, err = totp.Shown(a.seals, identityID, c.Config)
	case lookup.ID:
		shown, err = lookup.Shown(c.Config)
	}
	if err != nil {
		a.log.Error("a credential can't be shown", slog.String("identity_id", identityID), slog.String("type", c.Type), slog.Any("err", err))
		return nil
	}
	return shown
}
