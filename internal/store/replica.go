package store

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"
)

// replica is a copy of the database that follows it, for lists that may be some moments
// old. Nothing that decides over a request is read from it: sessions, flows and single
// identities are not.
type replica struct {
	reads  *pool
	name   string
	logger *slog.Logger
	now    func() time.Time
	rests  atomic.Int64  // until when it is not asked, Unix nanoseconds
	missed atomic.Uint64 // lists that the database itself had to answer
}

// A replica that fails is left alone for a while, so that not each list waits for it.
const (
	replicaPatience = 5 * time.Second
	replicaRest     = 10 * time.Second
)

// openReplica prepares the replica of a configuration; nil if there is none. Whether it
// answers is seen when it is first asked.
func (d *Dialect) openReplica(c Config) (*replica, error) {
	if c.ReplicaDSN == "" {
		return nil, nil //nolint:nilnil // most have none
	}
	src, err := parseDSN(c.ReplicaDSN)
	if err != nil {
		return nil, fmt.Errorf("replica: %w", err)
	}
	if d.Embedded || !slices.Contains(d.Schemes, src.scheme) {
		return nil, fmt.Errorf("replica: a database of %s has none that starts with %s://", d.Name, src.scheme)
	}
	for name, value := range d.Following {
		if !src.params.Has(name) {
			src.params.Set(name, value)
		}
	}
	p, err := d.Open(src, Config{})
	if err != nil {
		return nil, fmt.Errorf("replica: %w", err)
	}
	if err := p.aside.Close(); err != nil {
		return nil, fmt.Errorf("replica: %w", err)
	}
	return &replica{reads: newPool(p.read, d), name: p.name, logger: c.Logger, now: c.Now}, nil
}

// lately is list for what may be some moments old. Inside of a transaction, and where
// there is no replica or it fails, it is list.
func (db *DB) lately(ctx context.Context, each func(scanFunc) error, query string, args ...any) error {
	r := db.replica
	if r == nil || txOf(ctx) != nil {
		return db.list(ctx, each, query, args...)
	}
	if r.now().UnixNano() >= r.rests.Load() {
		asking, stop := context.WithTimeout(ctx, replicaPatience)
		defer stop()
		began, err := db.rows(asking, r.reads.query, each, query, args)
		if err == nil || began || ctx.Err() != nil {
			return err
		}
		r.rests.Store(r.now().Add(replicaRest).UnixNano())
		r.logger.WarnContext(ctx, "the replica does not answer; the database itself is asked", slog.String("replica", r.name), slog.Any("error", err))
	}
	r.missed.Add(1)
	return db.list(ctx, each, query, args...)
}

func (r *replica) close() error {
	if r == nil {
		return nil
	}
	return r.reads.close()
}
