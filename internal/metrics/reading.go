package metrics

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Reading is a value that is read at scrape time.
type Reading struct {
	Name, Help string
	Labels     map[string]string
	Value      float64
}

// readWithin bounds how long a scrape waits for a database.
const readWithin = 2 * time.Second

// Read registers a function that returns several values at each scrape, for example from
// one query. If it fails it returns none, and they are left out.
func (m *Metrics) Read(read func(context.Context) []Reading) {
	m.registry.MustRegister(readings(read))
}

// readings is an unchecked collector: its labels are not known before it is read.
type readings func(context.Context) []Reading

// Describe implements prometheus.Collector.
func (readings) Describe(chan<- *prometheus.Desc) {}

// Collect implements prometheus.Collector.
func (r readings) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), readWithin) //nolint:forbidigo // Collect gets no context
	defer cancel()
	for _, reading := range r(ctx) {
		about := prometheus.NewDesc(reading.Name, reading.Help, nil, reading.Labels)
		to <- prometheus.MustNewConstMetric(about, prometheus.GaugeValue, reading.Value)
	}
}
