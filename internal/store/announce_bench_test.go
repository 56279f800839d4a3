package store_test

import (
	"testing"

	"github.com/symbolon/symbolon/internal/secret"
	"github.com/symbolon/symbolon/internal/store/storetest"
	"github.com/symbolon/symbolon/test/databases"
)

// BenchmarkAnnounce is transactions that record a change, many at a time.
func BenchmarkAnnounce(b *testing.B) {
	for _, name := range databases.Servers() {
		b.Run(name, func(b *testing.B) {
			db := storetest.OpenDSN(b, databases.DSN(b, name))
			b.SetParallelism(8)
			b.RunParallel(func(p *testing.PB) {
				for p.Next() {
					if err := db.RevokeSessions(b.Context(), secret.NewID(), ""); err != nil {
						b.Error(err)
					}
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "commits/s")
		})
	}
}
