package httpapi

import (
	"fmt"
	"net/http"
	"time"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/secret"
)

// recoveryLink answers an administrator's request for a link.
type recoveryLink struct {
	RecoveryLink string    `json:"recovery_link"`
	ExpiresAt    time.Time `json:"expires_at"`
}

// createRecoveryLink makes a link that signs an identity in once, for a person who
// can't receive mail.
func (m *mount) createRecoveryLink(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		IdentityID string `json:"identity_id"`
		ExpiresIn  string `json:"expires_in"`
	}
	if err := decodeJSON(r, maxBody, &in); err != nil {
		return err
	}
	if in.IdentityID != "" && !secret.IsID(in.IdentityID) {
		return errs.New(errs.Invalid, "body_invalid", fmt.Sprintf("Unable to decode JSON payload: uuid: incorrect UUID length: %s", in.IdentityID))
	}
	lifespan, err := parseLifespan(in.ExpiresIn)
	if err != nil {
		return err
	}
	link, expires, err := m.engine.RecoveryLink(r.Context(), in.IdentityID, lifespan)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, recoveryLink{RecoveryLink: link, ExpiresAt: expires})
}

// parseLifespan reads a Go duration; an empty one is the configured lifespan.
func parseLifespan(text string) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		return 0, errs.New(errs.Invalid, "expires_in_invalid", fmt.Sprintf("Unable to parse \"expires_in\" whose format should match \"[0-9]+(ns|us|ms|s|m|h)\" but did not: %s", text))
	}
	if d <= 0 {
		return 0, errs.New(errs.Invalid, "expires_in_invalid", fmt.Sprintf("Value from \"expires_in\" must be result to a future time: %s", text))
	}
	return d, nil
}
