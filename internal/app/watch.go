package app

import (
	"context"
	"log/slog"

	"symbolon/internal/courier"
	"symbolon/internal/metrics"
)

// watch registers the gauges that are read from their owners when scraped.
func (a *App) watch() {
	m := a.metrics
	m.Counter("symbolon_session_cache_hits_total", "Session checks answered from memory.", func() float64 { return float64(a.sessions.CacheStats().Hits) })
	m.Counter("symbolon_session_cache_misses_total", "Session checks that asked the database.", func() float64 { return float64(a.sessions.CacheStats().Misses) })
	m.Counter("symbolon_session_cache_deaf_total", "Session checks that asked the database because other nodes had not been heard of.", func() float64 { return float64(a.sessions.CacheStats().Deaf) })
	m.Gauge("symbolon_session_cache_entries", "Sessions kept in memory.", func() float64 { return float64(a.sessions.CacheStats().Entries) })
	m.Gauge("symbolon_changes_lag_seconds", "How long ago this node heard of the changes of others; 0 if there are no others.", func() float64 { return a.sessions.CacheStats().Heard.Seconds() })
	m.Gauge("symbolon_hashing_running", "Password hashes being computed.", func() float64 { return float64(a.current.Load().hasher.Stats().Running) })
	m.Gauge("symbolon_hashing_waiting", "Requests that wait for memory to hash a password.", func() float64 { return float64(a.current.Load().hasher.Stats().Waiting) })
	m.Gauge("symbolon_hashing_memory_bytes", "Memory in use by password hashes.", func() float64 { return float64(a.current.Load().hasher.Stats().InUse) })
	m.Gauge("symbolon_hashing_budget_bytes", "Memory that password hashes may use together.", func() float64 { return float64(a.current.Load().hasher.Stats().Budget) })
	m.Read(a.queue)
}

// queue reads how the courier is doing.
func (a *App) queue(ctx context.Context) []metrics.Reading {
	o, err := a.current.Load().outbox.Overview(ctx)
	if err != nil {
		a.log.WarnContext(ctx, "queue of the courier could not be read for the metrics", slog.Any("error", err))
		return nil
	}
	var age float64
	if !o.Oldest.IsZero() {
		age = a.now().Sub(o.Oldest).Seconds()
	}
	list := []metrics.Reading{{
		Name: "symbolon_courier_oldest_age_seconds", Help: "How long the oldest message that is not sent has waited; 0 if none waits.", Value: age,
	}}
	for _, status := range courier.Statuses {
		list = append(list, metrics.Reading{
			Name: "symbolon_courier_messages", Help: "Messages in the queue, by status. What is dead needs an operator.",
			Labels: map[string]string{"status": string(status)}, Value: float64(o.Counts[status]),
		})
	}
	return list
}
