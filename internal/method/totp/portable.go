package totp

import (
	"encoding/json"
	"fmt"

	"github.com/symbolon/symbolon/internal/secret"
)

// portable is the configuration of a credential with its seed in clear.
type portable struct {
	URL string `json:"totp_url"`
	stored
}

// Reveal returns a stored configuration with its seed in clear, for an export.
func Reveal(sealer *secret.Sealer, identityID string, config json.RawMessage) (json.RawMessage, error) {
	var out portable
	if err := json.Unmarshal(config, &out.stored); err != nil {
		return nil, fmt.Errorf("read totp credential: %w", err)
	}
	var err error
	if out.URL, err = sealer.Open(out.Sealed, bound(identityID)); err != nil {
		return nil, fmt.Errorf("totp credential of identity %s: %w", identityID, err)
	}
	out.Sealed = ""
	return json.Marshal(out)
}

// Conceal is the reverse of Reveal. The error is of code errs.Invalid where the seed
// can't be used.
func Conceal(sealer *secret.Sealer, identityID string, config json.RawMessage) (json.RawMessage, error) {
	var in portable
	if err := json.Unmarshal(config, &in); err != nil {
		return nil, fmt.Errorf("read totp credential: %w", err)
	}
	if _, err := parseSeed(in.URL); err != nil {
		return nil, err
	}
	in.Sealed = sealer.Seal(in.URL, bound(identityID))
	return in.config()
}

// Shown returns a stored configuration as operators see it: the seed in clear and nothing else.
func Shown(sealer *secret.Sealer, identityID string, config json.RawMessage) (json.RawMessage, error) {
	open, err := Reveal(sealer, identityID, config)
	if err != nil {
		return nil, err
	}
	var out struct {
		URL string `json:"totp_url"`
	}
	if err := json.Unmarshal(open, &out); err != nil {
		return nil, fmt.Errorf("read totp credential: %w", err)
	}
	return json.Marshal(out)
}
