package courier_test

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/symbolon/symbolon/internal/courier"
	"github.com/symbolon/symbolon/internal/courier/smtp"
)

const benchWorkers = 8 // the default of courier.workers

func healthy(string) trouble { return none }

func newSMTP(b *testing.B, server *catcher) *smtp.Channel {
	b.Helper()
	channel, err := smtp.New(smtp.Config{
		URI: "smtp://" + server.address, FromAddress: "accounts@example.org", Timeout: 10 * time.Second, Domain: "id.example.org",
	}, time.Now)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = channel.Close() })
	return channel
}

// measured starts a measurement. What it returns reports it: by rate, and by the processor
// time of this process, in which the mail server runs too.
func measured(b *testing.B) (report func()) {
	b.Helper()
	before := debug.SetGCPercent(200) // as serve has it
	b.Cleanup(func() { debug.SetGCPercent(before) })
	began := processorTime()
	b.ResetTimer()
	return func() {
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
		b.ReportMetric(float64(b.N)/(processorTime()-began).Seconds(), "messages/cpu-s")
	}
}

func processorTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkSMTPAlone is what the mail library can do without a queue.
func BenchmarkSMTPAlone(b *testing.B) {
	channel := newSMTP(b, newCatcher(b, healthy))
	w := newWorld(b, "memory")
	message, err := w.templates.Render(courier.Message{Template: courier.Test, To: "jane@example.org"})
	if err != nil {
		b.Fatal(err)
	}
	var left atomic.Int64
	left.Store(int64(b.N))
	var group sync.WaitGroup
	report := measured(b)
	for range benchWorkers {
		group.Go(func() {
			for n := left.Add(-1); n >= 0; n = left.Add(-1) {
				own := message
				own.ID = fmt.Sprint(n)
				if err := channel.Deliver(b.Context(), own); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	group.Wait()
	report()
}

// BenchmarkCourier delivers a queue that is safe on disk over the same server.
func BenchmarkCourier(b *testing.B) {
	w := newWorld(b, "sqlite://"+b.TempDir()+"/bench.db")
	channel := newSMTP(b, newCatcher(b, healthy))
	c := config()
	c.Workers = benchWorkers
	d := courier.NewDispatcher(w.outbox, channel, c, discard)
	err := w.db.InTx(b.Context(), func(ctx context.Context) error {
		for i := range b.N {
			if err := w.outbox.Enqueue(ctx, courier.Message{Template: courier.Test, To: fmt.Sprintf("%d@example.org", i)}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	report := measured(b)
	if sent, err := d.DeliverDue(b.Context()); err != nil || sent != b.N {
		b.Fatalf("sent %d of %d: %v", sent, b.N, err)
	}
	report()
}
