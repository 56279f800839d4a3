package wire1

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"

	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/session"
)

// Renderer makes the shapes of this wire of domain values. Its one setting is
// where the wire is reached: actions and schema URLs lead there.
type Renderer struct {
	base *url.URL
	root string // base as a text
	// asTyped: see Config.AsTyped.
	asTyped bool
}

// NewRenderer returns a renderer. base is the public URL with the prefix below
// which this wire is served, if any.
func NewRenderer(base *url.URL) *Renderer { return &Renderer{base: base, root: base.String()} }

// view is what the wire shows in addition to the flow itself: the step of the form, and
// the titles that the schema gives to traits.
type view struct {
	step string // of registration: stepProfile, stepCredentials; empty for one form
	done bool   // nothing is left to fill in
	// organization is whom the flow is for, empty for none; it offers no method.
	organization string
	exchangeCode string // with which an app exchanges the flow for a session; in the answer to its start alone
	linking      bool   // signing in links an account at a provider
	firstTrait   string // stands before the password
	traitGroup   string // of the traits in a registration; empty for default
	twoSteps     bool   // registration asks for the traits first
	identifier   struct{ name, title string }
	active       string         // the method that is shown as chosen
	proceed      string         // where a finished verification leads
	next         []ContinueWith // what a client does after this answer
	transient    json.RawMessage
}

// The steps of registration.
const (
	stepProfile     = "profile"
	stepCredentials = "credentials"
)

// flow renders a flow; owner is the subject of a settings flow.
func (r *Renderer) flow(f *flow.Flow, owner *identity.Identity, v view) Flow {
	out := Flow{
		ID: f.ID, Type: string(f.Client), ExpiresAt: f.ExpiresAt, IssuedAt: f.IssuedAt, RequestURL: f.Request,
		ReturnTo: f.ReturnTo, Active: v.active, State: stateOf(f), ContinueWith: v.next, Transient: v.transient,
		UI: UI{Action: r.action(f), Method: http.MethodPost, Nodes: r.nodes(f, v), Messages: r.messages(f)},
	}
	switch f.Kind {
	case flow.Login:
		out.OrganizationID, out.Refresh, out.CreatedAt, out.UpdatedAt = idOrNull(v.organization), &f.Refresh, &f.IssuedAt, &f.IssuedAt
		out.RequestedAAL, out.ExchangeCode = max(f.RequestedAAL(), session.AAL1).String(), v.exchangeCode
	case flow.Registration:
		out.OrganizationID, out.ExchangeCode = idOrNull(v.organization), v.exchangeCode
	case flow.Settings:
		out.State = "show_form"
		if f.State == flow.Passed {
			out.State = "success"
		}
		if owner != nil {
			i := r.identity(owner)
			out.Identity = &i
		}
	case flow.Verification:
		if v.done {
			out.UI.Action, out.UI.Method = v.proceed, http.MethodGet
		}
	case flow.Recovery:
	}
	return out
}

// action is the URL that a flow's form is sent to.
func (r *Renderer) action(f *flow.Flow) string {
	return r.at("self-service", string(f.Kind)) + "?flow=" + f.ID
}

// at is a URL of this wire.
func (r *Renderer) at(path ...string) string { return r.base.JoinPath(path...).String() }

// messages are those on the whole flow: this wire has one form for all methods.
func (r *Renderer) messages(f *flow.Flow) []Message {
	out := showAll(f.Form.Messages)
	if f.Kind == flow.Login && f.Active == groupCode && f.State == flow.Challenged {
		out = slices.DeleteFunc(out, func(m Message) bool { return m.ID == 1010003 || m.ID == 1010004 }) // that a code was sent says so
	}
	for i := range f.Form.Groups {
		out = append(out, showAll(ofGroup(f.Kind, &f.Form.Groups[i]))...)
	}
	if step := asksToChoose(f); step != nil && len(out) == 0 {
		out = append(out, *step)
	}
	if slices.ContainsFunc(out, func(m Message) bool { return m.Type == failure }) {
		out = slices.DeleteFunc(out, func(m Message) bool { return m.ID == 1010016 })
	}
	if f.Refresh && f.Kind == flow.Login && len(out) == 0 {
		out = append(out, *label(1010003, "Please confirm this action by verifying that it is you."))
	}
	return out
}

// session renders a session with its identity.
func (r *Renderer) session(s *session.Session) Session {
	out := Session{
		ID: s.ID, Active: s.Active, ExpiresAt: s.ExpiresAt, AuthenticatedAt: s.AuthenticatedAt, IssuedAt: s.IssuedAt,
		AAL: s.AAL().String(), Methods: make([]AuthnStep, len(s.Factors)), Devices: []Device{},
	}
	for i, f := range s.Factors {
		out.Methods[i] = AuthnStep{Method: methodOf(f), AAL: f.Rank().String(), CompletedAt: f.At, Provider: f.Provider}
	}
	if s.Address != "" || s.UserAgent != "" {
		out.Devices = append(out.Devices, device(s))
	}
	if s.Identity != nil {
		owner := r.identity(s.Identity)
		out.Identity = &owner
	}
	return out
}

// device is what a session was made with. It has the id of the session, which has
// no more than one.
func device(s *session.Session) Device {
	none := ""
	d := Device{ID: s.ID, Location: &none}
	if s.Address != "" {
		d.IPAddress = &s.Address
	}
	if s.UserAgent != "" {
		d.UserAgent = &s.UserAgent
	}
	return d
}

// methodOf is what this wire calls a proof.
func methodOf(f session.Factor) string {
	switch {
	case f.Method == groupLink:
		return "link_recovery"
	case f.Method == groupCode && f.Recovery:
		return "code_recovery"
	}
	return f.Method
}

// SessionJSON is the body of a session check.
func (r *Renderer) SessionJSON(s *session.Session) ([]byte, error) { return json.Marshal(r.session(s)) }

// identity renders an identity as its owner sees it.
func (r *Renderer) identity(i *identity.Identity) Identity {
	out := Identity{
		ID: i.ID, SchemaID: i.SchemaID, SchemaURL: r.SchemaURL(i.SchemaID), Traits: i.Traits,
		State: cmp.Or(i.State, identity.Active), StateChangedAt: &i.StateChangedAt, ExternalID: i.ExternalID,
		MetadataPublic: orNull(i.MetadataPublic), CreatedAt: i.CreatedAt, UpdatedAt: i.UpdatedAt,
	}
	if i.StateChangedAt.IsZero() {
		out.StateChangedAt = &i.CreatedAt
	}
	for k := range i.Verifiable {
		out.VerifiableAddresses = append(out.VerifiableAddresses, r.verifiable(i, &i.Verifiable[k]))
	}
	for _, a := range i.Recovery {
		out.RecoveryAddresses = append(out.RecoveryAddresses, RecoveryAddress{
			ID: a.ID, Value: r.address(&a), Via: a.Via, CreatedAt: i.CreatedAt, UpdatedAt: i.UpdatedAt,
		})
	}
	return out
}

// address is how an address is written.
func (r *Renderer) address(a *identity.Address) string {
	if r.asTyped {
		return a.Value
	}
	return a.Normalized
}

func (r *Renderer) verifiable(i *identity.Identity, a *identity.Address) VerifiableAddress {
	out := VerifiableAddress{
		ID: a.ID, Value: r.address(a), Verified: a.Verified, Via: a.Via, Status: "pending",
		CreatedAt: i.CreatedAt, UpdatedAt: i.UpdatedAt,
	}
	if !a.SentAt.IsZero() {
		out.Status = "sent"
	}
	if a.Verified {
		out.Status = "completed"
		out.VerifiedAt = &a.VerifiedAt
	}
	return out
}

// SchemaURL is where a schema is read. Its id is encoded, since it may hold any
// character.
func (r *Renderer) SchemaURL(id string) string {
	return r.at("schemas", base64.RawURLEncoding.EncodeToString([]byte(id)))
}

// idOrNull is an id as JSON, null for none.
func idOrNull(id string) json.RawMessage {
	if id == "" {
		return rawNull()
	}
	return json.RawMessage(`"` + id + `"`)
}
