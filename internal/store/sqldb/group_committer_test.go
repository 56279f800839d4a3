package sqldb

import (
	"context"
	"testing"
	"time"
)

// A statement that ends its goroutine leaves nothing behind, also as the first of a batch.
func TestGroupCommitter_single(t *testing.T) {
	t.Parallel()
	db, err := Open(t.Context(), Schema{}, Config{DSN: "sqlite://" + t.TempDir() + "/test.db", Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(t.Context(), `CREATE TABLE t (a INTEGER)`); err != nil {
		t.Fatal(err)
	}
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic is gone")
			}
		}()
		_ = db.write(t.Context(), txFunc{single: true, fn: func(ctx context.Context, c *conn) error {
			if err := c.do(ctx, `INSERT INTO t VALUES (1)`); err != nil {
				t.Error(err)
			}
			panic("on purpose")
		}})
	}()
	if n, err := db.Exec(t.Context(), `DELETE FROM t`); err != nil || n != 0 {
		t.Errorf("%d rows, %v", n, err)
	}
}
