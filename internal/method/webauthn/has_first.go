package webauthn

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/symbolon/symbolon/internal/ceremony"
)

// How long the answer of a look for first factors holds, and how long to wait after a look that failed.
const (
	lookAgain   = time.Hour
	afterFaults = time.Minute
)

// firstFactors is the last known answer whether there are keys that are first factors where new ones are second factors.
type firstFactors struct {
	mu   sync.Mutex
	next time.Time // when to look again
	some bool
}

// hasFirst reports whether anyone has a key that is a first factor, as it was known in the last hour. While one request
// looks, and where that fails, what was known before counts.
func (m *Method) hasFirst(ctx context.Context) bool {
	l, now := &m.firsts, m.now()
	l.mu.Lock()
	some, known := l.some, now.Before(l.next)
	if !known {
		l.next = now.Add(lookAgain)
	}
	l.mu.Unlock()
	if known {
		return some
	}
	looking, stop := context.WithTimeout(context.WithoutCancel(ctx), afterFaults) // the answer is for all requests
	defer stop()
	found, err := m.identities.HasCredential(looking, ID, ceremony.KeyPrefix, ceremony.FirstFactor)
	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil {
		m.log.WarnContext(ctx, "could not look for security keys that are first factors", slog.Any("error", err))
		l.next = now.Add(afterFaults)
		return l.some
	}
	l.some = found
	return found
}
