package httpapi

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"log/slog"
	"maps"
	"math"
	"net/http"
	"strconv"
	"strings"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/httpapi/wire"
	"github.com/symbolon/symbolon/internal/reqctx"
	"github.com/symbolon/symbolon/internal/secret"
)

const jsonType = "application/json; charset=utf-8"

// Header values that every answer shares. Nothing may be appended to them in place, which
// their capacity sees to.
var (
	jsonContent  = []string{jsonType}
	varyByCookie = []string{"Cookie"}
)

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
	h["Content-Type"] = jsonContent
	h["Content-Length"] = []string{strconv.Itoa(len(body))}
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client disconnected: nothing to report
}

// fault is what a client may know of an error.
func (m *mount) fault(r *http.Request, err error) wire.Fault {
	id := ""
	if request := reqctx.From(r.Context()); request.Sent {
		id = request.ID
	}
	if own, ok := errors.AsType[wire.Faulter](err); ok {
		return own.WireFault()
	}
	return m.wire.Fault(known(err), id)
}

// known is the error that a client may see; one without an id for all others.
func known(err error) *errs.Error {
	if e, ok := errors.AsType[*errs.Error](err); ok {
		return e
	}
	return &errs.Error{}
}

// answer writes what the wire says.
func (m *mount) answer(w http.ResponseWriter, r *http.Request, a wire.Answer) error {
	switch {
	case a.Err != nil && a.ErrorPage:
		return m.toErrorPage(w, r, a.Err)
	case a.Err != nil:
		return a.Err
	case a.Location != "":
		return redirect(w, r, a.Status, a.Location)
	case a.Body == nil:
		w.WriteHeader(a.Status)
		return nil
	}
	return writeJSON(w, a.Status, a.Body)
}

// writeError answers with the wire's error object.
func (m *mount) writeError(w http.ResponseWriter, r *http.Request, err error) {
	if m.errorPage(w, r, err) {
		return
	}
	noteError(r, err)
	if errors.Is(r.Context().Err(), context.Canceled) {
		w.WriteHeader(statusClientGone)
		return
	}
	fault := m.fault(r, err)
	body := map[string]any{"error": fault.Object}
	maps.Copy(body, fault.Beside)
	encoded, encodeErr := json.Marshal(body)
	if encodeErr != nil {
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	if wait := known(err).RetryAfter; wait > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
	}
	w.Header().Set("Content-Type", "application/json")
	if fault.Status >= http.StatusInternalServerError {
		// Who reports the error can name the log line with its cause.
		w.Header().Set("X-Request-Id", reqctx.From(r.Context()).ID)
	}
	w.WriteHeader(fault.Status)
	_, _ = w.Write(append(encoded, '\n'))
}

// statusClientGone is what the log and the metrics say of a request whose client went
// away: the server did not fail. nginx has the same number for it.
const statusClientGone = 499

// noteError puts the cause on the request's log line.
func noteError(r *http.Request, err error) {
	attrs := []slog.Attr{slog.String("error", err.Error())}
	if known, ok := errors.AsType[*errs.Error](err); ok && known.ID != "" {
		attrs = append(attrs, slog.String("error_id", known.ID))
	}
	reqctx.Note(r.Context(), attrs...)
}

// redirect leads the client on, by 302 unless the wire says another status. A GET
// gets a page with the link, as browsers without automatic redirects need it.
func redirect(w http.ResponseWriter, r *http.Request, status int, to string) error {
	if status == 0 {
		status = http.StatusFound
	}
	to = asciiURL(to)
	w.Header().Set("Location", to)
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.WriteHeader(status)
		return nil
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	if r.Method == http.MethodGet {
		_, _ = fmt.Fprintf(w, "<a href=\"%s\">%s</a>.\n\n", html.EscapeString(to), http.StatusText(status)) //nolint:gosec // it is escaped
	}
	return nil
}

// asciiURL percent-encodes what a header field can't carry everywhere: blanks and
// all that is not ASCII (RFC 3986, 2.1; RFC 9110, 5.5).
func asciiURL(raw string) string {
	var out strings.Builder
	for i := range len(raw) {
		if c := raw[i]; c <= ' ' || c >= 0x7f {
			fmt.Fprintf(&out, "%%%02X", c)
		} else {
			out.WriteByte(c)
		}
	}
	return out.String()
}

// toErrorPage keeps an error for the error page and leads the browser there.
func (m *mount) toErrorPage(w http.ResponseWriter, r *http.Request, cause error) error {
	if errors.Is(cause, errs.ErrUnavailable) {
		return cause // nothing can be kept now, and to try would take as long again
	}
	if err := m.mayCreate(r, flow.Caller{}); err != nil {
		return err
	}
	noteError(r, cause)
	payload, err := m.problems(r, cause)
	if err != nil {
		return err
	}
	kept := &errs.Stored{ID: secret.NewID(), Payload: payload, CreatedAt: m.now()}
	if sent := m.csrfSent(r); len(sent) > 0 {
		kept.CSRFHash = secret.Hash(sent[0])
	}
	if err := m.errors.SaveError(r.Context(), kept); err != nil {
		return fmt.Errorf("keep error: %w", errors.Join(err, cause))
	}
	rules := &m.rules
	return redirect(w, r, rules.ErrorStatus, wire.WithQuery(m.config.ErrorUI, cmp.Or(rules.ErrorQuery, "error"), kept.ID))
}

// problems is what is kept of an error: the words of the wire that met it, and the
// id by which another wire finds its own.
func (m *mount) problems(r *http.Request, cause error) ([]byte, error) {
	object, err := json.Marshal(m.fault(r, cause).Object)
	if err != nil {
		return nil, fmt.Errorf("encode error: %w", err)
	}
	problem := wire.Problem{ID: known(cause).ID}
	if err := json.Unmarshal(object, &problem); err != nil {
		return nil, fmt.Errorf("keep error: %w", err)
	}
	return json.Marshal([]wire.Problem{problem})
}
