package sqldb

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/symbolon/symbolon/internal/errs"
)

const (
	gatherRows    = 32 // most rows of one statement
	gatherRunning = 2  // statements of one query at a time
)

// gatherer inserts rows that come at the same time by one statement, in one commit: on a
// server most of an insert's cost is the commit and the way there. A row that comes alone
// waits for nothing.
type gatherer struct {
	timeout time.Duration
	// insert runs a statement; it inserts all of its rows or none.
	insert func(ctx context.Context, query string, args []any) error

	mu     sync.Mutex
	queues map[string]*gatherQueue // by query
}

type gatherQueue struct {
	waiting []*gathered
	running int
}

// gathered is a row that waits for its statement.
type gathered struct {
	ctx  context.Context
	args []any
	done chan error // has room for the one answer
}

// add inserts a row by a query that ends in its VALUES. If ctx ends or an eighth more than
// the timeout runs out before there is an answer, the row may be inserted all the same.
func (g *gatherer) add(ctx context.Context, query string, args []any) error {
	// The statement times out first, which drops dead connections, so that a caller who
	// retries gets a new one.
	ctx, cancel := context.WithTimeout(ctx, g.timeout+g.timeout/8)
	defer cancel()
	row := &gathered{ctx: ctx, args: args, done: make(chan error, 1)}
	g.mu.Lock()
	q := g.queues[query]
	if q == nil {
		if g.queues == nil {
			g.queues = map[string]*gatherQueue{}
		}
		q = &gatherQueue{}
		g.queues[query] = q
	}
	q.waiting = append(q.waiting, row)
	start := q.running < gatherRunning
	if start {
		q.running++
	}
	g.mu.Unlock()
	if start {
		go g.run(query, q)
	}
	select {
	case err := <-row.done:
		return err
	case <-ctx.Done():
		return ended(ctx)
	}
}

// run inserts what waits until nothing does.
func (g *gatherer) run(query string, q *gatherQueue) {
	for rows := g.take(q); len(rows) > 0; rows = g.take(q) {
		err := g.send(query, rows)
		if len(rows) == 1 || err == nil || errors.Is(err, errs.ErrUnavailable) {
			for _, row := range rows {
				row.done <- err
			}
			continue
		}
		for _, row := range rows { // one of them is wrong
			row.done <- g.send(query, []*gathered{row})
		}
	}
}

// take returns the next rows of a statement, a power of two of them, so that few texts are
// prepared. With none left it notes that the runner ends.
func (g *gatherer) take(q *gatherQueue) []*gathered {
	g.mu.Lock()
	defer g.mu.Unlock()
	for len(q.waiting) > 0 && q.waiting[0].ctx.Err() != nil {
		q.waiting = q.waiting[1:] // its caller has gone
	}
	if len(q.waiting) == 0 {
		q.waiting = nil
		q.running--
		return nil
	}
	n := 1
	for 2*n <= min(len(q.waiting), gatherRows) {
		n *= 2
	}
	rows := q.waiting[:n:n]
	q.waiting = q.waiting[n:]
	return rows
}

// send inserts rows by one statement. A panic of the driver is an error of these rows: no
// caller is on this goroutine.
func (g *gatherer) send(query string, rows []*gathered) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("insert: panic: %v", cause)
		}
	}()
	args := make([]any, 0, len(rows)*len(rows[0].args))
	for _, row := range rows {
		args = append(args, row.args...)
	}
	return g.insert(context.WithoutCancel(rows[0].ctx), rowsText(query, len(rows)), args)
}

// rowsText repeats the values of an insert.
func rowsText(query string, rows int) string {
	at := strings.LastIndex(query, "(")
	return query + strings.Repeat(", "+query[at:], rows-1)
}
