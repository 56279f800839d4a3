package metrics

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/symbolon/symbolon/internal/flow"
)

// clock is the time that a test chooses.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

func (c *clock) pass(d time.Duration) { c.at = c.at.Add(d) }

func newClock() *clock { return &clock{time.Date(2026, 1, 2, 12, 0, 30, 0, time.UTC)} }

func counts(minutes []Minute) []Counts {
	out := make([]Counts, len(minutes))
	for i, m := range minutes {
		out[i] = m.Counts
	}
	return out
}

func TestHistoryTellsTheMinutesApart(t *testing.T) {
	t.Parallel()
	c := newClock()
	m := New("test")
	h := m.NewHistory(c.now)
	m.Observe("public", "/a", http.MethodGet, 200, time.Second/2)
	m.Observe("public", "/a", http.MethodGet, 503, time.Second/2)
	m.Observe("admin", "/a", http.MethodGet, 500, time.Second)
	m.Submitted(flow.Login, "password", "success")
	m.Submitted(flow.Login, "oidc", "success")
	h.Note()
	c.pass(time.Minute)
	for _, outcome := range []string{"rejected", "refused", "throttled", "error", "unavailable", "waiting"} {
		m.Submitted(flow.Login, "password", outcome)
	}
	m.Submitted(flow.Registration, "password", "success")
	m.Submitted(flow.Recovery, "link", "success")
	h.Note()
	m.Submitted(flow.Registration, "password", "rejected")
	c.pass(2 * time.Minute)
	m.Observe("public", "/b", http.MethodGet, 200, time.Second)
	got := h.Minutes(5)
	want := []Counts{
		{},
		{Requests: 2, Failures: 1, Seconds: 1, Logins: Outcomes{Succeeded: 2}},
		{Logins: Outcomes{Rejected: 2, Held: 1, Failed: 2}, Registrations: Outcomes{Succeeded: 1}},
		{},
		{Requests: 1, Seconds: 1, Registrations: Outcomes{Rejected: 1}},
	}
	if diff := cmp.Diff(want, counts(got)); diff != "" {
		t.Errorf("minutes (-want +got)\n%s", diff)
	}
	if last := got[4].Start; !last.Equal(time.Date(2026, 1, 2, 12, 3, 0, 0, time.UTC)) || !got[0].Start.Equal(last.Add(-4*time.Minute)) {
		t.Errorf("they start at %v to %v", got[0].Start, last)
	}
}

func TestHistoryForgetsWhatIsADayOld(t *testing.T) {
	t.Parallel()
	c := newClock()
	m := New("test")
	h := m.NewHistory(c.now)
	most := int(HistorySpan / time.Minute)
	m.Submitted(flow.Login, "password", "success")
	h.Note()
	c.pass(HistorySpan - time.Minute)
	if got := h.Minutes(1 << 30); len(got) != most || got[0].Logins.Succeeded != 1 {
		t.Errorf("after a minute less than a day: %d minutes, the first %+v", len(got), got[0])
	}
	c.pass(time.Minute)
	m.Submitted(flow.Login, "password", "rejected")
	total := Counts{}
	for _, minute := range h.Minutes(most) {
		total.Add(minute.Counts)
	}
	if total.Logins != (Outcomes{Rejected: 1}) {
		t.Errorf("a day later: %+v", total.Logins)
	}
	c.pass(-3 * HistorySpan) // a clock that is set back
	if got := h.Minutes(2); got[0].Counts != (Counts{}) || got[1].Counts != (Counts{}) {
		t.Errorf("under a clock that was set back: %+v", got)
	}
}

func TestHistoryIsReadWhileItIsWritten(t *testing.T) {
	t.Parallel()
	c := newClock()
	m := New("test")
	h := m.NewHistory(c.now)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 200 {
			m.Submitted(flow.Login, "password", "success")
			h.Note()
		}
	}()
	for range 20 {
		h.Minutes(60)
	}
	<-done
	if got := h.Minutes(1)[0].Logins.Succeeded; got != 200 {
		t.Errorf("%d of 200 are counted", got)
	}
}
