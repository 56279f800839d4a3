package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/symbolon/symbolon/internal/event"
	"github.com/symbolon/symbolon/internal/revocation"
	"github.com/symbolon/symbolon/internal/store/sqldb"
)

// maxListed bounds the ids in the details of one event.
const maxListed = 500

// recordEnded records an event with the ids of the sessions that it ended, and more such
// events if there are many.
func (db *DB) recordEnded(ctx context.Context, e event.Event, ids []string) error {
	if len(ids) == 0 {
		return db.RecordEvent(ctx, e)
	}
	for part := range slices.Chunk(ids, maxListed) {
		with := e
		with.Details = map[string]string{"sessions": strconv.Itoa(len(part)), revocation.DetailEnded: strings.Join(part, ",")}
		maps.Copy(with.Details, e.Details)
		if err := db.RecordEvent(ctx, with); err != nil {
			return err
		}
	}
	return nil
}

// openSessions lists the ids of the sessions of an identity that would not have expired
// yet, those that are active or those that are not.
func (db *DB) openSessions(ctx context.Context, identityID, exceptID string, active bool) ([]string, error) {
	var ids []string
	err := db.List(ctx, func(scan sqldb.ScanFunc) error {
		var id string
		err := scan(&id)
		ids = append(ids, id)
		return err
	}, `SELECT id FROM sessions WHERE identity_id = ? AND id <> ? AND active = ? AND expires_at > ?`,
		identityID, exceptID, active, sqldb.Micros(db.Now()))
	return ids, err
}

// EventHeads returns the heads of the chains of events.
func (db *DB) EventHeads(ctx context.Context) (map[int]revocation.Head, error) {
	heads := map[int]revocation.Head{}
	err := db.List(ctx, func(scan sqldb.ScanFunc) error {
		var chain int
		var h revocation.Head
		err := scan(&chain, &h.Seq, &h.Pruned)
		heads[chain] = h
		return err
	}, `SELECT chain, seq, pruned_seq FROM event_chains`)
	if err != nil {
		return nil, fmt.Errorf("read heads of events: %w", err)
	}
	return heads, nil
}

// ChainEvents returns the events of a chain with one of the names, after one number and up
// to another, in their order.
func (db *DB) ChainEvents(ctx context.Context, chain int, after, upTo int64, names []event.Name, limit int) ([]event.Event, error) {
	query, args := namedEvents(`e.chain = ? AND e.seq > ? AND e.seq <= ?`, []any{chain, after, upTo}, names)
	found, err := db.listEvents(ctx, query+` ORDER BY e.seq LIMIT ?`, append(args, limit)...)
	if err != nil {
		return nil, fmt.Errorf("read events of a chain: %w", err)
	}
	return found, nil
}

// EventsSince returns the events of all chains with one of the names since a moment.
func (db *DB) EventsSince(ctx context.Context, since time.Time, names []event.Name, limit int) ([]event.Event, error) {
	query, args := namedEvents(`e.at >= ?`, []any{sqldb.Micros(since)}, names)
	found, err := db.listEvents(ctx, query+` ORDER BY e.at, e.chain, e.seq LIMIT ?`, append(args, limit)...)
	if err != nil {
		return nil, fmt.Errorf("read events since a moment: %w", err)
	}
	return found, nil
}

func namedEvents(where string, args []any, names []event.Name) (string, []any) {
	for _, name := range names {
		args = append(args, string(name))
	}
	return `SELECT ` + eventColumns + ` FROM events e WHERE ` + where +
		` AND e.name IN (?` + strings.Repeat(`, ?`, len(names)-1) + `)`, args
}
