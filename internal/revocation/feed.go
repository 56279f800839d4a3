package revocation

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/symbolon/symbolon/internal/event"
)

const (
	// Bound is within what time after its end a session is in the feed, on every node.
	Bound = time.Second
	// pollEvery is how often the feed looks for events. It fits several times into Bound.
	pollEvery = 200 * time.Millisecond
	// maxReaders bounds the requests that wait at a time.
	maxReaders = 512
	// maxHistory bounds what a reader gets at a time: the events behind it, and its entries.
	maxHistory = 200_000
	// maxBatch bounds the events of a chain that are read at a time.
	maxBatch = 1000
	// ClockSlack is by how much the clocks of nodes, and the time that a transaction
	// takes, may put an event before the moment that it can be seen.
	ClockSlack = time.Minute
)

var (
	// ErrBusy says that too many readers wait.
	ErrBusy = errors.New("too many readers follow the feed")
	// ErrGone says that retention removed events behind a position, or that more than
	// maxHistory are: the reader starts again without one.
	ErrGone = errors.New("the feed no longer has what followed this position")
	// ErrClosed says that the process ends.
	ErrClosed = errors.New("the feed was closed")
)

// Head is the state of a chain of events.
type Head struct {
	Seq    int64 // of the last event
	Pruned int64 // of the last event that retention removed
}

// Store reads events. *store.DB satisfies it.
type Store interface {
	// EventHeads returns the heads of the chains.
	EventHeads(context.Context) (map[int]Head, error)
	// ChainEvents returns the events of a chain with one of the names, after one number
	// and up to another, in their order.
	ChainEvents(ctx context.Context, chain int, after, upTo int64, names []event.Name, limit int) ([]event.Event, error)
	// EventsSince returns the events of all chains with one of the names since a moment.
	EventsSince(ctx context.Context, since time.Time, names []event.Name, limit int) ([]event.Event, error)
}

// Ended is a session that has ended, or all of an identity.
type Ended struct {
	SessionID  string    `json:"session_id,omitempty"`
	IdentityID string    `json:"identity_id,omitempty"`
	All        bool      `json:"all,omitempty"` // every session of the identity
	At         time.Time `json:"ended_at"`
}

// Batch is what a reader gets.
type Batch struct {
	Ended []Ended   `json:"ended"`
	Next  Position  `json:"-"`
	AsOf  time.Time `json:"as_of"` // everything that ended Bound before is known
	// Since is how far back a batch without a position reaches; zero with one. A reader that
	// begins with it does not know whether the sessions of older tokens have ended.
	Since time.Time `json:"since,omitzero"`
}

// Feed tells readers which sessions have ended. It is safe for concurrent use.
type Feed struct {
	store   Store
	now     func() time.Time
	readers chan struct{}
	closed  chan struct{}
	close   sync.Once

	mu    sync.Mutex // held while the heads are read, so that readers share one query
	heads map[int]Head
	read  time.Time
}

// New returns a feed.
func New(s Store, now func() time.Time) *Feed {
	return &Feed{store: s, now: now, readers: make(chan struct{}, maxReaders), closed: make(chan struct{})}
}

// Close ends all waits.
func (f *Feed) Close() { f.close.Do(func() { close(f.closed) }) }

// Enter takes a place among the readers; leave gives it back.
func (f *Feed) Enter() (leave func(), err error) {
	select {
	case <-f.closed:
		return nil, ErrClosed
	case f.readers <- struct{}{}:
		return func() { <-f.readers }, nil
	default:
		return nil, ErrBusy
	}
}

// names are the events by which sessions end.
func names() []event.Name {
	return []event.Name{event.TokenRevoked, event.UserArchived, event.UserDeleted}
}

// History returns what ended in the time before now.
func (f *Feed) History(ctx context.Context, window time.Duration) (Batch, error) {
	heads, asOf, err := f.current(ctx)
	if err != nil {
		return Batch{}, err
	}
	b := Batch{Ended: []Ended{}, Next: Position{}, AsOf: asOf, Since: asOf.Add(-window - ClockSlack)}
	events, err := f.store.EventsSince(ctx, b.Since, names(), maxHistory+1)
	if err != nil {
		return Batch{}, err
	}
	for chain, head := range heads {
		b.Next[chain] = head.Seq
	}
	// Those after the heads come with the next batch once more.
	if !b.add(events) {
		return Batch{}, fmt.Errorf("more than %d sessions ended in %v: shorten the life of the tokens", maxHistory, window)
	}
	return b, nil
}

// After returns what ended after a position. It waits for it until until; a batch without
// entries says that nothing has ended.
func (f *Feed) After(ctx context.Context, p Position, until time.Time) (Batch, error) {
	for {
		b, err := f.next(ctx, p)
		if err != nil || len(b.Ended) > 0 || !f.now().Before(until) {
			return b, err
		}
		p = b.Next
		if err := f.pause(ctx); err != nil {
			return Batch{}, err
		}
	}
}

func (f *Feed) pause(ctx context.Context) error {
	timer := time.NewTimer(pollEvery)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-f.closed:
		return ErrClosed
	}
}

// next reads once what is behind a position.
func (f *Feed) next(ctx context.Context, p Position) (Batch, error) {
	heads, asOf, err := f.current(ctx)
	if err != nil {
		return Batch{}, err
	}
	b := Batch{Ended: []Ended{}, Next: maps.Clone(p), AsOf: asOf}
	for chain, head := range heads {
		after := p[chain]
		if after > head.Seq || after < head.Pruned {
			return Batch{}, ErrGone // the database was restored, or retention has come by
		}
		for after < head.Seq {
			events, err := f.store.ChainEvents(ctx, chain, after, head.Seq, names(), maxBatch)
			if err != nil {
				return Batch{}, err
			}
			if !b.add(events) {
				return Batch{}, ErrGone // the history of the tokens that are valid may be shorter
			}
			if len(events) < maxBatch {
				break
			}
			after = events[len(events)-1].Seq
		}
		b.Next[chain] = head.Seq
	}
	return b, nil
}

// add appends what events ended, and reports whether that is not more than a reader may get.
func (b *Batch) add(events []event.Event) bool {
	for _, e := range events {
		b.Ended = append(b.Ended, endedBy(e)...)
		if len(b.Ended) > maxHistory {
			return false
		}
	}
	return true
}

// current returns the heads of the chains as they were a moment ago, and when that was.
func (f *Feed) current(ctx context.Context) (map[int]Head, time.Time, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := f.now()
	if f.heads != nil && now.Sub(f.read) < pollEvery/2 && !now.Before(f.read) {
		return f.heads, f.read, nil
	}
	heads, err := f.store.EventHeads(ctx)
	if err != nil {
		return nil, time.Time{}, err
	}
	f.heads, f.read = heads, now
	return heads, now, nil
}

// DetailEnded is the detail of an event that lists the ids of the sessions that it ended.
const DetailEnded = "ended"

// endedBy returns what an event ended.
func endedBy(e event.Event) []Ended {
	var all []Ended
	if e.SessionID != "" && e.Name == event.TokenRevoked {
		all = append(all, Ended{SessionID: e.SessionID, IdentityID: e.IdentityID, At: e.At})
	}
	if listed := e.Details[DetailEnded]; listed != "" {
		for id := range strings.SplitSeq(listed, ",") {
			all = append(all, Ended{SessionID: id, IdentityID: e.IdentityID, At: e.At})
		}
	}
	if e.Name == event.UserDeleted || e.Name == event.UserArchived {
		all = append(all, Ended{IdentityID: e.IdentityID, All: true, At: e.At})
	}
	return slices.Clip(all)
}
