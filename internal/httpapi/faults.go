package httpapi

import (
	"errors"
	"net/http"
	"slices"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/secret"
)

// stubErrorID names an example error, for those who build an error page.
const stubErrorID = "stub:500"

// getError answers a stored error to the browser that met it.
func (m *mount) getError(w http.ResponseWriter, r *http.Request) error {
	stored, err := m.storedError(r, r.URL.Query().Get("error"))
	if errors.Is(err, errs.ErrNotFound) {
		return errs.ErrCSRF.Because(err)
	}
	if err != nil {
		return err
	}
	if m.foreignError(r, stored) {
		return errs.ErrCSRF
	}
	return m.writeStored(w, stored)
}

// inspectError answers a stored error to administrators.
func (m *mount) inspectError(w http.ResponseWriter, r *http.Request) error {
	stored, err := m.storedError(r, r.URL.Query().Get("error"))
	if err != nil {
		return err
	}
	return m.writeStored(w, stored)
}

// foreignError reports whether a stored error was met by another browser, as far as
// the anti-CSRF cookie tells. A request without one is not foreign.
func (s *Server) foreignError(r *http.Request, stored *errs.Stored) bool {
	sent := s.csrfSent(r)
	return stored.CSRFHash != "" && len(sent) > 0 && !slices.ContainsFunc(sent, func(cookie string) bool {
		return secret.Equal(stored.CSRFHash, secret.Hash(cookie))
	})
}

func (m *mount) writeStored(w http.ResponseWriter, stored *errs.Stored) error {
	shown, err := m.wire.StoredError(stored)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, shown)
}

func (s *Server) storedError(r *http.Request, id string) (*errs.Stored, error) {
	if id != stubErrorID {
		return s.errors.Error(r.Context(), id)
	}
	payload, err := s.pagesMount.problems(r, errs.New(errs.Internal, "stub", "This is a stub error."))
	return &errs.Stored{ID: secret.NewID(), Payload: payload}, err
}

// getSchema answers an identity schema as its author wrote it.
func (m *mount) getSchema(w http.ResponseWriter, r *http.Request) error {
	raw, err := m.Schemas.Raw(r.Context(), r.PathValue("id"))
	if err != nil {
		return schemaFault(err)
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(raw)
	return nil
}
