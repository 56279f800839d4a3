package storetest

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/symbolon/symbolon/internal/errs"
)

func deletionTests() []test {
	return []test{
		{"an identity is deleted when it is due, and not before", deletionDue},
		{"a deletion can be cancelled", deletionCancelled},
	}
}

func deletionDue(t *testing.T, s Store) {
	first, later := mustIdentity(t, s, "first@example.org"), mustIdentity(t, s, "later@example.org")
	must(t, s.ScheduleDeletion(t.Context(), first.ID, Now.Add(2*time.Hour)))
	must(t, s.ScheduleDeletion(t.Context(), first.ID, Now.Add(time.Hour))) // takes the place of the one before
	must(t, s.ScheduleDeletion(t.Context(), later.ID, Now.Add(24*time.Hour)))
	if at := got(s.DeletionOf(t.Context(), first.ID))(t); !at.Equal(Now.Add(time.Hour).Truncate(time.Microsecond)) {
		t.Errorf("deletion at %v", at)
	}
	if due := got(s.DueDeletions(t.Context(), Now, 10))(t); len(due) != 0 {
		t.Errorf("due now: %v", due)
	}
	then := Now.Add(time.Hour)
	if due := got(s.DueDeletions(t.Context(), then, 10))(t); !slices.Equal(due, []string{first.ID}) {
		t.Errorf("due in an hour: %v, want %s", due, first.ID)
	}
	for id, want := range map[string]bool{first.ID: true, later.ID: false} {
		if deleted := got(s.DeleteIfDue(t.Context(), id, then))(t); deleted != want {
			t.Errorf("deleted is %v, want %v", deleted, want)
		}
		if _, err := s.Identity(t.Context(), id); errors.Is(err, errs.ErrNotFound) != want {
			t.Errorf("read: %v", err)
		}
	}
	if due := got(s.DueDeletions(t.Context(), then, 10))(t); len(due) != 0 {
		t.Errorf("due still: %v", due)
	}
}

func deletionCancelled(t *testing.T, s Store) {
	i := mustIdentity(t, s, "ada@example.org")
	must(t, s.ScheduleDeletion(t.Context(), i.ID, Now))
	for _, want := range []bool{true, false} {
		if cancelled := got(s.CancelDeletion(t.Context(), i.ID))(t); cancelled != want {
			t.Errorf("cancelled is %v, want %v", cancelled, want)
		}
	}
	if at := got(s.DeletionOf(t.Context(), i.ID))(t); !at.IsZero() {
		t.Errorf("deletion at %v", at)
	}
	if got(s.DeleteIfDue(t.Context(), i.ID, Now))(t) {
		t.Error("the identity was deleted")
	}
}
