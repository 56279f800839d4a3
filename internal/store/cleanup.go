package store

import (
	"context"
	"fmt"
	"time"

	"github.com/symbolon/symbolon/internal/store/sqldb"
)

// Ended says what Cleanup removes: rows of each sort that ended before these times.
type Ended struct {
	Flows    time.Time // by expiry
	Sessions time.Time // by expiry; revoked ones stay until they would have expired
	Errors   time.Time // by creation
	Messages time.Time // delivered or dead, by creation
	Changes  time.Time // by the time at which they were recorded
	Events   time.Time // by the time of recording; zero keeps all
	SignOuts time.Time // by the end of what operators had signed in with
}

const deleteMessages = `DELETE FROM messages WHERE id IN (SELECT id FROM messages WHERE ` + messageEnded + ` AND created_at < ? ORDER BY created_at LIMIT ?)`

// Cleanup removes at most limit rows of each sort. It returns how many it removed, and
// how long the slowest of its statements took: on SQLite other writes wait meanwhile.
// Small limits keep that short.
func (db *DB) Cleanup(ctx context.Context, e Ended, limit int) (removed int64, longest time.Duration, err error) {
	for _, sweep := range []struct {
		query string
		args  []any
	}{
		{`DELETE FROM flows WHERE id IN (SELECT id FROM flows WHERE expires_at < ? ORDER BY expires_at LIMIT ?)`, []any{sqldb.Micros(e.Flows), limit}},
		{`DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE expires_at < ? ORDER BY expires_at LIMIT ?)`, []any{sqldb.Micros(e.Sessions), limit}},
		{`DELETE FROM stored_errors WHERE id IN (SELECT id FROM stored_errors WHERE created_at < ? ORDER BY created_at LIMIT ?)`, []any{sqldb.Micros(e.Errors), limit}},
		{`DELETE FROM changes WHERE id IN (SELECT id FROM changes WHERE at < ? ORDER BY at LIMIT ?)`, []any{sqldb.Micros(e.Changes), limit}},
		{`DELETE FROM console_sign_outs WHERE id IN (SELECT id FROM console_sign_outs WHERE expires_at < ? ORDER BY expires_at LIMIT ?)`, []any{sqldb.Micros(e.SignOuts), limit}},
		{deleteMessages, []any{sqldb.Micros(e.Messages), limit}},
	} {
		n, took, err := db.ExecTimed(ctx, sweep.query, sweep.args...)
		removed, longest = removed+n, max(longest, took)
		if err != nil {
			return removed, longest, fmt.Errorf("remove expired rows: %w", err)
		}
	}
	if e.Events.IsZero() {
		return removed, longest, nil
	}
	began := db.Now()
	n, err := db.pruneEvents(ctx, e.Events, limit)
	return removed + n, max(longest, db.Now().Sub(began)), err
}
