package console

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/event"
	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/pagekit"
	"github.com/symbolon/symbolon/internal/secret"
	"github.com/symbolon/symbolon/internal/session"
)

// identityBody is one identity.
type identityBody struct {
	person
	Updated      time.Time
	DeleteAt     time.Time // its owner has closed the account; zero if not
	Traits       []trait
	JSON         string
	Addresses    []address
	Credentials  []credential
	Sessions     []signedIn
	More         int           // sessions that are not listed
	History      []event.Event // the latest ones
	Recovers     bool
	SetsPassword bool // there is an identifier to sign in with
	HasPassword  bool
}

// address is a way to reach a person.
type address struct {
	ID         string
	Value      string
	Verifiable bool
	Verified   bool
	VerifiedAt time.Time
	Recovers   bool
}

// credential is a way to sign in, without what is secret about it.
type credential struct {
	Type        string
	Kind        string
	State       string
	Identifiers []string
}

// signedIn is a session of a person.
type signedIn struct {
	ID           string
	Device       string // browser and system; empty if that is unknown
	Place        string // the address it came from, likewise
	Since, Until time.Time
	Seen         time.Time // when it was last used, to the hour
	Methods      string
}

// maxSessions is how many sessions a page lists.
const maxSessions = 50

// identity shows one identity.
func (o *Console) identity(w http.ResponseWriter, r *http.Request) error {
	i, err := o.byID(r)
	if err != nil {
		return err
	}
	body := identityBody{person: o.person(i), Updated: i.UpdatedAt, JSON: pretty(i.Traits), Addresses: addressesOf(i), Recovers: o.recovers(i)}
	// An identity whose schema can't be read has to be seen, too.
	if schema, err := o.Schemas.Schema(r.Context(), i.SchemaID); err == nil {
		body.Traits = traitsOf(schema, i.Traits)
	}
	kept, err := o.Identities.Credentials(r.Context(), i.ID)
	if err != nil {
		return err
	}
	body.Credentials = credentialsOf(kept)
	for _, c := range kept {
		if c.Type == identity.TypePassword {
			body.SetsPassword, body.HasPassword = len(c.Identifiers) > 0, c.IsSet()
		}
	}
	if body.DeleteAt, err = o.Identities.DeletionOf(r.Context(), i.ID); err != nil {
		return err
	}
	held, err := o.Sessions.List(r.Context(), i.ID)
	if err != nil {
		return err
	}
	body.More = max(len(held)-maxSessions, 0)
	for _, s := range held[:len(held)-body.More] {
		body.Sessions = append(body.Sessions, signedIn{ID: s.ID, Device: deviceOf(s.UserAgent), Place: pagekit.Host(s.Address), Since: s.AuthenticatedAt, Until: s.ExpiresAt, Seen: s.LastSeen(), Methods: methodsOf(s)})
	}
	if body.History, err = o.Events.Events(r.Context(), event.Query{IdentityID: i.ID, Limit: maxRecent}); err != nil {
		return err
	}
	p := o.pageFor(r, pageIdentity, body.Name)
	p.Done = confirmations[r.URL.Query().Get("done")]
	p.Body = body
	return o.write(w, http.StatusOK, p)
}

// byID finds the identity that a path names.
func (o *Console) byID(r *http.Request) (*identity.Identity, error) {
	id := r.PathValue("id")
	if !secret.IsID(id) {
		return nil, errNoIdentity
	}
	found, err := o.Identities.ByID(r.Context(), id)
	if errors.Is(err, errs.ErrNotFound) {
		return nil, errNoIdentity
	}
	return found, err
}

var errNoIdentity = &refusal{http.StatusNotFound, "There is no such identity", "It may have been deleted since."}

// recovers reports whether a recovery link can be made for an identity.
func (o *Console) recovers(i *identity.Identity) bool {
	return len(i.Recovery) > 0 && o.Flows.Serves(flow.Recovery) && len(o.Flows.Methods(flow.Recovery)) > 0
}

func pretty(raw json.RawMessage) string {
	var value any
	d := json.NewDecoder(strings.NewReader(string(raw)))
	d.UseNumber()
	if err := d.Decode(&value); err != nil {
		return string(raw)
	}
	return pagekit.Indented(value)
}

// addressesOf lists each address once, with all that it is for.
func addressesOf(i *identity.Identity) []address {
	var out []address
	for _, a := range i.Verifiable {
		out = append(out, address{
			ID: a.ID, Value: a.Value, Verifiable: true, Verified: a.Verified, VerifiedAt: a.VerifiedAt,
			Recovers: identity.Find(i.Recovery, a.Via, a.Normalized) != nil,
		})
	}
	for _, a := range i.Recovery {
		if identity.Find(i.Verifiable, a.Via, a.Normalized) == nil {
			out = append(out, address{Value: a.Value, Recovers: true})
		}
	}
	return out
}

func credentialsOf(kept []identity.Credential) []credential {
	var out []credential
	for _, c := range kept {
		one := credential{Type: c.Type, Kind: c.Type, Identifiers: slices.Clone(c.Identifiers)}
		if name := credentialName(c.Type); name != "" {
			one.Kind, one.Identifiers = name, nil
		}
		switch c.Type {
		case identity.TypePassword:
			one.Kind, one.State = "Password", "set"
			if !c.IsSet() || len(c.Identifiers) == 0 {
				one.State = "not set"
			}
		case identity.TypeOIDC:
			one.Kind = "Provider"
		}
		out = append(out, one)
	}
	// First factors come first, then second factors.
	order := []string{identity.TypePassword, identity.TypeOIDC, "passkey", "code", "totp", "webauthn", "lookup_secret"}
	slices.SortStableFunc(out, func(a, b credential) int { return slices.Index(order, a.Type) - slices.Index(order, b.Type) })
	return out
}

// credentialName names a way to sign in whose identifiers say nothing to an operator; empty
// for the others.
func credentialName(typ string) string {
	switch typ {
	case "totp":
		return "Authenticator app"
	case "lookup_secret":
		return "Recovery codes"
	case "webauthn":
		return "Security keys"
	case "passkey":
		return "Passkeys"
	case "code":
		return "One-time code"
	}
	return ""
}

// deviceOf names what a session was made with.
func deviceOf(header string) string {
	browser, system := pagekit.Device(header)
	if browser != "" && system != "" {
		return browser + " on " + system
	}
	return browser + system
}

func methodsOf(s *session.Session) string {
	names := make([]string, len(s.Factors))
	for i, f := range s.Factors {
		names[i] = f.Method
	}
	return strings.Join(names, ", ")
}
