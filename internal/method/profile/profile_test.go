package profile_test

import (
	"testing"

	"symbolon/internal/flow"
	"symbolon/internal/flow/flowtest"
	"symbolon/internal/message"
	"symbolon/internal/method/profile"
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
