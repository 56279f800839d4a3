package doctor

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/symbolon/symbolon/internal/secret"
)

// largest is the body that has to arrive: less than the 64 KiB that the server
// takes.
const largest = 48 << 10

// largeForm sends as much as a form with many fields may have.
func (w *walk) largeForm(ctx context.Context) verdict {
	action := w.api.action()
	if action == nil {
		return skip("there is no password form")
	}
	body, err := json.Marshal(map[string]string{"padding": strings.Repeat("x", largest)})
	if err != nil {
		return found("answer_odd", "%v", err)
	}
	a, err := w.app.do(ctx, http.MethodPost, action, string(body), "Content-Type", likesJSON, "Accept", likesJSON)
	if err != nil && failure(err) == "cut" {
		return found("body_limit", "a form of %d KiB was cut off: %v", largest>>10, cause(err))
	}
	if err != nil {
		return w.failed(err)
	}
	f, err := readFlow(a)
	switch {
	case a.status != http.StatusBadRequest || err != nil:
		return found(w.unexpected(a), "POST of %d KiB: %s", largest>>10, a)
	case strings.Contains(f.said(), "unknown HTTP Header"):
		return found("content_type_changed", "the server says: %s", f.said())
	}
	return fine("a form of %d KiB arrives", largest>>10)
}

// acceptHeader sees whether the server learns that a script asks: settings
// without a session are refused in JSON then, and led to the login otherwise.
func (w *walk) acceptHeader(ctx context.Context) verdict {
	to := w.at("self-service/settings/flows")
	to.RawQuery = "id=" + secret.NewID()
	a, err := w.app.get(ctx, to, "Accept", likesJSON)
	if err != nil {
		return w.failed(err)
	}
	switch {
	case a.redirect() != nil && strings.HasSuffix(a.redirect().Path, "/self-service/login/browser"):
		return found("accept_stripped", "%s, as it does for browsers", a)
	case a.status == http.StatusUnauthorized && a.envelope():
		return fine("scripts are answered in JSON")
	}
	return found(w.unexpected(a), "%s", a)
}

// tokenHeader sees whether X-CSRF-Token arrives: what is posted to a path that
// does not exist is not found with it, and refused without it.
func (w *walk) tokenHeader(ctx context.Context) verdict {
	to := w.at("self-service/doctor")
	token := secret.MaskCSRF(w.jane.csrf(to))
	a, err := w.jane.do(ctx, http.MethodPost, to, "", "X-CSRF-Token", token)
	if err != nil {
		return w.failed(err)
	}
	if a.status == http.StatusBadRequest && a.envelope() {
		return found("csrf_header_stripped", "%s as if the header had not been sent", a)
	}
	if a.status != http.StatusNotFound {
		return found(w.unexpected(a), "POST to %s", a)
	}
	return fine("X-CSRF-Token arrives")
}

// originHeader sees whether the server learns of pages of other sites that send
// forms meant for apps.
func (w *walk) originHeader(ctx context.Context) verdict {
	action := w.again.action()
	if action == nil {
		return skip("there is no password form")
	}
	body, err := json.Marshal(map[string]string{"identifier": unknownAddress(), "password": unknownAddress()})
	if err != nil {
		return found("answer_odd", "%v", err)
	}
	a, err := w.app.do(ctx, http.MethodPost, action, string(body), "Content-Type", likesJSON, "Accept", likesJSON, "Origin", "https://doctor.invalid")
	if err != nil {
		return w.failed(err)
	}
	f, err := readFlow(a)
	switch {
	case a.status != http.StatusBadRequest || err != nil:
		return found(w.unexpected(a), "POST to %s", a)
	case !strings.Contains(f.said(), `"Origin"`):
		return found("origin_stripped", "a form for apps was taken from a page of another site")
	}
	return fine("Origin arrives")
}
