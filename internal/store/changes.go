package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/symbolon/symbolon/internal/store/sqldb"
)

// The table changes is a transactional outbox: a row is written in the transaction of
// the change and read by every process, which then drops what it has cached.

const insertChange = `INSERT INTO changes (about, at) VALUES (?, ?)`

// boundChange is insertChange for PostgreSQL. A process that is stopped now and continues
// long after must not commit a change that other nodes no longer look for (see
// settleAfter), so the server ends a transaction that is idle for sqldb.DefaultTimeout.
const boundChange = `INSERT INTO changes (about, at) SELECT ?, ? FROM
 set_config('idle_in_transaction_session_timeout', '5s', true)`

// recordChange tells other processes, in the transaction of the change, that what they
// have cached of a token hash or of an identity is out of date.
func (db *DB) recordChange(ctx context.Context, about string) error {
	if !db.MultiNode() {
		return nil
	}
	if _, err := db.Exec(ctx, insertChange, about, sqldb.Micros(db.Now())); err != nil {
		return fmt.Errorf("record change: %w", err)
	}
	db.AfterCommit(ctx, db.QueueNotify)
	return nil
}

// noteRows are how many notes one statement writes.
func noteRows() []int { return []int{32, 8, 1} }

// WriteNotes writes notes for other processes, which read them with Changes at their next
// poll; it sends no notification. A note is ASCII and at most 64 bytes long. On SQLite,
// which has one process, it writes nothing.
func (db *DB) WriteNotes(ctx context.Context, notes []string) error {
	if !db.MultiNode() {
		return nil
	}
	for _, size := range noteRows() {
		// The comment at the end tells a single note from insertChange, which PostgreSQL
		// replaces by another query.
		query := `INSERT INTO changes (about, at) VALUES (?, ?)` + strings.Repeat(`, (?, ?)`, size-1) + ` -- notes`
		for len(notes) >= size {
			var args []any
			for _, note := range notes[:size] {
				args = append(args, note, sqldb.Micros(db.Now()))
			}
			if _, err := db.Exec(ctx, query, args...); err != nil {
				return fmt.Errorf("write notes: %w", err)
			}
			notes = notes[size:]
		}
	}
	return nil
}

// maxNotes bounds the notes that a process reads when it starts.
const maxNotes = 100_000

// Note is what a process wrote for others, and when by its own clock.
type Note struct {
	Text      string
	WrittenAt time.Time
}

// Notes returns, in their order, the latest notes with a prefix that were written since
// a moment. The prefix has neither "%" nor "_".
func (db *DB) Notes(ctx context.Context, prefix string, since time.Time) ([]Note, error) {
	var notes []Note
	err := db.List(ctx, func(scan sqldb.ScanFunc) error {
		var note Note
		err := scan(&note.Text, sqldb.TimeCol(&note.WrittenAt))
		notes = append(notes, note)
		return err
	}, `SELECT about, at FROM changes WHERE at > ? AND about LIKE ? ORDER BY id DESC LIMIT ?`, sqldb.Micros(since), prefix+"%", maxNotes)
	if err != nil {
		return nil, fmt.Errorf("read notes: %w", err)
	}
	slices.Reverse(notes)
	return notes, nil
}

// withChange writes, and records the change in the same transaction.
func (db *DB) withChange(ctx context.Context, about string, write func(context.Context) error) error {
	if !db.MultiNode() {
		return db.Join(ctx, write)
	}
	return db.InTx(ctx, func(ctx context.Context) error {
		if err := write(ctx); err != nil {
			return err
		}
		return db.recordChange(ctx, about)
	})
}

const (
	// settleAfter is how many transaction timeouts after a number was seen no lower
	// number can appear any more: a transaction takes its number when it writes, and the
	// row is visible when it commits.
	settleAfter = 3
	// margin is how many numbers below the highest a process starts at, because their
	// transactions may not be committed yet.
	margin = 20_000
	// fullPollEvery is how often a poll reads everything that is not settled. The polls
	// in between read only new numbers.
	fullPollEvery = 200 * time.Millisecond
)

// Changes reads the changes of all processes, including this one. It is for one goroutine.
type Changes struct {
	db      *DB
	started bool
	floor   int64     // everything up to here has been returned
	top     int64     // the highest number seen
	polled  time.Time // when the last full poll began
	seen    map[int64]bool
	marks   []watermark // of each full poll that is not settled yet
}

// watermark is the highest number at the time of a poll.
type watermark struct {
	at time.Time // after the poll
	id int64
}

// Changes starts to read changes.
func (db *DB) Changes() *Changes { return &Changes{db: db, seen: map[int64]bool{}} }

// Read returns the token hashes and identity ids that changed since the last call, and
// notes in the order of each writer. Everything that was committed before the time before
// has been returned. now is the time of the call. After an error it starts over: the
// caller must drop what it had cached until then.
func (c *Changes) Read(ctx context.Context, now time.Time) (changed []string, before time.Time, err error) {
	if !c.started {
		if err := c.start(ctx); err != nil {
			return nil, time.Time{}, err
		}
	}
	since := now.Sub(c.polled)
	full := since < 0 || since >= fullPollEvery
	from := c.top
	if full {
		from = c.floor
	}
	if changed, err = c.above(ctx, from); err != nil {
		// After a restore of the database, numbers may repeat.
		*c = Changes{db: c.db, seen: map[int64]bool{}}
		return nil, time.Time{}, fmt.Errorf("read changes: %w", err)
	}
	if full {
		c.polled = now
		c.raiseFloor(now)
	}
	return changed, c.polled, nil
}

// above returns the changes with a higher number that have not been returned yet.
func (c *Changes) above(ctx context.Context, from int64) ([]string, error) {
	var fresh []string
	err := c.db.ListOnPollConn(ctx, func(scan sqldb.ScanFunc) error {
		var id int64
		var about string
		if err := scan(&id, &about); err != nil {
			return err
		}
		if !c.seen[id] {
			c.seen[id] = true
			fresh = append(fresh, about)
		}
		c.top = max(c.top, id)
		return nil
	}, `SELECT id, about FROM changes WHERE id > ? ORDER BY id`, from)
	return fresh, err
}

func (c *Changes) start(ctx context.Context) error {
	err := c.db.ListOnPollConn(ctx, func(scan sqldb.ScanFunc) error { return scan(&c.floor) }, `SELECT COALESCE(MAX(id), 0) FROM changes`)
	if err != nil {
		return fmt.Errorf("read changes: %w", err)
	}
	c.top = c.floor
	c.floor = max(0, c.floor-margin)
	c.started = true
	return nil
}

// raiseFloor raises the floor to the highest number of a poll long ago. It follows a full
// poll, which has returned everything since the one before, however long ago that was.
func (c *Changes) raiseFloor(now time.Time) {
	floor := c.floor
	for len(c.marks) > 0 && now.Sub(c.marks[0].at) > settleAfter*c.db.Timeout() {
		floor = c.marks[0].id
		c.marks = c.marks[1:]
	}
	c.marks = append(c.marks, watermark{at: c.db.Now(), id: c.top})
	if floor == c.floor {
		return
	}
	c.floor = floor
	for id := range c.seen {
		if id <= floor {
			delete(c.seen, id)
		}
	}
}
