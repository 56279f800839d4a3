package store

import (
	"context"
	"fmt"
	"time"

	"github.com/symbolon/symbolon/internal/store/sqldb"
)

// Lease names work that one process of a database does at a time. Each has a row in the
// table duties.
type Lease string

// LeaseCleanup is for the removal of expired rows.
const LeaseCleanup Lease = "cleanup"

// AcquireLease takes a lease until a time, unless another process holds it now. Leases
// expire; they are never released. A lease of more than twice the requested length was
// taken by a node with a wrong clock and is ignored.
func (db *DB) AcquireLease(ctx context.Context, l Lease, now, until time.Time) (acquired bool, err error) {
	now, until = db.ServerTime(now), db.ServerTime(until)
	changed, err := db.Exec(ctx, `UPDATE duties SET until = ? WHERE name = ? AND (until <= ? OR until > ?)`,
		sqldb.Micros(until), string(l), sqldb.Micros(now), sqldb.Micros(now.Add(2*until.Sub(now))))
	if err != nil {
		return false, fmt.Errorf("acquire lease %s: %w", l, err)
	}
	return changed == 1, nil
}
