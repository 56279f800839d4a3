package flowtest

import (
	"context"
	"sync"
	"time"

	"github.com/symbolon/symbolon/internal/courier"
	"github.com/symbolon/symbolon/internal/flow"
)

// Mailbox keeps what is mailed.
type Mailbox struct {
	mu   sync.Mutex
	sent []courier.Message
}

// Enqueue implements courier.Queue.
func (m *Mailbox) Enqueue(_ context.Context, message courier.Message) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sent = append(m.sent, message)
	return nil
}

// Take hands over what was mailed since it was last asked.
func (m *Mailbox) Take() []courier.Message {
	m.mu.Lock()
	defer m.mu.Unlock()
	sent := m.sent
	m.sent = nil
	return sent
}

// Limiter allows every attempt until Full, and keeps what was counted and not given
// back.
type Limiter struct {
	mu   sync.Mutex
	kept map[int]flow.Attempt
	next int
	Full bool
	// Before is called before an attempt is counted; nil for nothing.
	Before func()
}

// Count implements flow.Limiter.
func (l *Limiter) Count(_ context.Context, a flow.Attempt) (refund func(), wait time.Duration, ok bool) {
	if l.Before != nil {
		l.Before()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.Full {
		return nil, time.Minute, false
	}
	if l.kept == nil {
		l.kept = map[int]flow.Attempt{}
	}
	l.next++
	at := l.next
	l.kept[at] = a
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		delete(l.kept, at)
	}, 0, true
}

// Counted lists what was counted and not given back.
func (l *Limiter) Counted() []flow.Attempt {
	l.mu.Lock()
	defer l.mu.Unlock()
	var all []flow.Attempt
	for _, a := range l.kept {
		all = append(all, a)
	}
	return all
}
