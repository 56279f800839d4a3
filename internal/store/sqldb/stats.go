package sqldb

import (
	"context"
	"fmt"
	"time"
)

// Stats are the figures of the database at this moment.
type Stats struct {
	Open, InUse, Idle int           // connections for reading, on servers for writing too
	ReadWaits         int64         // how often a query waited for such a connection, so far
	ReadWait          time.Duration // sum of these waits

	Queue     int           // writes that wait to run
	Batches   uint64        // commits so far
	Writes    uint64        // transactions committed in them
	WriteWait time.Duration // from call to answer, sum over all writes
	Retries   uint64        // reads and writes retried after a conflict or a lost connection
	Missed    uint64        // lists that the primary answered because the replica failed
}

// AverageBatch is how many transactions share a commit; 0 before the first.
func (s Stats) AverageBatch() float64 {
	if s.Batches == 0 {
		return 0
	}
	return float64(s.Writes) / float64(s.Batches)
}

// Stats returns the figures without a query.
func (db *DB) Stats() Stats {
	reads := db.reads.sql.Stats()
	s := Stats{
		Open: reads.OpenConnections, InUse: reads.InUse, Idle: reads.Idle,
		ReadWaits: reads.WaitCount, ReadWait: reads.WaitDuration,
	}
	if db.retry != nil {
		s.Retries = db.retry.count.Load()
	}
	if db.replica != nil {
		s.Missed = db.replica.missed.Load()
	}
	db.writes.stats(&s)
	return s
}

// TableSizes counts the rows of each table. It reads all of them, so it is
// for occasional use.
func (db *DB) TableSizes(ctx context.Context) (map[string]int64, error) {
	names, err := db.Tables(ctx)
	if err != nil {
		return nil, fmt.Errorf("list tables: %w", err)
	}
	sizes := map[string]int64{}
	for _, name := range names {
		var rows int64
		err := db.ListOnReplica(ctx, func(scan ScanFunc) error { return scan(&rows) }, `SELECT COUNT(*) FROM `+name)
		if err != nil {
			return nil, fmt.Errorf("count rows of %s: %w", name, err)
		}
		sizes[name] = rows
	}
	return sizes, nil
}
