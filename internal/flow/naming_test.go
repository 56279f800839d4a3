package flow_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/flow/flowtest"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/message"
	"github.com/symbolon/symbolon/internal/method/identifier"
	"github.com/symbolon/symbolon/internal/session"
)

// namingWorld asks for the identifier first. Passwords and codes need it, keys do not.
func namingWorld(t *testing.T, tells bool, names ...string) *flowtest.World {
	t.Helper()
	return flowtest.New(t, func(w *flowtest.World) []flow.Method {
		all := []flow.Method{identifier.New(w.Identities, tells)}
		for _, name := range names {
			s := &flowtest.Stub{Name: name, Roles: map[flow.Kind]flow.Role{flow.Login: flow.FirstFactor}}
			switch name {
			case "password":
				s.Needs = flow.NeedsIdentifier
				s.Fact = func(context.Context, flow.Submission) (flow.Fact, error) {
					return nil, flow.Reject("", message.Of(message.KeyInvalidCredentials))
				}
			case "webauthn":
				s.Needs = flow.NeedsIdentifier
				s.Fact = func(context.Context, flow.Submission) (flow.Fact, error) {
					return flow.Prepared{Memory: "a challenge"}, nil
				}
			case "code":
				s.Needs = flow.SendsToIdentifier
				s.Fact = func(_ context.Context, s flow.Submission) (flow.Fact, error) {
					to, _, _ := s.Input.Text("identifier")
					return flow.Sent{Notify: message.Of(message.KeyRecoverySent), Memory: to}, nil
				}
			}
			all = append(all, s)
		}
		return all
	})
}

// parts names the parts of a form; a value after an equals sign is that of a hidden
// identifier.
func parts(f *flow.Flow) string {
	var out []string
	for _, g := range f.Form.Groups {
		text := g.Method
		if n := g.Node("identifier"); n != nil && n.Type == "hidden" {
			text += "=" + n.Value.(string)
		}
		out = append(out, text)
	}
	return strings.Join(out, " ")
}

// What a login asks of a named person, and its answer to a wrong proof, take as long for all.
func TestNaming_takesAsLong(t *testing.T) {
	t.Parallel()
	const atLeast = time.Hour
	synctest.Test(t, func(t *testing.T) {
		key := &flowtest.Stub{Name: "key", Roles: map[flow.Kind]flow.Role{flow.Login: flow.FirstFactor}, Needs: flow.NeedsIdentifier}
		key.Fact = func(_ context.Context, s flow.Submission) (flow.Fact, error) {
			if answer, _, _ := s.Input.Text("answer"); answer != "" {
				return nil, flow.Reject("", message.Of(message.KeyKeyInvalid))
			}
			return flow.Prepared{Memory: "a challenge"}, nil
		}
		w := flowtest.New(t, func(*flowtest.World) []flow.Method { return []flow.Method{key} }, func(c *flow.Config) { c.SentAfter = atLeast })
		b := w.Browser()
		f := b.Start(flow.Login)
		for _, c := range []struct {
			answer string
			waits  bool
		}{{"before it was asked for", false}, {"", true}, {"a wrong one", true}} {
			began := time.Now()
			b.MustSubmit(f, "key", map[string]string{"identifier": "ada@example.org", "answer": c.answer})
			if took := time.Since(began); took >= atLeast != c.waits {
				t.Errorf("the answer %q takes %v", c.answer, took)
			}
		}
	})
}

func TestNaming(t *testing.T) {
	t.Parallel()
	const asked = "identifier_first key"
	everything := func(who string) string {
		return "identifier_first=" + who + " password=" + who + " code=" + who + " key"
	}
	w := namingWorld(t, false, "password", "code", "key")
	w.Person("ada@example.org", true)
	for _, who := range []string{"ada@example.org", "ghost@example.org"} {
		b := w.Browser()
		f := b.Start(flow.Login)
		if got := parts(f); got != asked {
			t.Errorf("at first the form offers %q", got)
		}
		r := b.MustSubmit(f, identifier.ID, map[string]string{"identifier": " " + who})
		if got := parts(r.Flow); r.Outcome != flow.Prepares || got != everything(who) || r.Flow.Active != identifier.ID {
			t.Errorf("%s is offered %q, outcome %d", who, got, r.Outcome)
		}
		r = b.MustSubmit(f, "password", map[string]string{"identifier": who})
		if got := parts(r.Flow); r.Outcome != flow.FormRejected || got != everything(who) {
			t.Errorf("after a wrong password %s is offered %q", who, got)
		}
		r = b.MustSubmit(f, identifier.ID, map[string]string{"identifier": who, "screen": "previous"})
		if got := parts(r.Flow); got != asked || r.Flow.Named() != "" {
			t.Errorf("one step back the form offers %q", got)
		}
	}
	if kept := w.Limiter.Counted(); len(kept) > 0 {
		t.Errorf("counted: %v", kept)
	}
}

// A proof that comes before the identifier counts, and what was typed with it stays.
func TestNaming_skipped(t *testing.T) {
	t.Parallel()
	w := namingWorld(t, false, "password")
	b := w.Browser()
	r := b.MustSubmit(b.Start(flow.Login), "password", map[string]string{"identifier": "ada"})
	if got := parts(r.Flow); got != identifier.ID || r.Flow.Form.Groups[0].Node("identifier").Value != "ada" ||
		len(r.Flow.Form.Messages) != 1 || r.Flow.Form.Messages[0].Key != message.KeyInvalidCredentials {
		t.Errorf("%q, %+v", got, r.Flow.Form)
	}
}

// A client that leaves the naming out gets what the method has prepared for the identifier, such as a challenge for a key.
func TestNaming_skippedForKey(t *testing.T) {
	t.Parallel()
	w := namingWorld(t, false, "password", "webauthn")
	b := w.Browser()
	f := b.Start(flow.Login)
	r := b.MustSubmit(f, "webauthn", map[string]string{"identifier": "ada"})
	if got := parts(r.Flow); r.Outcome != flow.Prepares || got != identifier.ID+" webauthn" {
		t.Errorf("prepared: %q, outcome %d", got, r.Outcome)
	}
	r = b.MustSubmit(f, identifier.ID, map[string]string{"identifier": "", "screen": "previous"})
	if got := parts(r.Flow); got != identifier.ID {
		t.Errorf("one step back: %q", got)
	}
}

func TestNaming_again(t *testing.T) {
	t.Parallel()
	w := namingWorld(t, false, "password")
	p := w.Person("ada@example.org", true)
	b := w.Browser()
	b.SignIn(p)
	f, err := b.TryStart(flow.StartRequest{Kind: flow.Login, Refresh: true})
	if err != nil || parts(f) != "password" {
		t.Errorf("who signs in again is offered %q, %v", parts(f), err)
	}
	if r := b.MustSubmit(f, identifier.ID, map[string]string{"identifier": "eve"}); r.Outcome != flow.FormRejected {
		t.Errorf("and may say to be someone else: %d", r.Outcome)
	}
}

// Where forms tell, an account is offered what it has and no more.
func TestNaming_tells(t *testing.T) {
	t.Parallel()
	w := namingWorld(t, true, "password", "code", "key")
	w.Person("ada@example.org", true, identity.Credential{Type: "key", Config: []byte(`{}`)})
	b := w.Browser()
	f := b.Start(flow.Login)
	r := b.MustSubmit(f, identifier.ID, map[string]string{"identifier": "ADA@example.org"})
	if got := parts(r.Flow); got != "identifier_first=ADA@example.org password=ADA@example.org key" {
		t.Errorf("ada is offered %q", got)
	}
	r = b.MustSubmit(f, identifier.ID, map[string]string{"identifier": "ghost"})
	if r.Outcome != flow.FormRejected || r.Flow.Form.Group(identifier.ID).Node("identifier").Messages[0].Key != message.KeyNoMethodLeft {
		t.Errorf("unknown: %d, %+v", r.Outcome, r.Flow.Form)
	}
	if got := parts(r.Flow); got != "identifier_first key" {
		t.Errorf("after that the form offers %q, what ada has", got)
	}
	if kept := w.Limiter.Counted(); len(kept) != 1 || kept[0].Kind != flow.LimitPassword {
		t.Errorf("counted: %v", kept)
	}
	w.Limiter.Full = true
	if r, err := b.Submit(f, identifier.ID, map[string]string{"identifier": "ada@example.org"}); err != nil || r.Outcome != flow.FormRejected {
		t.Errorf("after too many: %d, %v", r.Outcome, err)
	}
}

// An account without a method that is left is as one that is not there.
func TestNaming_nothingLeft(t *testing.T) {
	t.Parallel()
	w := namingWorld(t, true, "key")
	w.Person("ada@example.org", true)
	b := w.Browser()
	r := b.MustSubmit(b.Start(flow.Login), identifier.ID, map[string]string{"identifier": "ada@example.org"})
	messages := r.Flow.Form.Group(identifier.ID).Node("identifier").Messages
	if r.Outcome != flow.FormRejected || len(messages) != 1 || messages[0].Key != message.KeyNoMethodLeft {
		t.Errorf("%d, %+v", r.Outcome, messages)
	}
}

// Where codes are all there is, the identifier sends one at once, to known and unknown.
func TestNaming_sendsAtOnce(t *testing.T) {
	t.Parallel()
	w := namingWorld(t, false, "code")
	b := w.Browser()
	f := b.Start(flow.Login)
	r := b.MustSubmit(f, identifier.ID, map[string]string{"identifier": "ada@example.org", "code": "123456"})
	if r.Outcome != flow.Pending || r.Flow.State != flow.Challenged || r.Flow.Active != "code" || r.Flow.Named() != "ada@example.org" {
		t.Errorf("%d, %+v", r.Outcome, r.Flow)
	}
	if back := b.MustSubmit(f, identifier.ID, map[string]string{"screen": "previous"}); back.Flow.State != flow.Open || parts(back.Flow) != identifier.ID {
		t.Errorf("back: %+v", back.Flow)
	}
}

// The identity that was named may be deleted before it signs in.
func TestNaming_deleted(t *testing.T) {
	t.Parallel()
	w := namingWorld(t, true, "password")
	p := w.Person("ada@example.org", true)
	b := w.Browser()
	f := b.Start(flow.Login)
	b.MustSubmit(f, identifier.ID, map[string]string{"identifier": p.Email})
	if err := w.Identities.Delete(t.Context(), p.ID); err != nil {
		t.Fatal(err)
	}
	if r := b.MustSubmit(f, "password", map[string]string{"identifier": p.Email}); r.Outcome != flow.FormRejected || parts(r.Flow) != "identifier_first="+p.Email {
		t.Errorf("%d, %q", r.Outcome, parts(r.Flow))
	}
}

// A first step that proves nothing is not a factor.
func TestNaming_provesNothing(t *testing.T) {
	t.Parallel()
	w := namingWorld(t, false, "password")
	b := w.App()
	r := b.MustSubmit(b.Start(flow.Login), identifier.ID, map[string]string{"identifier": "ada"})
	if r.Session != nil || r.Token != "" {
		t.Errorf("it signs in: %+v", r.Session)
	}
	steps := identifier.New(w.Identities, false).Steps()
	if steps[flow.Login].Role == flow.FirstFactor || slices.Contains([]session.AAL{session.AAL2}, steps[flow.Login].Role.Rank()) || len(steps) != 1 {
		t.Errorf("%+v", steps)
	}
}

// A code that was asked for by its method at once has a form to be typed into, and one
// that was sent to an address of no account too, where forms tell.
func TestNaming_sentBefore(t *testing.T) {
	t.Parallel()
	for _, tells := range []bool{false, true} {
		w := namingWorld(t, tells, "password", "code")
		b := w.Browser()
		r := b.MustSubmit(b.Start(flow.Login), "code", map[string]string{"identifier": "ghost@example.org"})
		if got := parts(r.Flow); got != "identifier_first code" || r.Flow.State != flow.Challenged {
			t.Errorf("tells %t: %q", tells, got)
		}
	}
}
