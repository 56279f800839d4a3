package sqldb

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"
)

// replica is a read replica of the database, for lists that may lag behind. Nothing that
// decides over a request is read from it: sessions, flows and single identities are not.
type replica struct {
	reads      *pool
	name       string
	logger     *slog.Logger
	now        func() time.Time
	retryAfter atomic.Int64  // when it is used again after a failure, Unix nanoseconds
	missed     atomic.Uint64 // lists that the primary answered instead
}

// A replica that fails is not used for a while, so that not every list waits for it.
const (
	replicaTimeout = 5 * time.Second
	replicaPause   = 10 * time.Second
)

// openReplica prepares the replica of a configuration; nil if there is none. It connects
// with the first query.
func (d *Dialect) openReplica(c Config) (*replica, error) {
	if c.ReplicaDSN == "" {
		return nil, nil //nolint:nilnil // most have none
	}
	src, err := parseDSN(c.ReplicaDSN)
	if err != nil {
		return nil, fmt.Errorf("replica: %w", err)
	}
	if d.Embedded || !slices.Contains(d.Schemes, src.scheme) {
		return nil, fmt.Errorf("replica: a %s database has no replica at %s://", d.Name, src.scheme)
	}
	for name, value := range d.ReplicaParams {
		if !src.params.Has(name) {
			src.params.Set(name, value)
		}
	}
	p, err := d.Open(src, Config{})
	if err != nil {
		return nil, fmt.Errorf("replica: %w", err)
	}
	if err := p.poll.Close(); err != nil {
		return nil, fmt.Errorf("replica: %w", err)
	}
	return &replica{reads: newPool(p.read, d), name: p.name, logger: c.Logger, now: c.Now}, nil
}

// ListOnReplica is List for results that may lag behind the primary. Inside a
// transaction, and where there is no replica or it fails, it is List.
func (db *DB) ListOnReplica(ctx context.Context, each func(ScanFunc) error, query string, args ...any) error {
	r := db.replica
	if r == nil || txOf(ctx) != nil {
		return db.List(ctx, each, query, args...)
	}
	if r.now().UnixNano() >= r.retryAfter.Load() {
		asking, stop := context.WithTimeout(ctx, replicaTimeout)
		defer stop()
		began, err := db.rows(asking, r.reads.query, each, query, args)
		if err == nil || began || ctx.Err() != nil {
			return err
		}
		r.retryAfter.Store(r.now().Add(replicaPause).UnixNano())
		r.logger.WarnContext(ctx, "replica unavailable, using the primary", slog.String("replica", r.name), slog.Any("error", err))
	}
	r.missed.Add(1)
	return db.List(ctx, each, query, args...)
}

func (r *replica) close() error {
	if r == nil {
		return nil
	}
	return r.reads.close()
}
