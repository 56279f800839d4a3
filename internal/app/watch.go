package app

// watch registers the gauges that are read from their owners when scraped.
func (a *App) watch() {
	m := a.metrics
	m.Counter("symbolon_session_cache_hits_total", "Session checks answered from memory.", func() float64 {
		hits, _, _ := a.sessions.CacheStats()
		return float64(hits)
	})
	m.Counter("symbolon_session_cache_misses_total", "Session checks that asked the database.", func() float64 {
		_, misses, _ := a.sessions.CacheStats()
		return float64(misses)
	})
	m.Gauge("symbolon_session_cache_entries", "Sessions kept in memory.", func() float64 {
		_, _, entries := a.sessions.CacheStats()
		return float64(entries)
	})
	m.Gauge("symbolon_hashing_running", "Password hashes being computed.", func() float64 { return float64(a.current.Load().hasher.Stats().Running) })
	m.Gauge("symbolon_hashing_waiting", "Requests that wait for memory to hash a password.", func() float64 { return float64(a.current.Load().hasher.Stats().Waiting) })
	m.Gauge("symbolon_hashing_memory_bytes", "Memory in use by password hashes.", func() float64 { return float64(a.current.Load().hasher.Stats().InUse) })
	m.Gauge("symbolon_hashing_budget_bytes", "Memory that password hashes may use together.", func() float64 { return float64(a.current.Load().hasher.Stats().Budget) })
}
