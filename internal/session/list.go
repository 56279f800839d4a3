package session

import (
	"context"
	"fmt"
	"slices"
)

// List returns the sessions of an identity that hold, the newest first and without
// the identity.
func (s *Service) List(ctx context.Context, identityID string) ([]*Session, error) {
	all, err := s.store.Sessions(ctx, identityID)
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	now := s.now()
	return slices.DeleteFunc(all, func(held *Session) bool {
		return !held.Valid(now) || s.rules.Load().idle(held.LastSeen(), now)
	}), nil
}

// RevokeByID ends one session of an identity; errs.ErrNotFound if the identity has none
// of that id, so no identity ends another's.
func (s *Service) RevokeByID(ctx context.Context, identityID, id string) error {
	err := s.store.RevokeSessionByID(ctx, identityID, id)
	// After an error too: a commit whose answer was lost may have happened.
	s.Invalidate(ctx, identityID)
	if err != nil {
		return fmt.Errorf("end session: %w", err)
	}
	return nil
}
