package store

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/secret"
	"github.com/symbolon/symbolon/internal/store/sqldb"
)

// newDB returns a migrated database in a file.
func newDB(t *testing.T, c Config) *DB {
	t.Helper()
	c.DSN = "sqlite://" + t.TempDir() + "/test.db"
	if c.Now == nil {
		c.Now = time.Now
	}
	db, err := Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if _, err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return db
}

func newFlow() *flow.Flow { return &flow.Flow{ID: secret.NewID(), Kind: flow.Login} }

// frozen returns a clock that stands still, so that no batch grows old.
func frozen() func() time.Time {
	now := time.Now()
	return func() time.Time { return now }
}

// occupied runs f while a transaction of another goroutine has the turn.
func occupied(t *testing.T, db *DB, f func()) {
	t.Helper()
	started, done := make(chan struct{}), make(chan struct{})
	start := sync.OnceFunc(func() { close(started) }) // it may run again
	var wg sync.WaitGroup
	wg.Go(func() {
		err := db.InTx(t.Context(), func(context.Context) error {
			start()
			<-done
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
	<-started
	f()
	close(done)
	wg.Wait()
}

var errTest = errors.New("on purpose")

func execute(ctx context.Context, db *DB, statement string) error {
	_, err := db.Exec(ctx, statement)
	return err
}

func nothing(context.Context) error { return nil }

// queued waits until n writes are in line.
func queued(db *DB, n int) {
	for db.Stats().Queue < n {
		runtime.Gosched()
	}
}

func TestWriteTimeout(t *testing.T) {
	t.Parallel()
	db := newDB(t, Config{Timeout: 20 * time.Millisecond})
	f := newFlow()
	occupied(t, db, func() {
		if err := db.CreateFlow(t.Context(), f); !errors.Is(err, errs.ErrUnavailable) {
			t.Errorf("error is %v", err)
		}
		if n := db.Stats().Queue; n != 0 {
			t.Errorf("%d in line", n)
		}
	})
	if _, err := db.Flow(t.Context(), f.ID); !errors.Is(err, errs.ErrNotFound) {
		t.Errorf("it was written after all: %v", err)
	}
}

func TestWriteCancelledInTheQueue(t *testing.T) {
	t.Parallel()
	db := newDB(t, Config{})
	gone, cancel := context.WithCancel(t.Context())
	late, cancelLate := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancelLate()
	var wg sync.WaitGroup
	occupied(t, db, func() {
		wg.Go(func() {
			if err := db.CreateFlow(gone, newFlow()); !errors.Is(err, context.Canceled) {
				t.Errorf("error is %v", err)
			}
		})
		queued(db, 1)
		cancel()
		wg.Wait()
		if err := db.CreateFlow(late, newFlow()); !errors.Is(err, errs.ErrUnavailable) {
			t.Errorf("error after the deadline is %v", err)
		}
	})
	if s := db.Stats(); s.Writes != 1 {
		t.Errorf("stats are %+v", s)
	}
}

func TestWritesShareACommit(t *testing.T) {
	t.Parallel()
	db := newDB(t, Config{Now: frozen()})
	const n = 128 + 10 // a batch takes 128 members
	var wg sync.WaitGroup
	occupied(t, db, func() {
		for range n {
			wg.Go(func() {
				if err := db.CreateFlow(t.Context(), newFlow()); err != nil {
					t.Error(err)
				}
			})
		}
		queued(db, n)
	})
	wg.Wait()
	s := db.Stats()
	if s.Writes != n+1 || s.Batches != 2 {
		t.Errorf("%d writes in %d commits", s.Writes, s.Batches)
	}
	if got, want := s.AverageBatch(), float64(n+1)/2; got != want {
		t.Errorf("average is %v, want %v", got, want)
	}
}

// A write that fails because of another one of the same commit returns once readers see that one.
func TestWriteThatFailsInABatch(t *testing.T) {
	t.Parallel()
	db := newDB(t, Config{Now: frozen()})
	f := newFlow()
	if err := db.CreateFlow(t.Context(), f); err != nil {
		t.Fatal(err)
	}
	stale, returned := *f, make(chan struct{})
	save := func(f *flow.Flow) error {
		return db.InTx(t.Context(), func(ctx context.Context) error { return db.SaveFlow(ctx, f) })
	}
	var wg sync.WaitGroup
	occupied(t, db, func() {
		wg.Go(func() {
			if err := save(f); err != nil {
				t.Error(err)
			}
		})
		queued(db, 1)
		wg.Go(func() {
			defer close(returned)
			if err := save(&stale); !errors.Is(err, errs.ErrStale) {
				t.Errorf("error is %v", err)
			}
			if now, err := db.Flow(t.Context(), f.ID); err != nil || now.Version == stale.Version {
				t.Errorf("the winner's write can't be read: %v", err)
			}
		})
		queued(db, 2)
		wg.Go(func() {
			err := db.InTx(t.Context(), func(context.Context) error { // which keeps the batch open for a while
				select {
				case <-returned:
				case <-time.After(50 * time.Millisecond):
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
		queued(db, 3)
	})
	wg.Wait()
}

// A commit that waits for the disk takes writes that need not; one that does not wait is
// over before a write begins that must be safe.
func TestInTxAsync(t *testing.T) {
	t.Parallel()
	const full, normal = 2, 1 // https://sqlite.org/pragma.html#pragma_synchronous
	for name, test := range map[string]struct {
		options        string
		during, beside int
		commits        uint64
	}{
		"as it is":            {"", normal, full, 2},
		"with less in dsn":    {"?synchronous=normal", normal, normal, 1},
		"with the same in it": {"?synchronous=full", normal, full, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db, err := Open(t.Context(), Config{DSN: "sqlite://" + t.TempDir() + "/test.db" + test.options, Now: frozen()})
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			level := func(ctx context.Context) (n int, err error) {
				return n, db.QueryRow(ctx, []any{&n}, `PRAGMA synchronous`)
			}
			want := func(want int) func(context.Context) error {
				return func(ctx context.Context) error {
					if n, err := level(ctx); err != nil || n != want {
						t.Errorf("level is %d, %v, want %d", n, err, want)
					}
					return nil
				}
			}
			var wg sync.WaitGroup
			before := db.Stats().Batches
			err = db.InTxAsync(t.Context(), func(ctx context.Context) error {
				wg.Go(func() {
					if err := db.InTx(t.Context(), want(test.beside)); err != nil {
						t.Error(err)
					}
				})
				queued(db, 1)
				wg.Go(func() {
					if err := db.InTxAsync(t.Context(), want(test.beside)); err != nil {
						t.Error(err)
					}
				})
				queued(db, 2)
				return want(test.during)(ctx)
			})
			if err != nil {
				t.Error(err)
			}
			wg.Wait()
			if n := db.Stats().Batches - before; n != test.commits {
				t.Errorf("%d commits, want %d", n, test.commits)
			}
		})
	}
}

// What is written after migrations waits for the disk, as they do not.
func TestMigrate_waitsForTheDisk(t *testing.T) {
	t.Parallel()
	for options, want := range map[string]int{"": 2, "?synchronous=normal": 1} {
		db, err := Open(t.Context(), Config{DSN: "sqlite://" + t.TempDir() + "/test.db" + options, Now: frozen()})
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		if _, err := db.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		level := 0
		err = db.InTx(t.Context(), func(ctx context.Context) error {
			return db.QueryRow(ctx, []any{&level}, `PRAGMA synchronous`)
		})
		if err != nil || level != want {
			t.Errorf("%q: level is %d, %v, want %d", options, level, err, want)
		}
	}
}

func TestBatchAge(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	now := time.Now()
	db := newDB(t, Config{Now: func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		return now
	}})
	var wg sync.WaitGroup
	occupied(t, db, func() {
		wg.Go(func() {
			if err := db.CreateFlow(t.Context(), newFlow()); err != nil {
				t.Error(err)
			}
		})
		queued(db, 1)
		mu.Lock()
		now = now.Add(time.Second)
		mu.Unlock()
	})
	wg.Wait()
	if s := db.Stats(); s.Writes != 2 || s.Batches != 2 || s.WriteWait < time.Second {
		t.Errorf("stats are %+v", s)
	}
}

// A database that fails under one member takes the batch with it. The others
// have done nothing wrong: they are run again.
func TestWritesSurviveTheFailureOfABatch(t *testing.T) {
	t.Parallel()
	db := newDB(t, Config{Now: frozen()})
	const n = 10
	flows := make([]*flow.Flow, n)
	runs := make([]int, n)
	hooks := make([]int, n)
	var wg sync.WaitGroup
	occupied(t, db, func() {
		for k := range n {
			flows[k] = newFlow()
			wg.Go(func() {
				err := db.InTx(t.Context(), func(ctx context.Context) error {
					runs[k]++
					db.AfterCommit(ctx, func() { hooks[k]++ })
					return db.CreateFlow(ctx, flows[k])
				})
				if err != nil {
					t.Error(err)
				}
			})
			queued(db, k+1)
		}
		wg.Go(func() {
			err := db.InTx(t.Context(), func(ctx context.Context) error { return outgrow(ctx, t, db) })
			if !errors.Is(err, errs.ErrUnavailable) {
				t.Errorf("error of the one that fails is %v", err)
			}
		})
		queued(db, n+1)
	})
	wg.Wait()
	for k, f := range flows {
		if _, err := db.Flow(t.Context(), f.ID); err != nil {
			t.Errorf("flow %d: %v", k, err)
		}
		if runs[k] != 2 || hooks[k] != 1 {
			t.Errorf("flow %d was run %d times, and its hook %d times", k, runs[k], hooks[k])
		}
	}
}

// A member that fails by itself says so, and is not run again beside those whose batch it took along.
func TestWriteThatTakesItsBatchAlong(t *testing.T) {
	t.Parallel()
	db := newDB(t, Config{Now: frozen()})
	runs := 0
	var wg sync.WaitGroup
	occupied(t, db, func() {
		wg.Go(func() {
			err := db.InTx(t.Context(), func(ctx context.Context) error {
				runs++
				return outgrow(ctx, t, db)
			})
			if !errors.Is(err, errs.ErrUnavailable) || !strings.Contains(err.Error(), "full") {
				t.Errorf("error is %v", err)
			}
		})
		queued(db, 1)
	})
	wg.Wait()
	if runs != 1 {
		t.Errorf("it was run %d times", runs)
	}
}

// outgrow lets the database be as large as it is and makes it larger. SQLite
// answers that the disk is full.
func outgrow(ctx context.Context, t *testing.T, db *DB) error {
	t.Helper()
	if err := execute(ctx, db, "PRAGMA max_page_count = 1"); err != nil {
		t.Error(err)
	}
	f := newFlow()
	f.Request = strings.Repeat("x", 1<<20)
	first := db.CreateFlow(ctx, f)
	if !errors.Is(first, errs.ErrUnavailable) {
		t.Errorf("error of the statement is %v", first)
	}
	// The transaction is gone. What follows must not be written without it.
	if err := db.CreateFlow(ctx, newFlow()); !errors.Is(err, errs.ErrUnavailable) {
		t.Errorf("error of the next statement is %v", err)
	}
	if err := db.InTx(ctx, nothing); !errors.Is(err, errs.ErrUnavailable) {
		t.Errorf("error of a nested transaction is %v", err)
	}
	if _, err := db.Flow(ctx, f.ID); !errors.Is(err, errs.ErrUnavailable) {
		t.Errorf("error of a read is %v", err)
	}
	return nil // as if it had not noticed
}

func TestTransactionThatCannotRollBackAPart(t *testing.T) {
	t.Parallel()
	db := newDB(t, Config{})
	f := newFlow()
	err := db.InTx(t.Context(), func(ctx context.Context) error {
		if err := db.CreateFlow(ctx, f); err != nil {
			return err
		}
		_ = db.InTx(ctx, func(ctx context.Context) error {
			// The transaction ends outside of the control of the store.
			if err := execute(ctx, db, "ROLLBACK"); err != nil {
				t.Error(err)
			}
			return errTest
		})
		return nil
	})
	if !errors.Is(err, errs.ErrUnavailable) {
		t.Errorf("error is %v", err)
	}
	if _, err := db.Flow(t.Context(), f.ID); !errors.Is(err, errs.ErrNotFound) {
		t.Errorf("error of a read is %v", err)
	}
	if err := db.CreateFlow(t.Context(), f); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

func TestTransactionWhoseCallerDisconnects(t *testing.T) {
	t.Parallel()
	db := newDB(t, Config{})
	a, b, c := newFlow(), newFlow(), newFlow()
	err := db.InTx(t.Context(), func(ctx context.Context) error {
		if err := db.CreateFlow(ctx, a); err != nil {
			return err
		}
		gone, cancel := context.WithCancel(ctx)
		cancel()
		if err := db.CreateFlow(gone, b); err != nil {
			return err
		}
		return db.InTx(gone, func(ctx context.Context) error { return db.CreateFlow(ctx, c) })
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range []*flow.Flow{a, b, c} {
		if _, err := db.Flow(t.Context(), f.ID); err != nil {
			t.Error(err)
		}
	}
}

func TestFileOf(t *testing.T) {
	t.Parallel()
	for dsn, want := range map[string]string{
		"memory": "", "sqlite://:memory:?_fk=true": "", "postgres://host/db": "", "nonsense": "",
		"sqlite:///var/lib/a.db?_fk=true": "/var/lib/a.db", "sqlite://./a.db": "./a.db",
	} {
		if got := FileOf(dsn); got != want {
			t.Errorf("of %s it is %q, want %q", dsn, got, want)
		}
	}
}

func TestTransactionContextAfterItsEnd(t *testing.T) {
	t.Parallel()
	db := newDB(t, Config{})
	var kept context.Context
	if err := db.InTx(t.Context(), func(ctx context.Context) error {
		kept = ctx
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	f := newFlow()
	if err := db.CreateFlow(kept, f); err == nil {
		t.Error("it can be written with")
	}
	if _, err := db.Flow(kept, f.ID); err == nil || errors.Is(err, errs.ErrNotFound) {
		t.Error("it can be read with")
	}
}

func TestClosedDatabase(t *testing.T) {
	t.Parallel()
	db := newDB(t, Config{})
	f := newFlow()
	var wg sync.WaitGroup
	occupied(t, db, func() {
		wg.Go(func() {
			if err := db.CreateFlow(t.Context(), f); err != nil {
				t.Errorf("who was in line first: %v", err)
			}
		})
		queued(db, 1)
		wg.Go(func() {
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		})
		queued(db, 2)
	})
	wg.Wait()

	_, read := db.Flow(t.Context(), f.ID)
	_, listed := db.Sessions(t.Context(), f.ID)
	_, migrated := db.Migrate(t.Context())
	for what, err := range map[string]error{
		"a write": db.CreateFlow(t.Context(), newFlow()), "a read": read, "a list": listed,
		"a migration": migrated, "a check": db.Ready(t.Context()),
	} {
		if !errors.Is(err, errs.ErrUnavailable) {
			t.Errorf("error of %s is %v", what, err)
		}
	}
	if err := db.Close(); err != nil {
		t.Errorf("closing it again: %v", err)
	}
}

func TestListEndsWithItsContext(t *testing.T) {
	t.Parallel()
	db := newDB(t, Config{})
	const endless = `WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT COUNT(*) FROM n`
	rows := func(sqldb.ScanFunc) error { return nil }

	late, cancelLate := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancelLate()
	if err := db.List(late, rows, endless); !errors.Is(err, errs.ErrUnavailable) {
		t.Errorf("error after the deadline is %v", err)
	}
	gone, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		for db.Stats().InUse == 0 {
			runtime.Gosched()
		}
		cancel()
	})
	if err := db.List(gone, rows, endless); !errors.Is(err, context.Canceled) {
		t.Errorf("error of a caller who left is %v", err)
	}
	wg.Wait()
	if _, err := db.Flow(t.Context(), secret.NewID()); !errors.Is(err, errs.ErrNotFound) {
		t.Errorf("afterwards: %v", err)
	}
}

// Nothing that a request waits for reads a whole table, except listings of
// identities, which read what they list.
func TestQueriesUseIndexes(t *testing.T) {
	t.Parallel()
	db := newDB(t, Config{})
	queries := touch(t, db)
	if len(queries) < 20 {
		t.Fatalf("only %d queries were seen", len(queries))
	}
	for _, query := range queries {
		args := make([]any, strings.Count(query, "?"))
		err := db.List(t.Context(), func(scan sqldb.ScanFunc) error {
			var id, parent, unused int
			var step string
			if err := scan(&id, &parent, &unused, &step); err != nil {
				return err
			}
			if strings.HasPrefix(step, "SCAN") && !strings.HasPrefix(step, "SCAN i") && step != "SCAN sqlite_schema" {
				return fmt.Errorf("%s", step)
			}
			return nil
		}, `EXPLAIN QUERY PLAN `+query, args...)
		if err != nil {
			t.Errorf("%s: %v", query, err)
		}
	}
}

// A node whose writes fail must be taken out of the load balancer (W3).
func TestReadyAfterAFailedWrite(t *testing.T) {
	t.Parallel()
	db := newDB(t, Config{Now: frozen()})
	if err := db.InTx(t.Context(), func(ctx context.Context) error { return outgrow(ctx, t, db) }); !errors.Is(err, errs.ErrUnavailable) {
		t.Fatal(err)
	}
	if err := db.Ready(t.Context()); !errors.Is(err, errs.ErrUnavailable) {
		t.Errorf("after a write that failed for want of space: %v", err)
	}
	if err := db.CreateFlow(t.Context(), newFlow()); err != nil {
		t.Fatal(err)
	}
	if err := db.Ready(t.Context()); err != nil {
		t.Errorf("after a write that succeeded: %v", err)
	}
}
