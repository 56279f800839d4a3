package store

import (
	"context"
	"fmt"
	"time"
)

// Ended says from when on what has ended is kept: everything that ended before
// is removed.
type Ended struct {
	Flows    time.Time // by expiry
	Sessions time.Time // by expiry; revoked ones stay until they would have expired
	Errors   time.Time // by creation
	Messages time.Time // delivered or dead, by creation
	Changes  time.Time // by the time at which they were announced
}

const deleteMessages = `DELETE FROM messages WHERE id IN (SELECT id FROM messages WHERE ` + messageEnded + ` AND created_at < ? ORDER BY created_at LIMIT ?)`

// Cleanup removes at most limit rows of each sort and returns how many it
// removed. Small limits keep others from waiting for their turn to write.
func (db *DB) Cleanup(ctx context.Context, e Ended, limit int) (removed int64, err error) {
	for _, sweep := range []struct {
		query string
		args  []any
	}{
		{`DELETE FROM flows WHERE id IN (SELECT id FROM flows WHERE expires_at < ? ORDER BY expires_at LIMIT ?)`, []any{micros(e.Flows), limit}},
		{`DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE expires_at < ? ORDER BY expires_at LIMIT ?)`, []any{micros(e.Sessions), limit}},
		{`DELETE FROM stored_errors WHERE id IN (SELECT id FROM stored_errors WHERE created_at < ? ORDER BY created_at LIMIT ?)`, []any{micros(e.Errors), limit}},
		{`DELETE FROM changes WHERE id IN (SELECT id FROM changes WHERE at < ? ORDER BY at LIMIT ?)`, []any{micros(e.Changes), limit}},
		{deleteMessages, []any{micros(e.Messages), limit}},
	} {
		n, err := db.exec(ctx, sweep.query, sweep.args...)
		removed += n
		if err != nil {
			return removed, fmt.Errorf("remove what has ended: %w", err)
		}
	}
	return removed, nil
}
