package courier_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/symbolon/symbolon/internal/courier"
	"github.com/symbolon/symbolon/internal/errs"
)

// troubled is a storage with methods that can be made to fail.
type troubled struct {
	courier.Store
	settle func(*courier.Stored) error // before it is stored
	claim  func() error
	claims atomic.Int64
}

func (s *troubled) RecordDelivery(ctx context.Context, m *courier.Stored) error {
	if s.settle != nil {
		if err := s.settle(m); err != nil {
			return err
		}
	}
	return s.Store.RecordDelivery(ctx, m)
}

func (s *troubled) ClaimMessages(ctx context.Context, lease string, now, until time.Time, limit int) ([]*courier.Stored, error) {
	s.claims.Add(1)
	if s.claim != nil {
		if err := s.claim(); err != nil {
			return nil, err
		}
	}
	return s.Store.ClaimMessages(ctx, lease, now, until, limit)
}

func TestDispatchersThatShareAStorageSendNothingTwice(t *testing.T) {
	t.Parallel()
	inBubble(t, func(w *world) {
		w.channel.answer = func(context.Context, courier.Rendered) error {
			pause(20 * time.Millisecond)
			return nil
		}
		for range 3 {
			w.runOn(w.newOutbox(w.db, testSecrets...), w.channel, config())
		}
		var ids []string
		for i := range 120 {
			ids = append(ids, w.queue(fmt.Sprintf("%d@example.org", i)))
		}
		within(time.Minute)
		for _, id := range ids {
			w.want(id, courier.Sent, 1)
			if n := len(w.channel.tries(id)); n != 1 {
				w.t.Errorf("sent %d times", n)
			}
		}
	})
}

func TestACrashBetweenAcceptanceAndCommitRepeatsThatMessageAlone(t *testing.T) {
	t.Parallel()
	inBubble(t, func(w *world) {
		before, doomed := w.queue("before@example.org"), w.queue("doomed@example.org")
		crashing := &troubled{Store: w.db, settle: func(m *courier.Stored) error {
			if m.ID == doomed {
				return errs.ErrUnavailable
			}
			return nil
		}}
		stop := w.runOn(w.newOutbox(crashing, testSecrets...), w.channel, config())
		within(10 * time.Second)
		stop()
		w.want(doomed, courier.Sending, 1)

		w.run(config()) // the server that was started again
		after := w.queue("after@example.org")
		within(30 * time.Second)
		w.want(after, courier.Sent, 1)
		w.want(doomed, courier.Sending, 1) // its lease has not run out
		within(30 * time.Second)
		w.want(doomed, courier.Sent, 2)
		for id, want := range map[string]int{before: 1, doomed: 2, after: 1} {
			if n := len(w.channel.tries(id)); n != want { // by id, which is the Message-ID
				w.t.Errorf("%s was sent %d times, want %d", w.message(id).Recipient, n, want)
			}
		}
	})
}

func TestAnOutcomeIsStoredWhenStorageIsBack(t *testing.T) {
	t.Parallel()
	inBubble(t, func(w *world) {
		failures := 3
		flaky := &troubled{Store: w.db, settle: func(*courier.Stored) error {
			if failures--; failures >= 0 {
				return errs.ErrUnavailable
			}
			return nil
		}}
		w.runOn(w.newOutbox(flaky, testSecrets...), w.channel, config())
		id := w.queue("jane@example.org")
		within(5 * time.Minute)
		w.want(id, courier.Sent, 1)
		if n := len(w.channel.tries(id)); n != 1 {
			w.t.Errorf("sent %d times", n)
		}
	})
}

func TestAnOutcomeWaitsForAStorageThatIsAwayForMinutes(t *testing.T) {
	t.Parallel()
	inBubble(t, func(w *world) {
		var away atomic.Bool
		away.Store(true)
		fails := func() error {
			if away.Load() {
				return errs.ErrUnavailable
			}
			return nil
		}
		id := w.queue("jane@example.org")
		first := true
		s := &troubled{Store: w.db, settle: func(*courier.Stored) error { return fails() }, claim: func() error {
			if first { // it goes away just after
				first = false
				return nil
			}
			return fails()
		}}
		w.runOn(w.newOutbox(s, testSecrets...), w.channel, config())
		within(5 * time.Minute) // and the lease has run out
		away.Store(false)
		within(5 * time.Minute)
		w.want(id, courier.Sent, 1)
		if n := len(w.channel.tries(id)); n != 1 {
			w.t.Errorf("sent %d times", n)
		}
	})
}

func TestALateOutcomeDoesNotReplaceThatOfTheNextDispatcher(t *testing.T) {
	t.Parallel()
	inBubble(t, func(w *world) {
		deaf := &channel{answer: func(context.Context, courier.Rendered) error {
			pause(2 * time.Minute) // beyond the lease, even if the context has ended
			return courier.ErrPermanent
		}}
		one := config()
		one.Workers = 1
		stop := w.runOn(w.newOutbox(w.db, testSecrets...), deaf, one)
		id := w.queue("jane@example.org")
		within(5 * time.Second)
		w.run(config())
		within(time.Minute)
		w.want(id, courier.Sent, 2)
		within(time.Minute)
		stop()
		w.want(id, courier.Sent, 2)
	})
}

func TestAMessageThatCrashesEachServerIsGivenUp(t *testing.T) {
	t.Parallel()
	inBubble(t, func(w *world) {
		id := w.queue("jane@example.org")
		for range config().MaxTries {
			if _, err := w.db.ClaimMessages(w.t.Context(), "crashed", time.Now(), time.Now().Add(time.Second), 1); err != nil {
				w.t.Fatal(err)
			}
			pause(time.Second)
		}
		w.run(config())
		settle()
		w.want(id, courier.Dead, config().MaxTries+1)
		wantEqual(w.t, "sent", w.channel.recipients(), nil)
	})
}

func TestTheDispatcherSurvivesAStorageThatIsAwayWithoutBesiegingIt(t *testing.T) {
	t.Parallel()
	inBubble(t, func(w *world) {
		var back atomic.Bool
		s := &troubled{Store: w.db, claim: func() error {
			if !back.Load() {
				return errs.ErrUnavailable
			}
			return nil
		}}
		o := w.newOutbox(s, testSecrets...)
		w.runOn(o, w.channel, config())
		id := w.queue("jane@example.org")
		within(10 * time.Minute)
		if n := s.claims.Load(); n < 100 || n > 130 {
			w.t.Errorf("asked %d times in ten minutes", n)
		}
		back.Store(true)
		within(5 * time.Second)
		w.want(id, courier.Sent, 1)
	})
}

func TestADispatcherWithAllWorkersBusyDoesNotAskForMore(t *testing.T) {
	t.Parallel()
	inBubble(t, func(w *world) {
		w.channel.answer = func(ctx context.Context, _ courier.Rendered) error {
			<-ctx.Done()
			return ctx.Err()
		}
		s := &troubled{Store: w.db}
		for range 10 {
			w.queue("jane@example.org")
		}
		w.runOn(w.newOutbox(s, testSecrets...), w.channel, config())
		within(40 * time.Second)
		if n := s.claims.Load(); n != 1 {
			w.t.Errorf("asked %d times", n)
		}
	})
}

// While there is more to send, a commit stores the outcomes of at least half of the workers
// and claims the next messages for them.
func TestDispatcher_commits(t *testing.T) {
	t.Parallel()
	inBubble(t, func(w *world) {
		const workers, messages = 8, 80
		// One half of the workers ends 10 ms after the other, so that the order in which goroutines
		// of one moment run makes no difference.
		var begun atomic.Int64
		w.channel.answer = func(context.Context, courier.Rendered) error {
			if n := begun.Add(1); n > workers/2 && n <= workers {
				pause(10 * time.Millisecond)
			}
			pause(20 * time.Millisecond)
			return nil
		}
		var ids []string
		for i := range messages {
			ids = append(ids, w.queue(fmt.Sprintf("%d@example.org", i)))
		}
		before := w.db.Stats().Batches
		c := config()
		c.Workers = workers
		w.run(c)
		within(5 * time.Second)
		for _, id := range ids {
			w.want(id, courier.Sent, 1)
		}
		const alone = 2 + workers // the first claim, an erasure, and the last outcomes
		if n := w.db.Stats().Batches - before; n > messages/(workers/2)+alone {
			t.Errorf("%d commits for %d messages", n, messages)
		}
	})
}

// noting notes of each transaction that stores outcomes whether its commit waits for the disk.
type noting struct {
	courier.Store
	waits []bool
}

func (s *noting) InTx(ctx context.Context, f func(context.Context) error) error {
	s.waits = append(s.waits, true)
	return s.Store.InTx(ctx, f)
}

func (s *noting) InTxAsync(ctx context.Context, f func(context.Context) error) error {
	s.waits = append(s.waits, false)
	return s.Store.InTxAsync(ctx, f)
}

// While there is more to send, a commit waits for the disk four times a second, and the last
// one does, so that a crash of the machine repeats little. A slow machine sees the queue empty
// more often, which a commit waits for too.
func TestDispatcher_waitsForTheDisk(t *testing.T) {
	t.Parallel()
	inBubble(t, func(w *world) {
		w.channel.answer = func(context.Context, courier.Rendered) error {
			pause(20 * time.Millisecond)
			return nil
		}
		for i := range 300 { // a hundred rounds of three workers: two seconds
			w.queue(fmt.Sprintf("%d@example.org", i))
		}
		s := &noting{Store: w.db}
		stop := w.runOn(w.newOutbox(s, testSecrets...), w.channel, config())
		within(10 * time.Second)
		stop()
		waited := 0
		for _, waits := range s.waits {
			if waits {
				waited++
			}
		}
		if all := len(s.waits); all < 100 || waited < 7 || waited > all/5 || !s.waits[all-1] {
			w.t.Errorf("%d of %d commits waited: %v", waited, all, s.waits)
		}
	})
}

// A delivery that hangs does not keep the outcomes of others from being stored.
func TestDispatcher_slowDelivery(t *testing.T) {
	t.Parallel()
	inBubble(t, func(w *world) {
		w.channel.answer = func(ctx context.Context, r courier.Rendered) error {
			if r.To == "slow@example.org" {
				<-ctx.Done()
			}
			return ctx.Err()
		}
		slow := w.queue("slow@example.org")
		var others []string
		for i := range 10 {
			others = append(others, w.queue(fmt.Sprintf("%d@example.org", i)))
		}
		w.run(config())
		within(time.Second)
		w.want(slow, courier.Sending, 1)
		for _, id := range others {
			w.want(id, courier.Sent, 1)
		}
	})
}

// Outcomes are stored although the claim in the same transaction fails.
func TestDispatcher_claimThatFails(t *testing.T) {
	t.Parallel()
	inBubble(t, func(w *world) {
		id := w.queue("jane@example.org")
		s := &troubled{Store: w.db}
		s.claim = func() error {
			if s.claims.Load() > 1 {
				return errs.ErrUnavailable
			}
			return nil
		}
		w.runOn(w.newOutbox(s, testSecrets...), w.channel, config())
		within(10 * time.Second)
		w.want(id, courier.Sent, 1)
	})
}
