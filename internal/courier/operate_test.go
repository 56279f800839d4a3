package courier_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/symbolon/symbolon/internal/courier"
)

func TestTheOverviewSaysHowTheQueueIsDoing(t *testing.T) {
	t.Parallel()
	inBubble(t, func(w *world) {
		want := func(want courier.Overview) {
			w.t.Helper()
			got, err := w.outbox.Overview(w.t.Context())
			if err != nil {
				w.t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				w.t.Errorf("overview differs (-want +got):\n%s", diff)
			}
		}
		want(courier.Overview{Counts: map[courier.Status]int{}})

		w.channel.answer = func(_ context.Context, r courier.Rendered) error {
			switch r.To {
			case "waits@example.org":
				return errPassing
			case "dead@example.org":
				return courier.ErrPermanent
			}
			return nil
		}
		c := config()
		c.MinBackoff, c.MaxBackoff = time.Hour, time.Hour
		w.run(c)
		w.queue("sent@example.org")
		w.queue("dead@example.org")
		settle()
		start := time.Now().UTC()
		waits := w.queue("waits@example.org")
		settle()
		want(courier.Overview{
			Counts: map[courier.Status]int{courier.Sent: 1, courier.Dead: 1, courier.Queued: 1},
			Oldest: start, NextTry: w.message(waits).NextTry, LastError: errPassing.Error(),
		})
	})
}

func TestATestMessageIsQueuedAndShown(t *testing.T) {
	t.Parallel()
	inBubble(t, func(w *world) {
		kept, err := w.outbox.SendTest(w.t.Context(), "operator@example.org")
		if err != nil {
			w.t.Fatal(err)
		}
		w.run(config())
		settle()
		w.want(kept.ID, courier.Sent, 1)
		if n := w.channel.count("operator@example.org"); n != 1 {
			w.t.Errorf("sent %d times", n)
		}
	})
}
