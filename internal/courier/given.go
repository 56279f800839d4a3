package courier

import (
	"encoding/json"
	"net/url"
	"strings"
)

// object reads a JSON object; nil for anything else.
func object(raw json.RawMessage) (out map[string]any) {
	if json.Unmarshal(raw, &out) != nil {
		return nil
	}
	return out
}

// about sets the identity, its traits and the request that a message is about. Subjects may use them too: they are no secrets.
func (d *data) about(m Message) {
	d.Identity, d.Traits, d.TransientPayload, d.RequestURL = m.identity, object(m.Traits), object(m.Transient), m.Request
	if traits, ok := m.identity["traits"].(map[string]any); ok && d.Traits == nil {
		d.Traits = traits
	}
}

// given returns the data of a message under the names that v26 gives it. The identity and the request are there only if
// Outbox.Describe was called.
func (m Message) given() map[string]any {
	named := map[string]any{"to": m.To}
	what, _, _ := strings.Cut(string(m.Template), "/")
	if m.URL != "" {
		named[what+"_url"] = m.URL
	}
	if m.Code != "" {
		named[what] = m.Code
	}
	if m.minutes > 0 {
		named["expires_in_minutes"] = m.minutes
	}
	if !m.described {
		return named
	}
	if m.Template == RecoveryCode && TypeOf(m.To) == SMS {
		named["verification_code"] = m.Code // as text messages of v26 call it
	}
	switch traits := object(m.Traits); {
	case m.identity != nil:
		named["identity"] = m.identity
	case traits != nil:
		named["identity"], named["traits"] = traits, traits
	}
	named["request_url"], named["transient_payload"] = m.Request, map[string]any{}
	if u, err := url.Parse(m.Request); err == nil {
		named["request_url_domain"] = u.Hostname()
	}
	if sent := object(m.Transient); sent != nil {
		named["transient_payload"] = sent
	}
	return named
}
