package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"symbolon/internal/courier"
	"symbolon/internal/errs"
)

const messageColumns = `id, template, recipient, subject, sealed, identity_id, status, tries, next_try,
 lease, lease_until, last_error, created_at, sent_at`

func messageTargets(m *courier.Stored) []any {
	return []any{
		&m.ID, &m.Template, &m.Recipient, &m.Subject, &m.Sealed, &m.IdentityID, &m.Status, &m.Tries, at{&m.NextTry},
		&m.Lease, at{&m.LeaseUntil}, &m.LastError, at{&m.CreatedAt}, at{&m.SentAt},
	}
}

// CreateMessage stores a message to be sent.
func (db *DB) CreateMessage(ctx context.Context, m *courier.Stored) error {
	m.NextTry, m.CreatedAt = edge(m.NextTry), edge(m.CreatedAt)
	_, err := db.exec(ctx, `INSERT INTO messages (`+messageColumns+`)
 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		m.ID, string(m.Template), m.Recipient, m.Subject, m.Sealed, m.IdentityID, string(m.Status), m.Tries, micros(m.NextTry),
		m.Lease, microsOrNull(m.LeaseUntil), m.LastError, micros(m.CreatedAt), microsOrNull(m.SentAt))
	if err != nil {
		return fmt.Errorf("insert message: %w", err)
	}
	return nil
}

// ClaimMessages leases up to limit messages that are due, or whose lease has run
// out, to one dispatcher, and counts a try for each.
func (db *DB) ClaimMessages(ctx context.Context, lease string, now, until time.Time, limit int) ([]*courier.Stored, error) {
	due, err := db.dueMessages(ctx, now, limit)
	if err != nil || len(due) == 0 {
		return nil, err
	}
	var claimed []*courier.Stored
	err = db.InTx(ctx, func(ctx context.Context) error {
		claimed = nil
		for _, m := range due {
			taken, err := db.exec(ctx, `UPDATE messages SET status = ?, lease = ?, lease_until = ?, tries = tries + 1
 WHERE id = ? AND status = ? AND tries = ? AND lease = ?`,
				string(courier.Sending), lease, micros(until), m.ID, string(m.Status), m.Tries, m.Lease)
			if err != nil {
				return err
			}
			if taken == 1 {
				mine := *m
				mine.Status, mine.Lease, mine.LeaseUntil, mine.Tries = courier.Sending, lease, edge(until), m.Tries+1
				claimed = append(claimed, &mine)
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("claim messages: %w", err)
	}
	return claimed, nil
}

// dueMessages reads without a lock; whoever claims compares.
func (db *DB) dueMessages(ctx context.Context, now time.Time, limit int) ([]*courier.Stored, error) {
	found, err := db.messages(ctx, `SELECT `+messageColumns+` FROM messages
 WHERE (status = ? AND next_try <= ?) OR (status = ? AND lease_until <= ?) ORDER BY next_try, id LIMIT ?`,
		string(courier.Queued), micros(now), string(courier.Sending), micros(now), limit)
	if err != nil {
		return nil, fmt.Errorf("find due messages: %w", err)
	}
	return found, nil
}

// SettleMessage stores the outcome of a try; errs.ErrStale if the lease has gone
// to another dispatcher.
func (db *DB) SettleMessage(ctx context.Context, m *courier.Stored) error {
	err := db.execOne(ctx, `UPDATE messages SET status = ?, sealed = ?, next_try = ?, last_error = ?, sent_at = ?, lease_until = NULL
 WHERE id = ? AND lease = ? AND tries = ? AND status = ?`,
		string(m.Status), m.Sealed, micros(m.NextTry), m.LastError, microsOrNull(m.SentAt),
		m.ID, m.Lease, m.Tries, string(courier.Sending))
	if errors.Is(err, errs.ErrNotFound) {
		err = errs.ErrStale
	}
	if err != nil {
		return fmt.Errorf("settle message: %w", err)
	}
	return nil
}

// NextMessage returns when the earliest message is due; ok is false if none
// waits.
func (db *DB) NextMessage(ctx context.Context) (due time.Time, ok bool, err error) {
	err = db.row(ctx, []any{at{&due}}, `SELECT next_try FROM messages WHERE status = ? ORDER BY next_try LIMIT 1`, string(courier.Queued))
	if errors.Is(err, errs.ErrNotFound) {
		return time.Time{}, false, nil
	}
	if err != nil {
		return time.Time{}, false, fmt.Errorf("find next message: %w", err)
	}
	return due, true, nil
}

// Message returns a message; errs.ErrNotFound if there is none.
func (db *DB) Message(ctx context.Context, id string) (*courier.Stored, error) {
	id, ok := canonical(id)
	if !ok {
		return nil, errs.ErrNotFound
	}
	var m courier.Stored
	if err := db.row(ctx, messageTargets(&m), `SELECT `+messageColumns+` FROM messages WHERE id = ?`, id); err != nil {
		return nil, fmt.Errorf("read message: %w", err)
	}
	return &m, nil
}

// Messages lists messages, the latest first.
func (db *DB) Messages(ctx context.Context, f courier.Filter) ([]*courier.Stored, error) {
	found, err := db.messages(ctx, `SELECT `+messageColumns+` FROM messages
 WHERE (? = '' OR status = ?) AND (? = '' OR recipient = ?) AND (? = '' OR id < ?) ORDER BY id DESC LIMIT ?`,
		string(f.Status), string(f.Status), f.Recipient, f.Recipient, f.Before, f.Before, f.Limit)
	if err != nil {
		return nil, fmt.Errorf("list messages: %w", err)
	}
	return found, nil
}

func (db *DB) messages(ctx context.Context, query string, args ...any) ([]*courier.Stored, error) {
	var found []*courier.Stored
	err := db.list(ctx, func(scan scanFunc) error {
		m := &courier.Stored{}
		found = append(found, m)
		return scan(messageTargets(m)...)
	}, query, args...)
	return found, err
}

// RetryMessage queues a dead message again; errs.ErrNotFound if there is none of
// that id that is dead and still has its body.
func (db *DB) RetryMessage(ctx context.Context, id string, now time.Time) error {
	id, ok := canonical(id)
	if !ok {
		return errs.ErrNotFound
	}
	err := db.execOne(ctx, `UPDATE messages SET status = ?, tries = 0, next_try = ? WHERE id = ? AND status = ? AND sealed <> ''`,
		string(courier.Queued), micros(now), id, string(courier.Dead))
	if err != nil {
		return fmt.Errorf("retry message: %w", err)
	}
	return nil
}

// CountMessages counts messages by status.
func (db *DB) CountMessages(ctx context.Context) (map[courier.Status]int, error) {
	counts := map[courier.Status]int{}
	err := db.list(ctx, func(scan scanFunc) error {
		var status courier.Status
		var n int
		if err := scan(&status, &n); err != nil {
			return err
		}
		counts[status] = n
		return nil
	}, `SELECT status, COUNT(*) FROM messages GROUP BY status`)
	if err != nil {
		return nil, fmt.Errorf("count messages: %w", err)
	}
	return counts, nil
}

// Backlog returns when the oldest message that still waits was queued, zero if
// none does, and the error of the latest one that could not be sent so far.
func (db *DB) Backlog(ctx context.Context) (oldest time.Time, lastError string, err error) {
	err = db.row(ctx, []any{at{&oldest}}, `SELECT created_at FROM messages WHERE status IN (?, ?) ORDER BY created_at LIMIT 1`,
		string(courier.Queued), string(courier.Sending))
	if err == nil || errors.Is(err, errs.ErrNotFound) {
		err = db.row(ctx, []any{&lastError}, `SELECT last_error FROM messages
 WHERE status IN (?, ?, ?) AND last_error <> '' ORDER BY id DESC LIMIT 1`,
			string(courier.Queued), string(courier.Sending), string(courier.Dead))
	}
	if err != nil && !errors.Is(err, errs.ErrNotFound) {
		return time.Time{}, "", fmt.Errorf("read backlog of messages: %w", err)
	}
	return oldest, lastError, nil
}
