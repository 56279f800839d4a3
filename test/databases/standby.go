package databases

import (
	"fmt"
	"testing"
	"time"
)

// Standby starts a PostgreSQL that follows another one, of Start, from which on every
// commit there waits for it.
func Standby(t testing.TB, primary *Server) *Server {
	t.Helper()
	k := postgres()
	k.prepare = func(dir string, _ int) []string {
		return []string{
			"pg_basebackup", "--host=127.0.0.1", "--port=" + fmt.Sprint(primary.port), "--username=postgres",
			"--pgdata=" + data(dir), "--write-recovery-conf", "--checkpoint=fast", "--no-sync",
		}
	}
	s, err := launch(k, true)
	if err != nil {
		t.Fatal(err)
	}
	s.endWith(t)
	primary.Do(t, `ALTER SYSTEM SET synchronous_standby_names = '*'`)
	primary.Do(t, `SELECT pg_reload_conf()`)
	const inStep = `DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_stat_replication WHERE sync_state = 'sync') THEN RAISE 'not in step'; END IF; END $$`
	primary.Await(t, inStep)
	return s
}

// Await returns when a statement succeeds.
func (s *Server) Await(t testing.TB, statement string) {
	t.Helper()
	for tries := 0; s.do(t.Context(), statement) != nil; tries++ {
		if tries == 500 {
			t.Fatalf("it never succeeds: %s", statement)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// Promote makes a standby the one that takes writes.
func (s *Server) Promote(t testing.TB) {
	t.Helper()
	s.Do(t, `SELECT pg_promote()`)
}

// Address is where the server listens, host:port.
func (s *Server) Address() string { return fmt.Sprintf("127.0.0.1:%d", s.port) }
