package flow

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"symbolon/internal/errs"
	"symbolon/internal/identity"
	"symbolon/internal/message"
	"symbolon/internal/secret"
	"symbolon/internal/session"
	"symbolon/internal/traits"
	"symbolon/internal/ui"
)

// Caller is what is known of who makes a request.
type Caller struct {
	Session *session.Session // nil when anonymous
	CSRF    string           // value of the csrf_token cookie; empty if absent
	// NextCSRF returns the value the cookie gets should this request sign that identity
	// in, or restart a flow for a browser without the cookie: values are bound to
	// the identity that is signed in, "" for none. The same owner gets the same value.
	NextCSRF func(owner string) string
	// Continuity is what Result.Continuity handed to this browser; empty if nothing.
	Continuity string
	Cookie     bool // the request carried a Cookie header
	Origin     bool // the request carried an Origin header
}

// csrf is the value of the anti-CSRF cookie, or the one it is about to get: a
// browser without the cookie could not use the form otherwise.
func (c Caller) csrf(client Client) string {
	if c.CSRF == "" && client == Browser {
		if c.Session == nil {
			return c.NextCSRF("")
		}
		return c.NextCSRF(c.Session.IdentityID)
	}
	return c.CSRF
}

// continuity is what the browser keeps until it is params: what it keeps already, so
// that two things can wait for it at once, or something new.
func (c Caller) continuity() string {
	if c.Continuity != "" {
		return c.Continuity
	}
	return secret.Token()
}

// StartRequest asks for a new flow.
type StartRequest struct {
	Kind     Kind
	Client   Client
	URL      string // full URL of the request, kept for the wire's request_url
	ReturnTo string // as sent; browsers only
	Refresh  bool   // login: prove credentials although signed in
	// Link is the id of a registration whose identifiers were taken: whoever signs in
	// gets its subject linked. Login of browsers only.
	Link   string
	Caller Caller
}

// Start makes a flow. The error is *LoggedIn or *LoginRequired where the
// kind's session rule says so, and of code errs.Invalid for a return_to that
// leads where nobody allowed.
func (e *Engine) Start(ctx context.Context, r StartRequest) (Result, error) {
	returnTo := ""
	if r.Client == Browser {
		var err error
		if returnTo, err = e.validateReturnTo(r.Kind, r.ReturnTo); err != nil {
			return Result{}, err
		}
	}
	refresh := r.Refresh && r.Kind == Login
	if err := e.checkSession(r.Kind, r.Caller, refresh, returnTo); err != nil {
		return Result{}, err
	}
	f := e.newFlow(r.Kind, r.Client, e.now())
	f.Request, f.ReturnTo, f.Refresh = r.URL, returnTo, refresh
	f.CSRF = secret.MaskCSRF(r.Caller.CSRF)
	subject, err := e.subject(ctx, f, r.Caller)
	if err != nil {
		return Result{}, err
	}
	if r.Link != "" && r.Kind == Login && r.Client == Browser {
		if err := e.claimPendingLink(ctx, f, r.Link, r.Caller); err != nil {
			return Result{}, err
		}
	}
	if err := e.create(ctx, f, subject); err != nil {
		return Result{}, err
	}
	e.observer.Started(f.Kind, f.Client)
	return Result{Outcome: FormShown, Flow: f, Identity: subject, Session: r.Caller.Session}, nil
}

// fresh returns an empty flow of a kind.
func (e *Engine) newFlow(k Kind, c Client, now time.Time) *Flow {
	now = now.UTC().Truncate(time.Microsecond)
	return &Flow{
		ID: secret.NewID(), Kind: k, Client: c, State: Open,
		IssuedAt: now, ExpiresAt: now.Add(e.config.Kinds[k].Lifespan),
	}
}

// subject names the identity that a flow is about, before anyone has proved to
// be one: the owner of settings, the person who re-authenticates.
func (e *Engine) subject(ctx context.Context, f *Flow, c Caller) (*identity.Identity, error) {
	if c.Session == nil || f.Kind != Settings && !f.Refresh {
		return nil, nil
	}
	f.IdentityID = c.Session.IdentityID
	return e.identities.ByID(ctx, f.IdentityID)
}

func (e *Engine) create(ctx context.Context, f *Flow, subject *identity.Identity) error {
	if err := e.build(ctx, f, subject); err != nil {
		return err
	}
	if err := e.store.CreateFlow(ctx, f); err != nil {
		return fmt.Errorf("create %s flow: %w", f.Kind, err)
	}
	return nil
}

// build makes the form anew from what the methods offer.
func (e *Engine) build(ctx context.Context, f *Flow, subject *identity.Identity) error {
	f.Form.Groups = nil
	missingTraits := f.missingTraits()
	for _, m := range e.methods {
		step, ok := e.steps[f.Kind][m.ID()]
		if !ok || step.Show == nil || step.BrowserOnly && f.Client == API {
			continue
		}
		nodes, err := step.Show(ctx, View{Flow: f, Identity: subject, method: m.ID()})
		if err != nil {
			return fmt.Errorf("show %s in %s flow: %w", m.ID(), f.Kind, err)
		}
		if nodes == nil {
			continue
		}
		group := ui.Group{Method: m.ID(), Nodes: nodes}
		if missingTraits.Method == m.ID() {
			if err := e.addTraits(ctx, f.Kind, &group, nil, missingTraits.Traits); err != nil {
				return err
			}
			group.SubmitLast()
		} else if step.Traits {
			if err := e.addTraits(ctx, f.Kind, &group, subject, nil); err != nil {
				return err
			}
		}
		if csrf := group.Node(ui.CSRFName); csrf != nil {
			csrf.Value = f.CSRF
		}
		f.Form.Groups = append(f.Form.Groups, group)
	}
	return nil
}

// addTraits adds an input for each trait, with the subject's values or those that
// are known of a newcomer.
func (e *Engine) addTraits(ctx context.Context, k Kind, g *ui.Group, subject *identity.Identity, known json.RawMessage) error {
	schema, err := e.schemaFor(ctx, k, subject)
	if err != nil {
		return err
	}
	for _, t := range schema.Fields() {
		if t.AdminOnly {
			continue
		}
		for _, input := range append([]traits.Field{t}, t.Elements...) {
			g.Nodes = append(g.Nodes, ui.Node{
				Name: input.Name, Type: input.Type, Pattern: input.Pattern, Required: input.Required,
				Label: input.Title, Options: input.Enum, Autocomplete: input.Autocomplete,
				List: input.Multiple && !input.Structured && input.Elements == nil,
			})
		}
	}
	if subject != nil {
		known = subject.Traits
	}
	for _, v := range schema.Flatten(known) {
		g.Set(v.Name, v.Value)
	}
	return nil
}

// restart replaces a flow that is over. What the person was about to do, where
// they wanted to go, stays.
func (e *Engine) restart(ctx context.Context, old *Flow, c Caller, why message.Message) error {
	f := e.newFlow(old.Kind, old.Client, e.now())
	f.Request, f.ReturnTo, f.Refresh, f.IdentityID = old.Request, old.ReturnTo, old.Refresh, old.IdentityID
	f.CSRF = secret.MaskCSRF(c.csrf(f.Client))
	f.Form.Messages = []message.Message{why}
	var subject *identity.Identity
	if f.IdentityID != "" {
		var err error
		if subject, err = e.identities.ByID(ctx, f.IdentityID); err != nil {
			return err
		}
	}
	if err := e.create(ctx, f, subject); err != nil {
		return err
	}
	return &Restarted{Flow: f}
}

// Get returns a flow for display. Settings flows are for their owner alone.
func (e *Engine) Get(ctx context.Context, k Kind, id string, c Caller) (Result, error) {
	if k == Settings && c.Session == nil {
		return Result{}, &LoginRequired{Kind: k}
	}
	f, err := e.load(ctx, k, id)
	if err != nil {
		return Result{}, err
	}
	if k == Settings && f.IdentityID != c.Session.IdentityID {
		return Result{}, ErrNotFlowOwner
	}
	return e.shown(ctx, f)
}

// Inspect returns a flow for an administrator, whoever ownsAnyIdentifier it.
func (e *Engine) Inspect(ctx context.Context, k Kind, id string) (Result, error) {
	f, err := e.load(ctx, k, id)
	if err != nil {
		return Result{}, err
	}
	return e.shown(ctx, f)
}

func (e *Engine) shown(ctx context.Context, f *Flow) (Result, error) {
	if f.Expired(e.now()) {
		return Result{}, &Expired{Flow: f}
	}
	r := Result{Outcome: FormShown, Flow: f}
	if f.Kind == Settings {
		var err error
		if r.Identity, err = e.identities.ByID(ctx, f.IdentityID); err != nil {
			return Result{}, err
		}
	}
	return r, nil
}

// load reads a flow of a kind. An id of another kind is as unknown as any.
func (e *Engine) load(ctx context.Context, k Kind, id string) (*Flow, error) {
	f, err := e.store.Flow(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("read %s flow: %w", k, err)
	}
	if f.Kind != k {
		return nil, errs.ErrNotFound
	}
	return f, nil
}
