package store

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/event"
	"github.com/symbolon/symbolon/internal/store/sqldb"
)

// chain is the row of a chain of events.
type chain struct {
	id        int
	seq       int64  // of the last event
	hash      string // its hash
	prunedSeq int64  // of the last event that retention removed, 0 for none
	pruned    string // its hash
	signature string // of both
}

// begins is what the signature of a chain's beginning covers.
func (c chain) begins() string { return fmt.Sprintf("%d %d %s", c.id, c.prunedSeq, c.pruned) }

func (db *DB) chains(ctx context.Context) ([]chain, error) {
	var all []chain
	err := db.List(ctx, func(scan sqldb.ScanFunc) error {
		var c chain
		err := scan(&c.id, &c.seq, &c.hash, &c.prunedSeq, &c.pruned, &c.signature)
		all = append(all, c)
		return err
	}, `SELECT chain, seq, hash, pruned_seq, pruned_hash, pruned_mac FROM event_chains ORDER BY chain`)
	return all, err
}

// CheckpointEvents records the heads of all chains as an event, which ties them together.
// It does nothing if no event was recorded since the last checkpoint.
func (db *DB) CheckpointEvents(ctx context.Context) error {
	all, err := db.chains(ctx)
	if err != nil {
		return fmt.Errorf("checkpoint events: %w", err)
	}
	heads := map[string]string{}
	for _, c := range all {
		if c.seq > 0 {
			heads[strconv.Itoa(c.id)] = fmt.Sprintf("%d %s", c.seq, c.hash)
		}
	}
	last, err := db.lastCheckpoint(ctx)
	if err != nil {
		return fmt.Errorf("checkpoint events: %w", err)
	}
	if last != nil {
		before := maps.Clone(last.Details)
		before[strconv.Itoa(last.Chain)] = fmt.Sprintf("%d %s", last.Seq, last.Hash)
		if maps.Equal(before, heads) {
			return nil
		}
	}
	if len(heads) == 0 {
		return nil
	}
	return db.RecordEvent(ctx, event.Event{Name: event.AuditCheckpoint, Details: heads})
}

func (db *DB) lastCheckpoint(ctx context.Context) (*event.Event, error) {
	found, err := db.listEvents(ctx, `SELECT `+eventColumns+` FROM events e WHERE e.name = ? ORDER BY e.at DESC, e.id DESC LIMIT 1`, string(event.AuditCheckpoint))
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return &found[0], nil
}

// Audit is what VerifyEvents found.
type Audit struct {
	Events   int64    // that were looked at
	Problems []string // empty if no event was changed, removed or reordered
}

func (a *Audit) report(format string, args ...any) {
	const most = 100
	if len(a.Problems) < most {
		a.Problems = append(a.Problems, fmt.Sprintf(format, args...))
	}
}

// VerifyEvents reads all events and checks their chains against their seals, against what
// retention removed and against the last checkpoint. Events may be written meanwhile.
// What it cannot see is that the very last events were removed together with the record of
// their chain, if there was no checkpoint after them.
func (db *DB) VerifyEvents(ctx context.Context) (*Audit, error) {
	a := &Audit{}
	checkpoint, err := db.lastCheckpoint(ctx)
	if err != nil {
		return nil, fmt.Errorf("verify events: %w", err)
	}
	all, err := db.chains(ctx)
	if err != nil {
		return nil, fmt.Errorf("verify events: %w", err)
	}
	if len(all) == 0 {
		a.report("the table of chains is empty")
	}
	for _, c := range all {
		if err := db.verifyChain(ctx, a, c, checkpoint); err != nil {
			return nil, fmt.Errorf("verify events: %w", err)
		}
	}
	return a, nil
}

func (db *DB) verifyChain(ctx context.Context, a *Audit, c chain, checkpoint *event.Event) error {
	if c.prunedSeq > 0 && !db.eventKeys.CheckSign(c.begins(), c.signature) {
		a.report("the record of what retention removed from chain %d was changed", c.id)
	}
	// known are hashes that other records say events have.
	known := map[int64]string{c.seq: c.hash}
	if checkpoint != nil {
		var seq int64
		var hash string
		if n, _ := fmt.Sscanf(checkpoint.Details[strconv.Itoa(c.id)], "%d %s", &seq, &hash); n == 2 && seq > c.prunedSeq {
			known[seq] = hash
		}
	}
	seq, prev := c.prunedSeq, c.pruned
	err := db.List(ctx, func(scan sqldb.ScanFunc) error {
		e, err := scanEvent(scan)
		if err != nil {
			return err
		}
		a.Events++
		if e.Seq != seq+1 {
			a.report("chain %d: events %d to %d are missing", c.id, seq+1, e.Seq-1)
		} else if err := db.eventKeys.Check(prev, e); err != nil {
			a.report("%s", err)
		}
		if hash, ok := known[e.Seq]; ok && hash != e.Hash {
			a.report("event %d of chain %d is not the one that was recorded", e.Seq, c.id)
		}
		seq, prev = e.Seq, e.Hash
		return nil
	}, `SELECT `+eventColumns+` FROM events e WHERE e.chain = ? AND e.seq > ? ORDER BY e.seq`, c.id, c.prunedSeq)
	if err != nil {
		return err
	}
	if newest := slices.Max(slices.Collect(maps.Keys(known))); seq < newest {
		a.report("chain %d: events %d to %d are missing", c.id, seq+1, newest)
	}
	return nil
}

// pruneEvents removes at most limit events of each chain that were recorded before a time,
// and signs what remains of them: the number and hash of the last one.
func (db *DB) pruneEvents(ctx context.Context, before time.Time, limit int) (removed int64, err error) {
	all, err := db.chains(ctx)
	if err != nil {
		return 0, fmt.Errorf("prune events: %w", err)
	}
	for _, c := range all {
		n, err := db.pruneChain(ctx, c, before, limit)
		removed += n
		if err != nil {
			return removed, fmt.Errorf("prune events: %w", err)
		}
	}
	return removed, nil
}

func (db *DB) pruneChain(ctx context.Context, c chain, before time.Time, limit int) (removed int64, err error) {
	var first int64 // the first that stays
	err = db.QueryRow(ctx, []any{&first}, `SELECT e.seq FROM events e WHERE e.chain = ? AND e.seq > ? AND e.at >= ? ORDER BY e.seq LIMIT 1`,
		c.id, c.prunedSeq, sqldb.Micros(before))
	if errors.Is(err, errs.ErrNotFound) {
		first, err = c.seq+1, nil
	}
	last := min(first-1, c.prunedSeq+int64(limit))
	if err != nil || last <= c.prunedSeq {
		return 0, err
	}
	err = db.InTx(ctx, func(ctx context.Context) error {
		seen := c.prunedSeq
		if err := db.QueryRow(ctx, []any{&c.pruned}, `SELECT hash FROM events WHERE chain = ? AND seq = ?`, c.id, last); err != nil {
			return err
		}
		c.prunedSeq = last
		changed, err := db.Exec(ctx, `UPDATE event_chains SET pruned_seq = ?, pruned_hash = ?, pruned_mac = ? WHERE chain = ? AND pruned_seq = ?`,
			last, c.pruned, db.eventKeys.Sign(c.begins()), c.id, seen)
		if err != nil || changed == 0 { // another node was faster
			return err
		}
		removed, err = db.Exec(ctx, `DELETE FROM events WHERE chain = ? AND seq <= ?`, c.id, last)
		return err
	})
	return removed, err
}
