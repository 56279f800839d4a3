package flow_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"

	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/flow/flowtest"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/message"
	"github.com/symbolon/symbolon/internal/session"
	"github.com/symbolon/symbolon/internal/ui"
)

// factors is a world with a password and a second factor "totp", both of which are
// right for any input.
func factors(t testing.TB, o ...flowtest.Option) (w *flowtest.World, totp *flowtest.Stub, all []flow.Method) {
	t.Helper()
	pass := func(name string) *flowtest.Stub {
		return &flowtest.Stub{Name: name, Privileged: true, Roles: map[flow.Kind]flow.Role{flow.Login: flow.FirstFactor, flow.Settings: flow.Management}}
	}
	password, totp := pass(identity.TypePassword), pass("totp")
	password.Counts = func(c identity.Credential) flow.Factors {
		if !c.IsSet() {
			return flow.Factors{}
		}
		return flow.Factors{First: 1}
	}
	totp.Roles[flow.Login] = flow.SecondFactor
	totp.Counts = func(identity.Credential) flow.Factors { return flow.Factors{Second: 1} }
	w = flowtest.New(t, func(w *flowtest.World) []flow.Method {
		for _, stub := range []*flowtest.Stub{password, totp} {
			stub.Fact = func(_ context.Context, s flow.Submission) (flow.Fact, error) {
				if s.Flow.Kind == flow.Settings {
					if remove, _, _ := s.Input.Text("remove"); remove != "" {
						return flow.RemoveCredential{Type: remove}, nil
					}
					fact := flow.NewCredential{Credential: identity.Credential{Type: stub.Name, Config: json.RawMessage(`{"new":1}`)}}
					if stub == totp {
						fact.Factor = session.Factor{Method: "totp"}
					}
					return fact, nil
				}
				who, _, _ := s.Input.Text("who")
				return flow.Authenticated{Identity: w.Fresh(who), Factor: session.Factor{Method: stub.Name}}, nil
			}
		}
		all = []flow.Method{password, totp}
		return all
	}, append([]flowtest.Option{func(c *flow.Config) {
		c.SettingsAAL, c.SessionAAL = flow.RequireHighestAvailable, flow.RequireHighestAvailable
	}}, o...)...)
	return w, totp, all
}

func seed() identity.Credential {
	return identity.Credential{Type: "totp", Config: json.RawMessage(`{}`)}
}

func groups(f *flow.Flow) string {
	names := ""
	for _, g := range f.Form.Groups {
		names += g.Method + " "
	}
	return names
}

func TestStepUp(t *testing.T) {
	t.Parallel()
	w, _, _ := factors(t)
	p, eve := w.Person("ada@example.org", true, seed()), w.Person("eve@example.org", true, seed())
	b := w.Browser()
	if _, err := b.TryStart(flow.StartRequest{Kind: flow.Login, AAL: session.AAL2}); !errors.Is(err, flow.ErrFirstFactorRequired) {
		t.Errorf("without a session: %v", err)
	}
	first := b.Start(flow.Login)
	if got := groups(first); got != "password " {
		t.Errorf("a login offers %s", got)
	}
	in, err := b.Submit(first, "password", map[string]string{"who": p.ID})
	if err != nil || !in.StepUp || in.Session.AAL() != session.AAL1 {
		t.Fatalf("%+v, %v", in, err)
	}
	b.Took(in)
	second, err := b.TryStart(flow.StartRequest{Kind: flow.Login, AAL: session.AAL2})
	if err != nil || groups(second) != "totp " || second.RequestedAAL() != session.AAL2 || second.Form.Messages[0].Key != message.KeySecondFactor {
		t.Fatalf("%v, %v", second, err)
	}
	if got, err := b.Submit(second, "password", map[string]string{"who": p.ID}); err == nil && got.Outcome == flow.Completed {
		t.Error("a first factor counts as a second one")
	}
	if _, err := b.Submit(second, "totp", map[string]string{"who": eve.ID}); err == nil {
		t.Error("the factor of another person counts")
	}
	thief := w.Browser()
	thief.CSRF = b.CSRF
	thief.SignIn(eve)
	if _, err := thief.Submit(second, "totp", map[string]string{"who": eve.ID}); !errors.Is(err, flow.ErrFirstFactorRequired) {
		t.Errorf("in another session: %v", err)
	}
	up, err := b.Submit(second, "totp", map[string]string{"who": p.ID})
	if err != nil || up.StepUp || up.Session.ID != in.Session.ID || up.Session.AAL() != session.AAL2 {
		t.Fatalf("%+v, %v", up, err)
	}
	if b.Alive() {
		t.Error("the token of before the step-up works on")
	}
	b.Took(up)
	if _, err := b.TryStart(flow.StartRequest{Kind: flow.Login, AAL: session.AAL2}); !as[*flow.LoggedIn](err) {
		t.Errorf("a session of aal2 is asked again: %v", err)
	}
	if f, err := b.TryStart(flow.StartRequest{Kind: flow.Login, AAL: session.AAL2, Refresh: true}); err != nil || groups(f) != "totp " {
		t.Errorf("refresh of the second factor: %v", err)
	}
}

// A first factor step never serves as second, and a second never signs in.
func TestStepUp_roles(t *testing.T) {
	t.Parallel()
	w, _, _ := factors(t)
	p := w.Person("ada@example.org", true, seed())
	b := w.Browser()
	if got, err := b.Submit(b.Start(flow.Login), "totp", map[string]string{"who": p.ID}); err == nil && got.Outcome == flow.Completed {
		t.Error("a second factor signs in by itself")
	}
}

func TestAvailableAAL(t *testing.T) {
	t.Parallel()
	w, totp, all := factors(t)
	p := w.Person("ada@example.org", true, seed())
	level := func(i *identity.Identity, c flow.Client) session.AAL {
		got, err := w.AvailableAAL(t.Context(), i, c)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	if got := level(p.Identity, flow.Browser); got != session.AAL2 {
		t.Errorf("with a second factor: %v", got)
	}
	if got := level(w.Person("eve@example.org", true).Identity, flow.API); got != session.AAL1 {
		t.Errorf("with a password: %v", got)
	}
	w.Rebuild(all[0]) // the method of the second factor is switched off
	if got := level(p.Identity, flow.Browser); got != session.AAL1 {
		t.Errorf("a method that is switched off locks out: %v", got)
	}
	b := w.Browser()
	in, err := b.Submit(b.Start(flow.Login), "password", map[string]string{"who": p.ID})
	if err != nil || in.StepUp {
		t.Errorf("a sign-in: %+v, %v", in, err)
	}
	w.Rebuild(totp)
	if got := level(w.Person("joe@example.org", true).Identity, flow.API); got != session.AAL0 {
		t.Errorf("without anything: %v", got)
	}
	if got := level(p.Identity, flow.API); got != session.AAL2 {
		t.Errorf("a second factor alone counts (CVE-2024-45042): %v", got)
	}
}

func TestCheckLevel(t *testing.T) {
	t.Parallel()
	w, _, all := factors(t)
	p := w.Person("ada@example.org", true)
	check := func(s *session.Session, c flow.Client) error {
		found, err := w.DB.SessionByToken(t.Context(), s.TokenHash)
		if err != nil {
			t.Fatal(err)
		}
		return w.CheckLevel(t.Context(), &session.Cached{Session: found}, c)
	}
	b := w.Browser()
	low := b.SignIn(p)
	if err := check(low, flow.Browser); err != nil {
		t.Errorf("before there is a second factor: %v", err)
	}
	saved, err := b.Submit(b.Start(flow.Settings), "totp", nil)
	if err != nil || saved.Session.AAL() != session.AAL2 {
		t.Fatalf("to set a factor up raises the session: %+v, %v", saved, err)
	}
	other := w.Browser()
	if err := check(other.SignIn(p), flow.Browser); !errors.Is(err, flow.ErrSecondFactorRequired) {
		t.Errorf("another session falls short: %v", err)
	}
	if _, err := other.TryStart(flow.StartRequest{Kind: flow.Settings}); !errors.Is(err, flow.ErrSecondFactorRequired) {
		t.Errorf("it starts settings: %v", err)
	}
	if f, err := other.TryStart(flow.StartRequest{Kind: flow.Login, StepsUp: true}); err != nil || f.RequestedAAL() != session.AAL2 {
		t.Errorf("a plain login of a client that knows no assurance: %v, %v", f, err)
	}
	if _, err := other.TryStart(flow.StartRequest{Kind: flow.Login}); !as[*flow.LoggedIn](err) {
		t.Errorf("a plain login: %v", err)
	}
	w.Config.SessionAAL = flow.RequireAAL1
	w.Rebuild(all...)
	if err := check(other.Session, flow.Browser); err != nil {
		t.Errorf("where aal1 is enough: %v", err)
	}
}

// Where no method takes second factors, a check of a session reads nothing from storage.
func TestCheckLevel_withoutSecondFactors(t *testing.T) {
	t.Parallel()
	w, _, all := factors(t)
	p := w.Person("ada@example.org", true)
	low := &session.Session{Identity: p.Identity, Factors: []session.Factor{{Method: "password", AAL: session.AAL1}}}
	check := func() error { return w.CheckLevel(t.Context(), &session.Cached{Session: low}, flow.Browser) }
	if err := w.DB.Close(); err != nil {
		t.Fatal(err)
	}
	if err := check(); err == nil {
		t.Error("with second factors: it read nothing")
	}
	w.Rebuild(all[0]) // the password
	if err := check(); err != nil {
		t.Errorf("without: %v", err)
	}
	w.Rebuild(all...)
	if err := check(); err == nil {
		t.Error("with them again: it read nothing")
	}
}

// A person who has a factor needs it to change factors or password, for every value of the option
// says (surprise 3 of the field's reference).
func TestSettings_protected(t *testing.T) {
	t.Parallel()
	w, _, _ := factors(t, func(c *flow.Config) { c.SettingsAAL = flow.RequireAAL1 })
	p := w.Person("ada@example.org", true, seed())
	for method, fields := range map[string]map[string]string{"password": nil, "totp": {"remove": "totp"}} {
		b, app := w.Browser(), w.App()
		b.SignIn(p)
		app.SignIn(p)
		_, err := b.Submit(b.Start(flow.Settings), method, fields)
		wait, ok := errors.AsType[*flow.Reauthenticate](err)
		if !ok || wait.AAL != session.AAL2 {
			t.Errorf("%s: a browser: %v", method, err)
		}
		if _, err := app.Submit(app.Start(flow.Settings), method, fields); !errors.Is(err, flow.ErrSecondFactorRequired) {
			t.Errorf("%s: an app: %v", method, err)
		}
	}
	b := w.Browser()
	b.SignIn(p, session.Factor{Method: "password", AAL: session.AAL1}, session.Factor{Method: "totp", AAL: session.AAL2})
	if done, err := b.Submit(b.Start(flow.Settings), "totp", map[string]string{"remove": "totp"}); err != nil || done.Outcome != flow.Completed {
		t.Errorf("with both: %v, %v", done, err)
	}
}

// Mail alone never takes over an account with a second factor.
func TestRecovery_factors(t *testing.T) {
	t.Parallel()
	w, _, _ := factors(t)
	p := w.Person("ada@example.org", true, seed())
	b := w.Browser()
	b.SignIn(p, session.Factor{Method: "link", AAL: session.AAL1, Recovery: true, Address: p.Email})
	if _, err := b.TryStart(flow.StartRequest{Kind: flow.Settings}); !errors.Is(err, flow.ErrSecondFactorRequired) {
		t.Errorf("settings after a recovery: %v", err)
	}
	if !b.Session.Uses(p.Email) || b.Session.Uses("") {
		t.Error("the session does not know its mailbox")
	}
}

func TestSettings_lastFactor(t *testing.T) {
	t.Parallel()
	w, _, _ := factors(t)
	p := w.Person("ada@example.org", true)
	b := w.Browser()
	b.SignIn(p)
	last, err := b.Submit(b.Start(flow.Settings), "password", map[string]string{"remove": "password"})
	if err != nil || last.Outcome != flow.FormRejected {
		t.Fatalf("the last first factor goes: %v, %v", last, err)
	}
	if group := last.Flow.Form.Group("password"); group == nil || group.Messages[0].Key != message.KeyLastCredential {
		t.Errorf("it is said as %v", group)
	}
}

// What a method needs from the start, such as a seed or a challenge, is remembered
// with the flow, or sent at once.
func TestBegin(t *testing.T) {
	t.Parallel()
	w, totp, all := factors(t)
	totp.Begin = func(_ context.Context, s flow.Submission) (flow.Fact, error) {
		if s.Flow.Kind == flow.Login {
			return flow.Sent{Notify: message.Of(message.KeyCodeSentPrefix + "login"), Memory: "hash"}, s.CountMail(context.Background(), "ada@example.org")
		}
		return flow.Prepared{Memory: "seed"}, nil
	}
	w.Rebuild(all...)
	p := w.Person("ada@example.org", true, seed())
	b := w.Browser()
	b.SignIn(p)
	f, err := b.TryStart(flow.StartRequest{Kind: flow.Login, AAL: session.AAL2})
	if err != nil || f.State != flow.Challenged || f.Active != "totp" || len(w.Limiter.Counted()) != 1 {
		t.Errorf("%v, %v", f, err)
	}
	if plain := w.Browser().Start(flow.Login); plain.State != flow.Open {
		t.Error("a step that is not offered begins")
	}
	b.SignIn(p, session.Factor{Method: "password"}, session.Factor{Method: "totp", AAL: session.AAL2})
	settings := b.Start(flow.Settings)
	if got := string(w.Stored(settings).Private["totp"]); got != `"seed"` {
		t.Errorf("remembered: %s", got)
	}
}

// A rejection may change what the flow remembers, such as how many codes were wrong.
func TestRejected_memory(t *testing.T) {
	t.Parallel()
	w, _ := one(t, func(_ context.Context, _ *flowtest.World, s flow.Submission) (flow.Fact, error) {
		var tries int
		if _, err := s.Recall(&tries); err != nil {
			return nil, err
		}
		r := flow.Reject("answer", message.Of(message.KeyInvalidCredentials))
		r.Memory = tries + 1
		return nil, r
	})
	b := w.Browser()
	f := b.Start(flow.Login)
	for range 3 {
		r, err := b.Submit(f, "password", map[string]string{"answer": "typed"})
		if err != nil || r.Outcome != flow.FormRejected {
			t.Fatalf("%v, %v", r, err)
		}
		node := r.Flow.Form.Group("password").Node("answer")
		if node.Value != "typed" || len(node.Messages) != 1 {
			t.Errorf("shown again as %+v", node)
		}
		if csrf := r.Flow.Form.Group("password").Node(ui.CSRFName); csrf.Value != f.CSRF {
			t.Error("the form's token is another browser's")
		}
	}
	if got := string(w.Stored(f).Private["password"]); got != "3" {
		t.Errorf("remembered: %s", got)
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	var id string
	w, _ := one(t, func(ctx context.Context, _ *flowtest.World, s flow.Submission) (flow.Fact, error) {
		if err := s.CountGuess(ctx, id, " Ada@Example.org"); err != nil {
			return nil, err
		}
		return nil, flow.Reject("", message.Of(message.KeyInvalidCredentials))
	})
	id = w.Person("ada@example.org", true).ID
	b := w.Browser()
	b.Devices = map[string]string{id: "known"}
	f := b.Start(flow.Login)
	if _, err := b.Submit(f, "password", nil); err != nil {
		t.Fatal(err)
	}
	if got := w.Limiter.Counted(); len(got) != 1 || got[0].KnownBrowser != "known" || got[0].Identifiers[0] != "ada@example.org" {
		t.Errorf("counted: %+v", got)
	}
	w.Limiter.Full = true
	if r, err := b.Submit(f, "password", nil); err != nil || r.Outcome != flow.FormRejected {
		t.Errorf("a browser: %v, %v", r, err)
	}
	app := w.App()
	if _, err := app.Submit(app.Start(flow.Login), "password", nil); flow.OutcomeName(flow.Result{}, err) != "throttled" {
		t.Errorf("an app: %v", err)
	}
}
