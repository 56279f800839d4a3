package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"

	"github.com/symbolon/symbolon/internal/errs"
)

// InTx runs fn in a transaction that fn's context carries; every method called
// with that context takes part. A nested call joins: it is committed with the
// outer one. If it fails, only its own writes are rolled back, and the outer fn may continue.
// After a write that failed, fn must return an error or have made it in a nested
// call: PostgreSQL takes no other statement before something is undone.
//
// InTx returns when the transaction is safe on disk or rolled back. fn may run more
// than once, because its work can be lost to the failure of another transaction; so it
// must not hash, send or call out, and must assign rather than add to variables outside
// of it. Once started it runs to its end even if ctx ends; before that, the end of ctx or
// of the timeout (errs.ErrUnavailable) keeps it from running. A panic in fn rolls its work
// back and reaches the caller.
func (db *DB) InTx(ctx context.Context, fn func(context.Context) error) error {
	return db.inTx(ctx, txFunc{}, false, fn)
}

// InTxAsync is InTx with an asynchronous commit: it does not wait for the disk. Other
// transactions see the work at once, but a crash of the machine or of the database server
// undoes it unless a transaction that waited was committed after it. For work that may
// well be done again.
func (db *DB) InTxAsync(ctx context.Context, fn func(context.Context) error) error {
	return db.inTx(ctx, txFunc{async: true}, false, fn)
}

// InWhole is InTx for many writes that succeed or fail together. Nested calls of InTx undo
// nothing there, which makes them cheap: if one fails, the transaction fails, even if fn
// returns no error.
func (db *DB) InWhole(ctx context.Context, fn func(context.Context) error) error {
	return db.inTx(ctx, txFunc{}, true, fn)
}

func (db *DB) inTx(ctx context.Context, do txFunc, whole bool, fn func(context.Context) error) error {
	if outer := txOf(ctx); outer != nil {
		return outer.nest(ctx, fn)
	}
	var hooks []func()
	do.fn = func(ctx context.Context, c *conn) error {
		t := &tx{conn: c, whole: whole}
		defer func() { t.over = true }()
		ctx = context.WithValue(ctx, txKey{}, t)
		err := fn(ctx)
		if err == nil {
			err = t.failed
		}
		if err == nil && len(t.before) > 0 {
			err = db.beforeCommit(ctx, t.before)
		}
		hooks = t.hooks
		if t.broken != nil {
			return t.broken
		}
		return err
	}
	if err := db.write(ctx, do); err != nil {
		return err
	}
	for _, hook := range hooks {
		hook()
	}
	return nil
}

// AfterCommit runs f once the context's transaction is committed and before InTx
// returns to its caller, in the order of the calls; never if it is undone. With
// no transaction f runs at once.
func (db *DB) AfterCommit(ctx context.Context, f func()) {
	if t := txOf(ctx); t != nil {
		t.hooks = append(t.hooks, f)
		return
	}
	f()
}

// Join runs fn in the context's transaction, or in a new one if there is none. Unlike a
// nested InTx it needs no savepoint and rolls nothing back: if fn fails, the caller must
// let the whole transaction fail.
func (db *DB) Join(ctx context.Context, fn func(context.Context) error) error {
	if txOf(ctx) != nil {
		return fn(ctx)
	}
	return db.InTx(ctx, fn)
}

// OnCommit sets what writes the items of BeforeCommit. It is called before the first
// transaction.
func (db *DB) OnCommit(write func(ctx context.Context, items []any) error) { db.beforeCommit = write }

// BeforeCommit leaves an item for the end of the context's transaction, where the function
// of OnCommit gets all of them, in the order of the calls.
func (db *DB) BeforeCommit(ctx context.Context, item any) {
	t := txOf(ctx)
	t.before = append(t.before, item)
}

// tx is a transaction, used by one goroutine.
type tx struct {
	conn   *conn
	before []any
	hooks  []func()
	broken error // the database failed: only a rollback is left
	whole  bool  // nested calls have no savepoints
	failed error // of the first nested call that failed in such a transaction
	over   bool
}

type txKey struct{}

func txOf(ctx context.Context) *tx {
	t, _ := ctx.Value(txKey{}).(*tx)
	return t
}

// Within reports whether a context carries a transaction.
func (db *DB) Within(ctx context.Context) bool { return txOf(ctx) != nil }

// usable refuses statements that would run outside of their transaction: SQLite ends
// a transaction by itself when the disk is full, and a goroutine may outlive fn.
func (t *tx) usable() error {
	switch {
	case t == nil:
		return nil
	case t.over:
		return errors.New("transaction is over")
	}
	return t.broken
}

// note records an error after which the transaction can only be rolled back.
func (t *tx) note(err error) error {
	if t != nil && t.broken == nil && errors.Is(err, errs.ErrUnavailable) {
		t.broken, t.conn.lost = err, true
	}
	return err
}

func (t *tx) nest(ctx context.Context, fn func(context.Context) error) error {
	if err := t.usable(); err != nil {
		return err
	}
	if t.conn.dialect.Embedded {
		ctx = context.WithoutCancel(ctx) // see execIn
	}
	if t.whole {
		err := fn(ctx)
		if t.failed == nil {
			t.failed = err
		}
		return err
	}
	hooks, before := len(t.hooks), len(t.before)
	err := t.conn.savepoint(ctx, func() error { return fn(ctx) })
	if err != nil {
		t.hooks, t.before = t.hooks[:hooks], t.before[:before]
	}
	if t.conn.lost && t.broken == nil {
		t.broken = errs.ErrUnavailable.Because(fmt.Errorf("undo part of a transaction: %w", err))
	}
	return err
}

// handle is what connections and transactions have in common.
type handle interface {
	PrepareContext(ctx context.Context, query string) (*sql.Stmt, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

// conn is a connection that writes, with its prepared statements.
type conn struct {
	sql     handle
	dialect *Dialect
	stmts   map[string]*sql.Stmt // nil where the driver keeps them
	depth   int                  // of savepoints
	// lost: the whole transaction must be rolled back, because a part of it could not
	// be, or because the database failed.
	lost bool
}

func (c *conn) query(ctx context.Context, query string, args []any) (*sql.Rows, error) {
	if c.stmts == nil {
		return c.sql.QueryContext(ctx, c.dialect.text(query), args...)
	}
	stmt, err := c.prepare(ctx, query)
	if err != nil {
		return nil, err
	}
	return stmt.QueryContext(ctx, args...)
}

func (c *conn) exec(ctx context.Context, query string, args []any) (sql.Result, error) {
	if c.stmts == nil {
		return c.sql.ExecContext(ctx, c.dialect.text(query), args...)
	}
	stmt, err := c.prepare(ctx, query)
	if err != nil {
		return nil, err
	}
	return stmt.ExecContext(ctx, args...)
}

func (c *conn) prepare(ctx context.Context, query string) (*sql.Stmt, error) {
	if known, ok := c.stmts[query]; ok {
		return known, nil
	}
	fresh, err := c.sql.PrepareContext(ctx, c.dialect.text(query))
	if err != nil {
		return nil, err
	}
	c.stmts[query] = fresh
	return fresh, nil
}

// do runs a statement that ends or divides a transaction. It is prepared like any
// other: parsing it each time costs more than running it.
func (c *conn) do(ctx context.Context, statement string) error {
	_, err := c.exec(ctx, statement, nil)
	return c.dialect.Classify(err)
}

// savepoint runs fn so that its work can be undone alone, when it fails and when
// it panics or ends its goroutine.
func (c *conn) savepoint(ctx context.Context, fn func() error) (err error) {
	// MySQL has one savepoint of a name.
	part := " part" + strconv.Itoa(c.depth)
	if err := c.do(ctx, "SAVEPOINT"+part); err != nil {
		c.lost = true
		return err
	}
	c.depth++
	kept := false
	defer func() {
		c.depth--
		if !kept {
			c.undo(ctx, part)
		}
	}()
	if err := fn(); err != nil {
		return err
	}
	if err := c.do(ctx, "RELEASE SAVEPOINT"+part); err != nil {
		return err
	}
	kept = true
	return nil
}

// undo rolls back to the last savepoint. Until that has succeeded everything is lost.
func (c *conn) undo(ctx context.Context, part string) {
	before := c.lost
	c.lost = true
	err := c.do(ctx, "ROLLBACK TO SAVEPOINT"+part)
	if err == nil {
		err = c.do(ctx, "RELEASE SAVEPOINT"+part)
	}
	c.lost = before || err != nil
}
