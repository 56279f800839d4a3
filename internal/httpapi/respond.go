package httpapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"log/slog"
	"math"
	"net/http"
	"strconv"

	"symbolon/internal/errs"
	"symbolon/internal/flow"
	"symbolon/internal/httpapi/wire05"
	"symbolon/internal/reqctx"
	"symbolon/internal/secret"
)

// statuses maps what went wrong to HTTP.
var statuses = map[errs.Code]int{
	errs.Internal:     http.StatusInternalServerError,
	errs.Invalid:      http.StatusBadRequest,
	errs.Unauthorized: http.StatusUnauthorized,
	errs.Forbidden:    http.StatusForbidden,
	errs.NotFound:     http.StatusNotFound,
	errs.Conflict:     http.StatusConflict,
	errs.Gone:         http.StatusGone,
	errs.TooLarge:     http.StatusRequestEntityTooLarge,
	errs.TooMany:      http.StatusTooManyRequests,
	errs.Unavailable:  http.StatusServiceUnavailable,
}

const jsonType = "application/json; charset=utf-8"

// writeJSON answers with a value, compact and without a line end, as the wire
// has it.
func writeJSON(w http.ResponseWriter, status int, value any) error {
	body, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("encode answer: %w", err)
	}
	writeBody(w, status, body)
	return nil
}

func writeBody(w http.ResponseWriter, status int, body []byte) {
	h := w.Header()
	h["Content-Type"] = []string{jsonType}
	h["Content-Length"] = []string{strconv.Itoa(len(body))}
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client is gone; there is nobody to tell
}

// fault is what a client may know of an error: its status and its error object.
func (s *Server) fault(r *http.Request, err error) (int, wire05.Error) {
	known, ok := errors.AsType[*errs.Error](err)
	if !ok {
		known = &errs.Error{}
	}
	id := ""
	if request := reqctx.From(r.Context()); request.Sent {
		id = request.ID
	}
	status := statuses[known.Code]
	return status, wire05.Fault(status, known, id)
}

// writeError answers with an error object.
func (s *Server) writeError(w http.ResponseWriter, r *http.Request, err error) {
	status, object := s.fault(r, err)
	noteError(r, err)
	body, encodeErr := json.Marshal(wire05.Envelope{Error: object})
	if encodeErr != nil {
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	if known, ok := errors.AsType[*errs.Error](err); ok && known.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(known.RetryAfter.Seconds()))))
	}
	w.Header().Set("Content-Type", "application/json")
	if status >= http.StatusInternalServerError {
		// Whoever reports the error can name the log line with its cause.
		w.Header().Set("X-Request-Id", reqctx.From(r.Context()).ID)
	}
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n'))
}

// noteError puts the cause on the request's log line.
func noteError(r *http.Request, err error) {
	attrs := []slog.Attr{slog.String("error", err.Error())}
	if known, ok := errors.AsType[*errs.Error](err); ok && known.ID != "" {
		attrs = append(attrs, slog.String("error_id", known.ID))
	}
	reqctx.Note(r.Context(), attrs...)
}

// redirect answers 302. A GET gets a page with the link, as browsers without
// automatic redirects need it.
func redirect(w http.ResponseWriter, r *http.Request, to string) error {
	w.Header().Set("Location", to)
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.WriteHeader(http.StatusFound)
		return nil
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(http.StatusFound)
	if r.Method == http.MethodGet {
		_, _ = fmt.Fprintf(w, "<a href=\"%s\">Found</a>.\n\n", html.EscapeString(to))
	}
	return nil
}

// toErrorPage keeps an error for the error page and leads the browser there.
func (s *Server) toErrorPage(w http.ResponseWriter, r *http.Request, cause error) error {
	if errors.Is(cause, errs.ErrUnavailable) {
		return cause // nothing can be kept now, and to try would take as long again
	}
	noteError(r, cause)
	_, object := s.fault(r, cause)
	payload, err := json.Marshal([]wire05.Error{object})
	if err != nil {
		return fmt.Errorf("encode error: %w", err)
	}
	kept := &errs.Stored{ID: secret.NewID(), Payload: payload, CreatedAt: s.now()}
	if cookie := csrfCookie(r); cookie != "" {
		kept.CSRFHash = secret.Hash(cookie)
	}
	if err := s.errors.SaveError(r.Context(), kept); err != nil {
		return fmt.Errorf("keep error: %w", errors.Join(err, cause))
	}
	return redirect(w, r, withQuery(s.config.ErrorUI, "error", kept.ID))
}

// refuse answers an error where no flow says which client is asking: requests
// that speak JSON get JSON, all others the error page.
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, err error) error {
	if speaksJSON(r) {
		return err
	}
	return s.toErrorPage(w, r, err)
}

// refuseFlow answers an error of a flow to its client.
func (s *Server) refuseFlow(w http.ResponseWriter, r *http.Request, f *flow.Flow, err error) error {
	switch {
	case f == nil:
		return s.refuse(w, r, err)
	case f.Client == flow.API:
		return err
	}
	return s.toErrorPage(w, r, err)
}
