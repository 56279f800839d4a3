package courier

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"time"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/secret"
)

// DispatchConfig of a Dispatcher.
type DispatchConfig struct {
	Workers    int           // deliveries at once
	MaxTries   int           // then the message is dead
	MinBackoff time.Duration // after the first failure; doubles with each
	MaxBackoff time.Duration
	// Lease is how long a message belongs to one dispatcher. A delivery is cut off
	// before it runs out, so that its outcome can be stored.
	Lease time.Duration
	// KeepBodies leaves the bodies of all messages readable, for the mailbox that
	// stands in for a mail server.
	KeepBodies bool
}

const (
	// pollEvery bounds how long a message of another node, whose signal does not
	// reach this one, waits.
	pollEvery = 5 * time.Second
	// lostRace is how soon to look again for what another dispatcher was about to
	// take.
	lostRace = 10 * time.Millisecond
	// gatherFor is how long the outcome of a delivery waits for those of others, so that
	// one commit stores them all.
	gatherFor = 2 * time.Millisecond
	// syncEvery is how often commits of a busy dispatcher wait for the disk. If the machine
	// crashes, the messages that were sent since then are sent again.
	syncEvery = 250 * time.Millisecond
	// stopWithin is how long deliveries may go on after Run was told to end. The
	// whole server stops within ten seconds.
	stopWithin = 8 * time.Second
	// eraseEvery and eraseBatch are the pace of erasing bodies.
	eraseEvery = time.Minute
	eraseBatch = 500
)

// Dispatcher delivers what is queued. Any number of dispatchers may share a
// store: a message is leased to one of them at a time.
type Dispatcher struct {
	outbox  *Outbox
	channel Channel
	config  DispatchConfig
	log     *slog.Logger
	name    string // of this dispatcher in leases
}

// NewDispatcher returns a dispatcher for an outbox.
func NewDispatcher(o *Outbox, c Channel, config DispatchConfig, log *slog.Logger) *Dispatcher {
	return &Dispatcher{outbox: o, channel: c, config: config, log: log, name: secret.NewID()}
}

// Run delivers until ctx ends, then lets deliveries in progress end and closes
// the channel if it is an io.Closer. It returns the error of ctx.
func (d *Dispatcher) Run(ctx context.Context) error {
	defer d.closeChannel()
	// The outcome of a delivery in progress has to be known and stored, also when
	// the server stops.
	work, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	running := d.newRound()
	look := time.NewTimer(0)
	defer look.Stop()
	erase := time.NewTimer(0)
	defer erase.Stop()
	for {
		select {
		case <-ctx.Done():
			late := time.AfterFunc(stopWithin, cut)
			defer late.Stop()
			d.finish(work, running)
			return ctx.Err()
		case <-erase.C:
			d.erase(ctx)
			erase.Reset(eraseEvery)
			continue
		case m := <-running.ended:
			running.end(m)
			running.gather()
		case <-d.outbox.wake:
		case <-look.C:
		}
		look.Stop()
		if pause, free := d.fill(ctx, work, running); free {
			look.Reset(pause)
		}
	}
}

// fill starts as many deliveries as there are due messages and free workers. If
// workers are left over it says when to look again.
func (d *Dispatcher) fill(ctx, work context.Context, running *round) (pause time.Duration, free bool) {
	err := d.start(ctx, work, running)
	if err == nil && running.busy == d.config.Workers {
		return 0, false // the end of a delivery is the time to look again
	}
	var next time.Time
	var waits bool
	if err == nil {
		next, waits, err = d.outbox.store.NextMessage(ctx)
	}
	if err != nil && ctx.Err() == nil {
		d.log.WarnContext(ctx, "courier could not use its queue", slog.Any("error", err))
	}
	if err != nil || !waits {
		return pollEvery, true
	}
	return min(max(next.Sub(d.outbox.now()), lostRace), pollEvery), true
}

// start stores the outcomes of the deliveries that have ended, claims what is due for the
// workers that are free, and delivers it.
func (d *Dispatcher) start(ctx, work context.Context, running *round) error {
	outcomes, free := running.take(), d.config.Workers-running.busy
	if free == 0 {
		return nil
	}
	claimed, err := d.next(ctx, outcomes, free, d.inTx(running))
	running.more = len(claimed) == free
	if err != nil {
		for _, m := range outcomes {
			running.start(func() *Stored { d.record(work, m); return nil })
		}
		return err
	}
	for _, m := range claimed {
		running.start(func() *Stored { d.deliver(work, m); return m })
	}
	return nil
}

// next stores outcomes and claims messages in one transaction: the commit costs more than
// either. Each message that was sent and whose outcome is not stored keeps a worker, so
// that a crash repeats no more messages than there are workers.
func (d *Dispatcher) next(ctx context.Context, outcomes []*Stored, free int, inTx transaction) (claimed []*Stored, err error) {
	now := d.outbox.now()
	claim := func(ctx context.Context) (err error) {
		claimed, err = d.outbox.store.ClaimMessages(ctx, d.name, now, now.Add(d.config.Lease), free)
		return err
	}
	if len(outcomes) == 0 {
		err = claim(ctx)
		return claimed, err
	}
	var stale []*Stored
	err = inTx(ctx, func(ctx context.Context) error {
		stale = nil
		for _, m := range outcomes {
			err := d.outbox.store.RecordDelivery(ctx, m)
			if errors.Is(err, errs.ErrStale) {
				stale = append(stale, m)
			} else if err != nil {
				return err
			}
		}
		return claim(ctx)
	})
	if err != nil {
		return nil, err
	}
	for _, m := range stale {
		d.notStored(ctx, m, errs.ErrStale)
	}
	return claimed, nil
}

type transaction func(ctx context.Context, f func(context.Context) error) error

// inTx returns how the next transaction commits: asynchronously if another one follows soon
// that stores the outcomes of the deliveries in progress and claims more. A commit that waits
// for the disk makes those before it safe too.
func (d *Dispatcher) inTx(running *round) transaction {
	now := d.outbox.now()
	if running.more && running.busy > 0 && now.Sub(running.synced) < syncEvery {
		return d.outbox.store.InTxAsync
	}
	running.synced = now
	return d.outbox.store.InTx
}

// finish waits for the deliveries in progress and stores their outcomes.
func (d *Dispatcher) finish(work context.Context, running *round) {
	for {
		for _, m := range running.take() {
			running.start(func() *Stored { d.record(work, m); return nil })
		}
		if running.busy == 0 {
			return
		}
		running.end(<-running.ended)
	}
}

// DeliverDue makes one pass: it delivers everything that is due and returns how
// many messages were sent.
func (d *Dispatcher) DeliverDue(ctx context.Context) (sent int, err error) {
	work, running := context.WithoutCancel(ctx), d.newRound()
	for ctx.Err() == nil {
		if err = d.start(ctx, work, running); err != nil || running.busy == 0 {
			break
		}
		running.end(<-running.ended)
		running.gather()
	}
	d.finish(work, running)
	return running.sent, err
}

// erase removes the bodies that are no longer needed.
func (d *Dispatcher) erase(ctx context.Context) {
	if d.config.KeepBodies {
		return
	}
	for {
		erased, err := d.outbox.store.EraseMessages(ctx, d.outbox.now(), eraseBatch)
		if err != nil && ctx.Err() == nil {
			d.log.WarnContext(ctx, "courier could not erase expired messages", slog.Any("error", err))
		}
		if err != nil || erased < eraseBatch {
			return
		}
	}
}

func (d *Dispatcher) closeChannel() {
	if c, ok := d.channel.(io.Closer); ok {
		_ = c.Close() // connections that end anyway
	}
}

// round is the deliveries in progress. One goroutine owns it.
type round struct {
	busy     int // workers that deliver, or store an outcome by themselves
	sent     int
	more     bool         // the last claim found work for every worker that was free
	synced   time.Time    // when a commit last waited for the disk
	outcomes []*Stored    // of deliveries that have ended, not yet stored
	ended    chan *Stored // the message of each delivery that ends; nil if nothing is to be stored
}

func (d *Dispatcher) newRound() *round {
	return &round{ended: make(chan *Stored, d.config.Workers)}
}

// start keeps a worker busy. Its end is heard of even if it ends its goroutine.
func (r *round) start(work func() *Stored) {
	r.busy++
	go func() {
		var m *Stored
		defer func() { r.ended <- m }()
		m = work()
	}()
}

// end notes the end of a delivery, and of all others that have ended meanwhile:
// one transaction serves them all.
func (r *round) end(m *Stored) {
	for {
		r.busy--
		if m != nil {
			r.outcomes = append(r.outcomes, m)
			if m.Status == Sent {
				r.sent++
			}
		}
		select {
		case m = <-r.ended:
		default:
			return
		}
	}
}

// gather waits a moment until half of the deliveries have ended if all workers were busy. The
// other half goes on while the outcomes of these are stored.
func (r *round) gather() {
	if len(r.outcomes)+r.busy < cap(r.ended) {
		return
	}
	late := time.NewTimer(gatherFor)
	defer late.Stop()
	for r.busy > cap(r.ended)/2 {
		select {
		case m := <-r.ended:
			r.end(m)
		case <-late.C:
			return
		}
	}
}

// take returns the outcomes that are to be stored.
func (r *round) take() []*Stored {
	taken := r.outcomes
	r.outcomes = nil
	return taken
}
