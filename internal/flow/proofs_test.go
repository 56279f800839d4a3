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
	"github.com/symbolon/symbolon/internal/secret"
	"github.com/symbolon/symbolon/internal/session"
)

// mailer is a world in which "link" sends a link and proves its address with the
// token, beside a password that can be set.
func mailer(t testing.TB, o ...flowtest.Option) *flowtest.World {
	t.Helper()
	return flowtest.New(t, mailerMethods, o...)
}

func mailerMethods(w *flowtest.World) []flow.Method {
	link := &flowtest.Stub{Name: "link", Roles: map[flow.Kind]flow.Role{flow.Recovery: flow.AddressProof, flow.Verification: flow.AddressProof}}
	set := &flowtest.Stub{Name: identity.TypePassword, Privileged: true, Roles: map[flow.Kind]flow.Role{
		flow.Settings: flow.Management, flow.Registration: flow.FirstFactor,
	}}
	set.Fact = func(context.Context, flow.Submission) (flow.Fact, error) {
		return flow.NewCredential{Credential: identity.Credential{Type: identity.TypePassword, Config: json.RawMessage(`{"hashed_password":"new"}`)}}, nil
	}
	link.OnChallenge = func(_ *flow.Flow, a identity.Address, identityID string) (flow.Challenge, error) {
		token := secret.Token()
		return flow.Challenge{
			Link: "https://id.example.org/?token=" + token, ResumeHash: secret.Hash(token), Memory: [2]string{identityID, a.Normalized},
			Mail: courier.Message{To: a.Value, URL: token, IdentityID: identityID},
		}, nil
	}
	link.Fact = func(ctx context.Context, s flow.Submission) (flow.Fact, error) {
		if s.Redeemed {
			var kept [2]string
			_, err := s.Recall(&kept)
			return flow.ProvedAddress{IdentityID: kept[0], Via: identity.ViaEmail, Normalized: kept[1], Factor: session.Factor{Method: "link"}}, err
		}
		typed, _, _ := s.Input.Text("email")
		owner, a, err := w.Identities.ByAddress(ctx, identity.ForRecovery, identity.ViaEmail, typed)
		if err != nil {
			return nil, err
		}
		c, err := link.OnChallenge(s.Flow, *a, owner.ID)
		return flow.Sent{Notify: message.Of(message.KeyRecoverySent), ResumeHash: c.ResumeHash, Memory: c.Memory, IdentityID: owner.ID, Mail: []courier.Message{c.Mail}}, err
	}
	return []flow.Method{set, flowtest.Sender{Stub: link}}
}

// ask sends a link to an address and returns its token.
func ask(t *testing.T, w *flowtest.World, k flow.Kind, email string) (b *flowtest.Browser, f *flow.Flow, token string) {
	t.Helper()
	b = w.Browser()
	f = b.Start(k)
	if _, err := b.Submit(f, "link", map[string]string{"email": email}); err != nil {
		t.Fatal(err)
	}
	sent := w.Mail.Take()
	return b, f, sent[len(sent)-1].URL
}

func redeem(t *testing.T, b *flowtest.Browser, w *flowtest.World, k flow.Kind, token string) (flow.Result, error) {
	t.Helper()
	return w.RedeemToken(t.Context(), flow.RedeemRequest{
		Kind: k, Method: "link", Token: token, Caller: b.Caller, URL: "https://id.example.org/link?token=" + token + "&x=1",
	})
}

func hasPassword(t *testing.T, w *flowtest.World, p flowtest.Person) bool {
	t.Helper()
	c, err := w.Identities.Credential(t.Context(), p.ID, identity.TypePassword)
	if err != nil {
		t.Fatal(err)
	}
	return c.IsSet()
}

// An intruder who knows the old password signs in after the recovery and before the
// new password is set (V7).
func TestRecovery_intruder(t *testing.T) {
	t.Parallel()
	w := mailer(t)
	p := w.Person("ada@example.org", true)
	intruder := w.Browser()
	b, _, token := ask(t, w, flow.Recovery, p.Email)
	in, err := redeem(t, b, w, flow.Recovery, token)
	if err != nil {
		t.Fatal(err)
	}
	b.Took(in)
	if !hasPassword(t, w, p) {
		t.Error("the password of a confirmed account ended")
	}
	intruder.SignIn(p)
	if _, err := b.Submit(in.Next, "password", nil); err != nil {
		t.Fatal(err)
	}
	if intruder.Alive() || !b.Alive() {
		t.Errorf("the intruder's session lives: %t, the owner's: %t", intruder.Alive(), b.Alive())
	}
}

// A stranger registered with the address and waits (V5).
func TestRecovery_firstProof(t *testing.T) {
	t.Parallel()
	w := mailer(t)
	p := w.Person("ada@example.org", false, identity.Credential{Type: identity.TypeOIDC, Identifiers: []string{"acme:1"}, Config: json.RawMessage(`{}`)})
	stranger := w.Browser()
	stranger.SignIn(p)
	b, _, token := ask(t, w, flow.Recovery, p.Email)
	in, err := redeem(t, b, w, flow.Recovery, token)
	if err != nil {
		t.Fatal(err)
	}
	if stranger.Alive() || hasPassword(t, w, p) {
		t.Error("the stranger's session or password is left")
	}
	if _, _, err := w.Identities.ByCredential(t.Context(), identity.TypeOIDC, "acme:1"); !errors.Is(err, errs.ErrNotFound) {
		t.Errorf("the stranger's external account is left: %v", err)
	}
	if !slices.ContainsFunc(in.Next.Form.Messages, func(m message.Message) bool { return m.Key == message.KeyUnprovenEnded }) {
		t.Error("it is not said")
	}
	if !w.Fresh(p.ID).Verifiable[0].Verified {
		t.Error("the address is not verified")
	}
}

func TestRecovery_secrets(t *testing.T) {
	t.Parallel()
	w := mailer(t)
	p := w.Person("ada@example.org", true)
	b, f, first := ask(t, w, flow.Recovery, p.Email)
	if _, err := redeem(t, b, w, flow.Verification, first); !as[*flow.Restarted](err) {
		t.Fatalf("a token in the wrong place: %v", err)
	}
	_, _, second := ask(t, w, flow.Recovery, p.Email)
	if _, err := redeem(t, b, w, flow.Recovery, first); !as[*flow.Restarted](err) {
		t.Errorf("the older link works: %v", err)
	}
	in, err := redeem(t, b, w, flow.Recovery, second)
	if err != nil {
		t.Fatal(err)
	}
	if got := w.Stored(in.Next).Request; strings.Contains(got, second) || !strings.Contains(got, "x=1") {
		t.Errorf("request_url is %s", got)
	}
	again, _ := errors.AsType[*flow.Restarted](func() error { _, err := redeem(t, b, w, flow.Recovery, second); return err }())
	if again == nil || strings.Contains(w.Stored(again.Flow).Request, second) {
		t.Error("a used token is kept in clear, or works")
	}
	if now := w.Stored(f); now.State == flow.Passed {
		t.Error("the first flow has passed")
	}
}

// A link that a mail scanner opened first says the same to the person.
func TestVerification_used(t *testing.T) {
	t.Parallel()
	w := mailer(t)
	p := w.Person("ada@example.org", false)
	_, _, token := ask(t, w, flow.Verification, p.Email)
	scanner, person := w.Browser(), w.Browser()
	if _, err := redeem(t, scanner, w, flow.Verification, token); err != nil {
		t.Fatal(err)
	}
	done, err := redeem(t, person, w, flow.Verification, token)
	if err != nil || done.Outcome != flow.Completed || done.Flow.State != flow.Passed {
		t.Fatalf("%v, %v", done, err)
	}
	if _, err := w.Get(t.Context(), flow.Verification, done.Flow.ID, person.Caller); err != nil {
		t.Errorf("the person can't see it: %v", err)
	}
	if hasPassword(t, w, p) != true {
		t.Error("a verification ends credentials")
	}
	w.Advance(2 * time.Hour)
	if _, err := redeem(t, person, w, flow.Verification, token); !as[*flow.Restarted](err) {
		t.Errorf("after its lifetime: %v", err)
	}
}

func TestVerification_addressGone(t *testing.T) {
	t.Parallel()
	w := mailer(t)
	p := w.Person("ada@example.org", false)
	b, _, token := ask(t, w, flow.Verification, p.Email)
	d, err := w.Identities.DraftFrom(t.Context(), w.Fresh(p.ID), "default", json.RawMessage(`{"email":"new@example.org"}`))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Identities.Save(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	if _, err := redeem(t, b, w, flow.Verification, token); !as[*flow.Restarted](err) {
		t.Errorf("%v", err)
	}
}

func TestOfferRecovery(t *testing.T) {
	t.Parallel()
	w := mailer(t)
	p := w.Person("ada@example.org", true)
	offer, err := w.OfferRecovery(t.Context(), flow.RecoveryRequest{IdentityID: p.ID, Client: flow.Browser, Lifespan: 10 * time.Minute})
	if err != nil || !strings.Contains(offer.Link, "flow="+offer.FlowID) || offer.Expires.After(w.Now().Add(10*time.Minute)) {
		t.Fatalf("%+v, %v", offer, err)
	}
	if sent := w.Mail.Take(); len(sent) > 0 {
		t.Errorf("it is mailed: %v", sent)
	}
	link, _ := url.Parse(offer.Link)
	if in, err := redeem(t, w.Browser(), w, flow.Recovery, link.Query().Get("token")); err != nil || in.Session == nil {
		t.Errorf("it does not sign in: %v", err)
	}
	for _, method := range []string{"password", "nothing"} {
		if _, err := w.OfferRecovery(t.Context(), flow.RecoveryRequest{IdentityID: p.ID, Method: method, Client: flow.Browser}); !errors.Is(err, errs.ErrNotFound) {
			t.Errorf("by %s: %v", method, err)
		}
	}
	if _, _, err := w.RecoveryLink(t.Context(), secret.NewOrderedID(), 0); !errors.Is(err, errs.ErrNotFound) {
		t.Errorf("an unknown identity: %v", err)
	}
}

func TestRegistration(t *testing.T) {
	t.Parallel()
	w := mailer(t, flowtest.Hook(flow.Registration, identity.TypePassword, flow.HookSession))
	b := w.Browser()
	f := b.Start(flow.Registration)
	in, err := b.Submit(f, "password", map[string]string{"traits.email": "ada@example.org"})
	if err != nil || in.Session == nil {
		t.Fatalf("%v, %v", in, err)
	}
	if sent := w.Mail.Take(); len(sent) != 1 || sent[0].To != "ada@example.org" {
		t.Errorf("mail: %v", sent)
	}
	b.Took(in)
	if _, err := b.Submit(f, "password", map[string]string{"traits.email": "ada@example.org"}); !as[*flow.LoggedIn](err) {
		t.Errorf("the form sent twice: %v", err)
	}
	other := w.Browser()
	taken, err := other.Submit(other.Start(flow.Registration), "password", map[string]string{"traits.email": "ada@example.org"})
	if err != nil || taken.Outcome != flow.FormRejected {
		t.Errorf("a taken name: %d, %v", taken.Outcome, err)
	}
	hidden := mailer(t, func(c *flow.Config) { c.HideExisting = true })
	hidden.Person("ada@example.org", true)
	b = hidden.Browser()
	done, err := b.Submit(b.Start(flow.Registration), "password", map[string]string{"traits.email": "ada@example.org"})
	if err != nil || done.Outcome != flow.Completed || done.Session != nil {
		t.Errorf("hidden: %v, %v", done, err)
	}
	if sent := hidden.Mail.Take(); len(sent) != 1 || sent[0].Template != courier.RegistrationTaken {
		t.Errorf("its owner gets %v", sent)
	}
}

// A new spelling of an address may lead to another mailbox (V6.7).
func TestSettings_traits(t *testing.T) {
	t.Parallel()
	w, _ := one(t, func(ctx context.Context, _ *flowtest.World, s flow.Submission) (flow.Fact, error) {
		d, err := s.Draft(ctx)
		return flow.NewTraits{Draft: d}, err
	})
	p := w.Person("ada@example.org", true)
	b := w.Browser()
	b.SignIn(p)
	w.Advance(2 * time.Hour)
	save := func(fields map[string]string) (flow.Result, error) {
		return b.Submit(b.Start(flow.Settings), "password", fields)
	}
	if done, err := save(map[string]string{"traits.email": "ada@example.org", "traits.name": "Ada"}); err != nil || done.Outcome != flow.Completed {
		t.Fatalf("a name needs no young session: %v, %v", done, err)
	}
	for _, email := range []string{"ADA@example.org", "new@example.org"} {
		_, err := save(map[string]string{"traits.email": email, "traits.name": "Ada"})
		wait, ok := errors.AsType[*flow.Reauthenticate](err)
		if !ok || wait.AAL != session.AAL1 {
			t.Errorf("%s with an old session: %v", email, err)
		}
	}
	b.SignIn(p)
	if last, err := save(map[string]string{"traits.email": "", "traits.name": "Ada"}); err != nil || last.Outcome != flow.FormRejected {
		t.Errorf("the last identifier goes while a password depends on it: %v, %v", last, err)
	}
}

func TestResumeSubmission(t *testing.T) {
	t.Parallel()
	w := mailer(t)
	p := w.Person("ada@example.org", true)
	b := w.Browser()
	b.SignIn(p)
	f := b.Start(flow.Settings)
	b.Session.AuthenticatedAt = b.Session.AuthenticatedAt.Add(-time.Hour) // as if it were older
	_, err := b.Submit(f, "password", nil)
	wait, ok := errors.AsType[*flow.Reauthenticate](err)
	if !ok {
		t.Fatalf("%v", err)
	}
	request := flow.SubmitRequest{Kind: flow.Settings, Method: "password", FlowID: f.ID}
	resume := func(b *flowtest.Browser, token string) (flow.Result, error) {
		request.Caller = b.Caller
		return w.ResumeSubmission(t.Context(), request, token)
	}
	thief := w.Browser()
	thief.SignIn(w.Person("eve@example.org", true))
	if _, err := resume(thief, wait.Token); errs.Of(err) != errs.Invalid {
		t.Errorf("another person resumes it: %v", err)
	}
	if r, err := resume(b, "another token"); err != nil || r.Outcome != flow.FormRejected {
		t.Errorf("with another token: %v, %v", r, err)
	}
	b.SignIn(p)
	request.Method = "profile"
	if r, err := resume(b, wait.Token); err == nil && r.Outcome == flow.Completed {
		t.Errorf("by the URL of another method: %v", r)
	}
	request.AnyMethod = true // as on a wire whose URL names none
	if r, err := resume(b, wait.Token); err != nil || r.Outcome != flow.Completed {
		t.Fatalf("%v, %v", r, err)
	}
	request.Method = "password"
	if r, err := resume(b, wait.Token); err != nil || r.Outcome != flow.FormRejected {
		t.Errorf("twice: %v, %v", r, err)
	}
}

func TestCallback(t *testing.T) {
	t.Parallel()
	state := secret.Token()
	var p flowtest.Person
	w, _ := one(t, func(_ context.Context, w *flowtest.World, s flow.Submission) (flow.Fact, error) {
		if s.Callback == nil {
			return flow.RedirectTo{URL: "https://acme.example", ResumeHash: secret.Hash(state), Memory: "kept"}, nil
		}
		var kept string
		if _, err := s.Recall(&kept); err != nil || kept != "kept" || s.Callback.From != "acme" {
			return nil, errors.New("memory or parameters are wrong")
		}
		return flow.Authenticated{Identity: w.Fresh(p.ID), Factor: session.Factor{Method: "oidc"}}, nil
	})
	p = w.Person("ada@example.org", true)
	b := w.Browser()
	call := func(b *flowtest.Browser, state string) (flow.Result, error) {
		return w.Callback(t.Context(), flow.CallbackRequest{Method: "password", State: state, Params: flow.CallbackParams{From: "acme"}, Caller: b.Caller})
	}
	if _, err := b.Submit(b.Start(flow.Login), "password", nil); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		b     *flowtest.Browser
		state string
	}{"no state": {b, ""}, "another state": {b, secret.Token()}, "another browser": {w.Browser(), state}, "no continuity": {w.App(), state}} {
		if _, err := call(c.b, c.state); errs.Of(err) != errs.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	if in, err := call(b, state); err != nil || in.Session == nil {
		t.Fatalf("%v, %v", in, err)
	}
	if _, err := call(b, state); errs.Of(err) != errs.Invalid {
		t.Errorf("a state works twice: %v", err)
	}
}

// The method that the configuration names is the only one that people can ask; what another has sent still comes back.
func TestSubmit_use(t *testing.T) {
	t.Parallel()
	for _, k := range []flow.Kind{flow.Recovery, flow.Verification} {
		used := func(name string) func(*flow.Config) {
			return func(c *flow.Config) {
				kind := c.Kinds[k]
				kind.Use = name
				c.Kinds[k] = kind
			}
		}
		sender := func(name string) flow.Method {
			return &flowtest.Stub{
				Name: name, Roles: map[flow.Kind]flow.Role{k: flow.AddressProof},
				Fact: func(context.Context, flow.Submission) (flow.Fact, error) { return flow.Sent{Memory: "x"}, nil },
			}
		}
		for use, want := range map[string]string{"": "code link", "code": "code", "link": "link", "switched off": "code link"} {
			w := flowtest.New(t, func(*flowtest.World) []flow.Method { return []flow.Method{sender("code"), sender("link")} }, used(use))
			b := w.Browser()
			f := b.Start(k)
			var offered []string
			for _, g := range f.Form.Groups {
				offered = append(offered, g.Method)
			}
			if got := strings.Join(offered, " "); got != want {
				t.Errorf("%s with use %q offers %q, want %q", k, use, got, want)
			}
			for _, method := range []string{"code", "link"} {
				_, err := b.Submit(f, method, nil)
				if taken := strings.Contains(want, method); taken != (err == nil) || !taken && !errors.Is(err, errs.ErrNotFound) {
					t.Errorf("%s with use %q by %s: %v", k, use, method, err)
				}
			}
			for _, method := range []string{"code", "link"} {
				_, err := w.RedeemToken(t.Context(), flow.RedeemRequest{Kind: k, Method: method, Token: "unknown", Caller: b.Caller})
				if errors.Is(err, errs.ErrNotFound) {
					t.Errorf("%s with use %q refuses what %s has sent", k, use, method)
				}
			}
		}
	}
}
