package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"symbolon/internal/errs"
)

// scanFunc copies the columns of the current row.
type scanFunc func(dest ...any) error

// read runs a query of few rows, in the context's transaction if there is one.
// It looks at the context before it starts and not while it runs: watching one
// costs a goroutine a query, more than such a query takes.
func (db *DB) read(ctx context.Context, each func(scanFunc) error, query string, args ...any) error {
	if err := ended(ctx); err != nil {
		return err
	}
	ctx = context.WithoutCancel(ctx)
	if txOf(ctx) != nil || db.dialect.Embedded {
		return db.list(ctx, each, query, args...)
	}
	ctx, cancel := context.WithTimeout(ctx, db.patience)
	defer cancel()
	return db.list(ctx, each, query, args...)
}

// list runs a query that may take long and ends with the context.
func (db *DB) list(ctx context.Context, each func(scanFunc) error, query string, args ...any) error {
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
	ctx, cancel := context.WithTimeout(ctx, listPatience)
	defer cancel()
	return db.rowsAgain(ctx, db.again, db.reads, each, query, args)
}

// rowsAgain hands out the rows of a query to a pool of connections to a server, and
// runs it again while that does no harm.
func (db *DB) rowsAgain(ctx context.Context, a *again, from *pool, each func(scanFunc) error, query string, args []any) error {
	return a.try(ctx, func() error {
		began, err := db.rows(ctx, from.query, each, query, args)
		if began { // rows were handed out, and would be again
			return err
		}
		return lost(err)
	})
}

// listPatience is how long a query of any length may take on a server.
const listPatience = 30 * time.Second

// ended returns why the context is over, nil while it is not. A deadline that has
// passed means that storage could not be reached in time; a caller that went away
// does not.
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
func (db *DB) rows(ctx context.Context, ask ask, each func(scanFunc) error, query string, args []any) (began bool, err error) {
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

// row reads the one row of a query; errs.ErrNotFound if there is none.
func (db *DB) row(ctx context.Context, dest []any, query string, args ...any) error {
	found := false
	err := db.read(ctx, func(scan scanFunc) error {
		found = true
		return scan(dest...)
	}, query, args...)
	if err == nil && !found {
		return errs.ErrNotFound
	}
	return err
}

// exec runs one statement, in the context's transaction or in one of its own,
// and returns how many rows it changed.
func (db *DB) exec(ctx context.Context, query string, args ...any) (changed int64, err error) {
	t := txOf(ctx)
	if t != nil {
		return db.execIn(ctx, t, query, args)
	}
	err = db.writes.run(ctx, db.statement(&changed, query, args))
	return changed, err
}

func (db *DB) insert(ctx context.Context, query string, args ...any) error {
	_, err := db.exec(ctx, query, args...)
	return err
}

// statement is one statement as the whole of a transaction.
func (db *DB) statement(changed *int64, query string, args []any) work {
	return work{single: true, fn: func(ctx context.Context, c *conn) (err error) {
		*changed, err = db.execIn(ctx, &tx{conn: c}, query, args)
		return err
	}}
}

// create inserts a row of a fresh random id, which is all that is unique in it. On a
// server that is done again after the connection died with no answer: if the id is
// taken then, the first try was done. A first try that still runs holds the id, so the
// second waits for what becomes of it.
func (db *DB) create(ctx context.Context, query string, args ...any) error {
	if txOf(ctx) != nil || db.dialect.Embedded {
		return db.insert(ctx, query, args...)
	}
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
		return lost(err)
	}
	return db.writes.run(ctx, do)
}

func (db *DB) execIn(ctx context.Context, t *tx, query string, args []any) (changed int64, err error) {
	if err := t.usable(); err != nil {
		return 0, err
	}
	// SQLite undoes the whole transaction of a write that is interrupted; a server
	// that does not answer must be left.
	if db.dialect.Embedded {
		ctx = context.WithoutCancel(ctx)
	}
	result, err := t.conn.exec(ctx, query, args)
	if err == nil {
		changed, err = result.RowsAffected()
	}
	return changed, t.note(db.classify(err))
}

// execOne is exec for statements that must change a row; errs.ErrNotFound if
// they don't.
func (db *DB) execOne(ctx context.Context, query string, args ...any) error {
	changed, err := db.exec(ctx, query, args...)
	if err == nil && changed == 0 {
		return errs.ErrNotFound
	}
	return err
}

// moved explains why a statement with a version in its condition changed
// nothing: the row is of another version, or gone. query asks for the row
// without its version.
func (db *DB) moved(ctx context.Context, query string, args ...any) error {
	var one int
	if err := db.row(ctx, []any{&one}, query, args...); err != nil {
		return err
	}
	return errs.ErrStale
}
