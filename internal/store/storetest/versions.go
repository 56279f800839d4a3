package storetest

import (
	"encoding/json"
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/identity"
)

func versionTests() []test {
	return []test{
		{"of many who save one flow one succeeds", versionFlow},
		{"of many who save one identity one succeeds", versionIdentity},
		{"of many who use one state of a credential one succeeds", versionCredential},
		{"a stale save of an identity changes nothing", versionStaleSave},
		{"a save does not undo a credential that changed meanwhile", versionRehash},
	}
}

// race runs f in n goroutines and returns in how many it succeeded. The others
// must fail with the error given.
func race(t *testing.T, n int, want error, f func(k int) error) int {
	t.Helper()
	var winners atomic.Int32
	var wg sync.WaitGroup
	for k := range n {
		wg.Go(func() {
			err := f(k)
			if err == nil {
				winners.Add(1)
			} else if !errors.Is(err, want) {
				t.Errorf("error is %v, want %v", err, want)
			}
		})
	}
	wg.Wait()
	return int(winners.Load())
}

func versionFlow(t *testing.T, s Store) {
	f := mustFlow(t, s)
	winners := race(t, 16, errs.ErrStale, func(int) error {
		mine := *f
		return s.SaveFlow(t.Context(), &mine)
	})
	wantSame(t, winners, 1)
	wantSame(t, got(s.Flow(t.Context(), f.ID))(t).Version, f.Version+1)
}

func versionIdentity(t *testing.T, s Store) {
	i := mustIdentity(t, s, "a@example.org")
	credentials := got(s.Credentials(t.Context(), i.ID))(t)
	winners := race(t, 16, errs.ErrStale, func(int) error {
		mine := *i
		return s.SaveIdentity(t.Context(), &mine, credentials)
	})
	wantSame(t, winners, 1)
	wantSame(t, got(s.Identity(t.Context(), i.ID))(t).Version, i.Version+1)
}

func versionCredential(t *testing.T, s Store) {
	i := mustIdentity(t, s, "a@example.org")
	c := got(s.Credentials(t.Context(), i.ID))(t)[0]
	winners := race(t, 16, errs.ErrStale, func(int) error { return s.UpdateCredential(t.Context(), i.ID, c) })
	wantSame(t, winners, 1)
}

func versionStaleSave(t *testing.T, s Store) {
	i := mustIdentity(t, s, "a@example.org")
	stale := *i
	must(t, s.SaveIdentity(t.Context(), i, got(s.Credentials(t.Context(), i.ID))(t)))
	before := got(s.Identity(t.Context(), i.ID))(t)

	stale.Traits = json.RawMessage(`{}`)
	stale.Verifiable = nil
	wantError(t, s.SaveIdentity(t.Context(), &stale, nil), errs.ErrStale)
	wantSame(t, got(s.Identity(t.Context(), i.ID))(t), before)
	wantSame(t, len(got(s.Credentials(t.Context(), i.ID))(t)), 1)
}

func versionRehash(t *testing.T, s Store) {
	i := mustIdentity(t, s, "a@example.org")
	c := got(s.Credentials(t.Context(), i.ID))(t)[0]
	old := c
	c.Config = json.RawMessage(`{"hashed_password":"$better$"}`)
	must(t, s.UpdateCredential(t.Context(), i.ID, c))

	wantError(t, s.SaveIdentity(t.Context(), i, []identity.Credential{old}), errs.ErrStale)
	wantSame(t, got(s.Credentials(t.Context(), i.ID))(t)[0].Config, c.Config)
}
