package webauthn_test

import (
	"bytes"
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
	"github.com/symbolon/symbolon/internal/method/webauthn"
	"github.com/symbolon/symbolon/internal/secret"
	"github.com/symbolon/symbolon/internal/session"
)

const site = "https://id.example.org"

func openLogged(t testing.TB, log *slog.Logger) (*flowtest.World, flowtest.Person) {
	t.Helper()
	return openAs(t, webauthn.Config{}, log)
}

// methods returns the methods of a server with this configuration.
func methods(t testing.TB, w *flowtest.World, c webauthn.Config, log *slog.Logger) []flow.Method {
	t.Helper()
	return methodsWith(t, w, w.Identities, c, log)
}

func methodsWith(t testing.TB, w *flowtest.World, i webauthn.Identities, c webauthn.Config, log *slog.Logger) []flow.Method {
	t.Helper()
	c.Public = site
	decoys, err := secret.NewSigner("test", []string{"0123456789abcdef"})
	if err != nil {
		t.Fatal(err)
	}
	party, err := ceremony.New(ceremony.Config{ID: "example.org", Name: "Example", Origins: []string{site}})
	if err != nil {
		t.Fatal(err)
	}
	return []flow.Method{
		&flowtest.Stub{Name: identity.TypePassword, Roles: map[flow.Kind]flow.Role{flow.Login: flow.FirstFactor}},
		webauthn.New(party, i, decoys, c, w.Now, log),
	}
}

func openAs(t testing.TB, c webauthn.Config, log *slog.Logger) (*flowtest.World, flowtest.Person) {
	t.Helper()
	w := flowtest.New(t, func(w *flowtest.World) []flow.Method { return methods(t, w, c, log) }, flowtest.Hook(flow.Registration, webauthn.ID, "session"))
	return w, w.Person("ada@example.org", true)
}

func open(t testing.TB) (*flowtest.World, flowtest.Person) {
	t.Helper()
	return openLogged(t, slog.New(slog.DiscardHandler))
}

func TestContract(t *testing.T) {
	t.Parallel()
	flowtest.RunMethod(t, webauthn.ID, open)
}

// value is what a node of the method shows in a flow.
func value(t testing.TB, f *flow.Flow, name string) string {
	t.Helper()
	return flowtest.Value(t, f, webauthn.ID, name)
}

// said are the keys of the messages of a flow, wherever they stand.
func said(r flow.Result) string { return flowtest.Said(r, webauthn.ID) }

// add enrols a key in the settings that the browser shows.
func add(t testing.TB, b *flowtest.Browser, f *flow.Flow, k *ceremonytest.Key, lie ceremonytest.Lie, name string) flow.Result {
	t.Helper()
	return b.MustSubmit(f, webauthn.ID, map[string]string{
		"webauthn_register": k.Create(t, value(t, f, "webauthn_register_trigger"), lie), "webauthn_register_displayname": name,
	})
}

// enrolled is a browser of a person who has a key, and that key.
func enrolled(t testing.TB, w *flowtest.World, p flowtest.Person) (*flowtest.Browser, *ceremonytest.Key) {
	t.Helper()
	b, k := w.Browser(), ceremonytest.New(t, site, ceremonytest.ES256)
	b.SignIn(p)
	if r := add(t, b, b.Start(flow.Settings), k, ceremonytest.Lie{}, "Blue key"); r.Outcome != flow.Completed {
		t.Fatalf("the key was not added: %s", said(r))
	}
	return b, k
}

func TestChange_add(t *testing.T) {
	t.Parallel()
	w, p := open(t)
	b, k := enrolled(t, w, p)
	if b.Session.AAL() != session.AAL2 {
		t.Errorf("the session that added a key is %v", b.Session.AAL())
	}
	f := b.Start(flow.Settings)
	if options := value(t, f, "webauthn_register_trigger"); !strings.Contains(options, `"user":{"name":"Example","displayName":"Example"`) {
		t.Errorf("a key is made for %s", options)
	}
	if r := add(t, b, f, k, ceremonytest.Lie{}, "again"); said(r) != message.KeyKeyTaken {
		t.Errorf("the same key again: %s", said(r))
	}
	other := ceremonytest.New(t, site, ceremonytest.EdDSA)
	if r := add(t, b, b.Start(flow.Settings), other, ceremonytest.Lie{}, "Red key"); r.Outcome != flow.Completed {
		t.Errorf("a second key: %s", said(r))
	}
	if r := add(t, b, b.Start(flow.Settings), ceremonytest.New(t, site, ceremonytest.ES256), ceremonytest.Lie{}, " "); said(r) != message.Missing("x").Key {
		t.Errorf("a key without a name: %s", said(r))
	}
	if string(other.Handle) != string(k.Handle) {
		t.Error("the second key was made with another user handle")
	}
	stranger := w.Browser()
	stranger.SignIn(w.Person("eve@example.org", true))
	if r := add(t, stranger, stranger.Start(flow.Settings), k, ceremonytest.Lie{}, "mine"); r.Outcome == flow.Completed {
		t.Error("a key that another person has was added")
	}
}

func TestChange_refusesLies(t *testing.T) {
	t.Parallel()
	w, p := open(t)
	b := w.Browser()
	b.SignIn(p)
	f := b.Start(flow.Settings)
	for name, prepare := range ceremonytest.CreationLies(site) {
		k := ceremonytest.New(t, site, ceremonytest.ES256)
		lie := prepare(k)
		before := value(t, f, "webauthn_register_trigger")
		r := add(t, b, f, k, lie, name)
		if r.Outcome != flow.FormRejected || said(r) != message.KeyKeyNotAdded || r.Cause == nil {
			t.Errorf("%s: outcome %d, %q, cause %v", name, r.Outcome, said(r), r.Cause)
		}
		if f = r.Flow; value(t, f, "webauthn_register_trigger") != before {
			t.Errorf("%s: the flow asks for another challenge", name)
		}
	}
	if r, err := b.Submit(f, webauthn.ID, map[string]string{"webauthn_register": "{}", "webauthn_register_displayname": "x"}); err != nil || said(r) != message.KeyKeyMalformed {
		t.Errorf("no answer of a key: %v, %v", r, err)
	}
	if r, err := b.Submit(f, webauthn.ID, nil); err != nil || said(r) != message.KeyNoChanges {
		t.Errorf("nothing: %v, %v", r, err)
	}
}

func TestChange_renameAndRemove(t *testing.T) {
	t.Parallel()
	w, p := open(t)
	b, _ := enrolled(t, w, p)
	f := b.Start(flow.Settings)
	id := value(t, f, "webauthn_remove")
	for _, c := range []struct {
		what   string
		fields map[string]string
		want   string // message; empty for success
	}{
		{"rename an unknown key", map[string]string{"webauthn_rename": "00ff", "webauthn_register_displayname": "x"}, message.KeyKeyGone},
		{"remove an unknown key", map[string]string{"webauthn_remove": "00ff"}, message.KeyKeyGone},
		{"no name", map[string]string{"webauthn_rename": id, "webauthn_register_displayname": "  "}, message.Missing("x").Key},
		{"a long name", map[string]string{"webauthn_rename": id, "webauthn_register_displayname": strings.Repeat("ä", keyform.MaxName+1)}, "schema"},
		{"rename", map[string]string{"webauthn_rename": strings.ToUpper(id), "webauthn_register_displayname": " Red key "}, ""},
		{"remove", map[string]string{"webauthn_remove": id}, ""},
	} {
		r, err := b.Submit(f, webauthn.ID, c.fields)
		if err != nil {
			t.Fatalf("%s: %v", c.what, err)
		}
		b.Took(r)
		switch {
		case c.want == "" && r.Outcome != flow.Completed, c.want != "" && (r.Outcome != flow.FormRejected || !strings.HasPrefix(said(r), c.want)):
			t.Errorf("%s: outcome %d, %q, want %q", c.what, r.Outcome, said(r), c.want)
		}
		f = r.Flow
		if c.what == "rename" {
			f = b.Start(flow.Settings)
			if named := f.Form.Group(webauthn.ID).Node("webauthn_remove").Context["display_name"]; named != "Red key" {
				t.Errorf("the key is called %v", named)
			}
		}
	}
	if f := b.Start(flow.Settings); f.Form.Group(webauthn.ID).Node("webauthn_remove") != nil {
		t.Error("a key is still listed")
	}
}

func touch(t testing.TB, b *flowtest.Browser, f *flow.Flow, answer string) flow.Result {
	t.Helper()
	r, err := b.Submit(f, webauthn.ID, map[string]string{"webauthn_login": answer})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestLogin(t *testing.T) {
	t.Parallel()
	w, p := open(t)
	_, k := enrolled(t, w, p)
	b, f := w.StepUp(p)
	answer := k.Get(t, value(t, f, "webauthn_login_trigger"), ceremonytest.Lie{})
	if r := touch(t, b, f, answer); r.Outcome != flow.Completed || r.Session.AAL() != session.AAL2 {
		t.Fatalf("the key: outcome %d, %s", r.Outcome, said(r))
	}
	other, g := w.StepUp(p)
	if r := touch(t, other, g, answer); r.Outcome != flow.FormRejected || said(r) != message.KeyKeyInvalid {
		t.Errorf("the same answer in another flow: %d, %s", r.Outcome, said(r))
	}
}

func TestLogin_refusesLies(t *testing.T) {
	t.Parallel()
	w, p := open(t)
	_, k := enrolled(t, w, p)
	b, f := w.StepUp(p)
	for name, prepare := range ceremonytest.AssertionLies(site) {
		liar, before := *k, value(t, f, "webauthn_login_trigger")
		lie := prepare(&liar)
		answer := liar.Get(t, before, lie)
		touch(t, b, f, answer)
		r := touch(t, b, f, answer)
		if r.Outcome != flow.FormRejected || b.Session.AAL() != session.AAL1 {
			t.Errorf("%s: outcome %d", name, r.Outcome)
		}
		if f = r.Flow; value(t, f, "webauthn_login_trigger") != before {
			t.Errorf("%s: the flow asks for another challenge", name)
		}
	}
	for _, answer := range []string{"", "true", "{}"} {
		if r := touch(t, b, f, answer); r.Outcome != flow.FormRejected {
			t.Errorf("%q: outcome %d", answer, r.Outcome)
		}
	}
	for _, a := range w.Limiter.Counted() {
		if a.Kind == flow.LimitCode && a.IdentityID != "" {
			t.Errorf("a wrong answer uses up a try at the codes of its owner: %+v", a)
		}
	}
	w.Limiter.Full = true
	if r := touch(t, b, f, k.Get(t, value(t, f, "webauthn_login_trigger"), ceremonytest.Lie{})); r.Outcome != flow.FormRejected {
		t.Errorf("beyond the limit: outcome %d", r.Outcome)
	}
}

func TestLogin_clone(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	w, p := openLogged(t, slog.New(slog.NewTextHandler(&out, nil)))
	_, k := enrolled(t, w, p)
	clone := *k
	b, f := w.StepUp(p)
	if r := touch(t, b, f, k.Get(t, value(t, f, "webauthn_login_trigger"), ceremonytest.Lie{})); r.Outcome != flow.Completed {
		t.Fatal(said(r))
	}
	b, f = w.StepUp(p)
	if r := touch(t, b, f, clone.Get(t, value(t, f, "webauthn_login_trigger"), ceremonytest.Lie{})); r.Outcome != flow.FormRejected {
		t.Errorf("the clone: outcome %d", r.Outcome)
	}
	for range 2 { // the owner is told once
		b, f = w.StepUp(p)
		touch(t, b, f, clone.Get(t, value(t, f, "webauthn_login_trigger"), ceremonytest.Lie{}))
		clone.Counter = 0
	}
	flowtest.ToldOfCopy(t, w, p.ID, webauthn.ID)
	if !strings.Contains(out.String(), "may be cloned") || !strings.Contains(out.String(), p.ID) {
		t.Errorf("the log says %q", out.String())
	}
}

// A key of another server of which no user handle is known works, also beside a new one.
func TestLogin_noHandle(t *testing.T) {
	t.Parallel()
	w, _ := open(t)
	k := ceremonytest.New(t, site, ceremonytest.ES256)
	k.RPID = "example.org"
	c, err := keyform.Credential(webauthn.ID, ceremony.Keys{Keys: []ceremony.Key{{ID: k.ID, PublicKey: k.Public(t)}}})
	if err != nil {
		t.Fatal(err)
	}
	p := w.Person("moved@example.org", true, c)
	signIn := func(k *ceremonytest.Key, handle string, want flow.Outcome) *flowtest.Browser {
		b, f := w.StepUp(p)
		r := touch(t, b, f, k.Get(t, value(t, f, "webauthn_login_trigger"), ceremonytest.Lie{Handle: []byte(handle)}))
		if b.Took(r); r.Outcome != want {
			t.Errorf("handle %q: outcome %d, %s, %v", handle, r.Outcome, said(r), r.Cause)
		}
		return b
	}
	signIn(k, "", flow.Completed)
	b := signIn(k, "of the other server", flow.Completed)
	handles := map[string]bool{}
	for range 2 {
		another := ceremonytest.New(t, site, ceremonytest.ES256)
		if r := add(t, b, b.Start(flow.Settings), another, ceremonytest.Lie{}, "Red key"); r.Outcome != flow.Completed {
			t.Fatalf("a key beside it: %s", said(r))
		}
		handles[string(another.Handle)] = true
		signIn(another, string(another.Handle), flow.Completed)
		signIn(another, "of the other server", flow.FormRejected)
		signIn(k, "of the other server", flow.Completed)
	}
	if len(handles) != 1 {
		t.Errorf("new keys are made with %d user handles", len(handles))
	}
}

// Another person's key is not one of those that are asked for.
func TestLogin_keyOfSomebodyElse(t *testing.T) {
	t.Parallel()
	w, p := open(t)
	eve := w.Person("eve@example.org", true)
	enrolled(t, w, p)
	_, hers := enrolled(t, w, eve)
	b, f := w.StepUp(p)
	if r := touch(t, b, f, hers.Get(t, value(t, f, "webauthn_login_trigger"), ceremonytest.Lie{})); said(r) != message.KeyKeyInvalid {
		t.Errorf("outcome %d, %s", r.Outcome, said(r))
	}
}

func TestCountFactors(t *testing.T) {
	t.Parallel()
	m := &webauthn.Method{}
	for config, want := range map[string]flow.Factors{
		`{"credentials":[{"id":"AA=="},{"id":"AQ=="}]}`: {Second: 2}, `{}`: {}, `{"credentials":[]}`: {}, `"broken"`: {},
		`{"credentials":[{"id":"AA==","is_passwordless":true},{"id":"AQ=="}]}`: {First: 1, Second: 1},
	} {
		c := []identity.Credential{{Type: webauthn.ID, Config: json.RawMessage(config)}}
		if got := m.CountFactors(nil, c, flow.Browser); got != want {
			t.Errorf("%s: %+v, want %+v", config, got, want)
		}
	}
}
