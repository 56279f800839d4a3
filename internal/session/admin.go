package session

import (
	"context"
	"fmt"
	"time"
)

// Query selects sessions of everyone, the latest first.
type Query struct {
	Active *bool     // only those that hold at Now, or only those that do not; nil for all
	Now    time.Time // set by the service
	After  string    // only those behind the one of this id
	Limit  int       // at most so many
}

// All lists sessions of everyone, without their identities.
func (s *Service) All(ctx context.Context, q Query) ([]*Session, error) {
	q.Now = s.now()
	found, err := s.store.AllSessions(ctx, q)
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	return found, nil
}

// ByID returns a session, one that has ended too, without its identity;
// errs.ErrNotFound if there is none of that id.
func (s *Service) ByID(ctx context.Context, id string) (*Session, error) {
	return s.store.SessionByID(ctx, id)
}

// OfIdentity lists the sessions of an identity, those that ended too, the latest
// first.
func (s *Service) OfIdentity(ctx context.Context, identityID string) ([]*Session, error) {
	return s.store.Sessions(ctx, identityID)
}

// Extend lets a session last its whole lifespan from now on. One whose end is further
// away than Rules.ExtendWithin stays as it is. The error is errs.ErrNotFound for one that
// has ended: nothing brings it back.
func (s *Service) Extend(ctx context.Context, id string) (*Session, error) {
	found, err := s.store.SessionByID(ctx, id)
	if err != nil {
		return nil, err
	}
	now := s.now()
	if within := s.rules.Load().ExtendWithin; within > 0 && found.Valid(now) && found.ExpiresAt.Sub(now) > within {
		return found, nil
	}
	err = s.store.ExtendSession(ctx, found, now, now.Add(time.Duration(s.lifespan.Load())))
	s.Invalidate(ctx, found.IdentityID)
	if err != nil {
		return nil, fmt.Errorf("extend session: %w", err)
	}
	return found, nil
}

// Valid reports whether a session holds now.
func (s *Service) Valid(one *Session) bool { return one.Valid(s.now()) }
