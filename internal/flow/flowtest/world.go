package flowtest

import (
	"context"
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/message"
	"github.com/symbolon/symbolon/internal/secret"
	"github.com/symbolon/symbolon/internal/session"
	"github.com/symbolon/symbolon/internal/store"
	"github.com/symbolon/symbolon/internal/store/storetest"
	"github.com/symbolon/symbolon/internal/traits"
)

// Schema is the identity schema of a world: an e-mail address that signs in,
// recovers and is verified, and a name.
const Schema = `{"type":"object","properties":{"traits":{"type":"object","properties":{
 "email":{"type":"string","format":"email","title":"E-mail","x-symbolon":{},"ory.sh/kratos":{
  "credentials":{"password":{"identifier":true}},"verification":{"via":"email"},"recovery":{"via":"email"}}},
 "name":{"type":"string","title":"Name"}},"additionalProperties":false}}}`

// World is an engine with everything below it.
type World struct {
	*flow.Engine
	DB         *store.DB
	Identities *identity.Service
	Sessions   *session.Service
	Mail       *Mailbox
	Limiter    *Limiter
	Config     flow.Config

	t     testing.TB
	later time.Duration
}

// Option changes the configuration of a world.
type Option func(*flow.Config)

// New returns a world with the methods that the function returns, in which every kind of
// flow is switched on.
func New(t testing.TB, methods func(*World) []flow.Method, options ...Option) *World {
	t.Helper()
	w := &World{t: t, DB: storetest.Open(t), Mail: &Mailbox{}, Limiter: &Limiter{}}
	schema, err := traits.Compile([]byte(Schema))
	if err != nil {
		t.Fatal(err)
	}
	w.Sessions = session.New(w.DB, session.Config{Lifespan: 24 * time.Hour}, w.Now)
	w.Identities = identity.New(w.DB, schemas{schema}, w.Sessions.Invalidate, w.Now)
	w.Config = config()
	for _, change := range options {
		change(&w.Config)
	}
	w.Rebuild(methods(w)...)
	return w
}

// Rebuild replaces the engine, as a change of configuration does.
func (w *World) Rebuild(methods ...flow.Method) {
	w.Engine = flow.New(flow.Deps{
		Store: w.DB, Identities: w.Identities, Sessions: w.Sessions, Limiter: w.Limiter,
		Mail: w.Mail, Observer: observer{}, Methods: methods, Now: w.Now,
	}, w.Config)
}

// Now is the time of the world.
func (w *World) Now() time.Time { return storetest.Now.Add(w.later) }

// Advance lets time pass.
func (w *World) Advance(d time.Duration) { w.later += d }

func config() flow.Config {
	public := mustURL("https://id.example.org/")
	c := flow.Config{
		PublicURL: public, ClosedPage: public.JoinPath("closed"), DefaultReturn: mustURL("https://app.example.org/"), PrivilegedAge: time.Hour,
		DefaultSchema: "default", Notices: true, Kinds: map[flow.Kind]flow.KindConfig{},
	}
	for _, k := range flow.Kinds {
		c.Kinds[k] = flow.KindConfig{Enabled: true, Lifespan: time.Hour, UI: public.JoinPath(string(k))}
	}
	return c
}

// Hook adds a hook after the success of a method.
func Hook(k flow.Kind, method, hook string) Option {
	return func(c *flow.Config) {
		kind := c.Kinds[k]
		kind.After = map[string]flow.AfterConfig{method: {Hooks: []string{hook}}}
		c.Kinds[k] = kind
	}
}

func mustURL(raw string) *url.URL {
	u, err := url.Parse(raw)
	if err != nil {
		panic(err) // a constant
	}
	return u
}

type schemas struct{ one *traits.Schema }

func (s schemas) Schema(context.Context, string) (*traits.Schema, error) { return s.one, nil }

type observer struct{}

func (observer) Submitted(flow.Kind, string, string) {}
func (observer) Started(flow.Kind, flow.Client)      {}

// Person is an account of the world.
type Person struct {
	*identity.Identity
	Email string
}

// Person creates an account with an e-mail address and a credential of its own;
// more credentials may be added.
func (w *World) Person(email string, verified bool, more ...identity.Credential) Person {
	w.t.Helper()
	d, err := w.Identities.Draft(w.t.Context(), "default", json.RawMessage(`{"email":"`+email+`"}`))
	if err != nil {
		w.t.Fatal(err)
	}
	d.Set(identity.Credential{Type: identity.TypePassword, Config: json.RawMessage(`{"hashed_password":"$argon2id$"}`)})
	for _, c := range more {
		d.Set(c)
	}
	i, err := w.Identities.Create(w.t.Context(), d)
	if err != nil {
		w.t.Fatal(err)
	}
	if verified {
		if err := w.Identities.MarkVerified(w.t.Context(), i.ID, i.Verifiable[0].ID); err != nil {
			w.t.Fatal(err)
		}
	}
	return Person{Identity: w.Fresh(i.ID), Email: email}
}

// Fresh reads an identity as it is now.
func (w *World) Fresh(id string) *identity.Identity {
	w.t.Helper()
	i, err := w.Identities.ByID(w.t.Context(), id)
	if err != nil {
		w.t.Fatal(err)
	}
	return i
}

// Browser is a client with cookies.
type Browser struct {
	flow.Caller
	w     *World
	token string
}

// Browser opens a browser.
func (w *World) Browser() *Browser {
	next := map[string]string{}
	return &Browser{w: w, Caller: flow.Caller{
		CSRF: secret.NewCSRF(), Continuity: secret.Token(), Cookie: true,
		NextCSRF: func(owner string) string {
			if next[owner] == "" {
				next[owner] = secret.NewCSRF()
			}
			return next[owner]
		},
	}}
}

// App is a client without a browser.
func (w *World) App() *Browser { return &Browser{w: w} }

// SignIn gives the browser a session of a person, with the factors named.
func (b *Browser) SignIn(p Person, factors ...session.Factor) *session.Session {
	b.w.t.Helper()
	if len(factors) == 0 {
		factors = []session.Factor{{Method: "password", AAL: session.AAL1}}
	}
	issued, token, err := b.w.Sessions.Issue(b.w.t.Context(), b.w.Fresh(p.ID), factors[0])
	for _, f := range factors[1:] {
		if err == nil {
			issued, token, err = b.w.Sessions.Upgrade(b.w.t.Context(), issued, session.Proof{Factor: f})
		}
	}
	if err != nil {
		b.w.t.Fatal(err)
	}
	b.Session, b.token = issued, token
	return issued
}

// Took notes the session that a result handed out, and the cookies that come with it.
func (b *Browser) Took(r flow.Result) {
	if r.Token == "" {
		return
	}
	if b.NextCSRF != nil && (b.Session == nil || b.Session.IdentityID != r.Session.IdentityID) {
		b.CSRF = b.NextCSRF(r.Session.IdentityID)
	}
	b.Session, b.token = r.Session, r.Token
}

// Alive reports whether the browser's session is valid.
func (b *Browser) Alive() bool {
	_, err := b.w.Sessions.Check(b.w.t.Context(), b.token)
	return err == nil
}

func (b *Browser) client() flow.Client {
	if b.CSRF == "" {
		return flow.API
	}
	return flow.Browser
}

// Start begins a flow.
func (b *Browser) Start(k flow.Kind) *flow.Flow {
	b.w.t.Helper()
	f, err := b.TryStart(flow.StartRequest{Kind: k})
	if err != nil {
		b.w.t.Fatalf("start %s: %v", k, err)
	}
	return f
}

// TryStart begins a flow as the request says, for this browser.
func (b *Browser) TryStart(r flow.StartRequest) (*flow.Flow, error) {
	r.Client, r.Caller, r.URL = b.client(), b.Caller, "https://id.example.org/self-service"
	result, err := b.w.Start(b.w.t.Context(), r)
	return result.Flow, err
}

// StepUp begins a login with a second factor, in a new browser that has a session of the person with the factors named.
func (w *World) StepUp(p Person, factors ...session.Factor) (*Browser, *flow.Flow) {
	w.t.Helper()
	b := w.Browser()
	b.SignIn(p, factors...)
	f, err := b.TryStart(flow.StartRequest{Kind: flow.Login, AAL: session.AAL2})
	if err != nil {
		w.t.Fatal(err)
	}
	return b, f
}

// Form is the input of a form of this browser, with its token.
func (b *Browser) Form(fields map[string]string) flow.Input {
	values := url.Values{}
	for name, value := range fields {
		values.Set(name, value)
	}
	if b.CSRF != "" {
		values.Set("csrf_token", secret.MaskCSRF(b.CSRF))
	}
	return flow.FormInput(values)
}

// Submit sends the form of a method.
func (b *Browser) Submit(f *flow.Flow, method string, fields map[string]string) (flow.Result, error) {
	return b.Send(f, method, b.Form(fields))
}

// MustSubmit sends the form of a method, which must not fail, and notes the session that results.
func (b *Browser) MustSubmit(f *flow.Flow, method string, fields map[string]string) flow.Result {
	b.w.t.Helper()
	r, err := b.Submit(f, method, fields)
	if err != nil {
		b.w.t.Fatalf("submit %s, %v: %v", method, fields, err)
	}
	b.Took(r)
	return r
}

// Send submits an input.
func (b *Browser) Send(f *flow.Flow, method string, in flow.Input) (flow.Result, error) {
	return b.w.Submit(b.w.t.Context(), flow.SubmitRequest{
		Kind: f.Kind, Method: method, FlowID: f.ID, Input: in, Caller: b.Caller, URL: "https://id.example.org/submit",
	})
}

// Stored reads a flow as it is in the database.
func (w *World) Stored(f *flow.Flow) *flow.Flow {
	w.t.Helper()
	stored, err := w.DB.Flow(w.t.Context(), f.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	return stored
}

// Value is what a node of a method shows in a flow.
func Value(t testing.TB, f *flow.Flow, method, name string) string {
	t.Helper()
	group := f.Form.Group(method)
	if group == nil || group.Node(name) == nil {
		t.Fatalf("the form has no %s: %+v", name, group)
	}
	text, _ := group.Node(name).Value.(string)
	return text
}

// Said are the keys of the messages of a flow's form, then those that GroupSaid has.
func Said(r flow.Result, method string) string {
	return strings.Join(append(keys(r.Flow.Form.Messages), groupKeys(r, method)...), " ")
}

// GroupSaid are the keys of the messages of the method's group and of its nodes.
func GroupSaid(r flow.Result, method string) string {
	return strings.Join(groupKeys(r, method), " ")
}

func groupKeys(r flow.Result, method string) []string {
	group := r.Flow.Form.Group(method)
	if group == nil {
		return nil
	}
	all := keys(group.Messages)
	for _, n := range group.Nodes {
		all = append(all, keys(n.Messages)...)
	}
	return all
}

func keys(messages []message.Message) (all []string) {
	for _, m := range messages {
		all = append(all, m.Key)
	}
	return all
}
