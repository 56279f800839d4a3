package profile_test

import (
	"testing"

	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/flow/flowtest"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/message"
	"github.com/symbolon/symbolon/internal/method/profile"
)

func open(t testing.TB) (*flowtest.World, flowtest.Person) {
	t.Helper()
	w := flowtest.New(t, func(*flowtest.World) []flow.Method { return []flow.Method{profile.New(false)} })
	return w, w.Person("ada@example.org", true)
}

func TestContract(t *testing.T) {
	t.Parallel()
	flowtest.RunMethod(t, profile.ID, open)
}

func TestChange(t *testing.T) {
	t.Parallel()
	w, p := open(t)
	b := w.Browser()
	b.SignIn(p)
	f := b.Start(flow.Settings)
	none, err := b.Submit(f, profile.ID, map[string]string{"other": "x"})
	if err != nil || none.Outcome != flow.FormRejected || none.Flow.Form.Group(profile.ID).Messages[0].Key != message.KeyNoChanges {
		t.Errorf("nothing submitted: %v, %v", none, err)
	}
	bad, err := b.Submit(f, profile.ID, map[string]string{"traits.email": "nope"})
	if err != nil || bad.Outcome != flow.FormRejected {
		t.Errorf("no address: %v, %v", bad, err)
	}
	done, err := b.Submit(f, profile.ID, map[string]string{"traits.email": "new@example.org", "traits.name": "Ada"})
	if err != nil || done.Outcome != flow.Completed || string(w.Fresh(p.ID).Traits) != `{"email":"new@example.org","name":"Ada"}` {
		t.Errorf("%v, %v: %s", done, err, w.Fresh(p.ID).Traits)
	}
	if sent := w.Mail.Take(); len(sent) != 1 || sent[0].To != "ada@example.org" {
		t.Errorf("the old address is not told: %+v", sent)
	}
}

// openSteps is a world in which registrations ask for the traits first.
func openSteps(t testing.TB) (*flowtest.World, flowtest.Person) {
	t.Helper()
	w := flowtest.New(t, func(*flowtest.World) []flow.Method { return []flow.Method{profile.New(true)} })
	return w, w.Person("ada@example.org", true)
}

func TestIntroduce(t *testing.T) {
	t.Parallel()
	type sent = map[string]string
	for name, c := range map[string]struct {
		submit   []sent
		outcome  flow.Outcome
		memory   string
		rejected string // the field
	}{
		"traits":          {[]sent{{"traits.email": "new@example.org"}}, flow.Prepares, `{"step":"credentials","traits":{"email":"new@example.org"}}`, ""},
		"next by name":    {[]sent{{"traits.email": "new@example.org", "screen": "credential-selection"}}, flow.Prepares, `{"step":"credentials","traits":{"email":"new@example.org"}}`, ""},
		"back":            {[]sent{{"traits.email": "new@example.org"}, {"screen": "previous"}}, flow.Prepares, `{"traits":{"email":"new@example.org"}}`, ""},
		"back at once":    {[]sent{{"screen": "previous"}}, flow.Prepares, `{}`, ""},
		"unknown screen":  {[]sent{{"traits.email": "new@example.org", "screen": "x"}}, flow.FormRejected, ``, "screen"},
		"ill-formed":      {[]sent{{"traits.email": "nope"}}, flow.FormRejected, ``, "traits.email"},
		"corrected later": {[]sent{{"traits.email": "nope"}, {"traits.email": "new@example.org"}}, flow.Prepares, `{"step":"credentials","traits":{"email":"new@example.org"}}`, ""},
	} {
		w, _ := openSteps(t)
		b := w.Browser()
		f := b.Start(flow.Registration)
		var result flow.Result
		for _, fields := range c.submit {
			var err error
			if result, err = b.Submit(f, profile.ID, fields); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		if result.Outcome != c.outcome || string(w.Stored(f).Private[profile.ID]) != c.memory {
			t.Errorf("%s: outcome %d, memory %s", name, result.Outcome, w.Stored(f).Private[profile.ID])
		}
		if c.rejected != "" && len(result.Flow.Form.Group(profile.ID).Node(c.rejected).Messages) != 1 {
			t.Errorf("%s: no message on %s", name, c.rejected)
		}
		if _, total, err := w.Identities.List(t.Context(), identity.Query{Limit: 9}); err != nil || total != 1 {
			t.Errorf("%s: %d accounts, %v", name, total, err)
		}
	}
}
