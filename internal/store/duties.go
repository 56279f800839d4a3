package store

import (
	"context"
	"fmt"
	"time"
)

// Duty is what one process of a database does at a time. Each has a row in the table
// duties.
type Duty string

// DutyCleanup is to remove what has ended.
const DutyCleanup Duty = "cleanup"

// TakeDuty takes a duty until a moment, unless another process has it now. It is
// given back by nobody: it ends then. Who has it for more than twice as long as is
// asked for had a clock that was wrong, and nobody waits for that.
func (db *DB) TakeDuty(ctx context.Context, d Duty, now, until time.Time) (mine bool, err error) {
	changed, err := db.exec(ctx, `UPDATE duties SET until = ? WHERE name = ? AND (until <= ? OR until > ?)`,
		micros(until), string(d), micros(now), micros(now.Add(2*until.Sub(now))))
	if err != nil {
		return false, fmt.Errorf("take duty %s: %w", d, err)
	}
	return changed == 1, nil
}
