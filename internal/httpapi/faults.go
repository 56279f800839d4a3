package httpapi

import (
	"encoding/json"
	"errors"
	"net/http"

	"symbolon/internal/errs"
	"symbolon/internal/httpapi/wire05"
	"symbolon/internal/secret"
)

// stubErrorID names an example error, for those who build an error page.
const stubErrorID = "stub:500"

// getError answers a stored error to the browser that met it.
func (s *Server) getError(w http.ResponseWriter, r *http.Request) error {
	stored, err := s.storedError(r)
	if errors.Is(err, errs.ErrNotFound) {
		return errs.ErrCSRF.Because(err)
	}
	if err != nil {
		return err
	}
	cookie := csrfCookie(r)
	if stored.CSRFHash != "" && cookie != "" && !secret.Equal(stored.CSRFHash, secret.Hash(cookie)) {
		return errs.ErrCSRF
	}
	return writeJSON(w, http.StatusOK, wire05.StoredError{ID: stored.ID, Errors: stored.Payload})
}

// inspectError answers a stored error to administrators.
func (s *Server) inspectError(w http.ResponseWriter, r *http.Request) error {
	stored, err := s.storedError(r)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, wire05.StoredError{ID: stored.ID, Errors: stored.Payload})
}

func (s *Server) storedError(r *http.Request) (*errs.Stored, error) {
	id := r.URL.Query().Get("error")
	if id != stubErrorID {
		return s.errors.Error(r.Context(), id)
	}
	example := wire05.Fault(http.StatusInternalServerError, errs.New(errs.Internal, "stub", "This is a stub error."), "")
	payload, err := json.Marshal([]wire05.Error{example})
	return &errs.Stored{ID: secret.NewID(), Payload: payload}, err
}

// getSchema answers an identity schema as its author wrote it.
func (s *Server) getSchema(w http.ResponseWriter, r *http.Request) error {
	raw, err := s.Schemas.Raw(r.Context(), r.PathValue("id"))
	if err != nil {
		return schemaFault(err)
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(raw)
	return nil
}
