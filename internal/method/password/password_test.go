package password_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/flow/flowtest"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/message"
	"github.com/symbolon/symbolon/internal/method/password"
	"github.com/symbolon/symbolon/internal/passhash"
	"github.com/symbolon/symbolon/internal/passpolicy"
)

// hasher hashes by writing "hash of" before the password, and counts what it judged.
type hasher struct {
	judged, pretended int
	err               error
	outdated          bool
	meanwhile         func()
}

func (h *hasher) Hash(_ context.Context, plain string) (string, error) {
	return "hash of " + plain, h.err
}

func (h *hasher) Verify(_ context.Context, encoded, plain string) (passhash.Result, error) {
	h.judged++
	if h.meanwhile != nil {
		h.meanwhile()
		h.meanwhile = nil
	}
	return passhash.Result{Match: encoded == "hash of "+plain, Outdated: h.outdated}, h.err
}

func (h *hasher) VerifyNothing(context.Context, string) error {
	h.pretended++
	return h.err
}

// elsewhere is the system that an account comes from.
type elsewhere struct {
	asked int
	err   error
}

func (e *elsewhere) Matches(ctx context.Context, _ flow.HookCall, identifier, plain string) (bool, error) {
	e.asked++
	if _, bounded := ctx.Deadline(); !bounded {
		return false, errors.New("the question has no end")
	}
	return identifier == "ada@example.org" && plain == "old", e.err
}

// A password that only another system knows is asked for there until it was right once.
func TestLogin_migration(t *testing.T) {
	t.Parallel()
	h, other := &hasher{}, &elsewhere{}
	w, p := with(t, h)
	w.Rebuild(password.New(w.Identities, h, policy{}, other, slog.New(slog.DiscardHandler)))
	set(t, w, p, identity.PasswordElsewhere())
	login := func(plain string) (flow.Result, error) {
		b := w.Browser()
		return b.Submit(b.Start(flow.Login), password.ID, map[string]string{"identifier": p.Email, "password": plain})
	}
	if r, err := login("wrong"); err != nil || r.Outcome != flow.FormRejected || flowtest.GroupSaid(r, password.ID) != message.KeyInvalidCredentials || h.pretended != 1 {
		t.Errorf("wrong: %+v, %v", r, err)
	}
	if got := len(w.Limiter.Counted()); got != 1 {
		t.Errorf("wrong: %d attempts count", got)
	}
	other.err = errs.New(errs.Upstream, "web_hook_failed", "no")
	if _, err := login("old"); errs.Of(err) != errs.Upstream {
		t.Errorf("out of reach: %v", err)
	}
	w.Limiter.Full = true
	if r, err := login("old"); err != nil || r.Outcome != flow.FormRejected || other.asked != 2 {
		t.Errorf("too many attempts: %+v, %v, asked %d times", r, err, other.asked)
	}
	other.err, w.Limiter.Full = nil, false
	for _, asked := range []int{3, 3} { // the second time the hash is stored here
		if r, err := login("old"); err != nil || r.Session == nil || other.asked != asked {
			t.Errorf("right: %+v, %v, asked %d times", r, err, other.asked)
		}
	}
	// Without a hook such a password is none.
	set(t, w, p, identity.PasswordElsewhere())
	w.Rebuild(password.New(w.Identities, h, policy{}, nil, slog.New(slog.DiscardHandler)))
	if r, err := login("old"); err != nil || r.Outcome != flow.FormRejected || other.asked != 3 {
		t.Errorf("without a hook: %+v, %v", r, err)
	}
}

// caseSensitive is a system to which two spellings of an address are two accounts.
type caseSensitive map[string]string

func (c caseSensitive) Matches(_ context.Context, _ flow.HookCall, identifier, plain string) (bool, error) {
	return c[identifier] == plain, nil
}

// Another spelling of an address opens no account that the other system keeps apart.
func TestLogin_migration_spelling(t *testing.T) {
	t.Parallel()
	w, p := with(t, &hasher{})
	other := caseSensitive{"ada@example.org": "victims", "ADA@example.org": "attackers"}
	w.Rebuild(password.New(w.Identities, &hasher{}, policy{}, other, slog.New(slog.DiscardHandler)))
	set(t, w, p, identity.PasswordElsewhere())
	for _, test := range []struct {
		typed, plain string
		in           bool
	}{{"ADA@example.org", "attackers", false}, {" ADA@example.org", "victims", true}} {
		b := w.Browser()
		r, err := b.Submit(b.Start(flow.Login), password.ID, map[string]string{"identifier": test.typed, "password": test.plain})
		if err != nil || r.Session != nil != test.in {
			t.Errorf("%s: %+v, %v", test.plain, r, err)
		}
	}
}

// A password that no system is asked for any more lets its owner not remove the other factors.
func TestCountFactors_migration(t *testing.T) {
	t.Parallel()
	kept := identity.PasswordElsewhere()
	kept.Identifiers = []string{"ada@example.org"}
	for asked, migration := range map[int]password.Migration{0: nil, 1: caseSensitive{}} {
		m := password.New(nil, &hasher{}, policy{}, migration, slog.New(slog.DiscardHandler))
		if got := m.CountFactors(nil, []identity.Credential{kept}, flow.Browser).First; got != asked {
			t.Errorf("%d, want %d", got, asked)
		}
	}
}

type policy struct{}

func (policy) Check(_ context.Context, plain string, identifiers []string) error {
	if plain == "short" {
		return &passpolicy.Violation{Kind: passpolicy.TooShort, MinLength: 8, Length: 5}
	}
	if len(identifiers) == 0 {
		return errors.New("the policy is not told the identifiers")
	}
	return nil
}

func with(t testing.TB, h *hasher) (*flowtest.World, flowtest.Person) {
	t.Helper()
	w := flowtest.New(t, func(w *flowtest.World) []flow.Method {
		return []flow.Method{password.New(w.Identities, h, policy{}, nil, slog.New(slog.DiscardHandler))}
	}, flowtest.Hook(flow.Registration, password.ID, flow.HookSession))
	p := w.Person("ada@example.org", true)
	set(t, w, p, password.Credential("hash of right"))
	return w, p
}

// set stores a password.
func set(t testing.TB, w *flowtest.World, p flowtest.Person, c identity.Credential) {
	t.Helper()
	d, err := w.Identities.DraftUnchanged(t.Context(), w.Fresh(p.ID))
	if err != nil {
		t.Fatal(err)
	}
	d.Set(c)
	if _, err := w.Identities.Save(t.Context(), d); err != nil {
		t.Fatal(err)
	}
}

func TestContract(t *testing.T) {
	t.Parallel()
	flowtest.RunMethod(t, password.ID, func(t testing.TB) (*flowtest.World, flowtest.Person) {
		t.Helper()
		return with(t, &hasher{})
	})
}

// What test/walk follows: the right password, in a browser and without one.
func TestLogin_plain(t *testing.T) {
	t.Parallel()
	w, p := with(t, &hasher{})
	for _, b := range []*flowtest.Browser{w.Browser(), w.App()} {
		if r := b.MustSubmit(b.Start(flow.Login), password.ID, map[string]string{"identifier": p.Email, "password": "right"}); r.Session == nil {
			t.Errorf("outcome %d", r.Outcome)
		}
	}
}

func TestLogin(t *testing.T) {
	t.Parallel()
	h := &hasher{}
	w, p := with(t, h)
	none := w.Person("none@example.org", true)
	set(t, w, none, identity.Credential{Type: identity.TypePassword, Config: json.RawMessage(`{}`)})
	tests := map[string]struct {
		identifier, password string
		in                   bool
		judged, pretended    int
	}{
		"right":                   {p.Email, "right", true, 1, 0},
		"right in other spelling": {" ADA@example.org", "right", true, 1, 0},
		"wrong":                   {p.Email, "wrong", false, 1, 0},
		"unknown":                 {"unknown@example.org", "right", false, 0, 1},
		"without a password":      {none.Email, "right", false, 0, 1},
	}
	for name, test := range tests {
		h.judged, h.pretended = 0, 0
		b := w.Browser()
		r, err := b.Submit(b.Start(flow.Login), password.ID, map[string]string{"identifier": test.identifier, "password": test.password})
		if err != nil || (r.Session != nil) != test.in || h.judged != test.judged || h.pretended != test.pretended {
			t.Errorf("%s: session %v, %v; judged %d, pretended %d", name, r.Session, err, h.judged, h.pretended)
		}
		if !test.in && r.Flow.Form.Group(password.ID).Messages[0].Key != message.KeyInvalidCredentials {
			t.Errorf("%s: says %v", name, r.Flow.Form.Group(password.ID).Messages)
		}
	}
	if got := len(w.Limiter.Counted()); got != 3 {
		t.Errorf("%d failures count, want 3", got)
	}
}

// The owner changes the password while a guess at the old one is judged.
func TestLogin_changedMeanwhile(t *testing.T) {
	t.Parallel()
	h := &hasher{}
	w, p := with(t, h)
	h.meanwhile = func() { set(t, w, p, password.Credential("hash of new")) }
	b := w.Browser()
	r, err := b.Submit(b.Start(flow.Login), password.ID, map[string]string{"identifier": p.Email, "password": "right"})
	if err != nil || r.Session != nil || h.judged != 2 {
		t.Errorf("session %v, %v, judged %d", r.Session, err, h.judged)
	}
}

func TestLogin_upgrade(t *testing.T) {
	t.Parallel()
	h := &hasher{outdated: true}
	w, p := with(t, h)
	b := w.Browser()
	if _, err := b.Submit(b.Start(flow.Login), password.ID, map[string]string{"identifier": p.Email, "password": "right"}); err != nil {
		t.Fatal(err)
	}
	c, err := w.Identities.Credential(t.Context(), p.ID, password.ID)
	if err != nil || c.Version != 2 {
		t.Errorf("version %d, %v", c.Version, err)
	}
}

func TestLogin_hasherFails(t *testing.T) {
	t.Parallel()
	for want, err := range map[errs.Code]error{
		errs.Unavailable: &passhash.Busy{RetryAfter: time.Second},
		errs.Internal:    errors.New("broken"),
	} {
		h := &hasher{}
		w, p := with(t, h)
		h.err = err
		b := w.Browser()
		if _, err := b.Submit(b.Start(flow.Login), password.ID, map[string]string{"identifier": p.Email, "password": "right"}); errs.Of(err) != want {
			t.Errorf("%v, want %d", err, want)
		}
	}
	for _, err := range []error{&passhash.LimitError{}, &passhash.FormatError{}} {
		h := &hasher{}
		w, p := with(t, h)
		b := w.Browser()
		f := b.Start(flow.Login)
		h.err = err
		if r, err := b.Submit(f, password.ID, map[string]string{"identifier": p.Email, "password": "right"}); err == nil && r.Session != nil {
			t.Errorf("a hash that can't be judged signs in: %v", err)
		}
	}
}

func TestRegisterAndChange(t *testing.T) {
	t.Parallel()
	w, _ := with(t, &hasher{})
	b := w.Browser()
	f := b.Start(flow.Registration)
	if r, err := b.Submit(f, password.ID, map[string]string{"traits.email": "new@example.org", "password": "short"}); err != nil || r.Outcome != flow.FormRejected {
		t.Errorf("against the policy: %v, %v", r, err)
	}
	in, err := b.Submit(f, password.ID, map[string]string{"traits.email": "new@example.org", "password": "long enough"})
	if err != nil || in.Session == nil || in.Session.Factors[0].Method != password.ID {
		t.Fatalf("%v, %v", in, err)
	}
	b.Took(in)
	saved, err := b.Submit(b.Start(flow.Settings), password.ID, map[string]string{"password": "another"})
	if err != nil || saved.Outcome != flow.Completed || len(saved.Session.Factors) != 1 {
		t.Fatalf("%v, %v", saved, err)
	}
	again := w.Browser()
	if r, err := again.Submit(again.Start(flow.Login), password.ID, map[string]string{"identifier": "new@example.org", "password": "another"}); err != nil || r.Session == nil {
		t.Errorf("the new password: %v, %v", r, err)
	}
}

func TestCountFactors(t *testing.T) {
	t.Parallel()
	m := password.New(nil, nil, nil, nil, nil)
	set := password.Credential("hash")
	set.Identifiers = []string{"ada"}
	for name, test := range map[string]struct {
		c    identity.Credential
		want int
	}{
		"set":      {set, 1},
		"unnamed":  {password.Credential("hash"), 0},
		"reserved": {identity.Credential{Type: password.ID, Identifiers: []string{"ada"}, Config: json.RawMessage(`{}`)}, 0},
		"another":  {identity.Credential{Type: "totp", Identifiers: []string{"ada"}, Config: json.RawMessage(`{"a":1}`)}, 0},
	} {
		if got := m.CountFactors(nil, []identity.Credential{test.c}, flow.API); got != (flow.Factors{First: test.want}) {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
