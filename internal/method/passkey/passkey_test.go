package passkey_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"

	"github.com/symbolon/symbolon/internal/ceremony"
	"github.com/symbolon/symbolon/internal/ceremony/ceremonytest"
	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/flow/flowtest"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/keyform"
	"github.com/symbolon/symbolon/internal/message"
	"github.com/symbolon/symbolon/internal/method/passkey"
	"github.com/symbolon/symbolon/internal/session"
)

const site = "https://id.example.org"

// identities marks the field of the name as a schema does.
type identities struct{ *identity.Service }

func (identities) NameField(context.Context, string) (string, error) { return "traits.email", nil }

func openAs(t testing.TB, c passkey.Config, log *slog.Logger) *flowtest.World {
	t.Helper()
	party, err := ceremony.New(ceremony.Config{ID: "example.org", Name: "Example", Origins: []string{site}})
	if err != nil {
		t.Fatal(err)
	}
	c.Name, c.Public = "Example", site
	return flowtest.New(t, func(w *flowtest.World) []flow.Method {
		return []flow.Method{passkey.New(party, identities{w.Identities}, c, w.Now, log)}
	}, flowtest.Hook(flow.Registration, passkey.ID, "session"))
}

func open(t testing.TB) (*flowtest.World, flowtest.Person) {
	t.Helper()
	w := openAs(t, passkey.Config{}, slog.New(slog.DiscardHandler))
	return w, w.Person("ada@example.org", true)
}

func TestContract(t *testing.T) {
	t.Parallel()
	flowtest.RunMethod(t, passkey.ID, open)
}

// value is what a node of the method shows in a flow.
func value(t testing.TB, f *flow.Flow, name string) string {
	t.Helper()
	return flowtest.Value(t, f, passkey.ID, name)
}

// said are the keys of the messages of a flow, wherever they stand.
func said(r flow.Result) string { return flowtest.Said(r, passkey.ID) }

// invited are the options of a registration.
func invited(t testing.TB, f *flow.Flow) string {
	t.Helper()
	var data struct {
		Options json.RawMessage `json:"credentialOptions"`
		Field   string          `json:"displayNameFieldName"`
	}
	if err := json.Unmarshal([]byte(value(t, f, "passkey_create_data")), &data); err != nil || data.Field != "traits.email" {
		t.Fatalf("the data for the script are %+v, %v", data, err)
	}
	return string(data.Options)
}

// signUp registers a person with a passkey.
func signUp(t testing.TB, w *flowtest.World, email string, k *ceremonytest.Key) *flowtest.Browser {
	t.Helper()
	b := w.Browser()
	f := b.Start(flow.Registration)
	r := b.MustSubmit(f, passkey.ID, map[string]string{"traits.email": email, "passkey_register": k.Create(t, invited(t, f), ceremonytest.Lie{})})
	if r.Outcome != flow.Completed {
		t.Fatalf("sign-up: %s", said(r))
	}
	return b
}

func key(t testing.TB, flags byte) *ceremonytest.Key {
	t.Helper()
	k := ceremonytest.New(t, site, ceremonytest.ES256)
	k.Flags |= flags
	return k
}

// present shows a passkey to a new login.
func present(t testing.TB, w *flowtest.World, k *ceremonytest.Key, lie ceremonytest.Lie) (*flowtest.Browser, flow.Result) {
	t.Helper()
	b := w.Browser()
	f := b.Start(flow.Login)
	return b, b.MustSubmit(f, passkey.ID, map[string]string{"passkey_login": k.Get(t, value(t, f, "passkey_challenge"), lie)})
}

func TestRegister(t *testing.T) {
	t.Parallel()
	w, _ := open(t)
	k := key(t, ceremonytest.Verified)
	b := signUp(t, w, "new@example.org", k)
	if b.Session == nil || b.Session.AAL() != session.AAL1 {
		t.Fatalf("the session is %+v", b.Session)
	}
	if len(k.Handle) != 64 || strings.Contains(string(k.Handle), b.Session.IdentityID) {
		t.Errorf("the user handle is %q", k.Handle)
	}
	if _, r := present(t, w, k, ceremonytest.Lie{}); r.Outcome != flow.Completed || r.Session.AAL() != session.AAL1 {
		t.Errorf("sign in: outcome %d, %s", r.Outcome, said(r))
	}
	other := w.Browser()
	f := other.Start(flow.Registration)
	r := other.MustSubmit(f, passkey.ID, map[string]string{"traits.email": "other@example.org", "passkey_register": k.Create(t, invited(t, f), ceremonytest.Lie{})})
	if r.Outcome != flow.FormRejected {
		t.Errorf("a key that a person has: outcome %d", r.Outcome)
	}
}

func TestRegister_refusesLies(t *testing.T) {
	t.Parallel()
	w, _ := open(t)
	b := w.Browser()
	f := b.Start(flow.Registration)
	for name, prepare := range ceremonytest.CreationLies(site) {
		k, before := key(t, 0), invited(t, f)
		lie := prepare(k)
		answer := map[string]string{"traits.email": "new@example.org", "passkey_register": k.Create(t, before, lie)}
		b.MustSubmit(f, passkey.ID, answer)
		r := b.MustSubmit(f, passkey.ID, answer)
		if r.Outcome != flow.FormRejected || said(r) != message.KeyKeyNotAdded {
			t.Errorf("%s: outcome %d, %s", name, r.Outcome, said(r))
		}
		if f = r.Flow; invited(t, f) != before {
			t.Errorf("%s: the flow asks for another challenge", name)
		}
	}
	if r := b.MustSubmit(f, passkey.ID, map[string]string{"traits.email": "new@example.org"}); r.Outcome != flow.FormRejected || said(r) != message.Missing("x").Key {
		t.Errorf("no key: outcome %d, %s", r.Outcome, said(r))
	}
	w.Limiter.Full = true
	r := b.MustSubmit(f, passkey.ID, map[string]string{"traits.email": "new@example.org", "passkey_register": key(t, 0).Create(t, invited(t, f), ceremonytest.Lie{})})
	if r.Outcome != flow.FormRejected {
		t.Errorf("beyond the limit: outcome %d", r.Outcome)
	}
}

func TestLogin_refusesLies(t *testing.T) {
	t.Parallel()
	w, _ := open(t)
	k := key(t, 0)
	signUp(t, w, "new@example.org", k)
	lies := ceremonytest.AssertionLies(site)
	lies["no handle"] = func(*ceremonytest.Key) ceremonytest.Lie { return ceremonytest.Lie{Handle: []byte{}} }
	b := w.Browser()
	f := b.Start(flow.Login)
	for name, prepare := range lies {
		liar, before := *k, value(t, f, "passkey_challenge")
		lie := prepare(&liar)
		answer := map[string]string{"passkey_login": liar.Get(t, before, lie)}
		b.MustSubmit(f, passkey.ID, answer)
		r := b.MustSubmit(f, passkey.ID, answer)
		if r.Outcome != flow.FormRejected || b.Session != nil {
			t.Errorf("%s: outcome %d, %s", name, r.Outcome, said(r))
		}
		if f = r.Flow; value(t, f, "passkey_challenge") != before {
			t.Errorf("%s: the flow asks for another challenge", name)
		}
	}
	for answer, want := range map[string]string{"": message.Missing("x").Key, "{}": message.KeyKeyMalformed} {
		if r := b.MustSubmit(f, passkey.ID, map[string]string{"passkey_login": answer}); said(r) != want {
			t.Errorf("%q: outcome %d, %s", answer, r.Outcome, said(r))
		}
	}
	w.Limiter.Full = true
	if _, r := present(t, w, k, ceremonytest.Lie{}); r.Outcome != flow.FormRejected {
		t.Errorf("beyond the limit: outcome %d", r.Outcome)
	}
}

// An answer that counted uses up its challenge: neither its flow nor another one takes it again.
func TestLogin_answersOnce(t *testing.T) {
	t.Parallel()
	w, _ := open(t)
	k := key(t, 0)
	signUp(t, w, "new@example.org", k)
	b := w.Browser()
	f := b.Start(flow.Login)
	answer := map[string]string{"passkey_login": k.Get(t, value(t, f, "passkey_challenge"), ceremonytest.Lie{})}
	if r := b.MustSubmit(f, passkey.ID, answer); r.Outcome != flow.Completed || b.Session == nil {
		t.Fatalf("the first time: outcome %d, %s", r.Outcome, said(r))
	}
	b.Session = nil
	if r, err := b.Submit(f, passkey.ID, answer); err == nil && r.Outcome != flow.FormRejected || b.Session != nil {
		t.Errorf("in its flow again: outcome %d, %v", r.Outcome, err)
	}
	other := w.Browser()
	if r := other.MustSubmit(other.Start(flow.Login), passkey.ID, answer); r.Outcome != flow.FormRejected || other.Session != nil {
		t.Errorf("in another flow: outcome %d, %s", r.Outcome, said(r))
	}
}

func TestLogin_inParallel(t *testing.T) {
	t.Parallel()
	w, _ := open(t)
	k := key(t, 0)
	signUp(t, w, "new@example.org", k)
	b := w.Browser()
	f := b.Start(flow.Login)
	flowtest.AnswersOnce(t, b, f, passkey.ID, map[string]string{"passkey_login": k.Get(t, value(t, f, "passkey_challenge"), ceremonytest.Lie{})})
}

// An answer counts once although a hook refuses the sign-in, with a counter and without.
func TestLogin_hookRefuses(t *testing.T) {
	t.Parallel()
	for _, counter := range []uint32{0, 1} {
		w, _ := open(t)
		k := key(t, 0)
		k.Counter = counter
		signUp(t, w, "new@example.org", k)
		b := w.Browser()
		flowtest.AnswersAgain(t, b, b.Start(flow.Login), passkey.ID, func(f *flow.Flow) map[string]string {
			return map[string]string{"passkey_login": k.Get(t, value(t, f, "passkey_challenge"), ceremonytest.Lie{})}
		})
	}
}

// The options for a sign-in tell nothing of who exists: they are alike for everybody.
func TestLogin_namesNobody(t *testing.T) {
	t.Parallel()
	w, _ := open(t)
	signUp(t, w, "new@example.org", key(t, 0))
	if options := value(t, w.Browser().Start(flow.Login), "passkey_challenge"); strings.Contains(options, "allowCredentials") {
		t.Errorf("the options name keys: %s", options)
	}
}

func TestLogin_clone(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	w := openAs(t, passkey.Config{}, slog.New(slog.NewTextHandler(&out, nil)))
	k := key(t, 0)
	made := signUp(t, w, "new@example.org", k)
	clone := *k
	if _, r := present(t, w, k, ceremonytest.Lie{}); r.Outcome != flow.Completed {
		t.Fatal(said(r))
	}
	for range 2 {
		if _, r := present(t, w, &clone, ceremonytest.Lie{}); r.Outcome != flow.FormRejected {
			t.Errorf("the clone: outcome %d", r.Outcome)
		}
		clone.Counter = 0
	}
	flowtest.ToldOfCopy(t, w, made.Session.IdentityID, passkey.ID)
	if !strings.Contains(out.String(), "may be cloned") {
		t.Errorf("the log says %q", out.String())
	}
}

// The form of who signs in again names that person, as those of the other methods do.
func TestLogin_refreshNames(t *testing.T) {
	t.Parallel()
	w, _ := open(t)
	b := signUp(t, w, "new@example.org", key(t, 0))
	f, err := b.TryStart(flow.StartRequest{Kind: flow.Login, Refresh: true})
	if err != nil {
		t.Fatal(err)
	}
	n := f.Form.Group(passkey.ID).Node("identifier")
	if n == nil || n.Type != "hidden" || n.Value != "new@example.org" {
		t.Errorf("the identifier is %+v", n)
	}
	if f := w.Browser().Start(flow.Login); f.Form.Group(passkey.ID).Node("identifier") != nil {
		t.Error("a form without a person has an identifier")
	}
}

// A key of one person does not prove again who another one is.
func TestLogin_refreshBySomebodyElse(t *testing.T) {
	t.Parallel()
	w, p := open(t)
	mine, hers := key(t, 0), key(t, 0)
	b := signUp(t, w, "new@example.org", mine)
	signUp(t, w, "eve@example.org", hers)
	f, err := b.TryStart(flow.StartRequest{Kind: flow.Login, Refresh: true})
	if err != nil {
		t.Fatal(err)
	}
	r := b.MustSubmit(f, passkey.ID, map[string]string{"passkey_login": hers.Get(t, value(t, f, "passkey_challenge"), ceremonytest.Lie{})})
	if r.Outcome != flow.FormRejected {
		t.Errorf("the key of another person: outcome %d", r.Outcome)
	}
	r = b.MustSubmit(r.Flow, passkey.ID, map[string]string{"passkey_login": mine.Get(t, value(t, r.Flow, "passkey_challenge"), ceremonytest.Lie{})})
	if r.Outcome != flow.Completed {
		t.Errorf("the own key: outcome %d, %s", r.Outcome, said(r))
	}
	without := w.Browser()
	without.SignIn(p)
	if f, err := without.TryStart(flow.StartRequest{Kind: flow.Login, Refresh: true}); err != nil || f.Form.Group(passkey.ID) != nil {
		t.Errorf("a person without a passkey is asked for one: %v", err)
	}
}

func TestTwoFactors(t *testing.T) {
	t.Parallel()
	w := openAs(t, passkey.Config{TwoFactors: true}, slog.New(slog.DiscardHandler))
	verified, touched := key(t, ceremonytest.Verified), key(t, 0)
	signUp(t, w, "verified@example.org", verified)
	signUp(t, w, "touched@example.org", touched)
	for k, want := range map[*ceremonytest.Key]session.AAL{verified: session.AAL2, touched: session.AAL1} {
		if _, r := present(t, w, k, ceremonytest.Lie{}); r.Outcome != flow.Completed || r.Session.AAL() != want {
			t.Errorf("flags %x: outcome %d, %v, want %v", k.Flags, r.Outcome, r.Session.AAL(), want)
		}
	}
}

func TestRequireVerification(t *testing.T) {
	t.Parallel()
	w := openAs(t, passkey.Config{RequireVerification: true}, slog.New(slog.DiscardHandler))
	b, k := w.Browser(), key(t, 0)
	f := b.Start(flow.Registration)
	r := b.MustSubmit(f, passkey.ID, map[string]string{"traits.email": "new@example.org", "passkey_register": k.Create(t, invited(t, f), ceremonytest.Lie{})})
	if r.Outcome != flow.FormRejected {
		t.Errorf("sign-up by touch: outcome %d", r.Outcome)
	}
	k = key(t, ceremonytest.Verified)
	signUp(t, w, "new@example.org", k)
	k.Flags &^= ceremonytest.Verified
	if _, r := present(t, w, k, ceremonytest.Lie{}); r.Outcome != flow.FormRejected {
		t.Errorf("sign-in by touch: outcome %d", r.Outcome)
	}
}

// A key of another method keeps to the rules of that one.
func TestLogin_keyOfAnotherMethod(t *testing.T) {
	t.Parallel()
	const other = "webauthn"
	strict, lax := passkey.Config{RequireVerification: true}, passkey.Config{TwoFactors: true}
	for what, c := range map[string]struct {
		own, also passkey.Config
		flags     byte
		want      session.AAL // AAL0: refused
	}{
		"the other method must verify, a touch":   {lax, strict, 0, session.AAL0},
		"the other method must verify, verified":  {lax, strict, ceremonytest.Verified, session.AAL1},
		"the other method may touch, a touch":     {strict, lax, 0, session.AAL1},
		"the other method counts twice, verified": {strict, lax, ceremonytest.Verified, session.AAL2},
	} {
		c.own.Also = passkey.Also{Type: other, TwoFactors: c.also.TwoFactors, RequireVerification: c.also.RequireVerification}
		w := openAs(t, c.own, slog.New(slog.DiscardHandler))
		k := key(t, c.flags)
		k.RPID, k.Handle = "example.org", []byte("a handle")
		credential, err := keyform.Credential(other, ceremony.Keys{
			Handle: k.Handle, Keys: []ceremony.Key{{ID: k.ID, PublicKey: k.Public(t), Passwordless: true}},
		})
		if err != nil {
			t.Fatal(err)
		}
		w.Person("ada@example.org", true, credential)
		b, r := present(t, w, k, ceremonytest.Lie{})
		if b.Session == nil && c.want != session.AAL0 || b.Session != nil && b.Session.AAL() != c.want {
			t.Errorf("%s: outcome %d, %s, %+v", what, r.Outcome, said(r), r.Session)
		}
	}
}

func TestChange(t *testing.T) {
	t.Parallel()
	w, _ := open(t)
	first := key(t, 0)
	b := signUp(t, w, "new@example.org", first)
	f := b.Start(flow.Settings)
	id := value(t, f, "passkey_remove")
	if !f.Form.Group(passkey.ID).Node("passkey_remove").Disabled {
		t.Error("the form offers to remove the last way to sign in")
	}
	if r := b.MustSubmit(f, passkey.ID, map[string]string{"passkey_remove": id}); r.Outcome != flow.FormRejected {
		t.Errorf("the last way to sign in: outcome %d", r.Outcome)
	}
	f = b.Start(flow.Settings)
	options := value(t, f, "passkey_create_data")
	second := key(t, 0)
	if r := b.MustSubmit(f, passkey.ID, map[string]string{"passkey_settings_register": second.Create(t, options, ceremonytest.Lie{}), "passkey_displayname": "Phone"}); r.Outcome != flow.Completed {
		t.Fatalf("another passkey: %s", said(r))
	}
	if string(second.Handle) != string(first.Handle) {
		t.Error("the second passkey has another user handle")
	}
	if r := b.MustSubmit(b.Start(flow.Settings), passkey.ID, map[string]string{"passkey_rename": id, "passkey_displayname": "Laptop"}); r.Outcome != flow.Completed {
		t.Errorf("rename: %s", said(r))
	}
	if r := b.MustSubmit(b.Start(flow.Settings), passkey.ID, map[string]string{"passkey_remove": id}); r.Outcome != flow.Completed {
		t.Errorf("remove one of two: %s", said(r))
	}
	if _, r := present(t, w, first, ceremonytest.Lie{}); r.Outcome != flow.FormRejected {
		t.Error("the passkey that was removed signs in")
	}
	if _, r := present(t, w, second, ceremonytest.Lie{}); r.Outcome != flow.Completed {
		t.Errorf("the other passkey: %s", said(r))
	}
}

func TestChange_refusesLies(t *testing.T) {
	t.Parallel()
	w, _ := open(t)
	b := signUp(t, w, "new@example.org", key(t, 0))
	f := b.Start(flow.Settings)
	for name, prepare := range ceremonytest.CreationLies(site) {
		k, before := key(t, 0), value(t, f, "passkey_create_data")
		lie := prepare(k)
		answer := map[string]string{"passkey_settings_register": k.Create(t, before, lie)}
		b.MustSubmit(f, passkey.ID, answer)
		r := b.MustSubmit(f, passkey.ID, answer)
		if r.Outcome != flow.FormRejected || said(r) != message.KeyKeyNotAdded {
			t.Errorf("%s: outcome %d, %s", name, r.Outcome, said(r))
		}
		if f = r.Flow; value(t, f, "passkey_create_data") != before {
			t.Errorf("%s: the flow asks for another challenge", name)
		}
	}
	if r := b.MustSubmit(f, passkey.ID, nil); said(r) != message.KeyNoChanges {
		t.Errorf("nothing: outcome %d, %s", r.Outcome, said(r))
	}
}

func TestCountFactors(t *testing.T) {
	t.Parallel()
	m := &passkey.Method{}
	for config, want := range map[string]int{`{"credentials":[{"id":"AA=="},{"id":"AQ=="}]}`: 2, `{}`: 0, `"broken"`: 0} {
		c := []identity.Credential{{Type: passkey.ID, Config: json.RawMessage(config)}}
		if got := m.CountFactors(nil, c, flow.Browser); got != (flow.Factors{First: want}) {
			t.Errorf("%s: %+v, want %d", config, got, want)
		}
	}
}
