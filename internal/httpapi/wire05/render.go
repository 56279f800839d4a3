package wire05

import (
	"encoding/json"
	"net/http"
	"net/url"

	"symbolon/internal/errs"
	"symbolon/internal/flow"
	"symbolon/internal/identity"
	"symbolon/internal/message"
	"symbolon/internal/session"
	"symbolon/internal/ui"
)

// Renderer makes wire shapes of domain values. Its one setting is where the
// public listener is reached: actions and schema URLs lead there.
type Renderer struct {
	public *url.URL
	base   string // public without a trailing slash
}

// New returns a renderer.
func New(public *url.URL) *Renderer {
	return &Renderer{public: public, base: public.JoinPath("/").String()}
}

// Flow renders a flow; owner is the subject of a settings flow.
func (r *Renderer) Flow(f *flow.Flow, owner *identity.Identity) Flow {
	out := Flow{
		ID: f.ID, Type: string(f.Client), ExpiresAt: f.ExpiresAt, IssuedAt: f.IssuedAt,
		RequestURL: f.Request, Active: f.Active,
		Messages: messages(f.Form.Messages), Methods: make(map[string]Method, len(f.Form.Groups)),
	}
	for i := range f.Form.Groups {
		group := &f.Form.Groups[i]
		out.Methods[group.Method] = r.method(f, group)
	}
	switch f.Kind {
	case flow.Login:
		out.Forced = &f.Refresh
	case flow.Registration:
	case flow.Settings:
		out.State = "show_form"
		if f.State == flow.Passed {
			out.State = "success"
		}
		if owner != nil {
			i := r.Identity(owner)
			out.Identity = &i
		}
	case flow.Recovery, flow.Verification:
		out.State = string(f.State)
	}
	return out
}

func (r *Renderer) method(f *flow.Flow, g *ui.Group) Method {
	m := Method{Method: g.Method, Config: Config{
		Action: r.Action(f, g.Method), Method: http.MethodPost,
		Fields: make([]Field, len(g.Nodes)), Messages: omitted(g.Messages),
	}}
	for i := range g.Nodes {
		m.Config.Fields[i] = field(&g.Nodes[i])
	}
	return m
}

// ProviderMethod is the method whose forms are not sent to a path of their flow.
const ProviderMethod = identity.TypeOIDC

// Action is the URL that a method's form is sent to.
func (r *Renderer) Action(f *flow.Flow, method string) string {
	switch {
	case method == ProviderMethod && f.Kind == flow.Settings:
		return r.base + "self-service/methods/oidc/settings/connections?flow=" + f.ID
	case method == ProviderMethod:
		return r.base + "self-service/methods/oidc/auth/" + f.ID
	}
	return r.base + "self-service/" + string(f.Kind) + "/methods/" + method + "?flow=" + f.ID
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
		entry := m.Lookup()
		out[i] = Message{ID: entry.ID, Text: m.English(), Type: string(entry.Type)}
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

// Session renders a session with its identity.
func (r *Renderer) Session(s *session.Session) Session {
	return Session{
		ID: s.ID, Active: s.Active, ExpiresAt: s.ExpiresAt,
		AuthenticatedAt: s.AuthenticatedAt, IssuedAt: s.IssuedAt,
		Identity: r.Identity(s.Identity),
	}
}

// SessionJSON is the body of a session check.
func (r *Renderer) SessionJSON(s *session.Session) ([]byte, error) {
	return json.Marshal(r.Session(s))
}

// Identity renders an identity.
func (r *Renderer) Identity(i *identity.Identity) Identity {
	out := Identity{
		ID: i.ID, SchemaID: i.SchemaID, Traits: i.Traits,
		SchemaURL: r.base + "schemas/" + url.PathEscape(i.SchemaID),
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

// general is what an error of a status says when it has no message of its own.
var general = map[int]string{
	http.StatusBadRequest:            "The request was malformed or contained invalid parameters",
	http.StatusUnauthorized:          "The request could not be authorized",
	http.StatusForbidden:             "The requested action was forbidden",
	http.StatusNotFound:              "The requested resource could not be found",
	http.StatusConflict:              "The request conflicts with the current state of the resource",
	http.StatusGone:                  "The requested resource is no longer available because it has expired or is otherwise invalid.",
	http.StatusRequestEntityTooLarge: "The request is too large",
	http.StatusTooManyRequests:       "Too many requests were made in a short time",
	http.StatusInternalServerError:   "An internal server error occurred, please contact the system administrator",
	http.StatusServiceUnavailable:    "The service is temporarily unavailable",
}

// Fault renders an error of a status. requestID is shown when the client sent
// one or when the cause is only in the log.
func Fault(status int, e *errs.Error, requestID string) Error {
	out := Error{
		Code: status, Status: http.StatusText(status), Request: requestID,
		Reason: e.Reason, Details: e.Details, Message: e.Message,
	}
	if out.Message == "" {
		out.Message = general[status]
	}
	return out
}

// Unborn renders a session for a registration after which nobody is signed in.
// The wire promises a session there; this one is marked as not active.
func (r *Renderer) Unborn(f *flow.Flow, i *identity.Identity) Session {
	return Session{
		ID: f.ID, ExpiresAt: f.ExpiresAt, AuthenticatedAt: f.ExpiresAt, IssuedAt: f.ExpiresAt,
		Identity: r.Identity(i),
	}
}
