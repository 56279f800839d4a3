package oidc_test

import (
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/symbolon/symbolon/internal/claims"
	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/flow/flowtest"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/method/oidc"
)

// leave sends an app's browser to the provider and back; the browser has nothing of the app.
func leave(t *testing.T, w *flowtest.World, app *flowtest.Browser, f *flow.Flow, s *site) (flow.Result, error) {
	t.Helper()
	if left, err := app.Submit(f, oidc.ID, map[string]string{"provider": s.id}); err != nil || left.Outcome != flow.Redirected {
		t.Fatalf("to the provider: %v, %v", left, err)
	}
	return w.Callback(t.Context(), flow.CallbackRequest{Method: oidc.ID, State: s.state, Params: flow.CallbackParams{From: s.id}})
}

// handedOver is how an app's browser is led on that has signed in at the provider.
func handedOver(t *testing.T, w *flowtest.World, k flow.Kind, s *site) (back flow.Result, code string) {
	t.Helper()
	app := w.App()
	app.Providers.Apps = true
	f, err := app.TryStart(flow.StartRequest{Kind: k, ExchangeCode: "begun"})
	if err != nil || f.Form.Group(oidc.ID) == nil || f.ExchangeCode() != "begun" {
		t.Fatalf("%+v, %v", f, err)
	}
	if back, err = leave(t, w, app, f, s); err != nil || !back.HandedOver {
		t.Fatalf("%+v, %v", back, err)
	}
	to, err := url.Parse(back.Redirect)
	if err != nil {
		t.Fatal(err)
	}
	return back, to.Query().Get("code")
}

func TestExchange(t *testing.T) {
	t.Parallel()
	acme := &site{id: "acme", says: claims.Claims{Subject: "1", Email: "new@example.org"}}
	w, _ := with(t, acme, &site{id: "other"})
	if plain := w.App().Start(flow.Login); plain.Form.Group(oidc.ID) != nil {
		t.Error("a client that opens no browser is offered providers")
	}
	_, code := handedOver(t, w, flow.Login, acme)
	for _, wrong := range [][2]string{{"begun", ""}, {"begun", "other"}, {"other", code}, {code, "begun"}, {"", ""}} {
		if _, err := w.Exchange(t.Context(), wrong[0], wrong[1]); errs.Of(err) != errs.NotFound {
			t.Errorf("%q: %v", wrong, err)
		}
	}
	for range 2 { // the first answer may have been lost
		token, err := w.Exchange(t.Context(), "begun", code)
		if err != nil {
			t.Fatal(err)
		}
		if live, err := w.Sessions.Check(t.Context(), token); err != nil || live.Factors[0].Provider != "acme" {
			t.Fatalf("%+v, %v", live, err)
		}
	}
	w.Advance(31 * time.Second)
	if _, err := w.Exchange(t.Context(), "begun", code); errs.Of(err) != errs.NotFound {
		t.Errorf("an exchange long after the first: %v", err)
	}
}

// The code goes to the app also where a browser would be led to the proof of its address.
func TestExchange_verification(t *testing.T) {
	t.Parallel()
	acme := &site{id: "acme", says: claims.Claims{Subject: "1", Email: "new@example.org"}}
	sender := flowtest.Sender{Stub: &flowtest.Stub{
		Name: "sender", Roles: map[flow.Kind]flow.Role{flow.Verification: flow.AddressProof},
		OnChallenge: func(*flow.Flow, identity.Address, string) (flow.Challenge, error) { return flow.Challenge{}, nil },
	}}
	w, _ := with(t, acme, &site{id: "other"}, sender)
	w.Config.Kinds[flow.Registration].After[oidc.ID] = flow.AfterConfig{Hooks: []string{flow.HookSession, flow.HookVerify}}
	back, _ := handedOver(t, w, flow.Registration, acme)
	if to, _, _ := strings.Cut(back.Redirect, "?"); back.Verification == nil || to != back.Onward {
		t.Errorf("the code goes to %q, not to %q", to, back.Onward)
	}
}

func TestExchange_late(t *testing.T) {
	t.Parallel()
	acme := &site{id: "acme", says: claims.Claims{Subject: "1", Email: "new@example.org"}}
	w, _ := with(t, acme, &site{id: "other"})
	_, code := handedOver(t, w, flow.Registration, acme)
	w.Advance(11 * time.Minute)
	if _, err := w.Exchange(t.Context(), "begun", code); errs.Of(err) != errs.NotFound {
		t.Errorf("%v", err)
	}
}

func TestPresent(t *testing.T) {
	t.Parallel()
	acme := &site{id: "acme", says: claims.Claims{Subject: "1", Email: "new@example.org"}}
	w, _ := with(t, acme, &site{id: "other"})
	app := w.App()
	app.Providers.Apps = true
	sent := map[string]string{"provider": "acme", "id_token": "a.b.c", "id_token_nonce": "n"}
	in, err := app.Submit(app.Start(flow.Login), oidc.ID, sent)
	if err != nil || in.Session == nil || in.Token == "" {
		t.Fatalf("%+v, %v", in, err)
	}
	sent["id_token_nonce"] = "other"
	if _, err := app.Submit(app.Start(flow.Login), oidc.ID, sent); errs.Of(err) != errs.Upstream {
		t.Errorf("another nonce: %v", err)
	}
	b := w.Browser()
	if r, err := b.Submit(b.Start(flow.Login), oidc.ID, sent); err != nil || r.Outcome != flow.Redirected {
		t.Errorf("a browser goes to the provider all the same: %+v, %v", r, err)
	}
}

func TestLinkAtSignIn(t *testing.T) {
	t.Parallel()
	acme, other := &site{id: "acme"}, &site{id: "other"}
	w, _ := with(t, acme, other)
	owner := w.Person("bob@example.org", true, identity.Credential{Type: oidc.ID, Identifiers: []string{"other:9"}, Config: json.RawMessage(`{}`)})
	w.Person("eve@example.org", true, identity.Credential{Type: oidc.ID, Identifiers: []string{"other:7"}, Config: json.RawMessage(`{}`)})
	acme.says = claims.Claims{Subject: "2", Email: owner.Email}
	b := w.Browser()
	b.Providers.Links = true
	asked, err := come(t, w, b, b.Start(flow.Login), acme, map[string]string{"provider": "acme"})
	if err != nil || asked.Next == nil || asked.Next.Kind != flow.Login || asked.Session != nil {
		t.Fatalf("%+v, %v", asked, err)
	}
	f := w.Stored(asked.Next)
	for _, n := range f.Form.Group(oidc.ID).Nodes {
		if n.Value == "acme" {
			t.Error("the login that links acme offers to sign in with acme")
		}
	}
	w.Mail.Take()
	other.says = claims.Claims{Subject: "7"}
	if r, err := come(t, w, b, f, other, map[string]string{"provider": "other"}); err != nil || r.Session != nil || r.Outcome != flow.FormRejected {
		t.Fatalf("another person signs in: %+v, %v", r, err)
	}
	other.says = claims.Claims{Subject: "unknown", Email: "new@example.org"}
	if r, err := come(t, w, b, w.Stored(f), other, map[string]string{"provider": "other"}); err != nil || r.Session != nil || r.Outcome != flow.FormRejected {
		t.Fatalf("an unknown account: %+v, %v", r, err)
	}
	other.says = claims.Claims{Subject: "9"}
	in, err := come(t, w, b, w.Stored(f), other, map[string]string{"provider": "other"})
	if err != nil || in.Session == nil || in.Session.IdentityID != owner.ID || len(in.Session.Factors) != 2 || in.Session.Factors[1].Provider != "acme" {
		t.Fatalf("%+v, %v", in, err)
	}
	if has, _, err := w.Identities.ByCredential(t.Context(), oidc.ID, "acme:2"); err != nil || has.ID != owner.ID {
		t.Errorf("not linked: %v", err)
	}
	if sent := w.Mail.Take(); len(sent) == 0 || sent[len(sent)-1].Change.Method != oidc.ID {
		t.Errorf("the owner is not told: %+v", sent)
	}
}

// linkByApp is the login of an app by which a stranger waits for the owner of an address.
func linkByApp(t *testing.T, w *flowtest.World, app *flowtest.Browser, acme *site, address string) *flow.Flow {
	t.Helper()
	app.Providers.Apps, app.Providers.Links = true, true
	acme.says = claims.Claims{Subject: "666", Email: address}
	if left, err := app.Submit(app.Start(flow.Login), oidc.ID, map[string]string{"provider": "acme"}); err != nil || left.Outcome != flow.Redirected {
		t.Fatalf("%+v, %v", left, err)
	}
	asked := backWithNothing(t, w, acme)
	if asked.Next == nil || asked.Next.Kind != flow.Login {
		t.Fatalf("no login that links: %+v", asked)
	}
	return w.Stored(asked.Next)
}

// backWithNothing is a browser that comes back for an app and knows nothing of it.
func backWithNothing(t *testing.T, w *flowtest.World, s *site) flow.Result {
	t.Helper()
	r, err := w.Callback(t.Context(), flow.CallbackRequest{
		Method: oidc.ID, State: s.state, Params: flow.CallbackParams{From: s.id},
		Caller: flow.Caller{Rules: flow.Rules{Providers: flow.ProviderRules{Apps: true, Links: true}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// The owner of an address whose browser a stranger's app has led to their provider links nothing.
func TestLinkAtSignIn_otherBrowser(t *testing.T) {
	t.Parallel()
	acme, other := &site{id: "acme"}, &site{id: "other"}
	w, _ := with(t, acme, other)
	owner := w.Person("bob@example.org", true, identity.Credential{Type: oidc.ID, Identifiers: []string{"other:9"}, Config: json.RawMessage(`{}`)})
	app := w.App()
	f := linkByApp(t, w, app, acme, owner.Email)
	if left, err := app.Submit(f, oidc.ID, map[string]string{"provider": "other"}); err != nil || left.Outcome != flow.Redirected {
		t.Fatalf("%+v, %v", left, err)
	}
	other.says = claims.Claims{Subject: "9"}
	backWithNothing(t, w, other)
	if has, _, err := w.Identities.ByCredential(t.Context(), oidc.ID, "acme:666"); err == nil {
		t.Errorf("the stranger's account is linked to %s", has.ID)
	}
}

// What a stranger has typed in an app is not the profile of the person whose browser comes back.
func TestRegistration_otherBrowser(t *testing.T) {
	t.Parallel()
	acme := &site{id: "acme", says: claims.Claims{Subject: "77", Email: "alice@example.org"}}
	w, _ := with(t, acme, &site{id: "other"})
	app := w.App()
	app.Providers.Apps = true
	left, err := app.Submit(app.Start(flow.Registration), oidc.ID, map[string]string{"provider": "acme", "traits.email": "mallory@example.net"})
	if err != nil || left.Outcome != flow.Redirected {
		t.Fatalf("%+v, %v", left, err)
	}
	made := backWithNothing(t, w, acme)
	if made.Identity == nil || len(made.Identity.Verifiable) != 1 || made.Identity.Verifiable[0].Value != "alice@example.org" {
		t.Errorf("%+v", made.Identity)
	}
}

// secondFactor counts as a second factor of everyone.
type secondFactor struct{}

func (secondFactor) ID() string                     { return "totp" }
func (secondFactor) Steps() map[flow.Kind]flow.Step { return nil }
func (secondFactor) CountFactors(*identity.Identity, []identity.Credential, flow.Client) flow.Factors {
	return flow.Factors{Second: 1}
}

// A person who has a second factor is asked about the link in settings, which need it.
func TestLinkAtSignIn_secondFactor(t *testing.T) {
	t.Parallel()
	acme, other := &site{id: "acme"}, &site{id: "other"}
	w, _ := with(t, acme, other, secondFactor{})
	owner := w.Person("bob@example.org", true, identity.Credential{Type: oidc.ID, Identifiers: []string{"other:9"}, Config: json.RawMessage(`{}`)})
	acme.says = claims.Claims{Subject: "2", Email: owner.Email}
	b := w.Browser()
	b.Providers.Links = true
	asked, err := come(t, w, b, b.Start(flow.Login), acme, map[string]string{"provider": "acme"})
	if err != nil || asked.Next == nil {
		t.Fatalf("%+v, %v", asked, err)
	}
	other.says = claims.Claims{Subject: "9"}
	in, err := come(t, w, b, w.Stored(asked.Next), other, map[string]string{"provider": "other"})
	if err != nil || in.Session == nil {
		t.Fatalf("%+v, %v", in, err)
	}
	if _, _, err := w.Identities.ByCredential(t.Context(), oidc.ID, "acme:2"); err == nil {
		t.Error("linked without the second factor")
	}
}

// The account that waits in an app's registration is no browser's: a stranger could send the link
// to the owner of the address.
func TestPendingLink_app(t *testing.T) {
	t.Parallel()
	acme := &site{id: "acme"}
	w, owner := with(t, acme, &site{id: "other"})
	acme.says = claims.Claims{Subject: "666", Email: owner.Email}
	app := w.App()
	app.Providers.Apps = true
	back, err := leave(t, w, app, app.Start(flow.Registration), acme)
	if err != nil || back.Flow.PendingLink() == "" {
		t.Fatalf("%+v, %v", back, err)
	}
	for _, refresh := range []bool{false, true} {
		b := w.Browser()
		if refresh {
			b.SignIn(owner)
		}
		if f, err := b.TryStart(flow.StartRequest{Kind: flow.Login, Link: back.Flow.ID, Refresh: refresh}); err == nil {
			t.Errorf("refresh %v: the sign-in offers to link %s", refresh, f.PendingLink())
		}
	}
}

// What the provider says of the person whose browser comes back is not shown in the app's flow, which
// a stranger may have started.
func TestRegistration_unread(t *testing.T) {
	t.Parallel()
	for name, says := range map[string]string{"refused by the schema": "alice-at-acme", "taken": "ada@example.org"} {
		acme := &site{id: "acme", says: claims.Claims{Subject: "77", Email: says}}
		w, _ := with(t, acme, &site{id: "other"})
		app := w.App()
		app.Providers.Apps = true
		r := app.Start(flow.Registration)
		back, err := leave(t, w, app, r, acme)
		if err != nil || back.Outcome != flow.FormRejected || back.Flow.ID == r.ID || flowtest.Value(t, back.Flow, oidc.ID, "traits.email") != says {
			t.Fatalf("%s: %+v, %v", name, back, err)
		}
		if seen, err := w.Get(t.Context(), flow.Registration, r.ID, app.Caller); err == nil {
			t.Errorf("%s: the app reads %+v", name, seen.Flow.Form)
		}
		kept, err := json.Marshal(w.Stored(r))
		if err != nil || strings.Contains(string(kept), says) {
			t.Errorf("%s: the app's flow keeps %s, %v", name, kept, err)
		}
	}
}

// The rules of the wire hold by which the app has started its flow, not those by which its browser
// comes back.
func TestCallback_rules(t *testing.T) {
	t.Parallel()
	acme := &site{id: "acme"}
	w, owner := with(t, acme, &site{id: "other"})
	acme.says = claims.Claims{Subject: "2", Email: owner.Email}
	for _, links := range []bool{true, false} {
		app := w.App()
		app.Providers = flow.ProviderRules{Apps: true, Links: links}
		left, err := app.Submit(app.Start(flow.Login), oidc.ID, map[string]string{"provider": "acme"})
		if err != nil || left.Outcome != flow.Redirected {
			t.Fatalf("%+v, %v", left, err)
		}
		back, err := w.Callback(t.Context(), flow.CallbackRequest{
			Method: oidc.ID, State: acme.state, Params: flow.CallbackParams{From: "acme"},
			Caller: flow.Caller{Rules: flow.Rules{Providers: flow.ProviderRules{Links: !links}}},
		})
		if err != nil || (back.Next != nil) != links {
			t.Fatalf("links %v: %+v, %v", links, back, err)
		}
		if links && back.Redirect != w.Config.DefaultReturn.String()+"?flow="+back.Next.ID {
			t.Errorf("the browser goes to %s", back.Redirect)
		}
	}
}

// An address that was typed in an app leads to no link, which another app could be handed: the provider
// has not named its owner.
func TestLinkAtSignIn_typed(t *testing.T) {
	t.Parallel()
	acme := &site{id: "acme"}
	w, owner := with(t, acme, &site{id: "other"})
	for _, told := range []string{owner.Email, "mallory@example.net"} {
		acme.says = claims.Claims{Subject: "666", Email: told}
		app := w.App()
		app.Providers.Apps, app.Providers.Links = true, true
		asked, err := app.Submit(app.Start(flow.Registration), oidc.ID, map[string]string{
			"provider": "acme", "id_token": "a.b.c", "id_token_nonce": "n", "traits.email": owner.Email,
		})
		if err != nil || asked.Session != nil || (asked.Next != nil) != (told == owner.Email) {
			t.Errorf("the provider tells %s: %+v, %v", told, asked, err)
		}
	}
}

// The flow that takes the place of an app's that is over offers providers too, for the same code.
func TestExchange_restarted(t *testing.T) {
	t.Parallel()
	acme := &site{id: "acme", says: claims.Claims{Subject: "1", Email: "new@example.org"}}
	w, _ := with(t, acme, &site{id: "other"})
	app := w.App()
	app.Providers.Apps = true
	f, err := app.TryStart(flow.StartRequest{Kind: flow.Login, ExchangeCode: "begun"})
	if err != nil {
		t.Fatal(err)
	}
	w.Advance(24 * time.Hour)
	_, err = app.Submit(f, oidc.ID, map[string]string{"provider": "acme"})
	again, ok := errors.AsType[*flow.Restarted](err)
	if !ok || again.Flow.Form.Group(oidc.ID) == nil || again.Flow.ExchangeCode() != "begun" {
		t.Fatalf("%+v, %v", again, err)
	}
	if back, err := leave(t, w, app, again.Flow, acme); err != nil || !back.HandedOver {
		t.Errorf("%+v, %v", back, err)
	}
}
