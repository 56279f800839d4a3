package sqldb

import (
	"testing"

	"github.com/ncruces/go-sqlite3"
)

// A query whose LIMIT is a parameter is compiled once.
func TestSetUp_plansStay(t *testing.T) {
	t.Parallel()
	c, err := sqlite3.Open(":memory:")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := setUp(c); err != nil {
		t.Fatal(err)
	}
	if err := c.Exec(`CREATE TABLE queue (at INTEGER); CREATE INDEX due ON queue (at)`); err != nil {
		t.Fatal(err)
	}
	s, _, err := c.Prepare(`SELECT at FROM queue ORDER BY at LIMIT ?`)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for i := range 3 {
		if err := s.BindInt(1, i); err != nil {
			t.Fatal(err)
		}
		if err := s.Exec(); err != nil {
			t.Fatal(err)
		}
	}
	if n := s.Status(sqlite3.STMTSTATUS_REPREPARE, false); n != 0 {
		t.Errorf("compiled again %d times", n)
	}
}
