package ratelimit

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"strconv"
	"strings"
	"time"
)

// NotePrefix begins each note. No identity id and no hash of a token begins with it.
const NotePrefix = "tries."

// maxPending bounds the keys that wait to be exported. In a flood of more keys, the
// rest is exported when it is charged next.
const maxPending = 20_000

// share is what another node counted for a key in its present window.
type share struct {
	node  string
	since time.Time // by the clock of this node
	count int
}

// replica is what a limiter needs to share its counts with other nodes.
type replica struct {
	node        string
	fresh, ripe map[uint64]*counter // changed since the last Export, and before it
}

// NewShared returns a limiter that counts together with the limiters of other nodes,
// which have the same key (32 bytes) and each its own name without a dot.
func NewShared(window time.Duration, now func() time.Time, node string, key []byte) *Limiter {
	l := New(window, now)
	l.hash = func(scope, value string) uint64 {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(scope + "\x00" + value))
		return binary.BigEndian.Uint64(mac.Sum(nil))
	}
	l.replica = &replica{node: node, fresh: map[uint64]*counter{}, ripe: map[uint64]*counter{}}
	return l
}

// markChanged queues a counter for export.
func (l *Limiter) markChanged(id uint64, c *counter) {
	if l.replica == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.replica.fresh) < maxPending {
		l.replica.fresh[id] = c
	}
}

// Export passes at most limit notes for other nodes to write. The rest waits for the next
// call, and all of it waits if write fails. A note holds the whole count of this node for a
// key in a window, so a note may be lost or written twice. An attempt is exported at the
// second call after it: most attempts succeed and are refunded before then. One goroutine
// calls it at regular intervals.
func (l *Limiter) Export(limit int, write func(notes []string) error) error {
	due := l.due()
	now := l.now()
	var notes []string
	counts := make(map[uint64]int, limit)
	for id, c := range due {
		if len(notes) == limit {
			break
		}
		since, count, pending := c.pending(l.window, now)
		if !pending {
			delete(due, id)
			continue
		}
		notes = append(notes, l.note(id, now.Sub(since), count))
		counts[id] = count
	}
	var err error
	if len(notes) > 0 {
		err = write(notes)
	}
	if err == nil {
		for id, count := range counts {
			due[id].markExported(count)
			delete(due, id)
		}
	}
	l.requeue(due)
	return err
}

// due takes the counters that changed before the last call.
func (l *Limiter) due() map[uint64]*counter {
	l.mu.Lock()
	defer l.mu.Unlock()
	due := l.replica.ripe
	l.replica.ripe, l.replica.fresh = l.replica.fresh, map[uint64]*counter{}
	return due
}

// requeue keeps what was not exported for the next call.
func (l *Limiter) requeue(rest map[uint64]*counter) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for id, c := range rest {
		if len(l.replica.ripe) >= maxPending {
			return
		}
		l.replica.ripe[id] = c
	}
}

// note is at most 64 ASCII characters long, which is what the store accepts. It carries
// the age of the window in seconds and not its start, because the clocks of nodes may
// differ. The age is written as a negative number of at least one second: releases up to
// 0.4 wrote the start there, and ignore a start that long ago.
func (l *Limiter) note(id uint64, age time.Duration, count int) string {
	seconds := max(1, int64(age/time.Second))
	return NotePrefix + strconv.FormatUint(id, 36) + "." + l.replica.node + "." +
		strconv.FormatInt(-seconds, 36) + "." + strconv.FormatInt(int64(count), 36)
}

// Import counts a note of another node that was written a while (delay) ago. It skips the
// notes of its own node and text that is not a note, so every node may read all notes.
func (l *Limiter) Import(note string, delay time.Duration) {
	parts := strings.Split(strings.TrimPrefix(note, NotePrefix), ".")
	if l.replica == nil || len(parts) != 4 || parts[1] == l.replica.node {
		return
	}
	id, err1 := strconv.ParseUint(parts[0], 36, 64)
	start, err2 := strconv.ParseInt(parts[2], 36, 64)
	count, err3 := strconv.ParseInt(parts[3], 36, 32)
	if err1 != nil || err2 != nil || err3 != nil || count < 0 {
		return
	}
	now := l.now()
	s := share{node: parts[1], since: began(start, delay, now), count: int(count)}
	if now.Sub(s.since) < l.window {
		l.counter(id).merge(s, l.window, now)
	}
}

// began is the start of a window by the clock of this node, and never in the future:
// a node whose clock is ahead must not make a lock-out longer.
func began(start int64, delay time.Duration, now time.Time) time.Time {
	since := time.Unix(start, 0)
	if start < 0 {
		const longest = 1 << 32 // seconds, so that the duration does not overflow
		since = now.Add(-max(delay, 0) - time.Duration(min(-start, longest))*time.Second)
	}
	if since.After(now) {
		return now
	}
	return since
}

// pending returns what other nodes should know of a counter's window; false if they
// know it, or if the window has ended and they drop it by themselves.
func (c *counter) pending(length time.Duration, now time.Time) (since time.Time, count int, pending bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.since, c.count, c.count != c.exported && now.Sub(c.since) < length
}

func (c *counter) markExported(count int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.exported = count
}

// merge replaces what was known of a node, and drops windows that have ended.
func (c *counter) merge(s share, length time.Duration, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	kept := c.others[:0]
	for _, known := range c.others {
		if known.node != s.node && now.Sub(known.since) < length {
			kept = append(kept, known)
		}
	}
	c.others = append(kept, s)
}
