//go:build unix

package store_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/store"
	"github.com/symbolon/symbolon/internal/store/storetest"
	"github.com/symbolon/symbolon/test/databases"
)

func with(dsn, option string) string {
	if strings.Contains(dsn, "?") {
		return dsn + "&" + option
	}
	return dsn + "?" + option
}

// wantWorks writes and reads.
func wantWorks(t *testing.T, db *store.DB) {
	t.Helper()
	f := storetest.NewFlow()
	if err := db.CreateFlow(t.Context(), f); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Flow(t.Context(), f.ID); err != nil {
		t.Fatal(err)
	}
	if err := db.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// wantUnavailable checks that every call is refused, and soon.
func wantUnavailable(t *testing.T, db *store.DB, within time.Duration) {
	t.Helper()
	known := storetest.NewFlow()
	for name, ask := range map[string]func() error{
		"write":       func() error { return db.CreateFlow(t.Context(), storetest.NewFlow()) },
		"read":        func() error { _, err := db.Flow(t.Context(), known.ID); return err },
		"transaction": func() error { return db.InTx(t.Context(), func(context.Context) error { return nil }) },
	} {
		began := time.Now()
		if err := ask(); !errors.Is(err, errs.ErrUnavailable) {
			t.Errorf("%s: error is %v", name, err)
		}
		if took := time.Since(began); took > within {
			t.Errorf("%s: refused after %v", name, took)
		}
	}
	ctx, stop := context.WithTimeout(t.Context(), within)
	defer stop()
	if err := db.Ready(ctx); !errors.Is(err, errs.ErrUnavailable) {
		t.Errorf("it is ready: %v", err)
	}
}

func TestAServerThatIsDownIsUnavailableUntilItIsBack(t *testing.T) {
	t.Parallel()
	for _, name := range databases.Servers() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := databases.Start(t, name)
			db := open(t, store.Config{DSN: server.DSN(t)})
			wantWorks(t, db)
			server.Kill(t)
			wantUnavailable(t, db, 3*time.Second)
			server.Restart(t)
			wantWorks(t, db)
		})
	}
}

func TestAServerThatHangsIsUnavailableInTime(t *testing.T) {
	t.Parallel()
	for _, name := range databases.Servers() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := databases.Start(t, name)
			db := open(t, store.Config{DSN: server.DSN(t), Timeout: 400 * time.Millisecond})
			wantWorks(t, db)
			server.Pause(t)
			defer server.Resume(t) // before it is stopped
			wantUnavailable(t, db, 2*time.Second)
			server.Resume(t)
			wantWorks(t, db)
		})
	}
}

// What became of the change is unknown then, but the caller has an answer.
func TestAServerThatHangsAtTheEndOfAChangeIsUnavailableInTime(t *testing.T) {
	t.Parallel()
	for _, name := range databases.Servers() {
		for _, failure := range []error{nil, errs.ErrStale} {
			t.Run(fmt.Sprintf("%s %v", name, failure), func(t *testing.T) {
				t.Parallel()
				server := databases.Start(t, name)
				db := open(t, store.Config{DSN: server.DSN(t), Timeout: 400 * time.Millisecond})
				f := storetest.NewFlow()
				answer := make(chan error, 1)
				defer server.Resume(t) // before it is stopped
				go func() {
					answer <- db.InTx(t.Context(), func(ctx context.Context) error {
						if err := db.CreateFlow(ctx, f); err != nil {
							return err
						}
						server.Pause(t)
						return failure
					})
				}()
				select {
				case err := <-answer:
					if failure == nil && !errors.Is(err, errs.ErrUnavailable) || failure != nil && err == nil {
						t.Errorf("error is %v", err)
					}
				case <-time.After(10 * time.Second):
					t.Error("no answer")
				}
				server.Resume(t)
				wantWorks(t, db)
			})
		}
	}
}

func TestAStartWaitsForItsServer(t *testing.T) {
	t.Parallel()
	for _, name := range databases.Servers() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := databases.Start(t, name)
			dsn := server.DSN(t)
			server.Kill(t)
			if db, err := store.Open(t.Context(), store.Config{DSN: dsn, Now: time.Now}); !errors.Is(err, errs.ErrUnavailable) {
				t.Fatalf("without waiting: %v, %v", db, err)
			}
			asked := &listener{heard: make(chan struct{})}
			var wg sync.WaitGroup
			wg.Go(func() {
				<-asked.heard
				server.Restart(t)
			})
			wantWorks(t, open(t, store.Config{DSN: dsn, Wait: time.Minute, Logger: slog.New(slog.NewTextHandler(asked, nil))}))
			wg.Wait()
		})
	}
}

// listener tells of the first line of a log.
type listener struct {
	once  sync.Once
	heard chan struct{}
}

// Write implements io.Writer.
func (l *listener) Write(line []byte) (int, error) {
	l.once.Do(func() { close(l.heard) })
	return len(line), nil
}

// dropAll ends all connections to a server but the one that says so.
func dropAll(t *testing.T, server *databases.Server, name string) {
	t.Helper()
	if name == databases.Postgres {
		server.Do(t, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'`)
		return
	}
	server.Do(t, `BEGIN NOT ATOMIC
 FOR c IN (SELECT id FROM information_schema.processlist WHERE id <> CONNECTION_ID() AND db LIKE 'test%') DO
  EXECUTE IMMEDIATE CONCAT('KILL ', c.id);
 END FOR;
END`)
}

func TestConnectionsThatDieAreReplacedUnnoticed(t *testing.T) {
	t.Parallel()
	for _, name := range databases.Servers() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := databases.Start(t, name)
			db := open(t, store.Config{DSN: server.DSN(t)})
			for range 3 {
				fill(t, db)
				dropAll(t, server, name)
				wantWorks(t, db)
				fill(t, db)
				dropAll(t, server, name)
				if err := inTx(t, db, func(context.Context) {}); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// inTx writes in a transaction, in the middle of which it calls f.
func inTx(t *testing.T, db *store.DB, f func(context.Context)) error {
	t.Helper()
	return db.InTx(t.Context(), func(ctx context.Context) error {
		if err := db.CreateFlow(ctx, storetest.NewFlow()); err != nil {
			return err
		}
		f(ctx)
		return db.CreateFlow(ctx, storetest.NewFlow())
	})
}

// fill opens many connections at once, which then wait to be used again.
func fill(t *testing.T, db *store.DB) {
	t.Helper()
	const many = 10
	var all, wg sync.WaitGroup
	all.Add(many)
	for range many {
		wg.Go(func() {
			arrived := sync.OnceFunc(all.Done)
			defer arrived() // who does not get there keeps no other waiting
			if err := inTx(t, db, func(context.Context) { arrived(); all.Wait() }); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if open := db.Stats().Idle; open < many {
		t.Fatalf("%d connections are open", open)
	}
}

func TestATransactionWhoseConnectionDiesIsRunAgain(t *testing.T) {
	t.Parallel()
	for _, name := range databases.Servers() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := databases.Start(t, name)
			db := open(t, store.Config{DSN: server.DSN(t)})
			runs := 0
			err := inTx(t, db, func(context.Context) {
				if runs++; runs == 1 {
					dropAll(t, server, name)
				}
			})
			if err != nil || runs != 2 {
				t.Errorf("run %d times: %v", runs, err)
			}
			if n := db.Stats().Retries; n != 1 {
				t.Errorf("%d retries are counted", n)
			}
			sizes, err := db.TableSizes(t.Context())
			if err != nil || sizes["flows"] != 2 {
				t.Errorf("tables hold %v, %v", sizes, err)
			}
		})
	}
}

func TestOfTwoThatWaitForEachOtherOneIsRunAgain(t *testing.T) {
	t.Parallel()
	for _, name := range databases.Servers() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := open(t, store.Config{DSN: databases.DSN(t, name)})
			a, b := storetest.NewFlow(), storetest.NewFlow()
			for _, f := range []*flow.Flow{a, b} {
				if err := db.CreateFlow(t.Context(), f); err != nil {
					t.Fatal(err)
				}
			}
			save := func(ctx context.Context, id string) error {
				f, err := db.Flow(ctx, id)
				if err == nil {
					err = db.SaveFlow(ctx, f)
				}
				return err
			}
			var both, wg sync.WaitGroup
			both.Add(2)
			var runs atomic.Int32
			for _, order := range [][2]string{{a.ID, b.ID}, {b.ID, a.ID}} {
				wg.Go(func() {
					met := sync.OnceFunc(func() { both.Done(); both.Wait() })
					err := db.InTx(t.Context(), func(ctx context.Context) error {
						runs.Add(1)
						if err := save(ctx, order[0]); err != nil {
							return err
						}
						met()
						return save(ctx, order[1])
					})
					if err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			if n := runs.Load(); n != 3 || db.Stats().Retries != 1 {
				t.Errorf("run %d times, %d retries counted", n, db.Stats().Retries)
			}
		})
	}
}
