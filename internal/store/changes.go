package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Shared reports whether other processes may use the same database.
func (db *DB) Shared() bool { return !db.dialect.Embedded }

const insertChange = `INSERT INTO changes (about, at) VALUES (?, ?)`

// announce tells other processes, in the transaction of the change, that what they
// remember of the hash of a token or of an identity is out of date.
func (db *DB) announce(ctx context.Context, about string) error {
	if !db.Shared() {
		return nil
	}
	if _, err := db.exec(ctx, insertChange, about, micros(db.now())); err != nil {
		return fmt.Errorf("announce change: %w", err)
	}
	db.AfterCommit(ctx, db.committed)
	return nil
}

// noteRows are the numbers of rows that notes are written in at a time.
func noteRows() []int { return []int{32, 8, 1} }

// WriteNotes tells other processes what they need not know at once: Changes reads it,
// and nobody is woken. A note is ASCII and at most 64 bytes long. On SQLite, where
// there are no others, nothing is written.
func (db *DB) WriteNotes(ctx context.Context, notes []string) error {
	if !db.Shared() {
		return nil
	}
	for _, size := range noteRows() {
		// The comment at its end keeps a single note from being taken for insertChange,
		// which a dialect may have words of its own for.
		query := `INSERT INTO changes (about, at) VALUES (?, ?)` + strings.Repeat(`, (?, ?)`, size-1) + ` -- notes`
		for len(notes) >= size {
			var args []any
			for _, note := range notes[:size] {
				args = append(args, note, micros(db.now()))
			}
			if _, err := db.exec(ctx, query, args...); err != nil {
				return fmt.Errorf("write notes: %w", err)
			}
			notes = notes[size:]
		}
	}
	return nil
}

// maxNotes bounds what a process reads of the past when it starts.
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
	err := db.list(ctx, func(scan scanFunc) error {
		var note Note
		err := scan(&note.Text, at{&note.WrittenAt})
		notes = append(notes, note)
		return err
	}, `SELECT about, at FROM changes WHERE at > ? AND about LIKE ? ORDER BY id DESC LIMIT ?`, micros(since), prefix+"%", maxNotes)
	if err != nil {
		return nil, fmt.Errorf("read notes: %w", err)
	}
	slices.Reverse(notes)
	return notes, nil
}

// announced writes and announces in one transaction.
func (db *DB) announced(ctx context.Context, about string, write func(context.Context) error) error {
	if !db.Shared() {
		return write(ctx)
	}
	return db.InTx(ctx, func(ctx context.Context) error {
		if err := write(ctx); err != nil {
			return err
		}
		return db.announce(ctx, about)
	})
}

const (
	// settled is how many times the patience of a transaction pass after a change was
	// seen until none can come about that has a lower number: a transaction takes a
	// number when it writes, and shows when it commits.
	settled = 3
	// margin is how many numbers below the highest a process looks at first, for
	// transactions that are not committed yet.
	margin = 20_000
	// lookAtAll is how often a look goes back to what is not settled. Those in between
	// cost little however much there is.
	lookAtAll = 200 * time.Millisecond
)

// Changes follows what is announced, by this process too. It is for one goroutine.
type Changes struct {
	db      *DB
	started bool
	floor   int64     // everything up to here has been told
	top     int64     // the highest number seen
	looked  time.Time // when the last look at all that is above the floor began
	told    map[int64]bool
	highest []sighting // of each read that isn't settled yet
}

// sighting is the highest number there was when somebody looked.
type sighting struct {
	at time.Time // after the look
	id int64
}

// Changes starts to follow.
func (db *DB) Changes() *Changes { return &Changes{db: db, told: map[int64]bool{}} }

// Read returns token hashes and identity ids of which something was committed since the
// call before, and notes in the order of each who wrote them; and before when everything
// that was committed has been told. now is the time of the call. After an error it begins
// anew: what was remembered until then must not be trusted.
func (c *Changes) Read(ctx context.Context, now time.Time) (changed []string, before time.Time, err error) {
	if !c.started {
		if err := c.start(ctx); err != nil {
			return nil, time.Time{}, err
		}
	}
	since := now.Sub(c.looked)
	all := since < 0 || since >= lookAtAll
	from := c.top
	if all {
		from = c.floor
	}
	if changed, err = c.above(ctx, from); err != nil {
		// The database may come back as it was before, with numbers to be given again.
		*c = Changes{db: c.db, told: map[int64]bool{}}
		return nil, time.Time{}, fmt.Errorf("read changes: %w", err)
	}
	if all {
		c.looked = now
		c.settle(now)
	}
	return changed, c.looked, nil
}

// above returns what has not been told of the changes with a higher number.
func (c *Changes) above(ctx context.Context, from int64) ([]string, error) {
	var fresh []string
	err := c.db.look(ctx, func(scan scanFunc) error {
		var id int64
		var about string
		if err := scan(&id, &about); err != nil {
			return err
		}
		if !c.told[id] {
			c.told[id] = true
			fresh = append(fresh, about)
		}
		c.top = max(c.top, id)
		return nil
	}, `SELECT id, about FROM changes WHERE id > ? ORDER BY id`, from)
	return fresh, err
}

func (c *Changes) start(ctx context.Context) error {
	err := c.db.look(ctx, func(scan scanFunc) error { return scan(&c.floor) }, `SELECT COALESCE(MAX(id), 0) FROM changes`)
	if err != nil {
		return fmt.Errorf("read changes: %w", err)
	}
	c.top = c.floor
	c.floor = max(0, c.floor-margin)
	c.started = true
	return nil
}

// settle raises the floor to what was the highest number long ago. It follows a look:
// what came about since the one before, however long ago that was, has been told.
func (c *Changes) settle(now time.Time) {
	floor := c.floor
	for len(c.highest) > 0 && now.Sub(c.highest[0].at) > settled*c.db.patience {
		floor = c.highest[0].id
		c.highest = c.highest[1:]
	}
	c.highest = append(c.highest, sighting{at: c.db.now(), id: c.top})
	if floor == c.floor {
		return
	}
	c.floor = floor
	for id := range c.told {
		if id <= floor {
			delete(c.told, id)
		}
	}
}

// errNoListener says that changes have to be looked for.
var errNoListener = errors.New("this database announces nothing by itself")

// Listen calls wake soon after each change, until ctx ends or the connection is lost.
// It needs a connection of its own and is no more than a hint: nothing is told twice,
// and what happens while nobody listens is not told at all.
// errors.ErrUnsupported is in the error where there is nothing to listen to.
func (db *DB) Listen(ctx context.Context, wake func()) error {
	if db.listen == nil {
		return fmt.Errorf("%w: %w", errNoListener, errors.ErrUnsupported)
	}
	return db.listen(ctx, wake)
}
