package metrics

import (
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/symbolon/symbolon/internal/flow"
)

// HistorySpan is how far back a History goes.
const HistorySpan = 24 * time.Hour

// Minute is what happened in one minute.
type Minute struct {
	Start time.Time
	Counts
}

// Counts are what is counted over time.
type Counts struct {
	Requests      int     // answered by the public listener
	Failures      int     // of them, answered with a status of 500 or more
	Seconds       float64 // spent on all of them together
	Logins        Outcomes
	Registrations Outcomes
}

// Outcomes are submissions by how they ended.
type Outcomes struct {
	Succeeded int
	Rejected  int // what was sent was wrong, or it was refused
	Held      int // too many attempts
	Failed    int // the server's fault
}

// Add adds what happened in another stretch of time.
func (c *Counts) Add(other Counts) {
	c.Requests += other.Requests
	c.Failures += other.Failures
	c.Seconds += other.Seconds
	c.Logins.add(other.Logins)
	c.Registrations.add(other.Registrations)
}

func (o *Outcomes) add(other Outcomes) {
	o.Succeeded += other.Succeeded
	o.Rejected += other.Rejected
	o.Held += other.Held
	o.Failed += other.Failed
}

// less returns what has been added since an earlier count.
func (c Counts) less(before Counts) Counts {
	return Counts{
		Requests: c.Requests - before.Requests, Failures: c.Failures - before.Failures, Seconds: c.Seconds - before.Seconds,
		Logins: c.Logins.less(before.Logins), Registrations: c.Registrations.less(before.Registrations),
	}
}

func (o Outcomes) less(before Outcomes) Outcomes {
	return Outcomes{
		Succeeded: o.Succeeded - before.Succeeded, Rejected: o.Rejected - before.Rejected,
		Held: o.Held - before.Held, Failed: o.Failed - before.Failed,
	}
}

// History keeps what the collectors count by the minute, for a day, in a ring of
// some 100 kB. It reads the collectors when it is told to, so requests cost what
// they cost without it. It is gone with the process, as the counts are.
type History struct {
	now    func() time.Time
	counts *prometheus.Registry // of the collectors that it reads, and no others

	mu   sync.Mutex
	ring [int(HistorySpan / time.Minute)]Minute
	last Counts // since the start of the process
}

// NewHistory returns an empty history of the collectors.
func (m *Metrics) NewHistory(now func() time.Time) *History {
	h := &History{now: now, counts: prometheus.NewRegistry()}
	h.counts.MustRegister(m.requests, m.submissions)
	return h
}

// Note adds what has been counted since the last time to the present minute. The
// more often it is called the truer the minutes are.
func (h *History) Note() {
	h.mu.Lock()
	defer h.mu.Unlock()
	total, err := h.total()
	if err != nil {
		return // two collectors disagree, which the metrics endpoint tells
	}
	h.slot(h.now().Truncate(time.Minute)).Add(total.less(h.last))
	h.last = total
}

// slot returns the place of a minute, emptied of the minute a day before.
func (h *History) slot(start time.Time) *Minute {
	m := &h.ring[h.index(start)]
	if !m.Start.Equal(start) {
		*m = Minute{Start: start}
	}
	return m
}

func (h *History) index(start time.Time) int {
	n := int64(len(h.ring))
	return int((start.Unix()/60%n + n) % n)
}

// Minutes returns so many minutes, at most those of HistorySpan, the present one
// last. Those in which nothing was noted are empty.
func (h *History) Minutes(n int) []Minute {
	h.Note()
	h.mu.Lock()
	defer h.mu.Unlock()
	n = min(max(n, 0), len(h.ring))
	out := make([]Minute, n)
	start := h.now().Truncate(time.Minute)
	for i := n - 1; i >= 0; i-- {
		out[i].Start = start
		if kept := h.ring[h.index(start)]; kept.Start.Equal(start) {
			out[i] = kept
		}
		start = start.Add(-time.Minute)
	}
	return out
}

// total reads the collectors.
func (h *History) total() (Counts, error) {
	families, err := h.counts.Gather()
	if err != nil {
		return Counts{}, err
	}
	var c Counts
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			labels := map[string]string{}
			for _, label := range metric.GetLabel() {
				labels[label.GetName()] = label.GetValue()
			}
			if histogram := metric.GetHistogram(); histogram != nil {
				c.answered(labels, int(histogram.GetSampleCount()), histogram.GetSampleSum())
			} else {
				c.submitted(labels, int(metric.GetCounter().GetValue()))
			}
		}
	}
	return c, nil
}

func (c *Counts) answered(labels map[string]string, n int, seconds float64) {
	if labels["listener"] != "public" {
		return
	}
	c.Requests += n
	c.Seconds += seconds
	if labels["status"] >= "500" {
		c.Failures += n
	}
}

func (c *Counts) submitted(labels map[string]string, n int) {
	var to *Outcomes
	switch flow.Kind(labels["kind"]) {
	case flow.Login:
		to = &c.Logins
	case flow.Registration:
		to = &c.Registrations
	default:
		return
	}
	switch labels["outcome"] {
	case "success":
		to.Succeeded += n
	case "throttled":
		to.Held += n
	case "error", "unavailable":
		to.Failed += n
	case "rejected", "refused":
		to.Rejected += n
	}
}
