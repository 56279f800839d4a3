package store

import (
	"context"
	"database/sql"
	"errors"

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
	return db.list(context.WithoutCancel(ctx), each, query, args...)
}

// list runs a query that may take long and ends with the context.
func (db *DB) list(ctx context.Context, each func(scanFunc) error, query string, args ...any) error {
	t := txOf(ctx)
	err := t.usable()
	if err == nil {
		err = db.rows(ctx, t, each, query, args)
	}
	if err == nil {
		return nil
	}
	if ended := ended(ctx); ended != nil {
		return ended // the driver's own word for it is "interrupted"
	}
	return t.note(db.classify(err))
}

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

func (db *DB) rows(ctx context.Context, t *tx, each func(scanFunc) error, query string, args []any) error {
	prepare := db.reads.prepare
	if t != nil {
		prepare = t.conn.prepare
	}
	stmt, err := prepare(ctx, query)
	if err != nil {
		return err
	}
	rows, err := stmt.QueryContext(ctx, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := each(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
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
	err = db.writes.run(ctx, work{single: true, fn: func(ctx context.Context, c *conn) error {
		changed, err = db.execIn(ctx, &tx{conn: c}, query, args)
		return err
	}})
	return changed, err
}

func (db *DB) execIn(ctx context.Context, t *tx, query string, args []any) (changed int64, err error) {
	if err := t.usable(); err != nil {
		return 0, err
	}
	// SQLite undoes the whole transaction of a write that is interrupted.
	ctx = context.WithoutCancel(ctx)
	var result sql.Result
	stmt, err := t.conn.prepare(ctx, query)
	if err == nil {
		result, err = stmt.ExecContext(ctx, args...)
	}
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
