package store

import (
	"context"
	"fmt"
	"time"
)

// Stats is what an operator may want to know of the database at this moment.
type Stats struct {
	Open, InUse, Idle int           // connections for reading, on servers for writing too
	ReadWaits         int64         // those who waited for such a connection, so far
	ReadWait          time.Duration // how long they waited together

	Queue     int           // writes that wait for their turn
	Batches   uint64        // commits so far
	Writes    uint64        // transactions committed in them
	WriteWait time.Duration // from call to answer, of all writes together
	Retries   uint64        // reads and writes done again after a conflict or a lost connection
	Missed    uint64        // lists that the replica should have answered and did not
}

// AverageBatch is how many transactions share a commit; 0 before the first.
func (s Stats) AverageBatch() float64 {
	if s.Batches == 0 {
		return 0
	}
	return float64(s.Writes) / float64(s.Batches)
}

// Stats returns the numbers without asking the database.
func (db *DB) Stats() Stats {
	reads := db.reads.sql.Stats()
	s := Stats{
		Open: reads.OpenConnections, InUse: reads.InUse, Idle: reads.Idle,
		ReadWaits: reads.WaitCount, ReadWait: reads.WaitDuration,
	}
	if db.again != nil {
		s.Retries = db.again.count.Load()
	}
	if db.replica != nil {
		s.Missed = db.replica.missed.Load()
	}
	db.writes.stats(&s)
	return s
}

// TableSizes counts the rows of each table. It reads them all, so it is for a
// question now and then.
func (db *DB) TableSizes(ctx context.Context) (map[string]int64, error) {
	names, err := db.tables(ctx)
	if err != nil {
		return nil, fmt.Errorf("list tables: %w", err)
	}
	sizes := map[string]int64{}
	for _, name := range names {
		var rows int64
		err := db.lately(ctx, func(scan scanFunc) error { return scan(&rows) }, `SELECT COUNT(*) FROM `+name)
		if err != nil {
			return nil, fmt.Errorf("count rows of %s: %w", name, err)
		}
		sizes[name] = rows
	}
	return sizes, nil
}
