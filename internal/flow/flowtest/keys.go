package flowtest

import (
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/symbolon/symbolon/internal/courier"
	"github.com/symbolon/symbolon/internal/flow"
)

// ToldOfCopy checks that a key of an identity is marked as one that may be copied, and that its owner was told once.
func ToldOfCopy(t testing.TB, w *World, identityID, typ string) {
	t.Helper()
	c, err := w.Identities.Credential(t.Context(), identityID, typ)
	if err != nil || !strings.Contains(string(c.Config), `"clone_warning":true`) {
		t.Errorf("the credential is %v, %v", c, err)
	}
	if told := toldOfCopies(w); told != 1 {
		t.Errorf("the owner is told %d times of a copy", told)
	}
}

// toldOfCopies is how many mails told an owner of a copy since mails were last taken.
func toldOfCopies(w *World) (told int) {
	for _, m := range w.Mail.Take() {
		if m.Template == courier.KeyCopied {
			told++
		}
	}
	return told
}

// AnswersOnce sends the same answer of a key 16 times at once, and checks that it signs in once and that its owner is told
// of no copy.
func AnswersOnce(t testing.TB, b *Browser, f *flow.Flow, method string, fields map[string]string) {
	t.Helper()
	const times = 16
	var all sync.WaitGroup
	var mu sync.Mutex
	completed := 0
	b.w.Limiter.Before = together(times)
	for range times {
		all.Go(func() {
			r, err := b.Submit(f, method, fields)
			if mu.Lock(); err == nil && r.Outcome == flow.Completed {
				completed++
			}
			mu.Unlock()
		})
	}
	all.Wait()
	if completed != 1 {
		t.Errorf("one answer signs in %d times", completed)
	}
	if told := toldOfCopies(b.w); told != 0 {
		t.Errorf("the owner is told %d times of a copy", told)
	}
}

// AnswersAgain has a hook refuse an answer of a key. It checks that the same answer is refused after that, that the owner gets
// no mail about a copy, and that the form asks for another answer, which signs in. answer makes the fields of one for a form.
func AnswersAgain(t testing.TB, b *Browser, f *flow.Flow, method string, answer func(*flow.Flow) map[string]string) {
	t.Helper()
	kind, refusal := b.w.Config.Kinds[flow.Login], &refusal{refuses: true}
	kind.After = map[string]flow.AfterConfig{method: {Web: []flow.Hook{refusal}}}
	b.w.Config.Kinds[flow.Login] = kind
	first := answer(f)
	r := b.MustSubmit(f, method, first)
	if r.Outcome != flow.FormRejected || refusal.calls != 1 {
		t.Fatalf("a hook that refuses: outcome %d, %d calls", r.Outcome, refusal.calls)
	}
	refusal.refuses = false
	if again := b.MustSubmit(f, method, first); again.Outcome != flow.FormRejected || refusal.calls != 1 {
		t.Errorf("the same answer again: outcome %d, %d calls", again.Outcome, refusal.calls)
	}
	if told := toldOfCopies(b.w); told != 0 {
		t.Errorf("the owner is told %d times of a copy", told)
	}
	if r := b.MustSubmit(f, method, answer(r.Flow)); r.Outcome != flow.Completed {
		t.Errorf("another answer: outcome %d, %s", r.Outcome, Said(r, method))
	}
}

// refusal is a hook that refuses sign-ins.
type refusal struct {
	refuses bool
	calls   int
}

func (*refusal) Parses() bool { return true }

func (r *refusal) Call(context.Context, flow.HookCall) (*flow.IdentityChange, error) {
	r.calls++
	if r.refuses {
		return nil, flow.Reject("", flow.Said(1, "error", "not now", nil))
	}
	return nil, nil
}

// together returns a function that lets its first callers go on once all of them have called it.
func together(callers int) func() {
	var mu sync.Mutex
	called, all := 0, make(chan struct{})
	return func() {
		mu.Lock()
		if called++; called == callers {
			close(all)
		}
		waits := called <= callers
		mu.Unlock()
		if waits {
			<-all
		}
	}
}
