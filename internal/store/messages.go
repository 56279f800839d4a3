package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/symbolon/symbolon/internal/courier"
	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/store/sqldb"
)

const messageColumns = `id, template, recipient, subject, sealed, identity_id, status, tries, next_try,
 lease, last_error, created_at, expires_at, sent_at`

func messageTargets(m *courier.Stored) []any {
	return []any{
		&m.ID, &m.Template, &m.Recipient, &m.Subject, &m.Sealed, &m.IdentityID, &m.Status, &m.Tries,
		sqldb.TimeCol(&m.NextTry),
		&m.Lease, &m.LastError,
		sqldb.TimeCol(&m.CreatedAt),
		sqldb.TimeCol(&m.Expires),
		sqldb.TimeCol(&m.SentAt),
	}
}

// The column next_try is a time of the database server, so that nodes whose clocks differ
// neither steal leases nor delay each other's messages.

// Conditions of partial indexes, word for word, so that the planner uses them. Phrased
// the other way round they would make SQLite use the index of statuses and sort.
const (
	messageWaits = `status NOT IN ('sent', 'dead')`
	messageEnded = `status NOT IN ('queued', 'sending')`
)

// Queries that have their own text on MySQL, which has no partial indexes.
const (
	dueMessages   = `SELECT ` + messageColumns + ` FROM messages WHERE ` + messageWaits + ` AND next_try <= ? ORDER BY next_try, id LIMIT ?`
	nextMessage   = `SELECT next_try FROM messages WHERE ` + messageWaits + ` ORDER BY next_try LIMIT 1`
	eraseMessages = `UPDATE messages SET sealed = '' WHERE id IN (SELECT id FROM messages
 WHERE ` + messageEnded + ` AND sealed <> '' AND expires_at <= ? ORDER BY expires_at LIMIT ?)`
	lastFailure = `SELECT last_error FROM messages WHERE last_error <> '' ORDER BY id DESC LIMIT 1`
)

// CreateMessage stores a message to be sent.
func (db *DB) CreateMessage(ctx context.Context, m *courier.Stored) error {
	err := db.InsertNew(ctx, `INSERT INTO messages (`+messageColumns+`)
 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		m.ID, string(m.Template), m.Recipient, m.Subject, m.Sealed, m.IdentityID, string(m.Status), m.Tries, sqldb.Micros(db.ServerTime(m.NextTry)),
		m.Lease, m.LastError, sqldb.Micros(m.CreatedAt), sqldb.MicrosOrNull(m.Expires), sqldb.MicrosOrNull(m.SentAt))
	if err != nil {
		return fmt.Errorf("insert message: %w", err)
	}
	m.NextTry, m.CreatedAt, m.Expires, m.SentAt = sqldb.TruncateTime(m.NextTry), sqldb.TruncateTime(m.CreatedAt), sqldb.TruncateTime(m.Expires), sqldb.TruncateTime(m.SentAt)
	return nil
}

// ClaimMessages leases up to limit messages that are due, or whose lease has run
// out, to one dispatcher, and counts a try for each. The longest due come first.
func (db *DB) ClaimMessages(ctx context.Context, lease string, now, until time.Time, limit int) ([]*courier.Stored, error) {
	now, until = db.ServerTime(now), db.ServerTime(until)
	// This read needs no write transaction; the claim below compares.
	due, err := messages(ctx, db.Query, dueMessages, sqldb.Micros(now), limit)
	if err != nil {
		return nil, fmt.Errorf("find due messages: %w", err)
	}
	if len(due) == 0 {
		return nil, nil
	}
	var claimed []*courier.Stored
	err = db.Join(ctx, func(ctx context.Context) error {
		claimed = nil
		for _, m := range due {
			mine := *m
			mine.Status, mine.Lease, mine.NextTry, mine.Tries = courier.Sending, lease, sqldb.TruncateTime(until), m.Tries+1
			taken, err := db.claim(ctx, m, &mine)
			if err != nil {
				return err
			}
			if taken {
				mine.NextTry = db.LocalTime(mine.NextTry)
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

func (db *DB) claim(ctx context.Context, seen, mine *courier.Stored) (bool, error) {
	taken, err := db.Exec(ctx, `UPDATE messages SET status = ?, lease = ?, next_try = ?, tries = ?
 WHERE id = ? AND status = ? AND tries = ? AND lease = ? AND next_try = ?`,
		string(mine.Status), mine.Lease, sqldb.Micros(mine.NextTry), mine.Tries,
		seen.ID, string(seen.Status), seen.Tries, seen.Lease, sqldb.Micros(seen.NextTry))
	return taken == 1, err
}

// RecordDelivery stores the outcome of a try; errs.ErrStale if the message is no
// longer under that lease.
func (db *DB) RecordDelivery(ctx context.Context, m *courier.Stored) error {
	err := db.ExecOne(ctx, `UPDATE messages SET status = ?, sealed = ?, next_try = ?, last_error = ?, sent_at = ?
 WHERE id = ? AND lease = ? AND tries = ? AND status = ?`,
		string(m.Status), m.Sealed, sqldb.Micros(db.ServerTime(m.NextTry)), m.LastError, sqldb.MicrosOrNull(m.SentAt),
		m.ID, m.Lease, m.Tries, string(courier.Sending))
	if errors.Is(err, errs.ErrNotFound) {
		err = errs.ErrStale
	}
	if err != nil {
		return fmt.Errorf("settle message: %w", err)
	}
	return nil
}

// NextMessage returns when the earliest waiting message may be taken; ok is false
// if none waits.
func (db *DB) NextMessage(ctx context.Context) (due time.Time, ok bool, err error) {
	err = db.QueryRow(ctx, []any{sqldb.TimeCol(&due)}, nextMessage)
	if errors.Is(err, errs.ErrNotFound) {
		return time.Time{}, false, nil
	}
	if err != nil {
		return time.Time{}, false, fmt.Errorf("find next message: %w", err)
	}
	return db.LocalTime(due), true, nil
}

// EraseMessages removes the bodies of at most limit messages that were sent or
// given up and whose link expired before now, and returns how many it found.
func (db *DB) EraseMessages(ctx context.Context, now time.Time, limit int) (erased int64, err error) {
	erased, err = db.Exec(ctx, eraseMessages, sqldb.Micros(now), limit)
	if err != nil {
		return 0, fmt.Errorf("erase messages: %w", err)
	}
	return erased, nil
}

// Message returns a message; errs.ErrNotFound if there is none.
func (db *DB) Message(ctx context.Context, id string) (*courier.Stored, error) {
	id, ok := sqldb.CanonicalID(id)
	if !ok {
		return nil, errs.ErrNotFound
	}
	var m courier.Stored
	if err := db.QueryRow(ctx, messageTargets(&m), `SELECT `+messageColumns+` FROM messages WHERE id = ?`, id); err != nil {
		return nil, fmt.Errorf("read message: %w", err)
	}
	return &m, nil
}

// Messages lists messages, the latest first. Those to an address are found by each form of it: as it was typed, which is
// where mail goes, and as it is compared.
func (db *DB) Messages(ctx context.Context, f courier.Filter) ([]*courier.Stored, error) {
	found, err := db.messagesTo(ctx, f)
	if err != nil || f.Recipient == "" {
		return found, err
	}
	forms, err := db.otherForms(ctx, f)
	if err != nil {
		return nil, err
	}
	for _, form := range forms {
		f.Recipient = form
		more, err := db.messagesTo(ctx, f)
		if err != nil {
			return nil, err
		}
		found = append(found, more...)
	}
	slices.SortFunc(found, func(a, b *courier.Stored) int { return strings.Compare(b.ID, a.ID) })
	return found[:min(len(found), f.Limit)], nil
}

// otherForms returns the forms of a recipient besides the one that is given: those in which it is compared, where text
// messages go, and how people typed it, where mail goes.
func (db *DB) otherForms(ctx context.Context, f courier.Filter) (forms []string, err error) {
	add := func(form string) {
		if form != f.Recipient && !slices.Contains(forms, form) {
			forms = append(forms, form)
		}
	}
	for _, normalized := range f.Normalized {
		if !sqldb.IsKey(normalized) {
			continue
		}
		add(normalized)
		err = db.ListOnReplica(ctx, func(scan sqldb.ScanFunc) error {
			var typed string
			err := scan(&typed)
			add(typed)
			return err
		}, `SELECT value FROM addresses WHERE normalized = ?`, normalized)
		if err != nil {
			return nil, fmt.Errorf("read the forms of an address: %w", err)
		}
	}
	return forms, nil
}

func (db *DB) messagesTo(ctx context.Context, f courier.Filter) ([]*courier.Stored, error) {
	if !sqldb.IsKey(f.Recipient) {
		return nil, nil // some databases refuse the question
	}
	// One text for each combination: a condition that may be off uses no index.
	var where []string
	var args []any
	for _, c := range []struct{ condition, value string }{
		{`status = ?`, string(f.Status)},
		{`recipient = ?`, f.Recipient},
		{`id < ?`, f.Before},
	} {
		if c.value != "" {
			where, args = append(where, c.condition), append(args, c.value)
		}
	}
	clause := ""
	if len(where) > 0 {
		clause = `WHERE ` + strings.Join(where, ` AND `)
	}
	found, err := messages(ctx, db.ListOnReplica, `SELECT `+messageColumns+` FROM messages `+clause+` ORDER BY id DESC LIMIT ?`, append(args, f.Limit)...)
	if err != nil {
		return nil, fmt.Errorf("list messages: %w", err)
	}
	return found, nil
}

// query is one of the ways in which a DB reads rows.
type query func(ctx context.Context, each func(sqldb.ScanFunc) error, text string, args ...any) error

func messages(ctx context.Context, ask query, text string, args ...any) ([]*courier.Stored, error) {
	var found []*courier.Stored
	err := ask(ctx, func(scan sqldb.ScanFunc) error {
		m := &courier.Stored{}
		found = append(found, m)
		return scan(messageTargets(m)...)
	}, text, args...)
	return found, err
}

// RetryMessage queues a dead message again. The error is errs.ErrNotFound if no message
// has the id, is dead and still has its body.
func (db *DB) RetryMessage(ctx context.Context, id string, now time.Time) error {
	id, ok := sqldb.CanonicalID(id)
	if !ok {
		return errs.ErrNotFound
	}
	err := db.ExecOne(ctx, `UPDATE messages SET status = ?, tries = 0, next_try = ? WHERE id = ? AND status = ? AND sealed <> ''`,
		string(courier.Queued), sqldb.Micros(db.ServerTime(now)), id, string(courier.Dead))
	if err != nil {
		return fmt.Errorf("retry message: %w", err)
	}
	return nil
}

// maxCount is where counting stops, so that its cost does not grow with the table.
const maxCount = 10_000

// countMessages counts the messages of one status in its index.
const countMessages = `SELECT COUNT(*) FROM (SELECT 1 FROM messages WHERE status = ? LIMIT ?) counted`

// CountMessages counts messages by status, up to maxCount of each; a status without
// messages is left out.
func (db *DB) CountMessages(ctx context.Context) (map[courier.Status]int, error) {
	counts := map[courier.Status]int{}
	for _, status := range courier.Statuses {
		n := 0
		if err := db.QueryRow(ctx, []any{&n}, countMessages, string(status), maxCount); err != nil {
			return nil, fmt.Errorf("count messages: %w", err)
		}
		if n > 0 {
			counts[status] = n
		}
	}
	return counts, nil
}

// Backlog returns when the oldest message that still waits was queued, zero if
// none does, and the error of the latest one that could not be sent so far.
func (db *DB) Backlog(ctx context.Context) (oldest time.Time, lastError string, err error) {
	for _, status := range []courier.Status{courier.Queued, courier.Sending} {
		var created time.Time // ids are in the order of creation
		err := db.QueryRow(ctx, []any{sqldb.TimeCol(&created)}, `SELECT created_at FROM messages WHERE status = ? ORDER BY id LIMIT 1`, string(status))
		if err != nil && !errors.Is(err, errs.ErrNotFound) {
			return time.Time{}, "", fmt.Errorf("find oldest message: %w", err)
		}
		if err == nil && (oldest.IsZero() || created.Before(oldest)) {
			oldest = created
		}
	}
	err = db.QueryRow(ctx, []any{&lastError}, lastFailure)
	if err != nil && !errors.Is(err, errs.ErrNotFound) {
		return time.Time{}, "", fmt.Errorf("find last error of messages: %w", err)
	}
	return oldest, lastError, nil
}
