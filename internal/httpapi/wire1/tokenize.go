package wire1

import (
	"fmt"
	"net/http"

	"symbolon/internal/session"
)

// tokenize answers a session with a token that others can verify offline.
func (w *Wire) tokenize(_ http.ResponseWriter, _ *http.Request, _ *session.Cached, template string) error {
	return badRequest(fmt.Sprintf("Unable to find tokenizer template %q.", template))
}
