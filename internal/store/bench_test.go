package store_test

import (
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/symbolon/symbolon/internal/secret"
	"github.com/symbolon/symbolon/internal/store"
	"github.com/symbolon/symbolon/internal/store/storetest"
)

// openBench returns a database in a file whose clock runs: batches depend on it.
func openBench(b *testing.B) *store.DB {
	b.Helper()
	db, err := store.Open(b.Context(), store.Config{DSN: "sqlite://" + b.TempDir() + "/bench.db", Now: time.Now})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = db.Close() })
	if _, err := db.Migrate(b.Context()); err != nil {
		b.Fatal(err)
	}
	return db
}

func BenchmarkFlowInsert(b *testing.B) {
	for _, writers := range []int{1, 8, 64} {
		b.Run(strconv.Itoa(writers)+"-goroutines", func(b *testing.B) {
			db := openBench(b)
			var left atomic.Int64
			left.Store(int64(b.N))
			b.ReportAllocs()
			b.ResetTimer()
			done := make(chan error, writers)
			for range writers {
				go func() {
					for left.Add(-1) >= 0 {
						if err := db.CreateFlow(b.Context(), storetest.NewFlow()); err != nil {
							done <- err
							return
						}
					}
					done <- nil
				}()
			}
			for range writers {
				if err := <-done; err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(db.Stats().AverageBatch(), "writes/commit")
		})
	}
}

func BenchmarkSessionRead(b *testing.B) {
	db := openBench(b)
	owner, credentials := storetest.NewIdentity("a@example.org")
	if err := db.CreateIdentity(b.Context(), owner, credentials); err != nil {
		b.Fatal(err)
	}
	s, token := storetest.NewSession(owner.ID)
	if err := db.CreateSession(b.Context(), s); err != nil {
		b.Fatal(err)
	}
	hash := secret.Hash(token)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := db.SessionByToken(b.Context(), hash); err != nil {
				b.Error(err)
				return
			}
		}
	})
}

func BenchmarkFlowRead(b *testing.B) {
	db := openBench(b)
	f := storetest.NewFlow()
	if err := db.CreateFlow(b.Context(), f); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := db.Flow(b.Context(), f.ID); err != nil {
				b.Error(err)
				return
			}
		}
	})
}
