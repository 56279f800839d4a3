package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/symbolon/symbolon/internal/store/sqldb"
)

// MarkSeen stores when sessions were last checked, by their ids. Sessions that are gone are
// skipped, and a time never goes back: nodes report what each of them saw.
func (db *DB) MarkSeen(ctx context.Context, seen map[string]time.Time) error {
	const batch = 100 // rows that one transaction locks
	// In the order of ids, so that two nodes do not wait for each other.
	for ids := range slices.Chunk(slices.Sorted(maps.Keys(seen)), batch) {
		err := db.InTx(ctx, func(ctx context.Context) error {
			for _, id := range ids {
				if err := db.markSeen(ctx, id, sqldb.Micros(seen[id])); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("mark sessions seen: %w", err)
		}
	}
	return nil
}

func (db *DB) markSeen(ctx context.Context, id string, at int64) error {
	changed, err := db.Exec(ctx, `UPDATE session_devices SET seen_at = ? WHERE session_id = ? AND (seen_at IS NULL OR seen_at < ?)`, at, id, at)
	if err != nil || changed > 0 {
		return err
	}
	_, err = db.Exec(ctx, `INSERT INTO session_devices (session_id, address, user_agent, seen_at)
 SELECT s.id, '', '', ? FROM sessions s
 WHERE s.id = ? AND NOT EXISTS (SELECT 1 FROM session_devices v WHERE v.session_id = s.id)`, at, id)
	return err
}
