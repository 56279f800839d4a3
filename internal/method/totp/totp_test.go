package totp_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	otp "github.com/pquerna/otp/totp"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/flow/flowtest"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/message"
	"github.com/symbolon/symbolon/internal/method/totp"
	"github.com/symbolon/symbolon/internal/secret"
	"github.com/symbolon/symbolon/internal/session"
)

func sealer(t testing.TB, secrets ...string) *secret.Sealer {
	t.Helper()
	s, err := secret.NewSealer("factors", secrets)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func open(t testing.TB) (*flowtest.World, flowtest.Person) {
	t.Helper()
	s := sealer(t, "a secret of this test")
	w := flowtest.New(t, func(w *flowtest.World) []flow.Method {
		return []flow.Method{totp.New(w.Identities, s, "Example", w.Now)}
	})
	return w, w.Person("ada@example.org", true)
}

func TestContract(t *testing.T) {
	t.Parallel()
	flowtest.RunMethod(t, totp.ID, open)
}

// said are the keys of the messages of the method's form.
func said(r flow.Result) string { return flowtest.GroupSaid(r, totp.ID) }

func code(t testing.TB, w *flowtest.World, seed string) string {
	t.Helper()
	text, err := otp.GenerateCode(seed, w.Now())
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// wrong is another code than the one of now and those beside it.
func wrong(t testing.TB, w *flowtest.World, seed string) string {
	t.Helper()
	for _, guess := range []string{"000000", "111111", "222222", "333333"} {
		if ok := otp.Validate(guess, seed); !ok && guess != code(t, w, seed) {
			return guess
		}
	}
	t.Fatal("every code is right")
	return ""
}

// enrolled is a browser of a person who has an app, and its seed.
func enrolled(t testing.TB, w *flowtest.World, p flowtest.Person) (*flowtest.Browser, string) {
	t.Helper()
	b := w.Browser()
	b.SignIn(p)
	f := b.Start(flow.Settings)
	seed, _ := f.Form.Group(totp.ID).Node("totp_secret_key").Value.(string)
	for _, typed := range []string{"", wrong(t, w, seed)} {
		if r := b.MustSubmit(f, totp.ID, map[string]string{"totp_code": typed}); r.Outcome != flow.FormRejected || b.Session.AAL() != session.AAL1 {
			t.Errorf("enrolled with %q: outcome %d", typed, r.Outcome)
		}
	}
	if r := b.MustSubmit(f, totp.ID, map[string]string{"totp_code": " " + code(t, w, seed) + " "}); r.Outcome != flow.Completed || b.Session.AAL() != session.AAL2 {
		t.Fatalf("enrol: outcome %d, %s", r.Outcome, said(r))
	}
	return b, seed
}

func TestLogin(t *testing.T) {
	t.Parallel()
	w, p := open(t)
	_, seed := enrolled(t, w, p)
	b, f := w.StepUp(p)
	if r := b.MustSubmit(f, totp.ID, map[string]string{"totp_code": code(t, w, seed)}); r.Outcome != flow.FormRejected {
		t.Error("the code that enrolled the app signs in")
	}
	w.Advance(time.Minute)
	if r := b.MustSubmit(f, totp.ID, map[string]string{"totp_code": wrong(t, w, seed)}); said(r) != message.KeyFactorCodeInvalid {
		t.Errorf("a wrong code: outcome %d, %s", r.Outcome, said(r))
	}
	if r := b.MustSubmit(f, totp.ID, nil); r.Outcome != flow.FormRejected || said(r) != message.Missing("x").Key {
		t.Errorf("no code: outcome %d, %s", r.Outcome, said(r))
	}
	right := code(t, w, seed)
	if r := b.MustSubmit(f, totp.ID, map[string]string{"totp_code": right}); r.Outcome != flow.Completed || r.Session.AAL() != session.AAL2 {
		t.Fatalf("the code: outcome %d, %s", r.Outcome, said(r))
	}
	other, g := w.StepUp(p)
	if r := other.MustSubmit(g, totp.ID, map[string]string{"totp_code": right}); r.Outcome != flow.FormRejected {
		t.Error("a code counts in two sessions")
	}
	w.Advance(time.Minute)
	w.Limiter.Full = true
	if r := other.MustSubmit(g, totp.ID, map[string]string{"totp_code": code(t, w, seed)}); r.Outcome != flow.FormRejected {
		t.Errorf("beyond the limit: outcome %d", r.Outcome)
	}
}

func TestLogin_counts(t *testing.T) {
	t.Parallel()
	w, p := open(t)
	_, seed := enrolled(t, w, p)
	b, f := w.StepUp(p)
	before := len(w.Limiter.Counted())
	b.MustSubmit(f, totp.ID, map[string]string{"totp_code": wrong(t, w, seed)})
	if after := w.Limiter.Counted(); len(after) != before+1 {
		t.Errorf("%d guesses are counted, want %d", len(after), before+1)
	}
	w.Advance(time.Minute)
	b.MustSubmit(f, totp.ID, map[string]string{"totp_code": code(t, w, seed)})
	for _, a := range w.Limiter.Counted() {
		if a.IdentityID != p.ID {
			t.Errorf("a guess counts as %+v, want against the identity", a)
		}
	}
	if after := w.Limiter.Counted(); len(after) != before+1 {
		t.Errorf("after a success %d guesses are counted, want %d", len(after), before+1)
	}
}

func TestChange(t *testing.T) {
	t.Parallel()
	w, p := open(t)
	b, seed := enrolled(t, w, p)
	f := b.Start(flow.Settings)
	if f.Form.Group(totp.ID).Node("totp_secret_key") != nil {
		t.Error("settings show the seed of an app that is enrolled")
	}
	if r := b.MustSubmit(f, totp.ID, map[string]string{"totp_code": code(t, w, seed)}); said(r) != message.KeyNoChanges {
		t.Errorf("a second app: outcome %d, %s", r.Outcome, said(r))
	}
	if r := b.MustSubmit(f, totp.ID, map[string]string{"totp_unlink": "true"}); r.Outcome != flow.Completed {
		t.Fatalf("remove: outcome %d, %s", r.Outcome, said(r))
	}
	again, _ := b.Start(flow.Settings).Form.Group(totp.ID).Node("totp_secret_key").Value.(string)
	if again == "" || again == seed {
		t.Errorf("settings offer the seed %q after %q", again, seed)
	}
}

// Each flow offers a seed of its own, and none of them is stored in clear.
func TestOffer(t *testing.T) {
	t.Parallel()
	w, p := open(t)
	b := w.Browser()
	b.SignIn(p)
	seeds := map[string]bool{}
	for range 3 {
		f := b.Start(flow.Settings)
		seed, _ := f.Form.Group(totp.ID).Node("totp_secret_key").Value.(string)
		seeds[seed] = true
		if kept := string(w.Stored(f).Private[totp.ID]); strings.Contains(kept, seed) || kept == "" {
			t.Errorf("the flow keeps %s", kept)
		}
	}
	if len(seeds) != 3 {
		t.Errorf("three flows offer %d seeds", len(seeds))
	}
}

// A seed that is copied to another person's row opens nothing there.
func TestLogin_seedOfSomebodyElse(t *testing.T) {
	t.Parallel()
	w, p := open(t)
	_, seed := enrolled(t, w, p)
	stolen := identity.Of(must(w.Identities.Credentials(t.Context(), p.ID))(t), totp.ID)
	stolen.Identifiers, stolen.Version = []string{"eve"}, 0
	eve := w.Person("eve@example.org", true, *stolen)
	b, f := w.StepUp(eve)
	w.Advance(time.Minute)
	if r, err := b.Submit(f, totp.ID, map[string]string{"totp_code": code(t, w, seed)}); err == nil || r.Outcome == flow.Completed {
		t.Errorf("outcome %d, %v", r.Outcome, err)
	}
}

func must(all []identity.Credential, err error) func(testing.TB) []identity.Credential {
	return func(t testing.TB) []identity.Credential {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
}

func TestImport(t *testing.T) {
	t.Parallel()
	const seed = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
	w, _ := open(t)
	const id = "0190163d-8694-739b-aea5-966c26f8ad91"
	c, err := totp.Import(sealer(t, "a secret of this test"), id, "otpauth://totp/Example:jo?secret="+seed, w.Now())
	if err != nil || c.Type != totp.ID || strings.Contains(string(c.Config), seed) {
		t.Fatalf("%+v, %v", c, err)
	}
	if shown, err := totp.Shown(sealer(t, "a secret of this test"), id, c.Config); err != nil || !strings.HasPrefix(string(shown), `{"totp_url":"otpauth://totp/`) {
		t.Errorf("operators see %s, %v", shown, err)
	}
	if shown, err := totp.Shown(sealer(t, "another secret"), id, c.Config); err == nil {
		t.Errorf("without the secret operators see %s", shown)
	}
	if _, err := totp.Import(sealer(t, "x"), id, "otpauth://hotp/x?"+url.Values{"secret": {seed}}.Encode(), w.Now()); errs.Of(err) != errs.Invalid {
		t.Errorf("a counter app: %v, want an error of code Invalid", err)
	}
}

func TestCountFactors(t *testing.T) {
	t.Parallel()
	m := &totp.Method{}
	if got := m.CountFactors(nil, []identity.Credential{{Type: totp.ID}}, flow.API); got != (flow.Factors{Second: 1}) {
		t.Errorf("an app is %+v", got)
	}
	if got := m.CountFactors(nil, nil, flow.API); got != (flow.Factors{}) {
		t.Errorf("nothing is %+v", got)
	}
}
