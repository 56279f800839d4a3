package store

import (
	"context"
	"fmt"

	"github.com/symbolon/symbolon/internal/event"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/secret"
	"github.com/symbolon/symbolon/internal/store/sqldb"
)

// serverChains is how many chains the events of a server are spread over, so that
// transactions do not wait for each other's. A SQLite file has one writer and one chain.
const serverChains = 16

const eventColumns = `e.chain, e.seq, e.id, e.at, e.name, e.identity_id, e.session_id, e.flow_id, e.method,
 e.address, e.device, e.operator, e.details, e.key_id, e.hash`

// chainHead locks the head of a chain on servers; see postgresQueries and mysqlQueries.
const chainHead = `SELECT seq, hash FROM event_chains WHERE chain = ?`

// SealEvents sets the keys of events. It is called before the first of them.
func (db *DB) SealEvents(keys event.Keys) { db.eventKeys = keys }

// RecordEvent writes an event in the context's transaction, as the last of its statements,
// or in one of its own. It completes the event with the time and what the context knows.
func (db *DB) RecordEvent(ctx context.Context, e event.Event) error {
	if !e.Name.Known() {
		return fmt.Errorf("record event: unknown name %q", e.Name)
	}
	e = event.Complete(ctx, e)
	e.ID, e.At = secret.NewOrderedID(), sqldb.TruncateTime(db.Now())
	return db.Join(ctx, func(ctx context.Context) error {
		db.BeforeCommit(ctx, e)
		return nil
	})
}

// writeEvents puts the events of a transaction at the end of one chain. It is the last
// thing that the transaction does, so that the chain is locked briefly and after
// everything else, which rules out deadlocks.
func (db *DB) writeEvents(ctx context.Context, items []any) error {
	chain := 0
	if db.MultiNode() {
		chain = int(db.nextChain.Add(1) % serverChains)
	}
	var seq int64
	var prev string
	if err := db.QueryRow(ctx, []any{&seq, &prev}, chainHead, chain); err != nil {
		return fmt.Errorf("record event: %w", err)
	}
	for _, item := range items {
		e := item.(event.Event)
		seq++
		e.Chain, e.Seq = chain, seq
		if err := db.eventKeys.Seal(prev, &e); err != nil {
			return err
		}
		prev = e.Hash
		if err := db.insertEvent(ctx, e); err != nil {
			return fmt.Errorf("record event: %w", err)
		}
	}
	if err := db.ExecOne(ctx, `UPDATE event_chains SET seq = ?, hash = ? WHERE chain = ?`, seq, prev, chain); err != nil {
		return fmt.Errorf("record event: %w", err)
	}
	return nil
}

func (db *DB) insertEvent(ctx context.Context, e event.Event) error {
	details, err := sqldb.ToJSON(e.Details)
	if err != nil {
		return err
	}
	_, err = db.Exec(ctx, `INSERT INTO events (chain, seq, id, at, name, identity_id, session_id, flow_id, method,
 address, device, operator, details, key_id, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		e.Chain, e.Seq, e.ID, sqldb.Micros(e.At), string(e.Name), sqldb.TextOrNull(e.IdentityID), e.SessionID, e.FlowID, e.Method,
		e.Address, e.Device, e.Operator, details, e.KeyID, e.Hash)
	return err
}

// Events lists events, the latest first. A limit of zero stands for 1000.
func (db *DB) Events(ctx context.Context, q event.Query) ([]event.Event, error) {
	if q.Limit <= 0 {
		q.Limit = maxPage
	}
	// One text for each combination: a condition that may be off uses no index.
	query, args := `SELECT `+eventColumns+` FROM events e WHERE e.at >= ?`, []any{sqldb.Micros(q.Since)}
	if q.Since.IsZero() {
		args[0] = 0
	}
	if !q.Before.IsZero() {
		query, args = query+` AND e.at < ?`, append(args, sqldb.Micros(q.Before))
	}
	if q.IdentityID != "" {
		query, args = query+` AND e.identity_id = ?`, append(args, q.IdentityID)
	}
	if q.Name != "" {
		query, args = query+` AND e.name = ?`, append(args, string(q.Name))
	}
	found, err := db.listEvents(ctx, query+` ORDER BY e.at DESC, e.chain, e.seq DESC LIMIT ?`, append(args, q.Limit)...)
	if err != nil {
		return nil, fmt.Errorf("list events: %w", err)
	}
	return found, nil
}

// ReadEvents returns the next events for a reader, in the order of each chain. They are
// returned again until AckEvents. A reader that never acknowledged starts with the oldest.
func (db *DB) ReadEvents(ctx context.Context, reader string, limit int) ([]event.Event, error) {
	found, err := db.listEvents(ctx, `SELECT `+eventColumns+` FROM event_chains h
 LEFT JOIN event_cursors c ON c.chain = h.chain AND c.reader = ?
 JOIN events e ON e.chain = h.chain AND e.seq > COALESCE(c.seq, 0)
 WHERE h.seq > COALESCE(c.seq, 0) ORDER BY e.chain, e.seq LIMIT ?`, reader, limit)
	if err != nil {
		return nil, fmt.Errorf("read events: %w", err)
	}
	return found, nil
}

// AckEvents moves a reader behind events that ReadEvents returned. Together with the work
// of the reader in one transaction, each event is handled once.
func (db *DB) AckEvents(ctx context.Context, reader string, events []event.Event) error {
	last := map[int]int64{}
	for _, e := range events {
		last[e.Chain] = max(last[e.Chain], e.Seq)
	}
	err := db.Join(ctx, func(ctx context.Context) error {
		for chain, seq := range last {
			changed, err := db.Exec(ctx, `UPDATE event_cursors SET seq = ? WHERE reader = ? AND chain = ?`, seq, reader, chain)
			if err == nil && changed == 0 {
				_, err = db.Exec(ctx, `INSERT INTO event_cursors (reader, chain, seq) VALUES (?, ?, ?)`, reader, chain, seq)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("acknowledge events: %w", err)
	}
	return nil
}

func (db *DB) listEvents(ctx context.Context, query string, args ...any) ([]event.Event, error) {
	var found []event.Event
	err := db.List(ctx, func(scan sqldb.ScanFunc) error {
		e, err := scanEvent(scan)
		found = append(found, e)
		return err
	}, query, args...)
	return found, err
}

func scanEvent(scan sqldb.ScanFunc) (e event.Event, err error) {
	var details string
	err = scan(&e.Chain, &e.Seq, &e.ID, sqldb.TimeCol(&e.At), (*string)(&e.Name), sqldb.TextCol(&e.IdentityID), &e.SessionID, &e.FlowID,
		&e.Method, &e.Address, &e.Device, &e.Operator, &details, &e.KeyID, &e.Hash)
	if err != nil {
		return e, err
	}
	return e, sqldb.FromJSON(details, &e.Details)
}

// Effects that this package records. Each is called where the rows are written, so that no
// caller can forget it.

func (db *DB) recordSession(ctx context.Context, name event.Name, identityID, sessionID, method string) error {
	return db.RecordEvent(ctx, event.Event{Name: name, IdentityID: identityID, SessionID: sessionID, Method: method})
}

// recordRevocation records the end of the session of a token's hash.
func (db *DB) recordRevocation(ctx context.Context, tokenHash string) error {
	var e event.Event
	err := db.QueryRow(ctx, []any{&e.SessionID, &e.IdentityID}, `SELECT id, identity_id FROM sessions WHERE token_hash = ?`, tokenHash)
	if err != nil {
		return err
	}
	e.Name = event.TokenRevoked
	return db.RecordEvent(ctx, e)
}

// recordUpdate records that an identity was saved, with the types of the credentials that
// were added, changed or removed.
func (db *DB) recordUpdate(ctx context.Context, i *identity.Identity, credentials map[string]string) error {
	e := event.Event{Name: event.UserUpdated, IdentityID: i.ID, Details: map[string]string{}}
	if i.Disabled() {
		e.Details["state"] = i.State
		if sqldb.TruncateTime(i.StateChangedAt).Equal(i.UpdatedAt) {
			e.Name = event.UserArchived
		}
	}
	for typ, change := range credentials {
		if typ == identity.TypePassword && change == "changed" {
			e.Name = event.PasswordChange
			continue
		}
		e.Details["credential "+typ] = change
	}
	if e.Name == event.UserArchived {
		ended, err := db.openSessions(ctx, i.ID, "", true)
		if err != nil {
			return err
		}
		return db.recordEnded(ctx, e, ended)
	}
	return db.RecordEvent(ctx, e)
}
