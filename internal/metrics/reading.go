package metrics

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Reading is a figure as it is when scraped.
type Reading struct {
	Name, Help string
	Labels     map[string]string
	Value      float64
}

// readWithin bounds how long a scrape waits for a database.
const readWithin = 2 * time.Second

// Read registers figures that are read together when scraped, such as those that one
// query tells. Where they can't be read, read returns none and the others are served
// alone.
func (m *Metrics) Read(read func(context.Context) []Reading) {
	m.registry.MustRegister(readings(read))
}

// readings is an unchecked collector: its labels are not known before it is read.
type readings func(context.Context) []Reading

// Describe implements prometheus.Collector.
func (readings) Describe(chan<- *prometheus.Desc) {}

// Collect implements prometheus.Collector.
func (r readings) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), readWithin) //nolint:forbidigo // a collector knows no caller
	defer cancel()
	for _, reading := range r(ctx) {
		about := prometheus.NewDesc(reading.Name, reading.Help, nil, reading.Labels)
		to <- prometheus.MustNewConstMetric(about, prometheus.GaugeValue, reading.Value)
	}
}
