package identity

import (
	"context"
	"fmt"
	"time"
)

// Deletions keeps which identities are to be deleted, and when. *store.DB satisfies it.
type Deletions interface {
	ScheduleDeletion(ctx context.Context, id string, at time.Time) error
	CancelDeletion(ctx context.Context, id string) (cancelled bool, err error)
	DeletionOf(ctx context.Context, id string) (time.Time, error)
	DueDeletions(ctx context.Context, now time.Time, limit int) ([]string, error)
	DeleteIfDue(ctx context.Context, id string, now time.Time) (deleted bool, err error)
}

// ScheduleDeletion has an identity deleted at a time, unless Keep is called before.
func (s *Service) ScheduleDeletion(ctx context.Context, id string, at time.Time) error {
	return s.store.ScheduleDeletion(ctx, id, at)
}

// Keep withdraws what ScheduleDeletion did; kept reports whether there was anything to
// withdraw.
func (s *Service) Keep(ctx context.Context, id string) (kept bool, err error) {
	return s.store.CancelDeletion(ctx, id)
}

// DeletionOf is when an identity will be deleted, zero for never.
func (s *Service) DeletionOf(ctx context.Context, id string) (time.Time, error) {
	return s.store.DeletionOf(ctx, id)
}

// DeleteDue deletes at most limit identities whose time has come, and returns how many
// it deleted. Each is a transaction that looks again: its owner may have just signed in.
func (s *Service) DeleteDue(ctx context.Context, limit int) (deleted int64, err error) {
	due, err := s.store.DueDeletions(ctx, s.now(), limit)
	if err != nil {
		return 0, fmt.Errorf("delete closed accounts: %w", err)
	}
	for _, id := range due {
		done, err := s.store.DeleteIfDue(ctx, id, s.now())
		if err != nil {
			return deleted, fmt.Errorf("delete closed accounts: %w", err)
		}
		if done {
			deleted++
			s.changed(ctx, id)
		}
	}
	return deleted, nil
}
