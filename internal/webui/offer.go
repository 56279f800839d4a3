package webui

import (
	"net/url"

	"github.com/symbolon/symbolon/internal/flow"
)

const passkeys = "passkey"

// offersPasskey reports whether a settings flow offers one thing alone, a passkey, to a
// person who has signed in with a password: its start says so.
func offersPasskey(f *flow.Flow) bool {
	if f.Kind != flow.Settings || f.State != flow.Open || f.Form.Group(passkeys) == nil {
		return false
	}
	started, err := url.Parse(f.Request)
	return err == nil && started.Query().Get("offer") == passkeys
}
