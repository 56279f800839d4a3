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
	SignOuts time.Time // by the end of what operators had signed in with
}

const deleteMessages = `DELETE FROM messages WHERE id IN (SELECT id FROM messages WHERE ` + messageEnded + ` AND created_at < ? ORDER BY created_at LIMIT ?)`

// Cleanup removes at most limit rows of each sort. It returns how many it removed,
// and how long the slowest of its statements took: on SQLite nobody else writes
// meanwhile. Small limits keep that short.
func (db *DB) Cleanup(ctx context.Context, e Ended, limit int) (removed int64, longest time.Duration, err error) {
	for _, sweep := range []struct {
		query string
		args  []any
	}{
		{`DELETE FROM flows WHERE id IN (SELECT id FROM flows WHERE expires_at < ? ORDER BY expires_at LIMIT ?)`, []any{micros(e.Flows), limit}},
		{`DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE expires_at < ? ORDER BY expires_at LIMIT ?)`, []any{micros(e.Sessions), limit}},
		{`DELETE FROM stored_errors WHERE id IN (SELECT id FROM stored_errors WHERE created_at < ? ORDER BY created_at LIMIT ?)`, []any{micros(e.Errors), limit}},
		{`DELETE FROM changes WHERE id IN (SELECT id FROM changes WHERE at < ? ORDER BY at LIMIT ?)`, []any{micros(e.Changes), limit}},
		{`DELETE FROM console_sign_outs WHERE id IN (SELECT id FROM console_sign_outs WHERE expires_at < ? ORDER BY expires_at LIMIT ?)`, []any{micros(e.SignOuts), limit}},
		{deleteMessages, []any{micros(e.Messages), limit}},
	} {
		n, took, err := db.timed(ctx, sweep.query, sweep.args)
		removed, longest = removed+n, max(longest, took)
		if err != nil {
			return removed, longest, fmt.Errorf("remove what has ended: %w", err)
		}
	}
	return removed, longest, nil
}

// timed is exec outside of a transaction, with the time from its turn to its end.
func (db *DB) timed(ctx context.Context, query string, args []any) (changed int64, took time.Duration, err error) {
	do := db.statement(&changed, query, args)
	run := do.fn
	do.fn = func(ctx context.Context, c *conn) error {
		began := db.now()
		defer func() { took = db.now().Sub(began) }()
		return run(ctx, c)
	}
	err = db.writes.run(ctx, do)
	return changed, took, err
}
