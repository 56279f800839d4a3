package flow_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/symbolon/symbolon/internal/courier"
	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/flow/flowtest"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/message"
	"github.com/symbolon/symbolon/internal/session"
)

// one is a world with one method, "password", that establishes what fact says.
func one(t testing.TB, fact func(context.Context, *flowtest.World, flow.Submission) (flow.Fact, error), o ...flowtest.Option) (*flowtest.World, *flowtest.Stub) {
	t.Helper()
	stub := &flowtest.Stub{Name: identity.TypePassword, Roles: flowtest.All(flow.FirstFactor)}
	w := flowtest.New(t, func(*flowtest.World) []flow.Method { return []flow.Method{stub} }, o...)
	stub.Fact = func(ctx context.Context, s flow.Submission) (flow.Fact, error) { return fact(ctx, w, s) }
	return w, stub
}

// always establishes one fact.
func always(fact flow.Fact) func(context.Context, *flowtest.World, flow.Submission) (flow.Fact, error) {
	return func(context.Context, *flowtest.World, flow.Submission) (flow.Fact, error) { return fact, nil }
}

// Every cell of fact and kind: what happens, or that the engine reports a
// programming error and does nothing.
func TestFacts(t *testing.T) {
	t.Parallel()
	credential := identity.Credential{Type: identity.TypePassword, Config: json.RawMessage(`{"hashed_password":"new"}`)}
	facts := map[string]func(p flowtest.Person, w *flowtest.World) flow.Fact{
		"Authenticated": func(p flowtest.Person, w *flowtest.World) flow.Fact {
			return flow.Authenticated{Identity: w.Fresh(p.ID), Factor: session.Factor{Method: "password"}}
		},
		"ProvedAddress": func(p flowtest.Person, _ *flowtest.World) flow.Fact {
			return flow.ProvedAddress{IdentityID: p.ID, Via: identity.ViaEmail, Normalized: p.Email, Factor: session.Factor{Method: "link"}}
		},
		"ProvedExternalAccount": func(flowtest.Person, *flowtest.World) flow.Fact {
			return flow.ProvedExternalAccount{
				Account: flow.ExternalAccount{Type: identity.TypeOIDC, Identifier: "acme:1", Provider: "Acme"}, Traits: json.RawMessage(`{"email":"new@example.org"}`),
			}
		},
		"NewCredential": func(flowtest.Person, *flowtest.World) flow.Fact { return flow.NewCredential{Credential: credential} },
		"RemoveCredential": func(flowtest.Person, *flowtest.World) flow.Fact {
			return flow.RemoveCredential{Type: "spare"}
		},
		"Sent": func(p flowtest.Person, _ *flowtest.World) flow.Fact {
			return flow.Sent{Notify: message.Of(message.KeyRecoverySent), Memory: "code", Mail: []courier.Message{{To: p.Email}}}
		},
		"Prepared":     func(flowtest.Person, *flowtest.World) flow.Fact { return flow.Prepared{Memory: "list"} },
		"Named":        func(flowtest.Person, *flowtest.World) flow.Fact { return flow.Named{Identifier: "ada"} },
		"RedirectTo":   func(flowtest.Person, *flowtest.World) flow.Fact { return flow.RedirectTo{URL: "https://acme.example"} },
		"DeclinedLink": func(flowtest.Person, *flowtest.World) flow.Fact { return flow.DeclinedLink{} },
		"ClosedAccount": func(flowtest.Person, *flowtest.World) flow.Fact {
			return flow.ClosedAccount{Grace: time.Hour}
		},
	}
	const wrong = flow.Outcome(0)
	same := func(o flow.Outcome) [5]flow.Outcome { return [5]flow.Outcome{o, o, o, o, o} }
	// login, registration, settings, recovery, verification
	want := map[string][5]flow.Outcome{
		"Authenticated":         {flow.Completed, flow.Completed, wrong, wrong, wrong},
		"ProvedAddress":         {wrong, wrong, wrong, flow.Completed, flow.Completed},
		"ProvedExternalAccount": {flow.Completed, flow.Completed, flow.Completed, wrong, wrong},
		"NewCredential":         {wrong, flow.Completed, flow.Completed, wrong, wrong},
		"RemoveCredential":      {wrong, wrong, flow.Completed, wrong, wrong},
		"Sent":                  same(flow.Pending),
		"Prepared":              same(flow.Prepares),
		"Named":                 {flow.Prepares, wrong, wrong, wrong, wrong},
		"RedirectTo":            same(flow.Redirected),
		"DeclinedLink":          {wrong, wrong, flow.Completed, wrong, wrong},
		"ClosedAccount":         {wrong, wrong, flow.Completed, wrong, wrong},
	}
	for name, fact := range facts {
		for i, k := range flow.Kinds {
			t.Run(name+"/"+string(k), func(t *testing.T) {
				t.Parallel()
				var p flowtest.Person
				w, _ := one(t, func(_ context.Context, w *flowtest.World, _ flow.Submission) (flow.Fact, error) {
					return fact(p, w), nil
				})
				p = w.Person("ada@example.org", true, identity.Credential{Type: "spare", Config: json.RawMessage(`{}`)})
				b := w.Browser()
				if k == flow.Settings {
					b.SignIn(p)
				}
				f := b.Start(k)
				result, err := b.Submit(f, "password", map[string]string{"traits.email": "new@example.org"})
				if result.Outcome != want[name][i] || (err != nil) != (want[name][i] == wrong) {
					t.Fatalf("outcome %d, %v; want %d", result.Outcome, err, want[name][i])
				}
				if err != nil && w.Stored(f).Version != f.Version {
					t.Error("the flow changed")
				}
			})
		}
	}
}

// A body that can't be read has no token to show whose it is (V1).
func TestSubmit_foreign(t *testing.T) {
	t.Parallel()
	for _, k := range []flow.Kind{flow.Login, flow.Registration, flow.Recovery, flow.Verification} {
		t.Run(string(k), func(t *testing.T) {
			t.Parallel()
			w, _ := one(t, always(flow.Prepared{}))
			attacker, victim := w.Browser(), w.Browser()
			f := attacker.Start(k)
			for name, in := range map[string]flow.Input{
				"broken":           flow.BrokenInput(message.Of(message.KeyBodyEmpty)),
				"victim's token":   victim.Form(nil),
				"attacker's token": attacker.Form(nil),
				"none":             flow.FormInput(url.Values{}),
				"unfit":            victim.Form(nil).Unfit(message.Of(message.KeyBodyEmpty)),
			} {
				if _, err := victim.Send(f, "password", in); !errors.Is(err, errs.ErrCSRF) {
					t.Errorf("%s: %v", name, err)
				}
			}
			if now := w.Stored(f); now.Version != f.Version || now.CSRF != f.CSRF {
				t.Error("the flow changed")
			}
			if _, err := w.Get(t.Context(), k, f.ID, victim.Caller); !errors.Is(err, errs.ErrCSRF) {
				t.Errorf("the victim is shown the flow: %v", err)
			}
			if _, err := w.Get(t.Context(), k, f.ID, attacker.Caller); err != nil {
				t.Errorf("its owner is not: %v", err)
			}
			result, err := attacker.Send(f, "password", flow.BrokenInput(message.Of(message.KeyBodyEmpty)))
			if err != nil || result.Outcome != flow.FormRejected || result.Flow.CSRF != f.CSRF {
				t.Errorf("to the owner it is said on the form: %d, %v", result.Outcome, err)
			}
		})
	}
}

// While a method judges, or the body comes in, the session may end (V2).
func TestSubmit_sessionEnds(t *testing.T) {
	t.Parallel()
	facts := map[string]flow.Fact{
		"NewCredential":         flow.NewCredential{Credential: identity.Credential{Type: "totp", Config: json.RawMessage(`{}`)}},
		"ProvedExternalAccount": flow.ProvedExternalAccount{Account: flow.ExternalAccount{Type: identity.TypeOIDC, Identifier: "acme:1"}},
		"RemoveCredential":      flow.RemoveCredential{Type: "spare"},
		"RedirectTo":            flow.RedirectTo{URL: "https://acme.example"},
		"Prepared":              flow.Prepared{},
		"Sent":                  flow.Sent{},
	}
	ends := map[string]func(context.Context, *flowtest.World, *flowtest.Browser) error{
		"revoked": func(ctx context.Context, w *flowtest.World, b *flowtest.Browser) error {
			return w.Sessions.RevokeByID(ctx, b.Session.IdentityID, b.Session.ID)
		},
		"all revoked": func(ctx context.Context, w *flowtest.World, b *flowtest.Browser) error {
			return w.Sessions.RevokeOthers(ctx, b.Session.IdentityID, "")
		},
		"expired": func(_ context.Context, w *flowtest.World, _ *flowtest.Browser) error {
			w.Config.PrivilegedAge = 100 * time.Hour
			w.Advance(25 * time.Hour)
			return nil
		},
		"too old": func(_ context.Context, w *flowtest.World, _ *flowtest.Browser) error {
			w.Advance(61 * time.Minute)
			return nil
		},
		"deleted": func(ctx context.Context, w *flowtest.World, b *flowtest.Browser) error {
			return w.Identities.Delete(ctx, b.Session.IdentityID)
		},
	}
	for name, fact := range facts {
		for how, end := range ends {
			t.Run(name+"/"+how, func(t *testing.T) {
				t.Parallel()
				var b *flowtest.Browser
				w, stub := one(t, func(ctx context.Context, w *flowtest.World, _ flow.Submission) (flow.Fact, error) {
					return fact, end(ctx, w, b)
				})
				stub.Privileged = true
				w.Rebuild(stub)
				p := w.Person("ada@example.org", true, identity.Credential{Type: "spare", Config: json.RawMessage(`{}`)})
				b = w.Browser()
				b.SignIn(p)
				f := b.Start(flow.Settings)
				before, err := w.Identities.Credentials(t.Context(), p.ID)
				if err != nil {
					t.Fatal(err)
				}
				if result, err := b.Submit(f, "password", nil); err == nil {
					t.Fatalf("it went through: %d", result.Outcome)
				}
				after, err := w.Identities.Credentials(t.Context(), p.ID)
				if how != "deleted" && (err != nil || len(after) != len(before)) {
					t.Errorf("credentials: %v, %v", after, err)
				}
			})
		}
	}
}

func TestSubmit_replay(t *testing.T) {
	t.Parallel()
	var p flowtest.Person
	w, _ := one(t, func(_ context.Context, w *flowtest.World, _ flow.Submission) (flow.Fact, error) {
		return flow.Authenticated{Identity: w.Fresh(p.ID), Factor: session.Factor{Method: "password"}}, nil
	})
	p = w.Person("ada@example.org", true)
	b := w.Browser()
	f := b.Start(flow.Login)
	first, err := b.Submit(f, "password", nil)
	if err != nil {
		t.Fatal(err)
	}
	lost := w.Browser()
	*lost = *b
	lost.Took(first)
	again, err := b.Submit(f, "password", nil)
	if err != nil || again.Session.ID != first.Session.ID || again.Token == first.Token {
		t.Fatalf("the same browser, which missed the answer: %v", err)
	}
	if lost.Alive() {
		t.Error("the token of the answer that was lost is left")
	}
	stranger := w.Browser()
	if _, err := stranger.Submit(f, "password", nil); !errors.Is(err, errs.ErrCSRF) {
		t.Errorf("a browser that the flow does not belong to: %v", err)
	}
	first = again
	missed := w.Browser()
	*missed = *b
	b.Took(first)
	if _, err := b.Submit(f, "password", nil); !as[*flow.LoggedIn](err) {
		t.Errorf("the browser that it signed in: %v", err)
	}
	other := w.Browser()
	other.SignIn(p)
	if _, err := other.Submit(f, "password", nil); as[*flow.LoggedIn](err) && other.Session.ID == first.Session.ID {
		t.Errorf("another session: %v", err)
	}
	if err := w.Sessions.Revoke(t.Context(), first.Token); err != nil {
		t.Fatal(err)
	}
	if _, err := missed.Submit(f, "password", nil); !as[*flow.Restarted](err) {
		t.Errorf("after a logout: %v", err)
	}
}

// A password alone does not get the level that the session has reached since its login.
func TestSubmit_replayBelowLevel(t *testing.T) {
	t.Parallel()
	var p flowtest.Person
	w, _ := one(t, func(_ context.Context, w *flowtest.World, _ flow.Submission) (flow.Fact, error) {
		return flow.Authenticated{Identity: w.Fresh(p.ID), Factor: session.Factor{Method: "password"}}, nil
	})
	p = w.Person("ada@example.org", true)
	b := w.Browser()
	f := b.Start(flow.Login)
	first, err := b.Submit(f, "password", nil)
	if err != nil {
		t.Fatal(err)
	}
	second := session.Proof{Factor: session.Factor{Method: "totp", AAL: session.AAL2}, KeepToken: true}
	if _, _, err := w.Sessions.Upgrade(t.Context(), first.Session, second); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Submit(f, "password", nil); !as[*flow.Restarted](err) {
		t.Errorf("the same proof after a second factor: %v", err)
	}
	b.Took(first)
	if !b.Alive() {
		t.Error("the session has ended")
	}
}

func as[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}

// Many submissions of one form at once end in one session, of which one answer has the token.
func TestSubmit_parallel(t *testing.T) {
	t.Parallel()
	var p flowtest.Person
	w, _ := one(t, func(_ context.Context, w *flowtest.World, _ flow.Submission) (flow.Fact, error) {
		return flow.Authenticated{Identity: w.Fresh(p.ID), Factor: session.Factor{Method: "password"}}, nil
	})
	p = w.Person("ada@example.org", true)
	b := w.Browser()
	f := b.Start(flow.Login)
	type answer struct {
		flow.Result
		err error
	}
	answers := make(chan answer, 8)
	for range cap(answers) {
		go func() {
			r, err := b.Submit(f, "password", nil)
			answers <- answer{r, err}
		}()
	}
	var tokens []string
	for range cap(answers) {
		a := <-answers
		if a.err != nil {
			t.Errorf("an answer: %v", a.err)
			continue
		}
		tokens = append(tokens, a.Token)
	}
	alive := 0
	for _, token := range tokens {
		if _, err := w.Sessions.Check(t.Context(), token); err == nil {
			alive++
		}
	}
	if held, err := w.Sessions.List(t.Context(), p.ID); err != nil || alive != 1 || len(held) != 1 {
		t.Errorf("%d tokens, %d sessions, %v", alive, len(held), err)
	}
}

// A one-time code that two requests judge counts once.
func TestSubmit_spent(t *testing.T) {
	t.Parallel()
	var p flowtest.Person
	tries := 0
	w, _ := one(t, func(ctx context.Context, w *flowtest.World, _ flow.Submission) (flow.Fact, error) {
		tries++
		c, err := w.Identities.Credential(ctx, p.ID, "spare")
		if err != nil {
			return nil, err
		}
		if strings.Contains(string(c.Config), "used") {
			return nil, flow.Reject("answer", message.Of(message.KeyInvalidCredentials))
		}
		used := *c
		used.Config = json.RawMessage(`{"used":true}`)
		if tries == 1 { // another request is faster
			if err := w.Identities.UpdateCredential(ctx, p.ID, used); err != nil {
				return nil, err
			}
		}
		return flow.Authenticated{Identity: w.Fresh(p.ID), Judged: c, Upgrade: &used, Spent: true, Factor: session.Factor{Method: "password"}}, nil
	})
	p = w.Person("ada@example.org", true, identity.Credential{Type: "spare", Config: json.RawMessage(`{}`)})
	b := w.Browser()
	result, err := b.Submit(b.Start(flow.Login), "password", nil)
	if err != nil || result.Outcome != flow.FormRejected || tries != 2 {
		t.Errorf("outcome %d after %d tries, %v", result.Outcome, tries, err)
	}
}

func TestSubmit_refresh(t *testing.T) {
	t.Parallel()
	var p flowtest.Person
	w, _ := one(t, func(_ context.Context, w *flowtest.World, _ flow.Submission) (flow.Fact, error) {
		return flow.Authenticated{Identity: w.Fresh(p.ID), Factor: session.Factor{Method: "password"}}, nil
	})
	p = w.Person("ada@example.org", true)
	b := w.Browser()
	before := b.SignIn(p)
	f, err := b.TryStart(flow.StartRequest{Kind: flow.Login, Refresh: true})
	if err != nil {
		t.Fatal(err)
	}
	result, err := b.Submit(f, "password", nil)
	if err != nil || result.Session.ID != before.ID || result.Token == "" {
		t.Fatalf("session %v, token %q, %v", result.Session, result.Token, err)
	}
	if b.Alive() {
		t.Error("the old token works on (ASVS 7.2.4)")
	}
}

func TestSubmit_misuse(t *testing.T) {
	t.Parallel()
	w, _ := one(t, always(flow.Prepared{}))
	app := w.App()
	f := app.Start(flow.Login)
	for _, c := range []flow.Caller{{Cookie: true}, {Origin: true}} {
		app.Caller = c
		if result, err := app.Submit(f, "password", nil); err != nil || result.Outcome != flow.FormRejected {
			t.Errorf("%+v: %d, %v", c, result.Outcome, err)
		}
	}
	for _, id := range []string{"", "nonsense"} {
		if _, err := app.Submit(&flow.Flow{Kind: flow.Login, ID: id}, "password", nil); errs.Of(err) != errs.Invalid {
			t.Errorf("flow %q: %v", id, err)
		}
	}
	if _, err := app.Submit(&flow.Flow{Kind: flow.Recovery, ID: f.ID}, "password", nil); !errors.Is(err, errs.ErrNotFound) {
		t.Errorf("a flow of another kind: %v", err)
	}
	if _, err := app.Submit(f, "nothing", nil); !errors.Is(err, errs.ErrNotFound) {
		t.Errorf("an unknown method: %v", err)
	}
}

// Who signed up with a provider and a person's address waits for that person to sign
// in; only the person links, and by a button (V1, CVE-2026-9087).
func TestPendingLink(t *testing.T) {
	t.Parallel()
	account := flow.ExternalAccount{Type: identity.TypeOIDC, Identifier: "acme:1", Provider: "Acme", Name: "ada at acme"}
	var p flowtest.Person
	w, oidc := one(t, nil)
	oidc.Name = identity.TypeOIDC
	confirm := true
	oidc.Fact = func(_ context.Context, s flow.Submission) (flow.Fact, error) {
		switch {
		case s.Flow.Kind == flow.Login:
			return flow.Authenticated{Identity: w.Fresh(p.ID), Factor: session.Factor{Method: "password"}}, nil
		case s.Flow.Kind == flow.Settings && !confirm:
			return flow.DeclinedLink{}, nil
		case s.Flow.Kind == flow.Settings:
			return flow.ProvedExternalAccount{Account: s.Flow.PendingAccount()}, nil
		}
		return flow.ProvedExternalAccount{Account: account, Traits: json.RawMessage(`{"email":"ada@example.org"}`)}, nil
	}
	w.Rebuild(oidc)
	p = w.Person("ada@example.org", true)
	linked := func() bool {
		_, _, err := w.Identities.ByCredential(t.Context(), identity.TypeOIDC, "acme:1")
		return err == nil
	}
	for _, confirm = range []bool{false, true} {
		b := w.Browser()
		taken, err := b.Submit(b.Start(flow.Registration), identity.TypeOIDC, nil)
		if err != nil || taken.Flow.PendingLink() != "Acme" {
			t.Fatalf("registration: %v, %v", taken, err)
		}
		if _, err := w.Browser().TryStart(flow.StartRequest{Kind: flow.Login, Link: taken.Flow.ID}); errs.Of(err) != errs.Invalid {
			t.Errorf("another browser takes it over: %v", err)
		}
		login, err := b.TryStart(flow.StartRequest{Kind: flow.Login, Link: taken.Flow.ID})
		if err != nil {
			t.Fatal(err)
		}
		said := func(f *flow.Flow, key string) bool {
			return slices.ContainsFunc(f.Form.Messages, func(m message.Message) bool { return m.Key == key })
		}
		if again, err := b.Send(login, identity.TypeOIDC, flow.BrokenInput(message.Of(message.KeyBodyEmpty))); err != nil || !said(again.Flow, message.KeySignInToLink) {
			t.Errorf("after a rejection it is said no more what will be linked: %v", err)
		}
		in, err := b.Submit(login, identity.TypeOIDC, nil)
		if err != nil || linked() {
			t.Fatalf("linked without a word: %t, %v", linked(), err)
		}
		b.Took(in)
		page, err := url.Parse(in.Redirect)
		if err != nil || !strings.HasPrefix(in.Redirect, "https://id.example.org/settings?flow=") {
			t.Fatalf("it leads to %s, %v", in.Redirect, err)
		}
		asked, err := w.Get(t.Context(), flow.Settings, page.Query().Get("flow"), b.Caller)
		if err != nil || !said(asked.Flow, message.KeyConfirmLink) {
			t.Fatalf("%v, %v", asked.Flow, err)
		}
		done, err := b.Submit(asked.Flow, identity.TypeOIDC, nil)
		if err != nil || linked() != confirm || done.Redirect != "https://app.example.org/" {
			t.Errorf("linked %t, want %t; to %s, %v", linked(), confirm, done.Redirect, err)
		}
	}
}
