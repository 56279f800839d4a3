package wire05

import (
	"encoding/json"
	"net/http"
	"net/url"

	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/message"
	"github.com/symbolon/symbolon/internal/session"
	"github.com/symbolon/symbolon/internal/ui"
)

// Flow renders a flow; owner is the subject of a settings flow.
func (w *Wire) Flow(f *flow.Flow, owner *identity.Identity) Flow {
	out := Flow{
		ID: f.ID, Type: string(f.Client), ExpiresAt: f.ExpiresAt, IssuedAt: f.IssuedAt,
		RequestURL: f.Request, Active: f.Active,
		Messages: messages(f.Form.Messages), Methods: make(map[string]Method, len(f.Form.Groups)),
	}
	for i := range f.Form.Groups {
		group := &f.Form.Groups[i]
		out.Methods[group.Method] = w.method(f, group)
	}
	switch f.Kind {
	case flow.Login:
		out.Forced = &f.Refresh
	case flow.Registration:
	case flow.Settings:
		out.State = settingsStates[f.State]
		if owner != nil {
			i := w.identity(owner)
			out.Identity = &i
		}
	case flow.Recovery, flow.Verification:
		out.State = challengeStates[f.State]
	}
	return out
}

func (w *Wire) method(f *flow.Flow, g *ui.Group) Method {
	m := Method{Method: g.Method, Config: Config{
		Action: w.Action(f, g.Method), Method: http.MethodPost,
		Fields: make([]Field, len(g.Nodes)), Messages: omitted(g.Messages),
	}}
	for i := range g.Nodes {
		m.Config.Fields[i] = field(&g.Nodes[i])
	}
	return m
}

func field(n *ui.Node) Field {
	value := n.Value
	if value == "" {
		value = nil
	}
	return Field{
		Name: n.Name, Type: n.Type, Pattern: n.Pattern, Disabled: n.Disabled, Required: n.Required,
		Value: value, Messages: omitted(n.Messages),
	}
}

// messages renders a list that is never null.
func messages(in []message.Message) []Message {
	out := make([]Message, len(in))
	for i, m := range in {
		out[i] = Message{ID: number(m), Text: m.English(), Type: string(m.Lookup().Type)}
		if context := m.Context(); context != nil {
			out[i].Context = &context
		}
	}
	return out
}

// omitted renders a list that is left out when empty.
func omitted(in []message.Message) []Message {
	if len(in) == 0 {
		return nil
	}
	return messages(in)
}

// session renders a session with its identity.
func (w *Wire) session(s *session.Session) Session {
	return Session{
		ID: s.ID, Active: s.Active, ExpiresAt: s.ExpiresAt,
		AuthenticatedAt: s.AuthenticatedAt, IssuedAt: s.IssuedAt,
		Identity: w.identity(s.Identity),
	}
}

// Session implements wire.Wire.
func (w *Wire) Session(s *session.Session) ([]byte, error) {
	return json.Marshal(w.session(s))
}

// Identity implements wire.Wire.
func (w *Wire) Identity(i *identity.Identity) any { return w.identity(i) }

// identity renders an identity without its credentials.
func (w *Wire) identity(i *identity.Identity) Identity {
	out := Identity{
		ID: i.ID, SchemaID: i.SchemaID, Traits: i.Traits,
		SchemaURL: w.root + "schemas/" + url.PathEscape(i.SchemaID),
	}
	for k := range i.Verifiable {
		out.VerifiableAddresses = append(out.VerifiableAddresses, verifiable(&i.Verifiable[k]))
	}
	for _, a := range i.Recovery {
		out.RecoveryAddresses = append(out.RecoveryAddresses, RecoveryAddress{ID: a.ID, Value: a.Value, Via: a.Via})
	}
	return out
}

func verifiable(a *identity.Address) VerifiableAddress {
	out := VerifiableAddress{ID: a.ID, Value: a.Value, Verified: a.Verified, Via: a.Via, Status: "pending"}
	if a.Verified {
		out.Status = "completed"
		out.VerifiedAt = &a.VerifiedAt
	}
	return out
}

// inactiveSession is the session object that v0.5 returns when a registration does
// not sign the person in. It is marked as not active.
func (w *Wire) inactiveSession(f *flow.Flow, i *identity.Identity) Session {
	return Session{
		ID: f.ID, ExpiresAt: f.ExpiresAt, AuthenticatedAt: f.ExpiresAt, IssuedAt: f.ExpiresAt,
		Identity: w.identity(i),
	}
}
