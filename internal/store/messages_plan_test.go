package store

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/symbolon/symbolon/internal/courier"
	"github.com/symbolon/symbolon/internal/store/sqldb"
)

// The queue is asked for what is due after each delivery, also when a million
// messages have been sent before.
func TestMessageQueriesUseIndexes(t *testing.T) {
	t.Parallel()
	db := openEmpty(t)
	if _, err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	askEverything(t, db)
	asked := 0
	for _, query := range db.Prepared() {
		if strings.Contains(query, " messages") {
			asked++
			wantIndexed(t, db, query)
		}
	}
	if asked < 18 {
		t.Errorf("%d queries were looked at", asked)
	}
}

// askEverything runs each query on messages at least once.
func askEverything(t *testing.T, db *DB) {
	t.Helper()
	ctx, now := t.Context(), time.Unix(1e9, 0)
	m := &courier.Stored{ID: "0190a6a4-0000-7000-8000-000000000000", Status: courier.Queued}
	steps := []func() error{
		func() error { return db.CreateMessage(ctx, m) },
		func() error { _, err := db.ClaimMessages(ctx, "me", now, now, 1); return err },
		func() error { _, _, err := db.NextMessage(ctx); return err },
		func() error { _, err := db.EraseMessages(ctx, now, 1); return err },
		func() error { _, err := db.CountMessages(ctx); return err },
		func() error { _, _, err := db.Backlog(ctx); return err },
		func() error { _, err := db.Message(ctx, m.ID); return err },
		func() error { _, _, err := db.Cleanup(ctx, Ended{Messages: now}, 1); return err },
	}
	for i := range 8 {
		f := courier.Filter{Limit: 1}
		if i&1 != 0 {
			f.Status = courier.Dead
		}
		if i&2 != 0 {
			f.Recipient = "a@example.org"
		}
		if i&4 != 0 {
			f.Before = m.ID
		}
		steps = append(steps, func() error { _, err := db.Messages(ctx, f); return err })
	}
	for i, step := range steps {
		if err := step(); err != nil {
			t.Fatalf("step %d: %v", i, err)
		}
	}
}

func wantIndexed(t *testing.T, db *DB, query string) {
	t.Helper()
	var plan strings.Builder
	explain := "EXPLAIN QUERY PLAN " + strings.ReplaceAll(query, "?", "1")
	err := db.List(context.WithoutCancel(t.Context()), func(scan sqldb.ScanFunc) error {
		var id, parent, unused int
		var detail string
		err := scan(&id, &parent, &unused, &detail)
		plan.WriteString(detail + "\n")
		return err
	}, explain)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(plan.String()) {
		if strings.Contains(line, "TEMP B-TREE") || strings.HasPrefix(line, "SCAN") && !strings.Contains(line, " USING ") && line != "SCAN counted\n" {
			t.Errorf("%s\nis answered by\n%s", query, plan.String())
		}
	}
}
