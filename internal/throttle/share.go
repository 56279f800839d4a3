package throttle

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"strconv"
	"strings"
	"time"
)

// NotePrefix begins each note. No identity id and no hash of a token begins so.
const NotePrefix = "tries."

// maxUntold bounds the keys of which others have not been told. In a flood of more,
// some are told of when they are charged next.
const maxUntold = 20_000

// share is what another node counted for a key in its present window.
type share struct {
	node  string
	since time.Time
	count int
}

// shared is what a limiter needs that tells others of what it counts.
type shared struct {
	node        string
	fresh, ripe map[uint64]*counter // changed since the last call of Tell, and before it
}

// NewShared returns a limiter that counts together with those of other nodes, which
// have the same key (32 bytes) and each a name of its own without a dot.
func NewShared(window time.Duration, now func() time.Time, node string, key []byte) *Limiter {
	l := New(window, now)
	l.hash = func(scope, value string) uint64 {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(scope + "\x00" + value))
		return binary.BigEndian.Uint64(mac.Sum(nil))
	}
	l.shared = &shared{node: node, fresh: map[uint64]*counter{}, ripe: map[uint64]*counter{}}
	return l
}

// changed remembers to tell others of a counter.
func (l *Limiter) changed(id uint64, c *counter) {
	if l.shared == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.shared.fresh) < maxUntold {
		l.shared.fresh[id] = c
	}
}

// Tell hands notes for others to announce, at most as many as said; the rest waits for
// the next call, and all of them do if it fails. A note holds all that this node counted
// for a key in a window, so it may be lost or told twice. An attempt is not told of before
// the second call after it: most succeed and are given back by then. It is called every
// now and then by one goroutine.
func (l *Limiter) Tell(most int, announce func(notes []string) error) error {
	due := l.due()
	now := l.now()
	var notes []string
	told := make(map[uint64]int, most)
	for id, c := range due {
		if len(notes) == most {
			break
		}
		since, count, news := c.news(l.window, now)
		if !news {
			delete(due, id)
			continue
		}
		notes = append(notes, l.note(id, since, count))
		told[id] = count
	}
	var err error
	if len(notes) > 0 {
		err = announce(notes)
	}
	if err == nil {
		for id, count := range told {
			due[id].toldOf(count)
			delete(due, id)
		}
	}
	l.postpone(due)
	return err
}

// due takes what changed before the last call.
func (l *Limiter) due() map[uint64]*counter {
	l.mu.Lock()
	defer l.mu.Unlock()
	due := l.shared.ripe
	l.shared.ripe, l.shared.fresh = l.shared.fresh, map[uint64]*counter{}
	return due
}

// postpone keeps what was not told of for the next call.
func (l *Limiter) postpone(rest map[uint64]*counter) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for id, c := range rest {
		if len(l.shared.ripe) >= maxUntold {
			return
		}
		l.shared.ripe[id] = c
	}
}

// note is at most 64 ASCII characters long, which is what the store takes.
func (l *Limiter) note(id uint64, since time.Time, count int) string {
	return NotePrefix + strconv.FormatUint(id, 36) + "." + l.shared.node + "." +
		strconv.FormatInt(since.Unix(), 36) + "." + strconv.FormatInt(int64(count), 36)
}

// Heard counts what a note of another node says. Its own notes and what is no note are
// passed over, so that any node may read all of them.
func (l *Limiter) Heard(note string) {
	parts := strings.Split(strings.TrimPrefix(note, NotePrefix), ".")
	if l.shared == nil || len(parts) != 4 || parts[1] == l.shared.node {
		return
	}
	id, err1 := strconv.ParseUint(parts[0], 36, 64)
	since, err2 := strconv.ParseInt(parts[2], 36, 64)
	count, err3 := strconv.ParseInt(parts[3], 36, 32)
	if err1 != nil || err2 != nil || err3 != nil || count < 0 {
		return
	}
	now := l.now()
	s := share{node: parts[1], since: time.Unix(since, 0), count: int(count)}
	if now.Sub(s.since) < l.window {
		l.counter(id).heard(s, l.window, now)
	}
}

// news is what others should know of a counter's window. One that is over they forget
// by themselves.
func (c *counter) news(length time.Duration, now time.Time) (since time.Time, count int, news bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.since, c.count, c.count != c.told && now.Sub(c.since) < length
}

func (c *counter) toldOf(count int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.told = count
}

// heard replaces what was known of a node, and forgets what is over.
func (c *counter) heard(s share, length time.Duration, now time.Time) {
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
