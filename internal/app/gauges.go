package app

import (
	"context"
	"log/slog"
	"time"

	"github.com/symbolon/symbolon/internal/courier"
	"github.com/symbolon/symbolon/internal/metrics"
)

// registerMetrics registers the metrics that are read at scrape time.
func (a *App) registerMetrics() {
	m := a.metrics
	m.Counter("symbolon_session_cache_hits_total", "Session checks answered from memory.", func() float64 { return float64(a.sessions.CacheStats().Hits) })
	m.Counter("symbolon_session_cache_misses_total", "Session checks that asked the database.", func() float64 { return float64(a.sessions.CacheStats().Misses) })
	m.Counter("symbolon_session_cache_deaf_total", "Session checks that asked the database because invalidations from other nodes were overdue.", func() float64 { return float64(a.sessions.CacheStats().Stale) })
	m.Gauge("symbolon_session_cache_entries", "Sessions kept in memory.", func() float64 { return float64(a.sessions.CacheStats().Entries) })
	m.Gauge("symbolon_changes_lag_seconds", "Seconds since this node last received the changes of other nodes; 0 if there are none.", func() float64 { return a.sessions.CacheStats().SinceInvalidations.Seconds() })
	m.Gauge("symbolon_hashing_running", "Password hashes being computed.", func() float64 { return float64(a.current.Load().hasher.Stats().Running) })
	m.Counter("symbolon_hashing_total", "Password hashes begun under the present configuration.", func() float64 { return float64(a.current.Load().hasher.Stats().Total) })
	m.Gauge("symbolon_hashing_waiting", "Requests that wait for memory to hash a password.", func() float64 { return float64(a.current.Load().hasher.Stats().Waiting) })
	m.Gauge("symbolon_hashing_memory_bytes", "Memory in use by password hashes.", func() float64 { return float64(a.current.Load().hasher.Stats().InUse) })
	m.Gauge("symbolon_hashing_budget_bytes", "Memory that password hashes may use together.", func() float64 { return float64(a.current.Load().hasher.Stats().Budget) })
	m.Gauge("symbolon_clock_offset_seconds", "How far the clock of the database server is ahead of this node's; 0 within a second, and on SQLite.", func() float64 { return time.Duration(a.clockOffset.Load()).Seconds() })
	m.Counter("symbolon_cleanup_removed_total", "Rows that this node removed because they had ended.", func() float64 { return float64(a.removed.Load()) })
	m.Gauge("symbolon_cleanup_longest_batch_seconds", "How long the slowest batch of clean-up took since this node started; on SQLite others wait so long to write.", func() float64 { return time.Duration(a.longestBatch.Load()).Seconds() })
	m.Counter("symbolon_database_commits_total", "Commits of this node.", func() float64 { return float64(a.db.Stats().Batches) })
	m.Counter("symbolon_database_transactions_total", "Transactions committed by this node.", func() float64 { return float64(a.db.Stats().Writes) })
	m.Counter("symbolon_database_retries_total", "Reads and writes done again after a conflict or a lost connection.", func() float64 { return float64(a.db.Stats().Retries) })
	m.Counter("symbolon_database_replica_missed_total", "Lists answered by the primary because the replica failed.", func() float64 { return float64(a.db.Stats().Missed) })
	m.Counter("symbolon_database_write_seconds_total", "Total time of writes, with the wait in the queue.", func() float64 { return a.db.Stats().WriteWait.Seconds() })
	m.Counter("symbolon_database_connection_waits_total", "Queries that waited for a connection.", func() float64 { return float64(a.db.Stats().ReadWaits) })
	m.Counter("symbolon_database_connection_wait_seconds_total", "Total time that queries waited for a connection.", func() float64 { return a.db.Stats().ReadWait.Seconds() })
	m.Gauge("symbolon_database_queue", "Writes that wait for their turn.", func() float64 { return float64(a.db.Stats().Queue) })
	m.Read(a.connections)
	m.Read(a.tables)
	m.Read(a.queue)
}

// connections reads how the pool is used.
func (a *App) connections(context.Context) []metrics.Reading {
	s := a.db.Stats()
	var list []metrics.Reading
	for state, count := range map[string]int{"in_use": s.InUse, "idle": s.Idle} {
		list = append(list, metrics.Reading{
			Name: "symbolon_database_connections", Help: "Connections that are open, by state.",
			Labels: map[string]string{"state": state}, Value: float64(count),
		})
	}
	return list
}

// tables reads how many rows there were at the last clean-up: to count them takes too
// long for each scrape.
func (a *App) tables(context.Context) []metrics.Reading {
	sizes := a.sizes.Load()
	if sizes == nil {
		return nil
	}
	var list []metrics.Reading
	for table, rows := range *sizes {
		list = append(list, metrics.Reading{
			Name: "symbolon_table_rows", Help: "Rows of each table at the last clean-up.",
			Labels: map[string]string{"table": table}, Value: float64(rows),
		})
	}
	return list
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
			Name: "symbolon_courier_messages", Help: "Messages in the queue by status, counted up to 10,000. Dead ones need an operator.",
			Labels: map[string]string{"status": string(status)}, Value: float64(o.Counts[status]),
		})
	}
	return list
}
