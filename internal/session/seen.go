package session

import (
	"context"
	"maps"
	"sync"
	"time"
)

const (
	// seenEvery is how often at most it is stored that a session was seen.
	seenEvery = time.Hour
	// maxSeen bounds what waits to be stored; beyond it sessions are noted when they are
	// seen next.
	maxSeen = 100_000
)

// SeenStore keeps when sessions were last used. *store.DB satisfies it.
type SeenStore interface {
	// MarkSeen stores when sessions were last checked, by their ids.
	MarkSeen(ctx context.Context, seen map[string]time.Time) error
}

// Rules bound sessions beside their lifespan.
type Rules struct {
	// Idle ends sessions that were not checked for so long; 0 for never.
	Idle time.Duration
	// PerIdentity is how many sessions an identity may have: the oldest ends when there
	// are more; 0 for any number.
	PerIdentity int
	// ExtendWithin is how long before its end a session may be extended; 0 for at any time.
	ExtendWithin time.Duration
}

// SetRules changes the rules of all sessions.
func (s *Service) SetRules(r Rules) { s.rules.Store(&r) }

// seen is what waits to be stored: when which session was last checked.
type seen struct {
	mu      sync.Mutex
	pending map[string]time.Time
}

// LastSeen is when the session was last used, as far as it was stored: up to an hour may
// be missing, and less with an idle time-out.
func (s *Session) LastSeen() time.Time {
	last := s.SeenAt
	for _, t := range []time.Time{s.IssuedAt, s.AuthenticatedAt} {
		if t.After(last) {
			last = t
		}
	}
	return last
}

// idle reports whether a session was not used for too long (OWASP ASVS 7.3.1).
func (r *Rules) idle(last, now time.Time) bool {
	return r.Idle > 0 && now.Sub(last) > r.Idle
}

// interval is how often it is stored that a session was seen. With an idle time-out it is
// often enough that other nodes know in time.
func (r *Rules) interval() time.Duration {
	if r.Idle > 0 {
		return min(seenEvery, r.Idle/4)
	}
	return seenEvery
}

// note remembers that a session was seen, at most once in an interval.
func (s *Service) note(live *Cached, now time.Time) {
	last := live.seen.Load()
	if now.UnixNano()-last < int64(s.rules.Load().interval()) || !live.seen.CompareAndSwap(last, now.UnixNano()) {
		return
	}
	s.seen.mu.Lock()
	defer s.seen.mu.Unlock()
	if s.seen.pending == nil {
		s.seen.pending = map[string]time.Time{}
	}
	if len(s.seen.pending) < maxSeen {
		s.seen.pending[live.ID] = now
	}
}

// StoreSeen stores which sessions were seen since the last call. What cannot be stored
// waits for the next one.
func (s *Service) StoreSeen(ctx context.Context) error {
	s.seen.mu.Lock()
	pending := s.seen.pending
	s.seen.pending = nil
	s.seen.mu.Unlock()
	if len(pending) == 0 {
		return nil
	}
	err := s.store.MarkSeen(ctx, pending)
	if err == nil {
		return nil
	}
	s.seen.mu.Lock()
	defer s.seen.mu.Unlock()
	maps.Copy(pending, s.seen.pending)
	s.seen.pending = pending
	return err
}

// endOldest ends the sessions of an identity that are one too many, after another one was
// issued in the context's transaction.
func (s *Service) endOldest(ctx context.Context, issued *Session) error {
	most := s.rules.Load().PerIdentity
	if most <= 0 {
		return nil
	}
	all, err := s.List(ctx, issued.IdentityID) // the newest first
	if err != nil {
		return err
	}
	kept := 1
	for _, one := range all {
		if one.ID == issued.ID {
			continue
		}
		if kept++; kept <= most {
			continue
		}
		if err := s.RevokeByID(ctx, one.IdentityID, one.ID); err != nil {
			return err
		}
	}
	return nil
}
