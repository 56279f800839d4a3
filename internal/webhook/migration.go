package webhook

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/traits"
)

// Migration asks the system that an account comes from whether a password is right. It is safe
// for concurrent use.
type Migration struct{ hook *Hook }

// NewMigration returns a migration that has asked nothing yet. Without a body in the
// configuration it sends identifier and password as JSON.
func NewMigration(c Config, client *http.Client, shapes Shapes, asides *Asides, log *slog.Logger) *Migration {
	return &Migration{New(c, client, shapes, asides, log)}
}

// Matches reports whether the other system takes the password. The error is of code
// errs.Upstream where it gives no usable answer, and of errs.Unavailable where too many calls
// are in progress.
func (m *Migration) Matches(ctx context.Context, c flow.HookCall, identifier, password string) (bool, error) {
	body, err := m.body(ctx, c, identifier, password)
	if err != nil {
		return false, failed("password migration hook: the body could not be made", err)
	}
	status, answer, err := m.hook.ask(ctx, body)
	if err != nil {
		return false, err
	}
	switch status {
	case http.StatusOK:
		var said struct {
			Status string `json:"status"`
		}
		return json.Unmarshal(answer, &said) == nil && said.Status == "password_match", nil
	case http.StatusForbidden:
		return false, nil
	}
	return false, upstream(fmt.Sprintf("password migration hook failed with status code %d", status), nil)
}

func (m *Migration) body(ctx context.Context, c flow.HookCall, identifier, password string) (string, error) {
	if m.hook.config.Body != nil {
		return m.hook.body(ctx, c, map[string]any{"identifier": identifier, "password": password})
	}
	made, err := traits.WriteJSON(map[string]string{"identifier": identifier, "password": password})
	return string(made), err
}
