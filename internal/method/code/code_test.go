package code_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/symbolon/symbolon/internal/courier"
	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/flow/flowtest"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/message"
	"github.com/symbolon/symbolon/internal/method/code"
	"github.com/symbolon/symbolon/internal/secret"
	"github.com/symbolon/symbolon/internal/session"
)

const ada = "ada@example.org"

// everything switches on what an operator can have at once without a second factor.
func everything() code.Config {
	return code.Config{Passwordless: true, Recovery: true, Verification: true, Lifespan: 15 * time.Minute, MaxTries: 5, Pause: code.DefaultPause}
}

func beside() code.Config {
	return code.Config{SecondFactor: true, Recovery: true, Lifespan: 15 * time.Minute, MaxTries: 5, Pause: code.DefaultPause}
}

func openAs(t testing.TB, c code.Config) *flowtest.World {
	t.Helper()
	sealer, err := secret.NewSealer("factors", []string{"a secret of this test"})
	if err != nil {
		t.Fatal(err)
	}
	page, err := url.Parse("https://id.example.org/page?lang=en")
	if err != nil {
		t.Fatal(err)
	}
	c.NotifyUnknown = map[flow.Kind]bool{flow.Login: !c.Fallback, flow.Recovery: !c.Fallback, flow.Verification: !c.Fallback}
	c.Pages = map[flow.Kind]*url.URL{flow.Login: page, flow.Recovery: page}
	return flowtest.New(t, func(w *flowtest.World) []flow.Method {
		return []flow.Method{code.New(w.Identities, sealer, c, w.Now)}
	}, flowtest.Hook(flow.Registration, code.ID, flow.HookSession))
}

func TestContract(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]code.Config{"first factor": everything(), "second factor": beside()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			flowtest.RunMethod(t, code.ID, func(t testing.TB) (*flowtest.World, flowtest.Person) {
				t.Helper()
				w := openAs(t, c)
				return w, w.Person(ada, true)
			})
		})
	}
}

// said are the keys of the messages of a flow, wherever they stand.
func said(r flow.Result) string { return flowtest.Said(r, code.ID) }

// mailed is the one code that was mailed since the last time.
func mailed(t testing.TB, w *flowtest.World) string {
	t.Helper()
	sent := w.Mail.Take()
	if len(sent) != 1 || len(sent[0].Code) != 6 {
		t.Fatalf("mail is %+v, want one with a code", sent)
	}
	return sent[0].Code
}

// other is a code that is not that one.
func other(right string) string { return string('0'+('9'-right[0])%10) + right[1:] }

// fields are what asks for a code in a kind of flow.
func fields(k flow.Kind, address string) map[string]string {
	switch k {
	case flow.Login:
		return map[string]string{"identifier": address}
	case flow.Registration:
		return map[string]string{"traits.email": address}
	case flow.Recovery, flow.Verification, flow.Settings:
	}
	return map[string]string{"email": address}
}

// with adds a code to them, as the form of the kind sends it.
func with(k flow.Kind, address, typed string) map[string]string {
	all := map[string]string{"code": typed}
	if k == flow.Registration {
		all["traits.email"] = address
	}
	return all
}

// kinds are those of a first factor, each with an address that a code goes to.
func kinds() map[flow.Kind]string {
	return map[flow.Kind]string{flow.Login: ada, flow.Registration: "new@example.org", flow.Recovery: ada, flow.Verification: ada}
}

func TestCode(t *testing.T) {
	t.Parallel()
	for k, address := range kinds() {
		t.Run(string(k), func(t *testing.T) {
			t.Parallel()
			w := openAs(t, everything())
			w.Person(ada, true)
			b := w.Browser()
			f := b.Start(k)
			r := b.MustSubmit(f, code.ID, fields(k, " "+strings.ToUpper(address)+" "))
			if k == flow.Registration { // what is typed there is the trait itself
				b.MustSubmit(f, code.ID, fields(k, address))
				w.Mail.Take()
				w.Advance(time.Minute)
				r = b.MustSubmit(f, code.ID, map[string]string{"traits.email": address, "resend": code.ID})
			}
			if r.Outcome != flow.Pending || said(r) != message.KeyCodeSentPrefix+string(k) {
				t.Fatalf("asked: outcome %d, %s", r.Outcome, said(r))
			}
			right := mailed(t, w)
			if r = b.MustSubmit(f, code.ID, with(k, address, other(right))); r.Outcome != flow.FormRejected || said(r) != message.KeyCodeInvalidPrefix+string(k) {
				t.Errorf("a wrong code: outcome %d, %s", r.Outcome, said(r))
			}
			if r = b.MustSubmit(f, code.ID, with(k, address, " "+right[:3]+" "+right[3:])); r.Outcome != flow.Completed {
				t.Fatalf("the code: outcome %d, %s", r.Outcome, said(r))
			}
			if k != flow.Verification && (b.Session == nil || b.Session.AAL() != session.AAL1 || !b.Session.Uses(address)) {
				t.Errorf("the session is %+v", b.Session)
			}
			if again, err := w.Browser().Submit(f, code.ID, with(k, address, right)); err == nil && again.Outcome == flow.Completed {
				t.Error("the code counts in another browser")
			}
			if again, err := b.Submit(f, code.ID, with(k, address, right)); err == nil && again.Outcome == flow.Completed {
				t.Error("the code counts twice")
			}
		})
	}
}

func TestCode_refused(t *testing.T) {
	t.Parallel()
	for k, address := range kinds() {
		for name, spoil := range map[string]func(t *testing.T, w *flowtest.World, b *flowtest.Browser, f *flow.Flow, right string){
			"late": func(_ *testing.T, w *flowtest.World, _ *flowtest.Browser, _ *flow.Flow, _ string) {
				w.Advance(15 * time.Minute)
			},
			"after too many wrong ones": func(t *testing.T, _ *flowtest.World, b *flowtest.Browser, f *flow.Flow, right string) {
				t.Helper()
				for range 5 {
					b.MustSubmit(f, code.ID, with(k, address, other(right)))
				}
			},
			"after the next one": func(t *testing.T, w *flowtest.World, b *flowtest.Browser, f *flow.Flow, right string) {
				t.Helper()
				w.Advance(time.Minute)
				again := fields(k, address)
				if k == flow.Registration {
					again["resend"] = code.ID
				}
				for next := right; next == right; w.Advance(time.Minute) { // one in a million is the same
					b.MustSubmit(f, code.ID, again)
					next = mailed(t, w)
				}
			},
			"beyond the limit": func(_ *testing.T, w *flowtest.World, _ *flowtest.Browser, _ *flow.Flow, _ string) {
				w.Limiter.Full = true
			},
		} {
			t.Run(string(k)+", "+name, func(t *testing.T) {
				t.Parallel()
				w := openAs(t, everything())
				w.Person(ada, true)
				b := w.Browser()
				f := b.Start(k)
				b.MustSubmit(f, code.ID, fields(k, address))
				right := mailed(t, w)
				spoil(t, w, b, f, right)
				if r := b.MustSubmit(f, code.ID, with(k, address, right)); r.Outcome != flow.FormRejected {
					t.Errorf("outcome %d, %s", r.Outcome, said(r))
				}
			})
		}
	}
}

// A code belongs to its flow: another one, of the same browser and for the same address, does not take it.
func TestCode_ofAnotherFlow(t *testing.T) {
	t.Parallel()
	for k, address := range kinds() {
		w := openAs(t, everything())
		w.Person(ada, true)
		b := w.Browser()
		first, second := b.Start(k), b.Start(k)
		b.MustSubmit(first, code.ID, fields(k, address))
		right := mailed(t, w)
		w.Advance(time.Minute)
		b.MustSubmit(second, code.ID, fields(k, address))
		if next := mailed(t, w); next == right {
			continue // one in a million
		}
		if r := b.MustSubmit(second, code.ID, with(k, address, right)); r.Outcome != flow.FormRejected {
			t.Errorf("%s: outcome %d", k, r.Outcome)
		}
	}
}

// A person who asks again at once sees the same and gets no second mail.
func TestSend_pause(t *testing.T) {
	t.Parallel()
	for _, k := range []flow.Kind{flow.Login, flow.Recovery, flow.Verification} {
		w := openAs(t, everything())
		w.Person(ada, true)
		b := w.Browser()
		f := b.Start(k)
		for i, wait := range []time.Duration{0, time.Second, 18 * time.Second, 2 * time.Second} {
			w.Advance(wait)
			r := b.MustSubmit(f, code.ID, fields(k, ada))
			if want := i == 0 || i == 3; r.Outcome != flow.Pending || (len(w.Mail.Take()) == 1) != want {
				t.Errorf("%s, time %d: outcome %d; mail is wanted: %t", k, i, r.Outcome, want)
			}
		}
	}
}

// Known and unknown addresses get the same answer and leave the same behind.
func TestSend_unknown(t *testing.T) {
	t.Parallel()
	templates := map[flow.Kind]courier.Template{
		flow.Login: courier.LoginCodeInvalid, flow.Recovery: courier.RecoveryCodeInvalid, flow.Verification: courier.VerificationCodeInvalid,
	}
	for k, template := range templates {
		w := openAs(t, everything())
		w.Person(ada, true)
		movedTo(t, w, w.Person("eve@example.org", true), "unproven@example.org")
		answers := map[string]string{}
		for _, address := range []string{ada, "unknown@example.org", "unproven@example.org"} {
			if k != flow.Login && address == "unproven@example.org" {
				continue // may be verified and recovered
			}
			b := w.Browser()
			f := b.Start(k)
			r := b.MustSubmit(f, code.ID, fields(k, address))
			kept := w.Stored(f)
			var names []string
			for _, n := range r.Flow.Form.Group(code.ID).Nodes {
				names = append(names, n.Name)
			}
			answers[said(r)+strings.Join(names, ",")+string(kept.State)] = address
			sent := w.Mail.Take()
			if len(sent) != 1 || (sent[0].Template == template) != (address != ada) || (sent[0].Code == "") != (address != ada) {
				t.Errorf("%s of %s: mail %+v", k, address, sent)
			}
			if address == ada {
				continue
			}
			for _, guess := range []string{"000000", "", "x"} {
				if r := b.MustSubmit(f, code.ID, with(k, address, guess)); r.Outcome != flow.FormRejected {
					t.Errorf("%s of %s: %q has outcome %d", k, address, guess, r.Outcome)
				}
			}
		}
		if len(answers) != 1 {
			t.Errorf("%s: the answers differ: %v", k, answers)
		}
	}
}

func TestAddress_rejects(t *testing.T) {
	t.Parallel()
	for _, k := range []flow.Kind{flow.Recovery, flow.Verification} {
		w := openAs(t, everything())
		b := w.Browser()
		f := b.Start(k)
		for _, address := range []string{"", "nope", "+4915112345678", "a@b@c", ada + "\r\nBcc: x@example.org"} {
			if r := b.MustSubmit(f, code.ID, fields(k, address)); r.Outcome != flow.FormRejected || len(r.Flow.Form.Group(code.ID).Node("email").Messages) != 1 {
				t.Errorf("%s of %q: outcome %d", k, address, r.Outcome)
			}
		}
		w.Limiter.Full = true
		if r := b.MustSubmit(f, code.ID, fields(k, ada)); r.Outcome != flow.FormRejected || len(w.Mail.Take()) > 0 {
			t.Errorf("%s beyond the limit: outcome %d", k, r.Outcome)
		}
	}
}

func TestLogin_refresh(t *testing.T) {
	t.Parallel()
	w := openAs(t, everything())
	p := w.Person(ada, true)
	w.Person("eve@example.org", true)
	b := w.Browser()
	b.SignIn(p)
	f, err := b.TryStart(flow.StartRequest{Kind: flow.Login, Refresh: true})
	if err != nil {
		t.Fatal(err)
	}
	if shown := f.Form.Group(code.ID).Node("identifier").Value; shown != ada {
		t.Errorf("the form names %v", shown)
	}
	b.MustSubmit(f, code.ID, fields(flow.Login, "eve@example.org"))
	if sent := w.Mail.Take(); len(sent) != 1 || sent[0].Code != "" {
		t.Errorf("the address of another person: mail %+v", sent)
	}
	b.MustSubmit(f, code.ID, fields(flow.Login, ada))
	if r := b.MustSubmit(f, code.ID, with(flow.Login, ada, mailed(t, w))); r.Outcome != flow.Completed {
		t.Errorf("the own address: outcome %d, %s", r.Outcome, said(r))
	}
	without := w.Browser()
	without.SignIn(w.Person("unproven@example.org", false))
	if f, err = without.TryStart(flow.StartRequest{Kind: flow.Login, Refresh: true}); err != nil {
		t.Fatal(err)
	}
	if shown := f.Form.Group(code.ID).Node("identifier").Value; shown != "unproven@example.org" {
		t.Errorf("a person without a proven address is asked for %v", shown)
	}
}

// An address that is taken away between the code and its use does not sign in.
func TestLogin_addressGone(t *testing.T) {
	t.Parallel()
	w := openAs(t, everything())
	p := w.Person(ada, true)
	b := w.Browser()
	f := b.Start(flow.Login)
	b.MustSubmit(f, code.ID, fields(flow.Login, ada))
	right := mailed(t, w)
	if err := w.Identities.Delete(t.Context(), p.ID); err != nil {
		t.Fatal(err)
	}
	if r := b.MustSubmit(f, code.ID, with(flow.Login, ada, right)); r.Outcome != flow.FormRejected {
		t.Errorf("outcome %d", r.Outcome)
	}
}

func TestRegister_changedTraits(t *testing.T) {
	t.Parallel()
	w := openAs(t, everything())
	b := w.Browser()
	f := b.Start(flow.Registration)
	b.MustSubmit(f, code.ID, fields(flow.Registration, "new@example.org"))
	right := mailed(t, w)
	r := b.MustSubmit(f, code.ID, with(flow.Registration, "victim@example.org", right))
	if r.Outcome != flow.FormRejected || said(r) != message.KeyCodeTraitsChanged {
		t.Errorf("another address with the code of the first: outcome %d, %s", r.Outcome, said(r))
	}
}

// person has addresses that are enrolled for codes.
func person(t testing.TB, w *flowtest.World, email string, verified bool) flowtest.Person {
	t.Helper()
	return w.Person(email, verified, identity.CodeCredential([]identity.Address{{Via: identity.ViaEmail, Value: email, Normalized: email}}))
}

func passwordFactor() session.Factor { return session.Factor{Method: "password", AAL: session.AAL1} }

// A person with another second factor chooses, unless the start of the flow has chosen one of their addresses.
func TestSecond_sendTo(t *testing.T) {
	t.Parallel()
	w := openAs(t, beside())
	p := w.Person(ada, true, identity.CodeCredential([]identity.Address{{Via: identity.ViaEmail, Value: ada, Normalized: ada}}),
		identity.Credential{Type: "totp", Identifiers: []string{"an app"}, Config: []byte(`{}`)})
	for to, sent := range map[string]int{"": 0, "eve@example.org": 0, "ADA@example.org": 1} {
		b := w.Browser()
		b.SignIn(p, passwordFactor())
		f, err := b.TryStart(flow.StartRequest{Kind: flow.Login, AAL: session.AAL2, SendTo: to})
		if err != nil || len(w.Mail.Take()) != sent || (f.State == flow.Challenged) != (sent == 1) {
			t.Errorf("to %q: state %s, %v", to, f.State, err)
		}
	}
}

func TestSecond(t *testing.T) {
	t.Parallel()
	w := openAs(t, beside())
	p := person(t, w, ada, true)
	b, f := w.StepUp(p, passwordFactor())
	if f.State != flow.Challenged {
		t.Fatalf("the only address got no code: %s", f.State)
	}
	right := mailed(t, w)
	if r := b.MustSubmit(f, code.ID, map[string]string{"code": other(right)}); r.Outcome != flow.FormRejected {
		t.Errorf("a wrong code: outcome %d", r.Outcome)
	}
	counted := w.Limiter.Counted()
	if last := counted[len(counted)-1]; last.IdentityID != p.ID && counted[0].IdentityID != p.ID {
		t.Errorf("a guess counts as %+v, want against the identity", counted)
	}
	w.Advance(time.Minute)
	if r := b.MustSubmit(f, code.ID, map[string]string{"resend": code.ID}); r.Outcome != flow.Pending {
		t.Errorf("resend: outcome %d, %s", r.Outcome, said(r))
	}
	if r := b.MustSubmit(f, code.ID, map[string]string{"code": mailed(t, w)}); r.Outcome != flow.Completed || r.Session.AAL() != session.AAL2 {
		t.Errorf("the code: outcome %d, %s", r.Outcome, said(r))
	}
}

// One mailbox is never both factors.
func TestSecond_sameMailbox(t *testing.T) {
	t.Parallel()
	w := openAs(t, beside())
	p := person(t, w, ada, true)
	b, f := w.StepUp(p, session.Factor{Method: "link", Via: identity.ViaEmail, Address: ada, AAL: session.AAL1})
	if f.State == flow.Challenged || len(w.Mail.Take()) > 0 {
		t.Fatal("the mailbox that the first factor came by got a code")
	}
	for _, in := range []map[string]string{{"identifier": ada}, {"address": strings.ToUpper(ada)}} {
		if r := b.MustSubmit(f, code.ID, in); r.Outcome != flow.FormRejected || said(r) != message.KeyCodeSameMailbox {
			t.Errorf("%v: outcome %d, %s", in, r.Outcome, said(r))
		}
	}
	for in, want := range map[string]string{"eve@example.org": message.KeyCodeUnknown, "": message.Missing("x").Key} {
		if r := b.MustSubmit(f, code.ID, map[string]string{"identifier": in}); r.Outcome != flow.FormRejected || said(r) != want && in != "" {
			t.Errorf("%q: outcome %d, %s", in, r.Outcome, said(r))
		}
	}
	if sent := w.Mail.Take(); len(sent) > 0 {
		t.Errorf("mail went out: %+v", sent)
	}
}

func TestSecond_choice(t *testing.T) {
	t.Parallel()
	w := openAs(t, beside())
	p := w.Person(ada, true, identity.CodeCredential([]identity.Address{{Via: identity.ViaEmail, Value: ada, Normalized: ada}}), identity.Credential{
		Type: "totp", Identifiers: []string{"an app"}, Config: []byte(`{}`),
	})
	b, f := w.StepUp(p, passwordFactor())
	if f.State == flow.Challenged || len(w.Mail.Take()) > 0 {
		t.Error("a person with an app is sent a code without asking")
	}
	node := f.Form.Group(code.ID).Node("address")
	if node == nil || node.Value != ada {
		t.Fatalf("the form offers %+v", node)
	}
	b.MustSubmit(f, code.ID, map[string]string{"address": ada})
	if r := b.MustSubmit(f, code.ID, map[string]string{"code": mailed(t, w)}); r.Outcome != flow.Completed {
		t.Errorf("outcome %d, %s", r.Outcome, said(r))
	}
}

// Only verified addresses are factors, and without a credential only where the operator says so.
func TestSecond_whatCounts(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		verified, enrolled, fallback, offered bool
		counts                                int
	}{
		"verified and enrolled":  {true, true, false, true, 1},
		"enrolled, not verified": {false, true, false, false, 0},
		"verified, not enrolled": {true, false, false, false, 0},
		"by the fallback":        {true, false, true, true, 0},
	} {
		config := beside()
		config.Fallback = c.fallback
		w := openAs(t, config)
		p := w.Person(ada, c.verified)
		if c.enrolled {
			p = person(t, w, "enrolled@example.org", c.verified)
		}
		b, f := w.StepUp(p, passwordFactor())
		if got := f.Form.Group(code.ID) != nil; got != c.offered {
			t.Errorf("%s: offered is %t", name, got)
		}
		if can, err := w.AvailableAAL(t.Context(), b.Session.Identity, flow.Browser); err != nil || (can == session.AAL2) != (c.counts > 0) {
			t.Errorf("%s: the available level is %v, %v", name, can, err)
		}
	}
}

// A factor that is switched off is none.
func TestCountFactors(t *testing.T) {
	t.Parallel()
	for want, c := range map[flow.Factors]code.Config{{First: 1}: everything(), {Second: 1}: beside(), {}: {Recovery: true}} {
		w := openAs(t, c)
		p := person(t, w, ada, true)
		credentials, err := w.Identities.Credentials(t.Context(), p.ID)
		if err != nil {
			t.Fatal(err)
		}
		if got := code.New(w.Identities, nil, c, w.Now).CountFactors(p.Identity, credentials, flow.Browser); got != want {
			t.Errorf("%+v: %+v, want %+v", c, got, want)
		}
	}
}

// The link of a mail leads to the page of the flow, where the code still has to be sent from the browser that asked.
func TestMail_link(t *testing.T) {
	t.Parallel()
	w := openAs(t, everything())
	w.Person(ada, true)
	b := w.Browser()
	f := b.Start(flow.Login)
	b.MustSubmit(f, code.ID, fields(flow.Login, ada))
	sent := w.Mail.Take()
	to, err := url.Parse(sent[0].URL)
	if err != nil || to.Path != "/page" || to.Query().Get("flow") != f.ID || to.Query().Get("code") != sent[0].Code || to.Query().Get("lang") != "en" {
		t.Errorf("the link is %s, %v", sent[0].URL, err)
	}
	if sent[0].Expires != w.Now().Add(15*time.Minute) {
		t.Errorf("the mail says that the code expires at %v", sent[0].Expires)
	}
}

// The newest recovery code of a person is the only one, in whichever flow and by whichever method it was asked for.
func TestRecovery_newestOnly(t *testing.T) {
	t.Parallel()
	w := openAs(t, everything())
	p := w.Person(ada, true)
	b := w.Browser()
	first := b.Start(flow.Recovery)
	b.MustSubmit(first, code.ID, fields(flow.Recovery, ada))
	older := mailed(t, w)
	stranger := w.Browser()
	stranger.MustSubmit(stranger.Start(flow.Recovery), code.ID, fields(flow.Recovery, "unknown@example.org"))
	w.Mail.Take()
	second := stranger.Start(flow.Recovery)
	stranger.MustSubmit(second, code.ID, fields(flow.Recovery, ada))
	newest := mailed(t, w)
	if r := b.MustSubmit(first, code.ID, with(flow.Recovery, ada, older)); r.Outcome != flow.FormRejected || said(r) != message.KeyCodeInvalidPrefix+"recovery" {
		t.Errorf("the older code: outcome %d, %s", r.Outcome, said(r))
	}
	w.Advance(time.Minute) // past the pause, which holds for known addresses as for others
	if r := b.MustSubmit(first, code.ID, fields(flow.Recovery, ada)); r.Outcome != flow.Pending {
		t.Errorf("asked again: outcome %d", r.Outcome)
	}
	revived := mailed(t, w)
	if r := stranger.MustSubmit(second, code.ID, with(flow.Recovery, ada, newest)); r.Outcome != flow.FormRejected {
		t.Errorf("a code that is no longer the newest: outcome %d", r.Outcome)
	}
	offer, err := w.OfferRecovery(t.Context(), flow.RecoveryRequest{IdentityID: p.ID, Method: code.ID, Client: flow.Browser})
	if err != nil || len(offer.Code) != 6 {
		t.Fatalf("%+v, %v", offer, err)
	}
	if r := b.MustSubmit(first, code.ID, with(flow.Recovery, ada, revived)); r.Outcome != flow.FormRejected {
		t.Errorf("a code after an operator has made one: outcome %d", r.Outcome)
	}
}

// A schema may leave the address out.
func TestRegister_withoutAddress(t *testing.T) {
	t.Parallel()
	w := openAs(t, everything())
	b := w.Browser()
	if r := b.MustSubmit(b.Start(flow.Registration), code.ID, map[string]string{"traits.name": "Ada"}); r.Outcome != flow.FormRejected || said(r) != message.Missing("x").Key {
		t.Errorf("outcome %d, %s", r.Outcome, said(r))
	}
}

// Two flows that ask for codes in turn take the newest from each other. Neither mails nor
// counts may tell a known address by that.
func TestSend_twoFlows(t *testing.T) {
	t.Parallel()
	w := openAs(t, everything())
	w.Person(ada, true)
	for _, who := range []string{ada, "unknown@example.org"} {
		one, two := w.Browser(), w.Browser()
		first, second := one.Start(flow.Recovery), two.Start(flow.Recovery)
		one.MustSubmit(first, code.ID, fields(flow.Recovery, who))
		two.MustSubmit(second, code.ID, fields(flow.Recovery, who))
		counted := len(w.Limiter.Counted())
		w.Mail.Take()
		for range 3 {
			one.MustSubmit(first, code.ID, fields(flow.Recovery, who))
			two.MustSubmit(second, code.ID, fields(flow.Recovery, who))
		}
		if more, sent := len(w.Limiter.Counted())-counted, len(w.Mail.Take()); more > 0 || sent > 0 {
			t.Errorf("%s: %d counts and %d mails within the pause", who, more, sent)
		}
	}
}

// A resend within the pause neither brings a superseded code back nor takes the newest away.
func TestSend_superseded(t *testing.T) {
	t.Parallel()
	w := openAs(t, everything())
	w.Person(ada, true)
	one, two := w.Browser(), w.Browser()
	first, second := one.Start(flow.Recovery), two.Start(flow.Recovery)
	one.MustSubmit(first, code.ID, fields(flow.Recovery, ada))
	older := mailed(t, w)
	two.MustSubmit(second, code.ID, fields(flow.Recovery, ada))
	newest := mailed(t, w)
	one.MustSubmit(first, code.ID, fields(flow.Recovery, ada))
	if r := one.MustSubmit(first, code.ID, with(flow.Recovery, ada, older)); r.Outcome != flow.FormRejected {
		t.Errorf("the older code: outcome %d", r.Outcome)
	}
	if r := two.MustSubmit(second, code.ID, with(flow.Recovery, ada, newest)); r.Outcome != flow.Completed {
		t.Errorf("the newest code: outcome %d", r.Outcome)
	}
}
