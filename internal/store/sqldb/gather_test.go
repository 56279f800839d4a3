package sqldb

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/symbolon/symbolon/internal/errs"
)

const gatherQuery = "INSERT INTO t (a, b)\n VALUES (?, ?)"

func TestRowsText(t *testing.T) {
	t.Parallel()
	for rows, want := range map[int]string{1: gatherQuery, 3: gatherQuery + ", (?, ?), (?, ?)"} {
		if got := rowsText(gatherQuery, rows); got != want {
			t.Errorf("%d rows: %q", rows, got)
		}
	}
}

// table takes rows, each statement in a second, and refuses the row that says so.
type table struct {
	mu         sync.Mutex
	statements []int // by their number of rows
	rows       []any
	down       error
}

var errWrong = errors.New("wrong")

func (t *table) insert(_ context.Context, _ string, args []any) error {
	time.Sleep(time.Second)
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.down != nil {
		return t.down
	}
	if slices.Contains(args, any("panic")) {
		panic("driver")
	}
	if slices.Contains(args, any("wrong")) {
		return errWrong
	}
	t.statements = append(t.statements, len(args)/2)
	t.rows = append(t.rows, args...)
	return nil
}

// addAll inserts a row for each name at the same time and returns the errors.
func addAll(t *testing.T, g *gatherer, names ...string) []error {
	t.Helper()
	failures := make([]error, len(names))
	var group sync.WaitGroup
	for i, name := range names {
		group.Go(func() { failures[i] = g.add(t.Context(), gatherQuery, []any{i, name}) })
		synctest.Wait() // in this order
	}
	group.Wait()
	return failures
}

func many(n int) []string { return slices.Repeat([]string{"right"}, n) }

func TestGatherer(t *testing.T) {
	t.Parallel()
	t.Run("rows that wait share a statement", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			var to table
			g := &gatherer{timeout: time.Minute, insert: to.insert}
			began := time.Now()
			if err := errors.Join(addAll(t, g, many(2+32+8+1)...)...); err != nil {
				t.Fatal(err)
			}
			slices.Sort(to.statements)
			if want := []int{1, 1, 1, 8, 32}; !slices.Equal(to.statements, want) {
				t.Errorf("statements of %v rows, want %v", to.statements, want)
			}
			if took := time.Since(began); took != 3*time.Second {
				t.Errorf("took %v", took)
			}
			synctest.Wait()
			g.mu.Lock()
			defer g.mu.Unlock()
			if g.queues[gatherQuery].running != 0 {
				t.Error("a runner is left")
			}
		})
	})
	t.Run("a row alone does not wait", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			var to table
			g := &gatherer{timeout: time.Minute, insert: to.insert}
			began := time.Now()
			if err := errors.Join(addAll(t, g, "right")...); err != nil || time.Since(began) != time.Second {
				t.Errorf("%v after %v", err, time.Since(began))
			}
		})
	})
	t.Run("a wrong row fails alone", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			var to table
			g := &gatherer{timeout: time.Minute, insert: to.insert}
			got := addAll(t, g, "right", "right", "right", "wrong", "right", "panic")
			for i, err := range got {
				if wrong := i == 3 || i == 5; (err != nil) != wrong {
					t.Errorf("row %d: %v", i, err)
				}
			}
			if !errors.Is(got[3], errWrong) || len(to.rows) != 8 {
				t.Errorf("%v, %v", got[3], to.rows)
			}
		})
	})
	t.Run("a database that is away is asked once", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			to := table{down: errs.ErrUnavailable}
			g := &gatherer{timeout: time.Minute, insert: to.insert}
			began := time.Now()
			for i, err := range addAll(t, g, many(6)...) {
				if !errors.Is(err, errs.ErrUnavailable) {
					t.Errorf("row %d: %v", i, err)
				}
			}
			if took := time.Since(began); took != 2*time.Second {
				t.Errorf("took %v", took)
			}
		})
	})
	t.Run("who waits too long is told so", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			var to table
			g := &gatherer{timeout: 1500 * time.Millisecond, insert: to.insert}
			failures := addAll(t, g, many(3)...)
			if err := errors.Join(failures[:2]...); err != nil || !errors.Is(failures[2], errs.ErrUnavailable) {
				t.Errorf("%v", failures)
			}
			time.Sleep(time.Second) // until its statement ends
		})
	})
	t.Run("a caller that has gone is not waited for", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			var to table
			g := &gatherer{timeout: time.Minute, insert: to.insert}
			ctx, cancel := context.WithCancel(t.Context())
			var group sync.WaitGroup
			for range gatherRunning {
				group.Go(func() { _ = g.add(t.Context(), gatherQuery, []any{0, "right"}) })
				synctest.Wait() // each has a statement of its own
			}
			group.Go(func() {
				if err := g.add(ctx, gatherQuery, []any{1, "gone"}); !errors.Is(err, context.Canceled) {
					t.Errorf("error is %v", err)
				}
			})
			synctest.Wait()
			cancel()
			group.Wait()
			synctest.Wait()
			to.mu.Lock()
			defer to.mu.Unlock()
			if slices.Contains(to.rows, any("gone")) {
				t.Error("the row was inserted")
			}
		})
	})
}
