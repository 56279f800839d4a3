package metrics

import (
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/common/expfmt"

	"github.com/symbolon/symbolon/internal/flow"
)

// Metrics is the set of collectors of one server.
type Metrics struct {
	registry    *prometheus.Registry
	requests    *prometheus.HistogramVec
	submissions *prometheus.CounterVec
	started     *prometheus.CounterVec

	// resolved keeps the histogram of each combination of labels, since the
	// vector's own look-up costs more than the observation.
	resolved sync.Map // requestLabels to prometheus.Observer
}

type requestLabels struct {
	listener, route, method string
	status                  int
}

// New returns the collectors, the Go runtime's and the process's among them.
func New(version string) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "symbolon_http_request_duration_seconds", Help: "Time to answer a request, by route pattern.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10},
		}, []string{"listener", "route", "method", "status"}),
		submissions: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "symbolon_flow_submissions_total",
			Help: "Submissions by kind of flow, method and outcome (success, rejected, refused, throttled, waiting, unavailable, error).",
		}, []string{"kind", "method", "outcome"}),
		started: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "symbolon_flows_started_total", Help: "Flows started, by kind and client.",
		}, []string{"kind", "client"}),
	}
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "symbolon_build_info", Help: "Always 1; the label is the version.",
		ConstLabels: prometheus.Labels{"version": version},
	})
	build.Set(1)
	m.registry.MustRegister(
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		m.requests, m.submissions, m.started, build,
	)
	return m
}

// Gauge registers a value that is read when scraped.
func (m *Metrics) Gauge(name, help string, read func() float64) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, read))
}

// Counter registers a growing total that is read when scraped.
func (m *Metrics) Counter(name, help string, read func() float64) {
	m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help}, read))
}

// Handler is the endpoint, always in the Prometheus text format 0.0.4: every
// scraper reads it, and what v0.5 was asked for is answered the same.
func (m *Metrics) Handler() http.Handler {
	format := expfmt.NewFormat(expfmt.TypeTextPlain)
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		families, err := m.registry.Gather()
		if err != nil {
			http.Error(w, "metrics could not be gathered", http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", string(format))
		encoder := expfmt.NewEncoder(w, format)
		for _, family := range families {
			if encoder.Encode(family) != nil {
				return // the client is gone
			}
		}
	})
}

// Observe records a request.
func (m *Metrics) Observe(listener, route, method string, status int, took time.Duration) {
	key := requestLabels{listener, route, known(method), status}
	observer, ok := m.resolved.Load(key)
	if !ok {
		observer, _ = m.resolved.LoadOrStore(key, m.requests.WithLabelValues(listener, route, key.method, strconv.Itoa(status)))
	}
	observer.(prometheus.Observer).Observe(took.Seconds()) //nolint:forcetypeassert // nothing else is stored
}

// known bounds the method label: clients may send any word.
func known(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return method
	}
	return "other"
}

// Submitted records how a submission ended.
func (m *Metrics) Submitted(k flow.Kind, method, outcome string) {
	m.submissions.WithLabelValues(string(k), method, outcome).Inc()
}

// Started records a new flow.
func (m *Metrics) Started(k flow.Kind, c flow.Client) {
	m.started.WithLabelValues(string(k), string(c)).Inc()
}
