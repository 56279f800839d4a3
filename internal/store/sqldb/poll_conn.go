package sqldb

import (
	"context"
	"database/sql"
)

// pollConn is a connection reserved for polling the changes of other processes. Sharing
// the pool of requests would delay polling under load, which disables the session cache,
// which adds more load: a feedback loop.
type pollConn struct {
	reads *pool
	retry *retrier
}

func newPollConn(pool *sql.DB, d *Dialect) *pollConn {
	return &pollConn{reads: newPool(pool, d), retry: &retrier{pool: pool, idle: 1}}
}

// ListOnPollConn is List on the connection for polling. It may take as long as a
// transaction: with several hosts, the first ones may have to time out.
func (db *DB) ListOnPollConn(ctx context.Context, each func(ScanFunc) error, query string, args ...any) error {
	if db.pollConn == nil {
		return db.List(ctx, each, query, args...)
	}
	ctx, cancel := context.WithTimeout(ctx, db.timeout)
	defer cancel()
	return db.rowsWithRetry(ctx, db.pollConn.retry, db.pollConn.reads, each, query, args)
}

func (p *pollConn) close() error {
	if p == nil {
		return nil
	}
	return p.reads.close()
}
