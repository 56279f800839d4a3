package store_test

import (
	"database/sql"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "github.com/ncruces/go-sqlite3/driver"

	"github.com/symbolon/symbolon/internal/event"
	"github.com/symbolon/symbolon/internal/store"
)

// log is a database with 20 events, of which the first 5 have been removed by retention.
type eventLog struct {
	db   *store.DB
	path string
}

func newEventLog(t *testing.T) eventLog {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a.db")
	now := time.Unix(1_800_000_000, 0)
	db, err := store.Open(t.Context(), store.Config{DSN: "sqlite://" + path, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if _, err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	db.SealEvents(event.Keys{[]byte("a secret")})
	for range 20 {
		now = now.Add(time.Minute)
		if err := db.RecordEvent(t.Context(), event.Event{Name: event.LoginFail, Details: map[string]string{"flow": "login"}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.CheckpointEvents(t.Context()); err != nil {
		t.Fatal(err)
	}
	removed, _, err := db.Cleanup(t.Context(), store.Ended{Events: now.Add(-14*time.Minute - time.Second)}, 3)
	if err != nil {
		t.Fatal(err)
	}
	rest, _, err := db.Cleanup(t.Context(), store.Ended{Events: now.Add(-14*time.Minute - time.Second)}, 3)
	if err != nil || removed != 3 || rest != 2 {
		t.Fatalf("retention removed %d and %d events, %v; want 3 and 2", removed, rest, err)
	}
	return eventLog{db, path}
}

func (l eventLog) problems(t *testing.T) string {
	t.Helper()
	a, err := l.db.VerifyEvents(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(a.Problems, "\n")
}

func TestVerifyEventsTampering(t *testing.T) {
	t.Parallel()
	if found := newEventLog(t).problems(t); found != "" {
		t.Fatalf("an intact log has problems: %s", found)
	}
	for name, c := range map[string]struct{ statement, want string }{
		"changed":               {`UPDATE events SET address = '203.0.113.9' WHERE seq = 9`, "event 9 of chain 0 was changed"},
		"name changed":          {`UPDATE events SET name = 'user_created' WHERE seq = 9`, "event 9 of chain 0 was changed"},
		"removed":               {`DELETE FROM events WHERE seq = 9`, "events 9 to 9 are missing"},
		"swapped":               {`UPDATE events SET seq = 1000 WHERE seq = 9; UPDATE events SET seq = 9 WHERE seq = 10; UPDATE events SET seq = 10 WHERE seq = 1000`, "event 9 of chain 0 was changed"},
		"first removed":         {`DELETE FROM events WHERE seq < 8`, "events 6 to 7 are missing"},
		"last removed":          {`DELETE FROM events WHERE seq > 19`, "events 20 to 21 are missing"},
		"all removed":           {`DELETE FROM events`, "events 6 to 21 are missing"},
		"removed as retained":   {`DELETE FROM events WHERE seq < 8; UPDATE event_chains SET pruned_seq = 7`, "what retention removed from chain 0 was changed"},
		"chains removed":        {`DELETE FROM event_chains`, "the table of chains is empty"},
		"added":                 {`INSERT INTO events SELECT chain, 22, id, at, name, identity_id, session_id, flow_id, method, address, device, operator, details, key_id, hash FROM events WHERE seq = 20`, "event 22 of chain 0 was changed"},
		"tail and head rewound": {`DELETE FROM events WHERE seq > 15 AND seq < 21; UPDATE event_chains SET seq = 15, hash = (SELECT hash FROM events WHERE seq = 15)`, "missing"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newEventLog(t)
			pool, err := sql.Open("sqlite3", "file:"+l.path)
			if err != nil {
				t.Fatal(err)
			}
			defer pool.Close()
			if _, err := pool.Exec(c.statement); err != nil {
				t.Fatal(err)
			}
			if found := l.problems(t); !strings.Contains(found, c.want) {
				t.Errorf("problems are %q, want %q", found, c.want)
			}
		})
	}
}

func TestVerifyEventsRotatedSecrets(t *testing.T) {
	t.Parallel()
	l := newEventLog(t)
	l.db.SealEvents(event.Keys{[]byte("new"), []byte("a secret")})
	if err := l.db.RecordEvent(t.Context(), event.Event{Name: event.LoginFail}); err != nil {
		t.Fatal(err)
	}
	if found := l.problems(t); found != "" {
		t.Errorf("with both secrets: %s", found)
	}
	l.db.SealEvents(event.Keys{[]byte("new")})
	if found := l.problems(t); !strings.Contains(found, "a secret that is not configured") {
		t.Errorf("without the old secret: %s", found)
	}
}
