package storetest

import (
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/symbolon/symbolon/internal/courier"
	"github.com/symbolon/symbolon/internal/errs"
)

func messageClaimTests() []test {
	return []test{
		{"a claimed message is leased with a try counted", claimOne},
		{"only due messages are claimed, the longest due first and no more than asked for", claimInOrder},
		{"a leased message is not claimed again", claimLeased},
		{"a message whose lease has run out is claimed with another try counted", claimExpiredLease},
		{"of many who claim at once each message goes to one", claimOnce},
		{"of many who claim an abandoned message at once one gets it", claimAbandonedOnce},
		{"an outcome is stored under the lease", settle},
		{"an outcome without the lease is stale and changes nothing", settleStale},
		{"an outcome is stored once", settleTwice},
		{"the next message is the earliest due or abandoned", nextMessage},
	}
}

// lease is how long claims of these tests are good for.
const lease = time.Minute

func claim(t testing.TB, s Store, by string, now time.Time, limit int) []*courier.Stored {
	t.Helper()
	return got(s.ClaimMessages(t.Context(), by, now, now.Add(lease), limit))(t)
}

func idsOf(messages []*courier.Stored) []string {
	ids := []string{}
	for _, m := range messages {
		ids = append(ids, m.ID)
	}
	return ids
}

func claimOne(t *testing.T, s Store) {
	m := mustMessage(t, s, func(*courier.Stored) {})
	claimed := claim(t, s, "one", Now, 10)
	m.Status, m.Lease, m.Tries, m.NextTry = courier.Sending, "one", 1, Now.Add(lease).Truncate(time.Microsecond)
	wantSame(t, claimed, []*courier.Stored{m})
	wantMessage(t, s, m)
}

func claimInOrder(t *testing.T, s Store) {
	due := map[time.Duration]string{}
	for _, ago := range []time.Duration{2 * time.Hour, -time.Microsecond, 3 * time.Hour, time.Hour, 0, -time.Hour} {
		due[ago] = mustMessage(t, s, func(m *courier.Stored) { m.NextTry = Now.Add(-ago) }).ID
	}
	for _, status := range []courier.Status{courier.Sent, courier.Dead} {
		mustMessage(t, s, func(m *courier.Stored) { m.Status, m.NextTry = status, Now.Add(-time.Hour) })
	}
	wantSame(t, idsOf(claim(t, s, "one", Now, 2)), []string{due[3*time.Hour], due[2*time.Hour]})
	wantSame(t, idsOf(claim(t, s, "one", Now, 10)), []string{due[time.Hour], due[0]})
	wantSame(t, idsOf(claim(t, s, "one", Now, 10)), []string{})
}

func claimLeased(t *testing.T, s Store) {
	mustMessage(t, s, func(*courier.Stored) {})
	claim(t, s, "one", Now, 1)
	for _, by := range []string{"one", "two"} {
		wantSame(t, idsOf(claim(t, s, by, Now.Add(lease-time.Microsecond), 10)), []string{})
	}
}

func claimExpiredLease(t *testing.T, s Store) {
	m := mustMessage(t, s, func(*courier.Stored) {})
	claim(t, s, "one", Now, 1)
	again := claim(t, s, "two", Now.Add(lease), 10)
	wantSame(t, idsOf(again), []string{m.ID})
	if again[0].Tries != 2 || again[0].Lease != "two" {
		t.Errorf("claimed by %q with %d tries, want two of two", again[0].Lease, again[0].Tries)
	}
	wantMessage(t, s, again[0])
}

func claimOnce(t *testing.T, s Store) {
	const messages, dispatchers = 40, 8
	var want []string
	for range messages {
		want = append(want, mustMessage(t, s, func(*courier.Stored) {}).ID)
	}
	var mu sync.Mutex
	var claimed []string
	var wg sync.WaitGroup
	for range dispatchers {
		wg.Go(func() {
			for range 3 * messages {
				found, err := s.ClaimMessages(t.Context(), "one of many", Now, Now.Add(lease), 3)
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				claimed = append(claimed, idsOf(found)...)
				enough := len(claimed) >= messages
				mu.Unlock()
				if enough {
					return
				}
			}
		})
	}
	wg.Wait()
	slices.Sort(claimed)
	wantSame(t, claimed, want)
}

func claimAbandonedOnce(t *testing.T, s Store) {
	m := mustMessage(t, s, func(*courier.Stored) {})
	claim(t, s, "crashed", Now, 1)
	var mu sync.Mutex
	var claimed []string
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			// The same name: what tells claims apart is the try.
			found, err := s.ClaimMessages(t.Context(), "crashed", Now.Add(lease), Now.Add(2*lease), 3)
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			claimed = append(claimed, idsOf(found)...)
		})
	}
	wg.Wait()
	wantSame(t, claimed, []string{m.ID})
}

func settle(t *testing.T, s Store) {
	for _, change := range []func(*courier.Stored){
		func(m *courier.Stored) { m.Status, m.Sealed, m.SentAt = courier.Sent, "", Now },
		func(m *courier.Stored) { m.Status, m.LastError = courier.Dead, "no such user" },
		func(m *courier.Stored) {
			m.Status, m.LastError, m.NextTry = courier.Queued, "try again", Now.Add(time.Hour)
		},
	} {
		mustMessage(t, s, func(*courier.Stored) {})
		m := claim(t, s, "one", Now, 1)[0]
		change(m)
		must(t, s.RecordDelivery(t.Context(), m))
		m.SentAt, m.NextTry = m.SentAt.Truncate(time.Microsecond), m.NextTry.Truncate(time.Microsecond)
		wantMessage(t, s, m)
	}
}

func settleStale(t *testing.T, s Store) {
	mustMessage(t, s, func(*courier.Stored) {})
	late := claim(t, s, "one", Now, 1)[0]
	now := claim(t, s, "two", Now.Add(lease), 1)[0]
	late.Status, late.LastError = courier.Dead, "too late"
	wantError(t, s.RecordDelivery(t.Context(), late), errs.ErrStale)
	wantMessage(t, s, now)

	forged := *late
	forged.Lease = now.Lease // the right name but an earlier try
	wantError(t, s.RecordDelivery(t.Context(), &forged), errs.ErrStale)
	wantMessage(t, s, now)

	unknown := NewMessage()
	wantError(t, s.RecordDelivery(t.Context(), unknown), errs.ErrStale)
}

func settleTwice(t *testing.T, s Store) {
	mustMessage(t, s, func(*courier.Stored) {})
	m := claim(t, s, "one", Now, 1)[0]
	m.Status, m.SentAt = courier.Sent, Now.Truncate(time.Microsecond)
	must(t, s.RecordDelivery(t.Context(), m))
	other := *m
	other.Status = courier.Dead
	wantError(t, s.RecordDelivery(t.Context(), &other), errs.ErrStale)
	wantMessage(t, s, m)
}

func nextMessage(t *testing.T, s Store) {
	want := func(at time.Time) {
		t.Helper()
		next, ok, err := s.NextMessage(t.Context())
		must(t, err)
		if ok == at.IsZero() || next != at.Truncate(time.Microsecond) {
			t.Errorf("next is %v, %v, want %v", next, ok, at)
		}
	}
	want(time.Time{})
	for _, status := range []courier.Status{courier.Sent, courier.Dead} {
		mustMessage(t, s, func(m *courier.Stored) { m.Status, m.NextTry = status, Now.Add(-time.Hour) })
	}
	want(time.Time{})
	mustMessage(t, s, func(*courier.Stored) {})
	want(Now)
	claim(t, s, "one", Now, 1)
	want(Now.Add(lease))
	mustMessage(t, s, func(m *courier.Stored) { m.NextTry = Now.Add(time.Second) })
	want(Now.Add(time.Second))
}
