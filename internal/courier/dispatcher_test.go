package courier_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/symbolon/symbolon/internal/courier"
)

var errPassing = errors.New("451 try again later")

func TestAMessageLeavesAsSoonAsItIsCommitted(t *testing.T) {
	t.Parallel()
	inBubble(t, func(w *world) {
		w.run(config())
		within(time.Minute) // nothing to do for a while
		start := time.Now()
		id := w.queue("jane@example.org")
		settle()
		w.want(id, courier.Sent, 1)
		if at := w.channel.tries(id)[0]; at.After(start.Add(moment)) {
			w.t.Errorf("it left after %v", at.Sub(start))
		}
	})
}

func TestNothingIsSentBeforeTheCommitAndNothingThatWasUndone(t *testing.T) {
	t.Parallel()
	inBubble(t, func(w *world) {
		w.run(config())
		settle()
		err := w.db.InTx(w.t.Context(), func(ctx context.Context) error {
			err := w.outbox.Enqueue(ctx, courier.Message{Template: courier.Test, To: "kept@example.org"})
			undone := w.db.InTx(ctx, func(ctx context.Context) error {
				return errors.Join(w.outbox.Enqueue(ctx, courier.Message{Template: courier.Test, To: "undone@example.org"}), errPassing)
			})
			if !errors.Is(undone, errPassing) {
				w.t.Error(undone)
			}
			settle()
			if sent := w.channel.recipients(); len(sent) > 0 {
				w.t.Errorf("sent before the commit: %v", sent)
			}
			return err
		})
		if err != nil {
			w.t.Fatal(err)
		}
		settle()
		wantEqual(w.t, "sent at once", w.channel.recipients(), []string{"kept@example.org"})
		within(time.Minute)
		wantEqual(w.t, "sent", w.channel.recipients(), []string{"kept@example.org"})
	})
}

func TestAMessageOfAnotherNodeIsFoundWithoutASignal(t *testing.T) {
	t.Parallel()
	inBubble(t, func(w *world) {
		w.run(config())
		settle()
		elsewhere := w.newOutbox(w.db, testSecrets...) // its signal reaches no dispatcher
		if err := elsewhere.Enqueue(w.t.Context(), courier.Message{Template: courier.Test, To: "jane@example.org"}); err != nil {
			w.t.Fatal(err)
		}
		settle()
		wantEqual(w.t, "sent at once", w.channel.recipients(), nil)
		within(5 * time.Second)
		wantEqual(w.t, "sent", w.channel.recipients(), []string{"jane@example.org"})
	})
}

func TestFailuresAreTriedAgainWithGrowingPausesUntilTheMessageIsDead(t *testing.T) {
	t.Parallel()
	inBubble(t, func(w *world) {
		w.channel.answer = func(context.Context, courier.Rendered) error { return errPassing }
		c := config()
		c.MaxTries = 6
		w.run(c)
		var ids []string
		for range 20 { // chance is in it
			ids = append(ids, w.queue("jane@example.org"))
			settle()
		}
		within(time.Hour)
		for _, id := range ids {
			if m := w.want(id, courier.Dead, 6); m.LastError != errPassing.Error() {
				w.t.Errorf("last error is %q", m.LastError)
			}
			at := w.channel.tries(id)
			if len(at) != 6 {
				w.t.Fatalf("%d tries", len(at))
			}
			for i, longest := range []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 5 * time.Second, 5 * time.Second} {
				// The dispatcher may look again a moment later than at the due time.
				if pause := at[i+1].Sub(at[i]); pause < longest/2 || pause > longest+10*time.Millisecond {
					w.t.Errorf("pause %d is %v, want %v to %v", i+1, pause, longest/2, longest)
				}
			}
		}
	})
}

func TestPausesAreSpread(t *testing.T) {
	t.Parallel()
	inBubble(t, func(w *world) {
		w.channel.answer = func(context.Context, courier.Rendered) error { return errPassing }
		c := config()
		c.MinBackoff, c.MaxBackoff, c.MaxTries = time.Hour, time.Hour, 9
		for i := range 50 {
			w.queue(fmt.Sprintf("%d@example.org", i))
		}
		start := time.Now()
		w.run(c)
		settle()
		list, err := w.outbox.List(w.t.Context(), courier.Filter{Limit: 100})
		if err != nil {
			w.t.Fatal(err)
		}
		quarters := map[time.Duration]int{}
		for _, m := range list {
			quarters[m.NextTry.Sub(start)/(15*time.Minute)]++
		}
		// From half an hour to an hour: the third quarter and the fourth.
		if quarters[2] < 10 || quarters[3]+quarters[4] < 10 || len(list) != 50 {
			w.t.Errorf("tries by quarter of an hour: %v", quarters)
		}
	})
}

func TestARefusalForGoodIsNotTriedAgain(t *testing.T) {
	t.Parallel()
	inBubble(t, func(w *world) {
		w.channel.answer = func(context.Context, courier.Rendered) error {
			return fmt.Errorf("%w: 550 no such user", courier.ErrPermanent)
		}
		w.run(config())
		id := w.queue("jane@example.org")
		within(time.Minute)
		w.want(id, courier.Dead, 1)
		if n := len(w.channel.tries(id)); n != 1 {
			w.t.Errorf("tried %d times", n)
		}
	})
}

func TestADeadLetterIsSentWhenItIsRetried(t *testing.T) {
	t.Parallel()
	inBubble(t, func(w *world) {
		var mended atomic.Bool
		w.channel.answer = func(context.Context, courier.Rendered) error {
			if !mended.Load() {
				return courier.ErrPermanent
			}
			return nil
		}
		w.run(config())
		id := w.queue("jane@example.org")
		settle()
		w.want(id, courier.Dead, 1)
		mended.Store(true)
		if err := w.outbox.Retry(w.t.Context(), id); err != nil {
			w.t.Fatal(err)
		}
		settle()
		if m := w.want(id, courier.Sent, 1); m.LastError != "" {
			w.t.Errorf("last error is %q", m.LastError)
		}
	})
}

func TestAddressesThatFailDoNotDelayOthers(t *testing.T) {
	t.Parallel()
	inBubble(t, func(w *world) {
		w.channel.answer = func(_ context.Context, r courier.Rendered) error {
			if r.To != "good@example.org" {
				return errPassing
			}
			return nil
		}
		for i := range 50 {
			w.queue(fmt.Sprintf("bad%d@example.org", i))
		}
		start := time.Now()
		good := w.queue("good@example.org")
		w.run(config())
		settle()
		w.want(good, courier.Sent, 1)
		if at := w.channel.tries(good)[0]; at.After(start.Add(moment)) {
			w.t.Errorf("it left after %v", at.Sub(start))
		}
	})
}

func TestADeliveryThatHangsHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	inBubble(t, func(w *world) {
		w.channel.answer = func(ctx context.Context, r courier.Rendered) error {
			if r.To == "hangs@example.org" {
				<-ctx.Done()
				return ctx.Err()
			}
			return nil
		}
		start := time.Now()
		hangs := []string{w.queue("hangs@example.org"), w.queue("hangs@example.org")}
		var others []string
		for i := range 20 {
			others = append(others, w.queue(fmt.Sprintf("%d@example.org", i)))
		}
		w.run(config()) // three workers
		settle()
		for _, id := range others {
			w.want(id, courier.Sent, 1)
		}
		if spent := time.Since(start); spent > moment {
			w.t.Errorf("others were sent after %v", spent)
		}
		for _, id := range hangs {
			w.want(id, courier.Sending, 1)
		}
		within(45 * time.Second) // three quarters of the lease
		for _, id := range hangs {
			if m := w.want(id, courier.Queued, 1); m.LastError != context.DeadlineExceeded.Error() {
				w.t.Errorf("last error is %q", m.LastError)
			}
		}
	})
}

func TestMessagesLeaveInTheOrderInWhichTheyFellDue(t *testing.T) {
	t.Parallel()
	inBubble(t, func(w *world) {
		w.channel.answer = func(context.Context, courier.Rendered) error {
			pause(time.Millisecond)
			return nil
		}
		var want []string
		for i := range 30 {
			to := fmt.Sprintf("%d@example.org", i)
			want = append(want, to)
			w.queue(to)
		}
		c := config()
		c.Workers = 1
		w.run(c)
		pause(time.Minute)
		wantEqual(w.t, "order", w.channel.recipients(), want)
	})
}

func TestAPanicInTheChannelIsAFailedTry(t *testing.T) {
	t.Parallel()
	inBubble(t, func(w *world) {
		w.channel.answer = func(_ context.Context, r courier.Rendered) error {
			if r.To == "panics@example.org" {
				panic("on purpose")
			}
			return nil
		}
		w.run(config())
		panics := w.queue("panics@example.org")
		good := w.queue("good@example.org")
		settle()
		w.want(good, courier.Sent, 1)
		if m := w.want(panics, courier.Queued, 1); m.LastError != "channel panicked: on purpose" {
			w.t.Errorf("last error is %q", m.LastError)
		}
		within(time.Minute)
		w.want(panics, courier.Dead, 4)
	})
}

func TestStoppingWaitsForDeliveriesInProgressAndStoresTheirOutcome(t *testing.T) {
	t.Parallel()
	inBubble(t, func(w *world) {
		w.channel.answer = func(ctx context.Context, r courier.Rendered) error {
			timer := time.NewTimer(5 * time.Second)
			defer timer.Stop()
			select {
			case <-timer.C:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		c := config()
		c.Workers = 1
		stop := w.run(c)
		first, second := w.queue("first@example.org"), w.queue("second@example.org")
		settle()
		stop()
		w.want(first, courier.Sent, 1)
		w.want(second, courier.Queued, 0) // not begun any more
	})
}

func TestStoppingCutsOffWhatWouldTakeTooLong(t *testing.T) {
	t.Parallel()
	inBubble(t, func(w *world) {
		w.channel.answer = func(ctx context.Context, _ courier.Rendered) error {
			<-ctx.Done()
			return ctx.Err()
		}
		stop := w.run(config())
		id := w.queue("jane@example.org")
		settle()
		start := time.Now()
		stop()
		if spent := time.Since(start); spent > 10*time.Second {
			w.t.Errorf("stopping took %v", spent)
		}
		w.want(id, courier.Queued, 1)
	})
}

var discard = slog.New(slog.DiscardHandler)

// closable notes that it was closed, and whether a delivery was still going on.
type closable struct {
	channel
	closed int
}

func (c *closable) Close() error {
	c.closed++
	return nil
}

func TestTheChannelIsClosedWhenTheDispatcherHasEnded(t *testing.T) {
	t.Parallel()
	inBubble(t, func(w *world) {
		c := &closable{}
		c.answer = func(context.Context, courier.Rendered) error {
			pause(time.Second)
			if c.closed > 0 {
				w.t.Error("closed during a delivery")
			}
			return nil
		}
		stop := w.runOn(w.outbox, c, config())
		w.queue("jane@example.org")
		pause(time.Millisecond)
		stop()
		if c.closed != 1 {
			w.t.Errorf("closed %d times", c.closed)
		}
	})
}

func TestOnePassDeliversWhatIsDueAndNoMore(t *testing.T) {
	t.Parallel()
	inBubble(t, func(w *world) {
		w.channel.answer = func(_ context.Context, r courier.Rendered) error {
			if r.To == "fails@example.org" {
				return errPassing
			}
			return nil
		}
		for i := range 10 {
			w.queue(fmt.Sprintf("%d@example.org", i))
		}
		fails := w.queue("fails@example.org")
		d := courier.NewDispatcher(w.outbox, w.channel, config(), discard)
		sent, err := d.DeliverDue(w.t.Context())
		if err != nil || sent != 10 {
			w.t.Errorf("sent %d, %v, want 10", sent, err)
		}
		w.want(fails, courier.Queued, 1)
		if sent, err := d.DeliverDue(w.t.Context()); err != nil || sent != 0 {
			w.t.Errorf("sent %d, %v afterwards", sent, err)
		}
		gone, cancel := context.WithCancel(w.t.Context())
		cancel()
		id := w.queue("late@example.org")
		if sent, err := d.DeliverDue(gone); err != nil || sent != 0 {
			w.t.Errorf("sent %d, %v without a recipient", sent, err)
		}
		w.want(id, courier.Queued, 0)
	})
}
