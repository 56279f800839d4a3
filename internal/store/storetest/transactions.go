package storetest

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"testing"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/identity"
)

func transactionTests() []test {
	return []test{
		{"a transaction keeps all its writes or none", txAtomic},
		{"a transaction whose commit is asynchronous is seen at once, or undone", txAsync},
		{"a transaction alone sees its own writes", txIsolated},
		{"one of many transactions that fails is undone alone", txAlone},
		{"transactions that lock an identity change it one after the other", txLockAndSave},
		{"a nested transaction is committed with the outer one", txNested},
		{"a nested transaction that fails is undone alone", txNestedFails},
		{"a transaction as a whole fails with any of its parts", txWhole},
		{"a panic in a transaction is undone and reaches the caller", txPanics},
		{"a goroutine that ends in a transaction undoes it", txGoexit},
		{"a transaction that is not wanted any more does not start", txCancelled},
		{"a transaction that has started runs to its end", txRunsOn},
		{"what waits for the commit runs after it and before the answer", hookAfterCommit},
		{"what waits for a commit that fails never runs", hookUndone},
		{"what waits for no commit runs at once", hookAtOnce},
	}
}

var errTest = errors.New("on purpose")

// stored reports whether a flow can be read outside of transactions.
func stored(t *testing.T, s Store, f *flow.Flow) bool {
	t.Helper()
	_, err := s.Flow(t.Context(), f.ID)
	if err != nil && !errors.Is(err, errs.ErrNotFound) {
		t.Error(err)
	}
	return err == nil
}

func txAtomic(t *testing.T, s Store) {
	for _, want := range []error{nil, errTest} {
		a, b := NewFlow(), NewFlow()
		err := s.InTx(t.Context(), func(ctx context.Context) error {
			must(t, s.CreateFlow(ctx, a))
			must(t, s.CreateFlow(ctx, b))
			return want
		})
		wantError(t, err, want)
		wantSame(t, []bool{stored(t, s, a), stored(t, s, b)}, []bool{want == nil, want == nil})
	}
}

func txAsync(t *testing.T, s Store) {
	for _, want := range []error{nil, errTest} {
		f := NewFlow()
		err := s.InTxAsync(t.Context(), func(ctx context.Context) error {
			must(t, s.CreateFlow(ctx, f))
			return want
		})
		wantError(t, err, want)
		wantSame(t, stored(t, s, f), want == nil)
	}
}

func txIsolated(t *testing.T, s Store) {
	f := NewFlow()
	must(t, s.InTx(t.Context(), func(ctx context.Context) error {
		must(t, s.CreateFlow(ctx, f))
		_, err := s.Flow(ctx, f.ID)
		must(t, err)
		wantSame(t, stored(t, s, f), false)
		f.Active = "link"
		must(t, s.SaveFlow(ctx, f))
		wantSame(t, got(s.Flow(ctx, f.ID))(t), f)
		return nil
	}))
	wantSame(t, got(s.Flow(t.Context(), f.ID))(t), f)
}

func txAlone(t *testing.T, s Store) {
	const n = 40
	flows := make([]*flow.Flow, n)
	var wg sync.WaitGroup
	for k := range flows {
		flows[k] = NewFlow()
		wg.Go(func() {
			var want error
			if k%3 == 0 {
				want = errTest
			}
			wantError(t, s.InTx(t.Context(), func(ctx context.Context) error {
				if err := s.CreateFlow(ctx, flows[k]); err != nil {
					return err
				}
				return want
			}), want)
		})
	}
	wg.Wait()
	for k, f := range flows {
		wantSame(t, stored(t, s, f), k%3 != 0)
	}
}

// txLockAndSave has every transaction read what the one before it wrote. A lock that
// several of them held would make each wait for the others.
func txLockAndSave(t *testing.T, s Store) {
	const n = 16
	i := mustIdentity(t, s, "a@example.org")
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() {
			err := s.InTx(t.Context(), func(ctx context.Context) error {
				if err := s.LockIdentity(ctx, i.ID); err != nil {
					return err
				}
				locked, err := s.Identity(ctx, i.ID)
				if err != nil {
					return err
				}
				return s.SaveIdentity(ctx, locked, nil)
			})
			wantError(t, err, nil)
		})
	}
	wg.Wait()
	wantSame(t, got(s.Identity(t.Context(), i.ID))(t).Version, i.Version+n)
}

func txNested(t *testing.T, s Store) {
	for _, want := range []error{nil, errTest} {
		f := NewFlow()
		err := s.InTx(t.Context(), func(ctx context.Context) error {
			must(t, s.InTx(ctx, func(ctx context.Context) error { return s.CreateFlow(ctx, f) }))
			wantSame(t, stored(t, s, f), false)
			return want
		})
		wantError(t, err, want)
		wantSame(t, stored(t, s, f), want == nil)
	}
}

func txNestedFails(t *testing.T, s Store) {
	mustIdentity(t, s, "a@example.org")
	before, inside, after := NewFlow(), NewFlow(), NewFlow()
	taken, credentials := NewIdentity("a@example.org")
	must(t, s.InTx(t.Context(), func(ctx context.Context) error {
		must(t, s.CreateFlow(ctx, before))
		wantError(t, s.CreateIdentity(ctx, taken, credentials), errs.ErrConflict)
		wantError(t, s.InTx(ctx, func(ctx context.Context) error {
			must(t, s.CreateFlow(ctx, inside))
			return errTest
		}), errTest)
		return s.CreateFlow(ctx, after)
	}))
	wantSame(t, []bool{stored(t, s, before), stored(t, s, inside), stored(t, s, after)}, []bool{true, false, true})
	wantSame(t, got(s.CountIdentities(t.Context(), identity.Query{}))(t), 1)
}

func txPanics(t *testing.T, s Store) {
	f := NewFlow()
	func() {
		defer func() { wantSame(t, recover(), any("on purpose")) }()
		_ = s.InTx(t.Context(), func(ctx context.Context) error {
			must(t, s.CreateFlow(ctx, f))
			panic("on purpose")
		})
	}()
	wantSame(t, stored(t, s, f), false)
	mustFlow(t, s)
}

func txGoexit(t *testing.T, s Store) {
	f := NewFlow()
	var wg sync.WaitGroup
	wg.Go(func() {
		_ = s.InTx(t.Context(), func(ctx context.Context) error {
			if err := s.CreateFlow(ctx, f); err != nil {
				t.Error(err)
			}
			runtime.Goexit()
			return nil
		})
	})
	wg.Wait()
	wantSame(t, stored(t, s, f), false)
	mustFlow(t, s)
}

func txCancelled(t *testing.T, s Store) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	f := NewFlow()
	wantError(t, s.InTx(ctx, func(context.Context) error {
		t.Error("it ran")
		return nil
	}), context.Canceled)
	wantError(t, s.CreateFlow(ctx, f), context.Canceled)
	_, err := s.Flow(ctx, f.ID)
	wantError(t, err, context.Canceled)
}

func txRunsOn(t *testing.T, s Store) {
	outer, cancel := context.WithCancel(t.Context())
	f := NewFlow()
	must(t, s.InTx(outer, func(ctx context.Context) error {
		cancel()
		return s.CreateFlow(ctx, f)
	}))
	wantSame(t, stored(t, s, f), true)
}

func hookAfterCommit(t *testing.T, s Store) {
	f := NewFlow()
	var order []string
	must(t, s.InTx(t.Context(), func(ctx context.Context) error {
		s.AfterCommit(ctx, func() {
			wantSame(t, stored(t, s, f), true)
			order = append(order, "first")
		})
		must(t, s.InTx(ctx, func(ctx context.Context) error {
			s.AfterCommit(ctx, func() { order = append(order, "second") })
			return nil
		}))
		must(t, s.CreateFlow(ctx, f))
		order = append(order, "work")
		return nil
	}))
	wantSame(t, order, []string{"work", "first", "second"})
}

func hookUndone(t *testing.T, s Store) {
	never := func() { t.Error("it ran") }
	wantError(t, s.InTx(t.Context(), func(ctx context.Context) error {
		s.AfterCommit(ctx, never)
		return errTest
	}), errTest)
	ran := false
	must(t, s.InTx(t.Context(), func(ctx context.Context) error {
		wantError(t, s.InTx(ctx, func(ctx context.Context) error {
			s.AfterCommit(ctx, never)
			return errTest
		}), errTest)
		s.AfterCommit(ctx, func() { ran = true })
		return nil
	}))
	wantSame(t, ran, true)
}

func hookAtOnce(t *testing.T, s Store) {
	ran := false
	s.AfterCommit(t.Context(), func() { ran = true })
	wantSame(t, ran, true)
}

func txWhole(t *testing.T, s Store) {
	for what, c := range map[string]struct {
		nested, returned, want error
	}{
		"all succeed":          {},
		"it returns an error":  {returned: errTest, want: errTest},
		"a nested call fails":  {nested: errTest, want: errTest}, // undoing nothing
		"the error is another": {nested: errTest, returned: errs.ErrStale, want: errs.ErrStale},
	} {
		outer, inner := NewFlow(), NewFlow()
		err := s.InWhole(t.Context(), func(ctx context.Context) error {
			must(t, s.CreateFlow(ctx, outer))
			err := s.InTx(ctx, func(ctx context.Context) error {
				must(t, s.CreateFlow(ctx, inner))
				return c.nested
			})
			wantError(t, err, c.nested)
			return c.returned
		})
		wantError(t, err, c.want)
		for _, f := range []*flow.Flow{outer, inner} {
			if got := stored(t, s, f); got != (c.want == nil) {
				t.Errorf("%s: stored is %v", what, got)
			}
		}
	}
}
