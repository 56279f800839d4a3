// Package metrics owns the Prometheus collectors, their endpoint and a day of what
// they counted.
//
// It does not measure: the layers report to it through small interfaces they
// declare themselves, and gauges read their owners when scraped. Labels are
// route patterns, kinds and outcomes, never paths, ids or names, so their number
// is bounded.
package metrics
