package revocation

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/symbolon/symbolon/internal/event"
)

// log is a store of events in memory.
type log struct {
	mu     sync.Mutex
	events []event.Event
	pruned int64
}

func (l *log) EventHeads(context.Context) (map[int]Head, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	heads := map[int]Head{0: {Pruned: l.pruned}, 1: {}}
	for _, e := range l.events {
		heads[e.Chain] = Head{Seq: e.Seq, Pruned: heads[e.Chain].Pruned}
	}
	return heads, nil
}

func (l *log) ChainEvents(_ context.Context, chain int, after, upTo int64, names []event.Name, limit int) ([]event.Event, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var found []event.Event
	for _, e := range l.events {
		if len(found) == limit {
			break
		}
		if e.Chain == chain && e.Seq > after && e.Seq <= upTo && slices.Contains(names, e.Name) {
			found = append(found, e)
		}
	}
	return found, nil
}

func (l *log) EventsSince(_ context.Context, since time.Time, names []event.Name, _ int) ([]event.Event, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var found []event.Event
	for _, e := range l.events {
		if !e.At.Before(since) && slices.Contains(names, e.Name) {
			found = append(found, e)
		}
	}
	return found, nil
}

func (l *log) add(e event.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e.Seq = 1
	for _, have := range l.events {
		if have.Chain == e.Chain {
			e.Seq = have.Seq + 1
		}
	}
	e.At = time.Now()
	l.events = append(l.events, e)
}

func TestAfter(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := &log{}
		feed := New(l, time.Now)
		l.add(event.Event{Name: event.LoginSuccess, SessionID: "s1"})
		b, err := feed.History(t.Context(), time.Hour)
		if err != nil || len(b.Ended) != 0 {
			t.Fatal(b, err)
		}
		began := time.Now()
		go func() {
			time.Sleep(10 * time.Second)
			l.add(event.Event{Chain: 1, Name: event.TokenRevoked, SessionID: "s1", IdentityID: "i1"})
		}()
		b, err = feed.After(t.Context(), b.Next, began.Add(time.Minute))
		if err != nil || len(b.Ended) != 1 || b.Ended[0].SessionID != "s1" {
			t.Fatal(b, err)
		}
		if late := time.Since(began) - 10*time.Second; late > Bound/2 {
			t.Errorf("an end is told %v late, want less than half of the bound", late)
		}
		b, err = feed.After(t.Context(), b.Next, time.Now().Add(time.Second))
		if err != nil || len(b.Ended) != 0 {
			t.Errorf("an end is told twice: %v, %v", b, err)
		}
		old := b.Next
		l.add(event.Event{Name: event.UserDeleted, IdentityID: "i2", Details: map[string]string{DetailEnded: "s2,s3"}})
		time.Sleep(time.Second)
		b, err = feed.After(t.Context(), old, time.Now())
		if err != nil || len(b.Ended) != 3 || b.Ended[1].SessionID != "s3" || !b.Ended[2].All || b.Ended[2].IdentityID != "i2" {
			t.Errorf("%+v, %v", b, err)
		}
		if all, err := feed.History(t.Context(), time.Hour); err != nil || len(all.Ended) != 4 {
			t.Errorf("%+v, %v", all, err)
		}
	})
}

func TestAfter_gone(t *testing.T) {
	t.Parallel()
	l := &log{pruned: 5, events: []event.Event{{Seq: 9}}}
	for _, p := range []Position{{0: 4}, {0: 10}} {
		if _, err := New(l, time.Now).After(t.Context(), p, time.Time{}); !errors.Is(err, ErrGone) {
			t.Errorf("%v: %v", p, err)
		}
	}
}

func TestFeed_boundsABatch(t *testing.T) {
	t.Parallel()
	listed := func(n int) event.Event {
		ids := strings.TrimSuffix(strings.Repeat("s,", n), ",")
		return event.Event{Seq: 1, Name: event.TokenRevoked, At: time.Now(), Details: map[string]string{DetailEnded: ids}}
	}
	many := slices.Repeat([]event.Event{listed(100)}, maxHistory/100+1)
	for i := range many {
		many[i].Seq = int64(i + 1)
	}
	for name, events := range map[string][]event.Event{"many events": many, "many sessions in one": {listed(maxHistory + 1)}} {
		feed := New(&log{events: events}, time.Now)
		if b, err := feed.After(t.Context(), Position{0: 0, 1: 0}, time.Time{}); !errors.Is(err, ErrGone) {
			t.Errorf("%s after a position: %d, %v", name, len(b.Ended), err)
		}
		if b, err := feed.History(t.Context(), time.Hour); err == nil {
			t.Errorf("%s without a position: %d", name, len(b.Ended))
		}
	}
	feed := New(&log{events: many[:maxHistory/100]}, time.Now)
	if b, err := feed.After(t.Context(), Position{}, time.Time{}); err != nil || len(b.Ended) != maxHistory || !b.Since.IsZero() {
		t.Errorf("as many as may be: %d, %v", len(b.Ended), err)
	}
	if b, err := feed.History(t.Context(), time.Hour); err != nil || len(b.Ended) != maxHistory || b.AsOf.Sub(b.Since) != time.Hour+ClockSlack {
		t.Errorf("as many as may be: %d from %v, %v", len(b.Ended), b.Since, err)
	}
}

func TestClose(t *testing.T) {
	t.Parallel()
	feed := New(&log{}, time.Now)
	for range maxReaders {
		if _, err := feed.Enter(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := feed.Enter(); !errors.Is(err, ErrBusy) {
		t.Error(err)
	}
	feed.Close()
	feed.Close()
	if _, err := feed.After(t.Context(), Position{}, time.Now().Add(time.Hour)); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
}

func TestParsePosition(t *testing.T) {
	t.Parallel()
	for _, p := range []Position{{0: 12}, {0: 1, 15: 99999}} {
		if got, err := ParsePosition(p.String()); err != nil || got.String() != p.String() {
			t.Errorf("%v became %v: %v", p, got, err)
		}
	}
	for _, text := range []string{"", "1", "a.b", "-1.2", "0.-1", "0.1-", "0.99999999999999999999"} {
		if got, err := ParsePosition(text); err == nil {
			t.Errorf("%q is %v", text, got)
		}
	}
}
