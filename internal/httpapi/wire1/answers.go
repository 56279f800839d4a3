package wire1

import (
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"strconv"

	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/httpapi/wire"
)

const (
	jsonType    = "application/json"
	jsonUTF8    = "application/json; charset=utf-8"
	neverStored = "private, no-cache, no-store, must-revalidate"
)

// writeJSON answers with a value.
func writeJSON(w http.ResponseWriter, status int, value any) error {
	body, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("encode answer: %w", err)
	}
	h := w.Header()
	h["Content-Type"] = []string{jsonUTF8}
	h["Content-Length"] = []string{strconv.Itoa(len(body))}
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client is gone
	return nil
}

// redirect leads a browser on. 303 turns every method into GET (RFC 9110, 15.4.4).
func redirect(w http.ResponseWriter, r *http.Request, to string) error {
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// sendsJSON reports whether the answer to a form is to be JSON: the client asks
// for it or has sent it.
func sendsJSON(r *http.Request) bool {
	media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return wire.AcceptsJSON(r) || media == jsonType
}

// noContent answers 204. The type is set because some clients read it even without a body.
func noContent(w http.ResponseWriter) error {
	w.Header()["Content-Type"] = []string{jsonUTF8}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// leadsIn reports whether a flow leads in: until it has, its answers are errors to
// scripts, also where all is well so far.
func leadsIn(k flow.Kind) bool { return k == flow.Login || k == flow.Registration }
