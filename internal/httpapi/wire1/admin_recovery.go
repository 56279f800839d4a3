package wire1

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/secret"
)

// recoveryBody asks for a way back in for an identity.
type recoveryBody struct {
	IdentityID string `json:"identity_id"`
	ExpiresIn  string `json:"expires_in"`
	FlowType   string `json:"flow_type"`
}

// recovery answers a link or a code that signs an identity in once.
type recovery struct {
	RecoveryLink string    `json:"recovery_link"`
	RecoveryCode string    `json:"recovery_code,omitempty"`
	ExpiresAt    time.Time `json:"expires_at"`
}

func (w *Wire) recoveryRequest(r *http.Request) (in recoveryBody, lifespan time.Duration, err error) {
	if err := decodeObject(r, maxBody, &in); err != nil {
		return in, 0, err
	}
	if in.IdentityID != "" && !secret.IsID(in.IdentityID) {
		return in, 0, badRequest("Unable to decode JSON payload: " + malformedID(in.IdentityID).body.Error.Message)
	}
	if in.FlowType != "" && in.FlowType != "browser" && in.FlowType != "api" {
		return in, 0, badRequest(fmt.Sprintf("Value from \"flow_type\" is not valid: %q", in.FlowType))
	}
	if in.ExpiresIn == "" {
		return in, 0, nil
	}
	if lifespan, err = time.ParseDuration(in.ExpiresIn); err != nil {
		return in, 0, badRequest(fmt.Sprintf("Unable to parse \"expires_in\" whose format should match \"[0-9]+(ns|us|ms|s|m|h)\" but did not: %s", in.ExpiresIn))
	}
	if lifespan <= 0 {
		return in, 0, badRequest(fmt.Sprintf("Value from \"expires_in\" must result to a future time: %s", in.ExpiresIn))
	}
	return in, lifespan, nil
}

// createRecoveryLink makes a link that signs an identity in once.
func (w *Wire) createRecoveryLink(out http.ResponseWriter, r *http.Request) error {
	in, lifespan, err := w.recoveryRequest(r)
	if err != nil {
		return err
	}
	asked := flow.RecoveryRequest{IdentityID: in.IdentityID, Method: groupLink, Client: flow.Browser, Lifespan: lifespan, URL: w.adminURL(r)}
	if back := r.URL.Query().Get("return_to"); back != "" {
		if asked.ReturnTo, err = w.parts.Engine.ValidateReturnTo(back, nil); err != nil {
			return err
		}
	}
	offer, err := w.parts.Engine.OfferRecovery(r.Context(), asked)
	if errors.Is(err, errs.ErrNotFound) {
		return badRequest("The requested identity id does not exist.")
	}
	if err != nil {
		return err
	}
	return writeJSON(out, http.StatusOK, recovery{RecoveryLink: offer.Link, ExpiresAt: offer.Expires})
}

// createRecoveryCode makes a code that signs an identity in once, on the page that
// shows its flow.
func (w *Wire) createRecoveryCode(out http.ResponseWriter, r *http.Request) error {
	in, lifespan, err := w.recoveryRequest(r)
	if err != nil {
		return err
	}
	client := flow.Browser
	if in.FlowType == string(flow.API) {
		client = flow.API
	}
	offer, err := w.parts.Engine.OfferRecovery(r.Context(), flow.RecoveryRequest{
		IdentityID: in.IdentityID, Method: groupCode, Client: client, Lifespan: lifespan, URL: w.adminURL(r),
	})
	if errors.Is(err, errs.ErrNotFound) {
		return refusal(http.StatusNotFound, "", "could not find identity", errs.ErrNotFound.Message)
	}
	if err != nil {
		return err
	}
	return writeJSON(out, http.StatusCreated, recovery{RecoveryLink: offer.Page, RecoveryCode: offer.Code, ExpiresAt: offer.Expires})
}

// adminURL is the URL of a request to the admin listener without its query.
func (w *Wire) adminURL(r *http.Request) string {
	if w.config.Admin == nil {
		return ""
	}
	return w.config.Admin.JoinPath(r.URL.Path).String()
}
