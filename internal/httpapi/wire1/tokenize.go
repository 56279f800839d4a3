package wire1

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"time"

	"github.com/symbolon/symbolon/internal/reqctx"
	"github.com/symbolon/symbolon/internal/session"
	"github.com/symbolon/symbolon/internal/token"
)

// Tokens makes signed tokens of sessions. *token.Issuer satisfies it.
type Tokens interface {
	Issue(ctx context.Context, template string, s token.Subject) (string, error)
	Public(context.Context) (token.KeySet, error)
	// Longest is how long the longest-lived token is valid.
	Longest() time.Duration
}

// tokenize answers a session with a token that others can verify offline.
func (w *Wire) tokenize(out http.ResponseWriter, r *http.Request, live *session.Cached, template string) error {
	body, err := live.Rendered(w.root, w.Session)
	if err != nil {
		return err
	}
	signed, err := w.parts.Tokens.Issue(r.Context(), template, token.Subject{
		SessionID: live.ID, IdentityID: live.IdentityID, ExternalID: live.Identity.ExternalID, ExpiresAt: live.ExpiresAt, Session: body,
	})
	if err != nil {
		return err
	}
	shown := w.session(live.Session)
	shown.Tokenized = signed
	out.Header()["X-Kratos-Authenticated-Identity-Id"] = []string{live.IdentityID}
	return writeJSON(out, http.StatusOK, shown)
}

// tokenKeys serves the public keys of tokens (RFC 7517). Verifiers may keep them for a few
// minutes: a new key should stand in the set for that long before it is the first.
func (w *Wire) tokenKeys(out http.ResponseWriter, r *http.Request) error {
	set, err := w.parts.Tokens.Public(r.Context())
	if err != nil {
		reqctx.Note(r.Context(), slog.String("keys", err.Error()))
	}
	if err != nil && len(set.Keys) == 0 {
		return err
	}
	body, err := json.Marshal(set)
	if err != nil {
		return err
	}
	out.Header()["Content-Type"] = []string{"application/jwk-set+json"}
	out.Header()["Cache-Control"] = []string{"public, max-age=300"}
	_, _ = out.Write(body)
	return nil
}
