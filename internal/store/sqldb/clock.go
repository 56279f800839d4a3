package sqldb

import (
	"context"
	"fmt"
	"time"
)

const (
	// leastOffset is below what the time of a query, and the steps of NTP, may make of
	// two clocks that agree.
	leastOffset = time.Second
	// mostOffset is beyond what this program corrects: such a clock needs an operator.
	mostOffset = 24 * time.Hour
)

// MeasureClock compares the clock of this process with that of the database server, which
// all nodes share, and returns how far the server is ahead; 0 for SQLite and for clocks
// that agree within a second. From then on ServerTime and LocalTime translate between the
// two. It uses the connection for polling and belongs to the same goroutine.
func (db *DB) MeasureClock(ctx context.Context) (offset time.Duration, err error) {
	if db.dialect.Clock == "" {
		return 0, nil
	}
	var server int64
	before := db.now()
	err = db.ListOnPollConn(ctx, func(scan ScanFunc) error { return scan(&server) }, db.dialect.Clock)
	if err != nil {
		return 0, fmt.Errorf("read clock of the database: %w", err)
	}
	took := db.now().Sub(before)
	offset = time.UnixMicro(server).Sub(before.Add(took / 2)).Round(time.Millisecond)
	if offset.Abs() < leastOffset+took {
		offset = 0
	}
	if offset.Abs() <= mostOffset {
		db.clockOffset.Store(int64(offset))
	}
	return offset, nil
}

// ServerTime is a time of this process by the clock of the database server, for times that
// nodes compare with each other, such as those of leases.
func (db *DB) ServerTime(local time.Time) time.Time {
	return local.Add(time.Duration(db.clockOffset.Load()))
}

// LocalTime is the reverse of ServerTime.
func (db *DB) LocalTime(server time.Time) time.Time {
	return server.Add(-time.Duration(db.clockOffset.Load()))
}
