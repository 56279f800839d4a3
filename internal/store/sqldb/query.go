package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/symbolon/symbolon/internal/errs"
)

// ScanFunc copies the columns of the current row.
type ScanFunc func(dest ...any) error

// Query runs a query of few rows, in the context's transaction if there is one.
// It checks the context before it starts and not while it runs: watching it
// costs a goroutine a query, more than such a query takes.
func (db *DB) Query(ctx context.Context, each func(ScanFunc) error, query string, args ...any) error {
	if err := ended(ctx); err != nil {
		return err
	}
	if db.dialect.Embedded {
		return db.List(context.WithoutCancel(ctx), each, query, args...)
	}
	if txOf(ctx) != nil { // its time is bounded: a server may fall silent
		return db.List(ctx, each, query, args...)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), db.timeout)
	defer cancel()
	return db.List(ctx, each, query, args...)
}

// List runs a query that may take long and ends with the context.
func (db *DB) List(ctx context.Context, each func(ScanFunc) error, query string, args ...any) error {
	t := txOf(ctx)
	if err := t.usable(); err != nil {
		return err
	}
	if t != nil || db.dialect.Embedded {
		ask := db.reads.query
		if t != nil {
			ask = t.conn.query
		}
		_, err := db.rows(ctx, ask, each, query, args)
		return t.note(err)
	}
	ctx, cancel := context.WithTimeout(ctx, listTimeout)
	defer cancel()
	return db.rowsWithRetry(ctx, db.retry, db.reads, each, query, args)
}

// rowsWithRetry hands out the rows of a query on a server, and retries it as long as no
// row was handed out.
func (db *DB) rowsWithRetry(ctx context.Context, retry *retrier, from *pool, each func(ScanFunc) error, query string, args []any) error {
	return retry.do(ctx, func() error {
		began, err := db.rows(ctx, from.query, each, query, args)
		if began { // a retry would hand out rows twice
			return err
		}
		return safeToRetry(err)
	})
}

// listTimeout is how long a query of any length may take on a server.
const listTimeout = 30 * time.Second

// ended returns why the context ended, nil if it has not. A deadline that has passed
// means that storage could not be reached in time; a client that disconnected does not.
func ended(ctx context.Context) error {
	err := ctx.Err()
	if errors.Is(err, context.DeadlineExceeded) {
		return errs.ErrUnavailable.Because(err)
	}
	return err
}

// ask sends a query to one of the pools, or to a transaction.
type ask func(ctx context.Context, query string, args []any) (*sql.Rows, error)

// rows hands out the rows of a query. began says that there was at least one.
func (db *DB) rows(ctx context.Context, ask ask, each func(ScanFunc) error, query string, args []any) (began bool, err error) {
	rows, err := ask(ctx, query, args)
	if err != nil {
		return false, db.explain(ctx, err)
	}
	defer rows.Close()
	for rows.Next() {
		began = true
		if err := each(rows.Scan); err != nil {
			return began, db.explain(ctx, err)
		}
	}
	return began, db.explain(ctx, rows.Err())
}

// explain is what an error of a query means.
func (db *DB) explain(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if ended := ended(ctx); ended != nil {
		return ended // the driver's own word for it is "interrupted"
	}
	return db.classify(err)
}

// QueryRow reads the one row of a query; errs.ErrNotFound if there is none.
func (db *DB) QueryRow(ctx context.Context, dest []any, query string, args ...any) error {
	found := false
	err := db.Query(ctx, func(scan ScanFunc) error {
		found = true
		return scan(dest...)
	}, query, args...)
	if err == nil && !found {
		return errs.ErrNotFound
	}
	return err
}

// Exec runs one statement, in the context's transaction or in one of its own,
// and returns how many rows it changed.
func (db *DB) Exec(ctx context.Context, query string, args ...any) (changed int64, err error) {
	t := txOf(ctx)
	if t != nil {
		return db.execIn(ctx, t, query, args)
	}
	err = db.write(ctx, db.statement(&changed, query, args))
	return changed, err
}

// statement is one statement as the whole of a transaction.
func (db *DB) statement(changed *int64, query string, args []any) txFunc {
	return txFunc{single: true, fn: func(ctx context.Context, c *conn) (err error) {
		*changed, err = db.execIn(ctx, &tx{conn: c}, query, args)
		return err
	}}
}

// InsertNew inserts a row with a fresh random id, which must be its only unique value. On
// a server it is retried after the connection was lost without an answer: if the id is
// taken then, the first insert succeeded. A first insert that still runs holds the id, so
// the second waits for its end. Rows that come at the same time share a statement there; the
// query must end in their values, and nothing that other transactions lock for long may hold
// up one of them: see InsertNewAlone.
func (db *DB) InsertNew(ctx context.Context, query string, args ...any) error {
	if txOf(ctx) != nil || db.dialect.Embedded {
		_, err := db.Exec(ctx, query, args...)
		return err
	}
	return db.gather.add(ctx, query, args)
}

// InsertNewAlone is InsertNew for a row that may have to wait for another transaction, as
// one does whose foreign key names a row that is locked. It shares no statement.
func (db *DB) InsertNewAlone(ctx context.Context, query string, args ...any) error {
	if txOf(ctx) != nil || db.dialect.Embedded {
		_, err := db.Exec(ctx, query, args...)
		return err
	}
	return db.insertNew(ctx, query, args)
}

// insertNew inserts new rows on a server.
func (db *DB) insertNew(ctx context.Context, query string, args []any) error {
	var changed int64
	do := db.statement(&changed, query, args)
	insert, unanswered := do.fn, false
	do.fn = func(ctx context.Context, c *conn) error {
		err := insert(ctx, c)
		switch {
		case unanswered && errors.Is(err, errs.ErrConflict):
			return nil
		case errors.Is(err, errDead):
			unanswered = true
		}
		return safeToRetry(err)
	}
	return db.write(ctx, do)
}

func (db *DB) execIn(ctx context.Context, t *tx, query string, args []any) (changed int64, err error) {
	if err := t.usable(); err != nil {
		return 0, err
	}
	// SQLite rolls back the whole transaction of a write that is interrupted; a server
	// that does not respond must be given up.
	if db.dialect.Embedded {
		ctx = context.WithoutCancel(ctx)
	}
	result, err := t.conn.exec(ctx, query, args)
	if err == nil {
		changed, err = result.RowsAffected()
	}
	return changed, t.note(db.classify(err))
}

// ExecOne is Exec for statements that must change a row; errs.ErrNotFound if
// they do not.
func (db *DB) ExecOne(ctx context.Context, query string, args ...any) error {
	changed, err := db.Exec(ctx, query, args...)
	if err == nil && changed == 0 {
		return errs.ErrNotFound
	}
	return err
}

// StaleOrMissing explains why a statement with a version in its condition changed
// nothing: the row is of another version, or gone. query asks for the row
// without its version.
func (db *DB) StaleOrMissing(ctx context.Context, query string, args ...any) error {
	var one int
	if err := db.QueryRow(ctx, []any{&one}, query, args...); err != nil {
		return err
	}
	return errs.ErrStale
}

// ExecTimed is Exec outside of a transaction. took is how long the statement ran,
// without the wait for its turn.
func (db *DB) ExecTimed(ctx context.Context, query string, args ...any) (changed int64, took time.Duration, err error) {
	do := db.statement(&changed, query, args)
	run := do.fn
	do.fn = func(ctx context.Context, c *conn) error {
		began := db.now()
		defer func() { took = db.now().Sub(began) }()
		return run(ctx, c)
	}
	err = db.write(ctx, do)
	return changed, took, err
}

// Prepared returns the queries that this process has prepared so far, for tests that
// look at their plans. It must not be called while there are writes; on servers, where
// the driver prepares statements, it returns nothing.
func (db *DB) Prepared() (queries []string) {
	if w, ok := db.writes.(*groupCommitter); ok && w.conn != nil {
		queries = slices.Collect(maps.Keys(w.conn.stmts))
	}
	db.reads.stmts.Range(func(query, _ any) bool {
		queries = append(queries, query.(string))
		return true
	})
	return queries
}
