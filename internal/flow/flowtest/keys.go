package flowtest

import (
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
	told := 0
	for _, m := range w.Mail.Take() {
		if m.Template == courier.KeyCopied {
			told++
		}
	}
	if told != 1 {
		t.Errorf("the owner is told %d times of a copy", told)
	}
}

// AnswersOnce sends the same answer of a key 16 times at once, and checks that it signs in once.
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
