package store_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/message"
	"github.com/symbolon/symbolon/internal/store"
	"github.com/symbolon/symbolon/internal/store/storetest"
)

// alone opens a database that no other process writes to.
func alone(tb testing.TB, now func() time.Time) *store.DB {
	tb.Helper()
	db, err := store.Open(tb.Context(), store.Config{DSN: "sqlite://" + tb.TempDir() + "/alone.db", Now: now, Exclusive: true})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = db.Close() })
	if _, err := db.Migrate(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	return db
}

func atNow() time.Time { return storetest.Now }

func TestConformanceAlone(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(tb testing.TB) storetest.Store { tb.Helper(); return alone(tb, atNow) })
}

func mustFlowOf(t *testing.T, db *store.DB, id string) *flow.Flow {
	t.Helper()
	f, err := db.Flow(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// What a request does to a flow that it read is seen by others once it is saved.
func TestFlow_newOnesAreCopies(t *testing.T) {
	t.Parallel()
	db := alone(t, atNow)
	f := storetest.NewFlow()
	if err := db.CreateFlow(t.Context(), f); err != nil {
		t.Fatal(err)
	}
	before := fmt.Sprintf("%+v", mustFlowOf(t, db, f.ID))
	for range 2 {
		read := mustFlowOf(t, db, f.ID)
		read.State = flow.Passed
		read.Form.Messages = append(read.Form.Messages, message.Of(message.KeyEmpty))
		for i := range read.Form.Groups {
			g := &read.Form.Groups[i]
			g.Add("", message.Of(message.KeyEmpty))
			for j := range g.Nodes {
				g.Nodes[j].Value = "changed"
				g.Nodes[j].Messages = append(g.Nodes[j].Messages, message.Of(message.KeyEmpty))
			}
			g.Set("more", 1)
		}
		if read.Private != nil {
			read.Private["more"] = []byte(`1`)
		}
	}
	f.Form.Groups[0].Nodes[0].Value = "changed by its maker"
	if after := fmt.Sprintf("%+v", mustFlowOf(t, db, f.ID)); after != before {
		t.Errorf("read\n%s\nwant\n%s", after, before)
	}
}

func TestFlow_savedOnesAreReadFromTheirRows(t *testing.T) {
	t.Parallel()
	errUndo := errors.New("undo")
	db := alone(t, atNow)
	f := storetest.NewFlow()
	if err := db.CreateFlow(t.Context(), f); err != nil {
		t.Fatal(err)
	}
	err := db.InTx(t.Context(), func(ctx context.Context) error {
		changed := mustFlowOf(t, db, f.ID)
		changed.Active = "undone"
		if err := db.SaveFlow(ctx, changed); err != nil {
			return err
		}
		return errUndo
	})
	if !errors.Is(err, errUndo) {
		t.Fatal(err)
	}
	if got := mustFlowOf(t, db, f.ID); got.Active != f.Active || got.Version != f.Version {
		t.Errorf("read %q in version %d after the rollback", got.Active, got.Version)
	}
	changed := mustFlowOf(t, db, f.ID)
	changed.Active = "kept"
	if err := db.SaveFlow(t.Context(), changed); err != nil {
		t.Fatal(err)
	}
	if got := mustFlowOf(t, db, f.ID); got.Active != "kept" {
		t.Errorf("read %q after it was saved", got.Active)
	}
}

// A transaction that is rolled back leaves no flow behind.
func TestFlow_rolledBack(t *testing.T) {
	t.Parallel()
	db := alone(t, atNow)
	f := storetest.NewFlow()
	_ = db.InTx(t.Context(), func(ctx context.Context) error {
		return errors.Join(db.CreateFlow(ctx, f), errors.New("undo"))
	})
	if _, err := db.Flow(t.Context(), f.ID); !errors.Is(err, errs.ErrNotFound) {
		t.Errorf("error is %v", err)
	}
}

// The clean-up removes flows that have ended; they are not found afterwards.
func TestFlow_cleanedUp(t *testing.T) {
	t.Parallel()
	now := storetest.Now
	db := alone(t, func() time.Time { return now })
	f := storetest.NewFlow()
	f.ExpiresAt = now.Add(time.Minute)
	if err := db.CreateFlow(t.Context(), f); err != nil {
		t.Fatal(err)
	}
	mustFlowOf(t, db, f.ID)
	now = now.Add(time.Hour)
	if removed, _, err := db.Cleanup(t.Context(), store.Ended{Flows: now}, 10); err != nil || removed == 0 {
		t.Fatalf("removed %v: %v", removed, err)
	}
	if _, err := db.Flow(t.Context(), f.ID); !errors.Is(err, errs.ErrNotFound) {
		t.Errorf("error is %v", err)
	}
}
