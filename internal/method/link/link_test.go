package link_test

import (
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/symbolon/symbolon/internal/courier"
	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/flow/flowtest"
	"github.com/symbolon/symbolon/internal/method/link"
)

func open(t testing.TB) (*flowtest.World, flowtest.Person) {
	t.Helper()
	return openAs(t, link.Config{NotifyUnknown: map[flow.Kind]bool{flow.Recovery: true, flow.Verification: true}})
}

func openAs(t testing.TB, c link.Config) (*flowtest.World, flowtest.Person) {
	t.Helper()
	public, err := url.Parse("https://id.example.org/")
	if err != nil {
		t.Fatal(err)
	}
	c.Public = public
	w := flowtest.New(t, func(w *flowtest.World) []flow.Method { return []flow.Method{link.New(w.Identities, c, w.Now)} })
	return w, w.Person("ada@example.org", false)
}

func TestContract(t *testing.T) {
	t.Parallel()
	flowtest.RunMethod(t, link.ID, open)
}

// An unknown address gets the same answer after the same work: memory, hash and mail.
func TestSubmit_unknown(t *testing.T) {
	t.Parallel()
	for _, k := range []flow.Kind{flow.Recovery, flow.Verification} {
		w, p := open(t)
		private := map[string]int{}
		for _, email := range []string{p.Email, "unknown@example.org"} {
			b := w.Browser()
			f := b.Start(k)
			r, err := b.Submit(f, link.ID, map[string]string{"email": " " + strings.ToUpper(email)})
			if err != nil || r.Outcome != flow.Pending {
				t.Fatalf("%s of %s: %v, %v", k, email, r, err)
			}
			kept := w.Stored(f)
			if kept.ResumeHash == "" || kept.Private[link.ID] == nil {
				t.Errorf("%s of %s: nothing is remembered", k, email)
			}
			private[r.Flow.Form.Messages[0].Key]++
			if sent := w.Mail.Take(); len(sent) != 1 || (sent[0].URL == "") != (email != p.Email) {
				t.Errorf("%s of %s: mail %+v", k, email, sent)
			}
		}
		if len(private) != 1 {
			t.Errorf("%s: the answers differ: %v", k, private)
		}
	}
}

// An address that is mistyped afterwards does not kill the link that was sent.
func TestSubmit_again(t *testing.T) {
	t.Parallel()
	w, p := open(t)
	b := w.Browser()
	f := b.Start(flow.Recovery)
	for _, email := range []string{p.Email, "typo@example.org"} {
		if _, err := b.Submit(f, link.ID, map[string]string{"email": email}); err != nil {
			t.Fatal(err)
		}
	}
	sent := w.Mail.Take()
	at, err := url.Parse(sent[0].URL)
	if err != nil || sent[1].Template != courier.RecoveryInvalid {
		t.Fatalf("%v, %v", sent, err)
	}
	in, err := w.RedeemToken(t.Context(), flow.RedeemRequest{Kind: flow.Recovery, Method: link.ID, Token: at.Query().Get("token"), Caller: b.Caller})
	if err != nil || in.Session == nil || in.Session.Factors[0].Address != p.Email || !in.Session.Recovered() {
		t.Errorf("%+v, %v", in, err)
	}
}

func TestSubmit_rejects(t *testing.T) {
	t.Parallel()
	w, _ := open(t)
	b := w.Browser()
	f := b.Start(flow.Recovery)
	for _, email := range []string{"", "nope", "a@b@c", "ada@example.org\r\nBcc: x@example.org"} {
		r, err := b.Submit(f, link.ID, map[string]string{"email": email})
		if err != nil || r.Outcome != flow.FormRejected || len(r.Flow.Form.Group(link.ID).Node("email").Messages) != 1 {
			t.Errorf("%q: %v, %v", email, r, err)
		}
	}
	w.Limiter.Full = true
	if r, err := b.Submit(f, link.ID, map[string]string{"email": "ada@example.org"}); err != nil || r.Outcome != flow.FormRejected || len(w.Mail.Take()) > 0 {
		t.Errorf("beyond the limit: %v, %v", r, err)
	}
	_, err := w.RedeemToken(t.Context(), flow.RedeemRequest{Kind: flow.Recovery, Method: "nothing", Token: "x"})
	if !errors.Is(err, errs.ErrNotFound) {
		t.Errorf("an unknown method: %v", err)
	}
}

// An address without an account gets no mail, unless the operator wants it; the answer is the
// same.
func TestSubmit_quiet(t *testing.T) {
	t.Parallel()
	w, _ := openAs(t, link.Config{})
	b := w.Browser()
	r, err := b.Submit(b.Start(flow.Recovery), link.ID, map[string]string{"email": "unknown@example.org"})
	if err != nil || r.Outcome != flow.Pending || len(w.Mail.Take()) != 0 {
		t.Errorf("outcome %v, %v; or a mail was sent", r.Outcome, err)
	}
}

// A link ends with its lifespan, before its flow does.
func TestRedeem_lifespan(t *testing.T) {
	t.Parallel()
	for after, ended := range map[time.Duration]bool{9 * time.Minute: false, 11 * time.Minute: true} {
		w, p := openAs(t, link.Config{Lifespan: 10 * time.Minute})
		b := w.Browser()
		if _, err := b.Submit(b.Start(flow.Verification), link.ID, map[string]string{"email": p.Email}); err != nil {
			t.Fatal(err)
		}
		sent := w.Mail.Take()[0]
		if until := w.Now().Add(10 * time.Minute); !sent.Expires.Equal(until) {
			t.Errorf("the mail says %v, want %v", sent.Expires, until)
		}
		to, err := url.Parse(sent.URL)
		if err != nil {
			t.Fatal(err)
		}
		w.Advance(after)
		_, err = w.RedeemToken(t.Context(), flow.RedeemRequest{
			Kind: flow.Verification, Method: link.ID, Token: to.Query().Get("token"), Input: flow.Input{}, Caller: flow.Caller{},
		})
		if _, again := errors.AsType[*flow.Restarted](err); again != ended {
			t.Errorf("after %v: %v", after, err)
		}
	}
}

// Who proves an address is told when the account was created: a stranger may have done so (V5).
func TestSubmit_created(t *testing.T) {
	t.Parallel()
	w, _ := open(t)
	newcomer, known := w.Person("eve@example.org", false), w.Person("zoe@example.org", true)
	for email, told := range map[string]bool{newcomer.Email: true, known.Email: false} {
		b := w.Browser()
		if _, err := b.Submit(b.Start(flow.Verification), link.ID, map[string]string{"email": email}); err != nil {
			t.Fatal(err)
		}
		if sent := w.Mail.Take(); len(sent) != 1 || sent[0].Created.IsZero() == told {
			t.Errorf("%s: mail %+v", email, sent)
		}
	}
}
