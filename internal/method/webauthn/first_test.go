package webauthn_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"log/slog"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/symbolon/symbolon/internal/ceremony/ceremonytest"
	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/flow/flowtest"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/message"
	"github.com/symbolon/symbolon/internal/method/webauthn"
	"github.com/symbolon/symbolon/internal/session"
)

// first is a world in which new keys are first factors.
func first(t testing.TB, c webauthn.Config) *flowtest.World {
	t.Helper()
	c.Passwordless = true
	w, _ := openAs(t, c, slog.New(slog.DiscardHandler))
	return w
}

func TestContract_first(t *testing.T) {
	t.Parallel()
	flowtest.RunMethod(t, webauthn.ID, func(t testing.TB) (*flowtest.World, flowtest.Person) {
		t.Helper()
		return openAs(t, webauthn.Config{Passwordless: true}, slog.New(slog.DiscardHandler))
	})
}

// signUp registers a person with a key.
func signUp(t testing.TB, w *flowtest.World, email string, k *ceremonytest.Key) (*flowtest.Browser, flow.Result) {
	t.Helper()
	b := w.Browser()
	f := b.Start(flow.Registration)
	return b, b.MustSubmit(f, webauthn.ID, map[string]string{
		"traits.email": email, "webauthn_register": k.Create(t, value(t, f, "webauthn_register_trigger"), ceremonytest.Lie{}),
	})
}

// name submits the identifier of the person who signs in.
func name(t testing.TB, b *flowtest.Browser, email string) flow.Result {
	t.Helper()
	return b.MustSubmit(b.Start(flow.Login), webauthn.ID, map[string]string{"identifier": email})
}

func verifying(t testing.TB) *ceremonytest.Key {
	t.Helper()
	k := ceremonytest.New(t, site, ceremonytest.ES256)
	k.Flags |= ceremonytest.Verified
	return k
}

func TestFirst(t *testing.T) {
	t.Parallel()
	for what, c := range map[string]struct {
		config webauthn.Config
		key    *ceremonytest.Key
		want   session.AAL
	}{
		"a touch":                   {webauthn.Config{TwoFactors: true}, ceremonytest.New(t, site, ceremonytest.ES256), session.AAL1},
		"a verified person":         {webauthn.Config{}, verifying(t), session.AAL1},
		"two factors, as one says":  {webauthn.Config{TwoFactors: true}, verifying(t), session.AAL2},
		"verification is asked for": {webauthn.Config{RequireVerification: true}, verifying(t), session.AAL1},
	} {
		w := first(t, c.config)
		made, r := signUp(t, w, "new@example.org", c.key)
		if r.Outcome != flow.Completed || made.Session == nil || made.Session.AAL() != c.want {
			t.Fatalf("%s: sign-up %d, %s, %+v", what, r.Outcome, said(r), r.Session)
		}
		b := w.Browser()
		r = name(t, b, " New@Example.org ")
		if r.Outcome != flow.Prepares || r.Flow.Form.Messages[0].Key != message.KeyKeyPrepare {
			t.Fatalf("%s: named: %d, %s", what, r.Outcome, said(r))
		}
		options := value(t, r.Flow, "webauthn_login_trigger")
		if verifies := strings.Contains(options, `"userVerification":"preferred"`); verifies != (c.config != webauthn.Config{}) {
			t.Errorf("%s: the key is asked with %s", what, options)
		}
		if r = touch(t, b, r.Flow, c.key.Get(t, options, ceremonytest.Lie{})); r.Outcome != flow.Completed || r.Session.AAL() != c.want {
			t.Errorf("%s: sign-in %d, %s", what, r.Outcome, said(r))
		}
		if _, again := signUp(t, w, "new@example.org", verifying(t)); again.Outcome != flow.FormRejected || said(again) != message.KeyDuplicateIdentifier {
			t.Errorf("%s: the address again: %d, %s", what, again.Outcome, said(again))
		}
	}
}

func TestFirst_refusesLies(t *testing.T) {
	t.Parallel()
	w := first(t, webauthn.Config{})
	k := ceremonytest.New(t, site, ceremonytest.ES256)
	signUp(t, w, "new@example.org", k)
	b := w.Browser()
	f := name(t, b, "new@example.org").Flow
	for what, prepare := range ceremonytest.AssertionLies(site) {
		liar := *k
		lie := prepare(&liar)
		r := touch(t, b, f, liar.Get(t, value(t, f, "webauthn_login_trigger"), lie))
		if f = r.Flow; r.Outcome != flow.FormRejected || b.Session != nil {
			t.Errorf("%s: outcome %d", what, r.Outcome)
		}
	}
	if r := touch(t, b, f, "{}"); said(r) != message.KeyKeyMalformed {
		t.Errorf("no answer of a key: %s", said(r))
	}
	if r := touch(t, b, f, k.Get(t, value(t, f, "webauthn_login_trigger"), ceremonytest.Lie{})); r.Outcome != flow.Completed {
		t.Errorf("the key after its lies: %s", said(r))
	}
}

func TestFirst_mustVerify(t *testing.T) {
	t.Parallel()
	w := first(t, webauthn.Config{RequireVerification: true})
	if _, r := signUp(t, w, "new@example.org", ceremonytest.New(t, site, ceremonytest.ES256)); r.Outcome != flow.FormRejected || said(r) != message.KeyKeyNotAdded {
		t.Errorf("a key that did not verify: %d, %s", r.Outcome, said(r))
	}
}

// keyIDs are what differs between the options of two accounts.
var keyIDs = regexp.MustCompile(`"(id|challenge)":"[^"]*"`)

func TestFirst_tellsStrangersNothing(t *testing.T) {
	t.Parallel()
	w := first(t, webauthn.Config{})
	k := ceremonytest.New(t, site, ceremonytest.ES256)
	signUp(t, w, "new@example.org", k)
	shown := map[string]string{}
	for _, who := range []string{"new@example.org", "ada@example.org", "unknown@example.org"} {
		b := w.Browser()
		r := name(t, b, who)
		options := value(t, r.Flow, "webauthn_login_trigger")
		if again := name(t, w.Browser(), strings.ToUpper(who)); ids(t, options) != ids(t, value(t, again.Flow, "webauthn_login_trigger")) {
			t.Errorf("%s: another key is asked for the second time", who)
		}
		if shown[who] = keyIDs.ReplaceAllString(options, ""); shown[who] != shown["new@example.org"] {
			t.Errorf("%s: %s", who, options)
		}
		liar := *k
		if r = touch(t, b, r.Flow, liar.Get(t, options, ceremonytest.Lie{BadSignature: true})); said(r) != message.KeyKeyInvalid {
			t.Errorf("%s: %s", who, said(r))
		}
	}
	told := first(t, webauthn.Config{Tells: true})
	for _, who := range []string{"ada@example.org", "unknown@example.org"} {
		if r := name(t, told.Browser(), who); r.Outcome != flow.FormRejected || said(r) != message.KeyKeyUnknown {
			t.Errorf("%s where it is told: %d, %s", who, r.Outcome, said(r))
		}
	}
	told.Limiter.Full = true
	if r := name(t, told.Browser(), "ada@example.org"); r.Outcome != flow.FormRejected || said(r) == message.KeyKeyUnknown {
		t.Errorf("beyond the limit: %s", said(r))
	}
}

// reading notes what is read of accounts.
type reading struct {
	*identity.Service
	did string
}

func (r *reading) ByIdentifier(ctx context.Context, typ, typed string) (*identity.Identity, *identity.Credential, error) {
	r.did += " identifier"
	return r.Service.ByIdentifier(ctx, typ, typed)
}

func (r *reading) ByID(ctx context.Context, id string) (*identity.Identity, error) {
	r.did += " identity"
	return r.Service.ByID(ctx, id)
}

func (r *reading) Credential(ctx context.Context, id, typ string) (*identity.Credential, error) {
	r.did += " credential"
	return r.Service.Credential(ctx, id, typ)
}

// The name and a wrong answer lead to the same reads for all, in this order, and to the same check of a signature: a stranger could measure others.
func TestFirst_readsTheSame(t *testing.T) {
	t.Parallel()
	w := first(t, webauthn.Config{})
	k := ceremonytest.New(t, site, ceremonytest.ES256)
	signUp(t, w, "new@example.org", k)
	r := &reading{Service: w.Identities}
	w.Rebuild(methodsWith(t, w, r, webauthn.Config{Passwordless: true}, slog.New(slog.DiscardHandler))...)
	var err error
	for _, who := range []string{"new@example.org", "ada@example.org", "unknown@example.org"} {
		b, liar := w.Browser(), *k
		r.did = ""
		f := name(t, b, who).Flow
		if r.did != " identifier credential" {
			t.Errorf("the name of %s reads%s", who, r.did)
		}
		r.did = ""
		options := value(t, f, "webauthn_login_trigger")
		var asked []struct{ ID string }
		if err := json.Unmarshal([]byte(ids(t, options)), &asked); err != nil {
			t.Fatal(err)
		}
		if liar.ID, err = base64.RawURLEncoding.DecodeString(asked[0].ID); err != nil {
			t.Fatal(err)
		}
		liar.Handle = nil // which a stranger does not know
		refused := touch(t, b, f, liar.Get(t, options, ceremonytest.Lie{BadSignature: true}))
		if r.did != " identity credential" {
			t.Errorf("a wrong answer for %s reads%s", who, r.did)
		}
		if refused.Cause == nil || !strings.Contains(refused.Cause.Error(), "signature") {
			t.Errorf("no signature of a wrong answer for %s is verified: %v", who, refused.Cause)
		}
	}
}

// ids are the keys that options ask for.
func ids(t testing.TB, options string) string {
	t.Helper()
	var o struct {
		PublicKey struct {
			AllowCredentials json.RawMessage `json:"allowCredentials"`
		} `json:"publicKey"`
	}
	if err := json.Unmarshal([]byte(options), &o); err != nil || len(o.PublicKey.AllowCredentials) < 10 {
		t.Fatalf("%s: %v", options, err)
	}
	return string(o.PublicKey.AllowCredentials)
}

func TestFirst_missing(t *testing.T) {
	t.Parallel()
	w := first(t, webauthn.Config{})
	b := w.Browser()
	for _, who := range []string{"", "  "} {
		r := name(t, b, who)
		if node := r.Flow.Form.Group(webauthn.ID).Node("identifier"); r.Outcome != flow.FormRejected || len(node.Messages) != 1 {
			t.Errorf("%q: outcome %d, %+v", who, r.Outcome, node)
		}
	}
	f := b.Start(flow.Registration)
	if r := b.MustSubmit(f, webauthn.ID, map[string]string{"traits.email": "x@example.org"}); r.Outcome != flow.FormRejected || said(r) != message.Missing("x").Key {
		t.Errorf("a registration without a key: %s", said(r))
	}
}

// Keys keep the role for which they were made when the option changes.
func TestSwitch(t *testing.T) {
	t.Parallel()
	for _, passwordless := range []bool{true, false} {
		w, p := openAs(t, webauthn.Config{Passwordless: passwordless}, slog.New(slog.DiscardHandler))
		_, k := enrolled(t, w, p)
		w.Rebuild(methods(t, w, webauthn.Config{Passwordless: !passwordless}, slog.New(slog.DiscardHandler))...)
		b := w.Browser()
		if passwordless {
			if g := b.Start(flow.Login).Form.Group(webauthn.ID); g == nil || g.Node("identifier") == nil {
				t.Errorf("the form does not ask who signs in with a key of before: %+v", g)
			}
			f := name(t, b, p.Email).Flow
			if r := touch(t, b, f, k.Get(t, value(t, f, "webauthn_login_trigger"), ceremonytest.Lie{})); r.Outcome != flow.Completed || r.Session.AAL() != session.AAL1 {
				t.Errorf("a first factor: %d, %s", r.Outcome, said(r))
			}
			continue
		}
		f := name(t, b, p.Email).Flow
		if r := touch(t, b, f, k.Get(t, value(t, f, "webauthn_login_trigger"), ceremonytest.Lie{})); r.Outcome != flow.FormRejected {
			t.Errorf("a second factor signs in alone: %d", r.Outcome)
		}
		b, f = w.StepUp(p)
		if r := touch(t, b, f, k.Get(t, value(t, f, "webauthn_login_trigger"), ceremonytest.Lie{})); r.Outcome != flow.Completed || r.Session.AAL() != session.AAL2 {
			t.Errorf("a second factor: %d, %s", r.Outcome, said(r))
		}
	}
}

// A site whose keys are all second factors asks no one for a key in place of a password. It looks again after an hour.
func TestSwitch_secondFactorsAlone(t *testing.T) {
	t.Parallel()
	w, p := open(t)
	enrolled(t, w, p)
	offered := func() bool { return w.Browser().Start(flow.Login).Form.Group(webauthn.ID) != nil }
	if offered() {
		t.Error("a key is offered although all are second factors")
	}
	other, found := openAs(t, webauthn.Config{Passwordless: true}, slog.New(slog.DiscardHandler))
	enrolled(t, other, found)
	c, err := other.Identities.Credential(t.Context(), found.ID, webauthn.ID)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.DB.UpdateCredential(t.Context(), p.ID, *c); err != nil {
		t.Fatal(err)
	}
	if offered() {
		t.Error("each form looks for keys")
	}
	w.Advance(time.Hour)
	if !offered() {
		t.Error("a key that came later is not offered")
	}
}

func TestFirst_refresh(t *testing.T) {
	t.Parallel()
	w := first(t, webauthn.Config{})
	k := ceremonytest.New(t, site, ceremonytest.ES256)
	b, _ := signUp(t, w, "new@example.org", k)
	f, err := b.TryStart(flow.StartRequest{Kind: flow.Login, Refresh: true})
	if err != nil {
		t.Fatal(err)
	}
	if r := b.MustSubmit(f, webauthn.ID, nil); r.Outcome != flow.FormRejected {
		t.Errorf("no answer: %d", r.Outcome)
	}
	if r := touch(t, b, f, k.Get(t, value(t, f, "webauthn_login_trigger"), ceremonytest.Lie{})); r.Outcome != flow.Completed {
		t.Errorf("the key: %s", said(r))
	}
	w.Rebuild(methods(t, w, webauthn.Config{Passwordless: true}, slog.New(slog.DiscardHandler))[1:]...)
	settings := b.Start(flow.Settings)
	if node := settings.Form.Group(webauthn.ID).Node("webauthn_remove"); !node.Disabled {
		t.Error("the last first factor can be removed")
	}
	if r := b.MustSubmit(settings, webauthn.ID, map[string]string{"webauthn_remove": value(t, settings, "webauthn_remove")}); said(r) != message.KeyLastCredential {
		t.Errorf("the last first factor: %s", said(r))
	}
}

// An answer counts once although a hook refuses the sign-in.
func TestAnswer_hookRefuses(t *testing.T) {
	t.Parallel()
	w := first(t, webauthn.Config{})
	k := ceremonytest.New(t, site, ceremonytest.ES256)
	signUp(t, w, "new@example.org", k)
	touched := func(f *flow.Flow) map[string]string {
		return map[string]string{"webauthn_login": k.Get(t, value(t, f, "webauthn_login_trigger"), ceremonytest.Lie{})}
	}
	b := w.Browser()
	flowtest.AnswersAgain(t, b, name(t, b, "new@example.org").Flow, webauthn.ID, touched)
	w, p := open(t)
	_, k = enrolled(t, w, p)
	b, f := w.StepUp(p)
	flowtest.AnswersAgain(t, b, f, webauthn.ID, touched)
}

func TestAnswer_inParallel(t *testing.T) {
	t.Parallel()
	w := first(t, webauthn.Config{})
	k := ceremonytest.New(t, site, ceremonytest.ES256)
	signUp(t, w, "new@example.org", k)
	b := w.Browser()
	f := name(t, b, "new@example.org").Flow
	flowtest.AnswersOnce(t, b, f, webauthn.ID, map[string]string{"webauthn_login": k.Get(t, value(t, f, "webauthn_login_trigger"), ceremonytest.Lie{})})
	w, p := open(t)
	_, k = enrolled(t, w, p)
	b, f = w.StepUp(p)
	flowtest.AnswersOnce(t, b, f, webauthn.ID, map[string]string{"webauthn_login": k.Get(t, value(t, f, "webauthn_login_trigger"), ceremonytest.Lie{})})
}
