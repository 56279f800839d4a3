package lookup_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/flow/flowtest"
	"github.com/symbolon/symbolon/internal/message"
	"github.com/symbolon/symbolon/internal/method/lookup"
	"github.com/symbolon/symbolon/internal/passhash"
	"github.com/symbolon/symbolon/internal/secret"
	"github.com/symbolon/symbolon/internal/session"
)

// hasher puts a prefix before the text. busy makes it refuse to work.
type hasher struct {
	mu   sync.Mutex
	busy bool
}

func (h *hasher) problem() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.busy {
		return &passhash.Busy{RetryAfter: time.Second}
	}
	return nil
}

func (h *hasher) Hash(_ context.Context, text string) (string, error) {
	return "hashed:" + text, h.problem()
}

func (h *hasher) Verify(_ context.Context, encoded, text string) (passhash.Result, error) {
	return passhash.Result{Match: encoded == "hashed:"+text}, h.problem()
}

func (h *hasher) VerifyNothing(context.Context, string) error { return h.problem() }

func with(t testing.TB, h *hasher) (*flowtest.World, flowtest.Person) {
	t.Helper()
	sealer, err := secret.NewSealer("factors", []string{"a secret of this test"})
	if err != nil {
		t.Fatal(err)
	}
	w := flowtest.New(t, func(w *flowtest.World) []flow.Method { return []flow.Method{lookup.New(h, sealer, w.Now)} })
	return w, w.Person("ada@example.org", true)
}

func open(t testing.TB) (*flowtest.World, flowtest.Person) { t.Helper(); return with(t, &hasher{}) }

func TestContract(t *testing.T) {
	t.Parallel()
	flowtest.RunMethod(t, lookup.ID, open)
}

// said are the keys of the messages of the method's form.
func said(r flow.Result) string { return flowtest.GroupSaid(r, lookup.ID) }

func press(button string) map[string]string { return map[string]string{button: "true"} }

func codes(t testing.TB, f *flow.Flow) []string {
	t.Helper()
	node := f.Form.Group(lookup.ID).Node("lookup_secret_codes")
	if node == nil {
		t.Fatalf("the form shows no codes: %+v", f.Form.Group(lookup.ID))
	}
	text, _ := node.Value.(string)
	return strings.Split(text, ", ")
}

// enrolled is a browser of a person with codes, and the codes.
func enrolled(t testing.TB, w *flowtest.World, p flowtest.Person) (*flowtest.Browser, []string) {
	t.Helper()
	b := w.Browser()
	b.SignIn(p)
	f := b.Start(flow.Settings)
	if r := b.MustSubmit(f, lookup.ID, press("lookup_secret_confirm")); said(r) != message.KeyLookupNotGenerated {
		t.Errorf("confirmed before there are codes: %s", said(r))
	}
	r := b.MustSubmit(f, lookup.ID, press("lookup_secret_regenerate"))
	list := codes(t, r.Flow)
	if kept := string(w.Stored(f).Private[lookup.ID]); strings.Contains(kept, list[0]) {
		t.Errorf("the flow keeps the codes in clear: %s", kept)
	}
	if can, err := w.AvailableAAL(t.Context(), p.Identity, flow.Browser); err != nil || can == session.AAL2 {
		t.Errorf("codes that are not confirmed count: %v, %v", can, err)
	}
	if r := b.MustSubmit(f, lookup.ID, press("lookup_secret_confirm")); r.Outcome != flow.Completed || b.Session.AAL() != session.AAL2 {
		t.Fatalf("confirm: outcome %d, %s", r.Outcome, said(r))
	}
	return b, list
}

func TestLogin(t *testing.T) {
	t.Parallel()
	w, p := open(t)
	_, list := enrolled(t, w, p)
	b, f := w.StepUp(p)
	for typed, want := range map[string]string{"": message.Missing("x").Key, "wrongone": message.KeyLookupInvalid} {
		if r := b.MustSubmit(f, lookup.ID, map[string]string{lookup.ID: typed}); r.Outcome != flow.FormRejected || said(r) != want {
			t.Errorf("%q: outcome %d, %s", typed, r.Outcome, said(r))
		}
	}
	if r := b.MustSubmit(f, lookup.ID, map[string]string{lookup.ID: strings.ToUpper(list[4])}); r.Outcome != flow.Completed || r.Session.AAL() != session.AAL2 {
		t.Fatalf("a code: outcome %d, %s", r.Outcome, said(r))
	}
	b, f = w.StepUp(p)
	if r := b.MustSubmit(f, lookup.ID, map[string]string{lookup.ID: list[4]}); said(r) != message.KeyLookupUsed {
		t.Errorf("a used code: outcome %d, %s", r.Outcome, said(r))
	}
	for _, a := range w.Limiter.Counted() {
		if a.IdentityID != p.ID {
			t.Errorf("a guess counts as %+v, want against the identity", a)
		}
	}
	w.Limiter.Full = true
	if r := b.MustSubmit(f, lookup.ID, map[string]string{lookup.ID: list[5]}); r.Outcome != flow.FormRejected {
		t.Errorf("beyond the limit: outcome %d", r.Outcome)
	}
}

// A list whose codes are all used is not a factor, and locks no account out.
func TestLogin_exhausted(t *testing.T) {
	t.Parallel()
	w, p := open(t)
	_, list := enrolled(t, w, p)
	for i, c := range list {
		if can, err := w.AvailableAAL(t.Context(), p.Identity, flow.Browser); err != nil || can != session.AAL2 {
			t.Fatalf("with %d codes left the level is %v, %v", len(list)-i, can, err)
		}
		b, f := w.StepUp(p)
		if r := b.MustSubmit(f, lookup.ID, map[string]string{lookup.ID: c}); r.Outcome != flow.Completed {
			t.Fatalf("code %d: outcome %d, %s", i, r.Outcome, said(r))
		}
	}
	if can, err := w.AvailableAAL(t.Context(), p.Identity, flow.Browser); err != nil || can == session.AAL2 {
		t.Errorf("with no code left the level is %v, %v", can, err)
	}
	b := w.Browser()
	b.SignIn(p)
	if f, err := b.TryStart(flow.StartRequest{Kind: flow.Login, AAL: session.AAL2}); err == nil && f.Form.Group(lookup.ID) != nil {
		t.Error("the form asks for a code")
	}
	if r := b.MustSubmit(b.Start(flow.Settings), lookup.ID, press("lookup_secret_regenerate")); r.Outcome != flow.Prepares {
		t.Errorf("new codes: outcome %d, %s", r.Outcome, said(r))
	}
}

func TestChange(t *testing.T) {
	t.Parallel()
	w, p := open(t)
	b, list := enrolled(t, w, p)
	f := b.Start(flow.Settings)
	if r := b.MustSubmit(f, lookup.ID, nil); said(r) != message.KeyNoChanges {
		t.Errorf("nothing: outcome %d, %s", r.Outcome, said(r))
	}
	shown := codes(t, b.MustSubmit(f, lookup.ID, press("lookup_secret_reveal")).Flow)
	if len(shown) != len(list) || strings.Contains(strings.Join(shown, " "), list[0]) || !strings.Contains(shown[0], list[0][:2]) {
		t.Errorf("revealed are %q", shown)
	}
	if r := b.MustSubmit(f, lookup.ID, press("lookup_secret_regenerate")); codes(t, r.Flow)[0] == list[0] {
		t.Error("the new codes are the old ones")
	}
	if r := b.MustSubmit(f, lookup.ID, press("lookup_secret_confirm")); r.Outcome != flow.Completed {
		t.Errorf("confirm: outcome %d, %s", r.Outcome, said(r))
	}
	other, g := w.StepUp(p)
	if r := other.MustSubmit(g, lookup.ID, map[string]string{lookup.ID: list[0]}); r.Outcome != flow.FormRejected {
		t.Error("a code that was replaced counts")
	}
	if r := b.MustSubmit(b.Start(flow.Settings), lookup.ID, press("lookup_secret_disable")); r.Outcome != flow.Completed {
		t.Errorf("remove: outcome %d, %s", r.Outcome, said(r))
	}
	for _, button := range []string{"lookup_secret_disable", "lookup_secret_reveal"} {
		if r := b.MustSubmit(b.Start(flow.Settings), lookup.ID, press(button)); said(r) != message.KeyLookupNone {
			t.Errorf("%s of nothing: outcome %d, %s", button, r.Outcome, said(r))
		}
	}
}

func TestBusy(t *testing.T) {
	t.Parallel()
	h := &hasher{}
	w, p := with(t, h)
	_, list := enrolled(t, w, p)
	b, f := w.StepUp(p)
	h.busy = true
	_, err := b.Submit(f, lookup.ID, map[string]string{lookup.ID: list[0]})
	if known, ok := errors.AsType[*errs.Error](err); !ok || known.Code != errs.Unavailable || known.RetryAfter == 0 {
		t.Errorf("while hashing is busy: %v", err)
	}
	h.busy = false
	if r := b.MustSubmit(f, lookup.ID, map[string]string{lookup.ID: list[0]}); r.Outcome != flow.Completed {
		t.Errorf("the code is lost: outcome %d, %s", r.Outcome, said(r))
	}
}
