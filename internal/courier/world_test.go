package courier_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/symbolon/symbolon/internal/courier"
	"github.com/symbolon/symbolon/internal/store"
)

func TestMain(m *testing.M) {
	if role := os.Getenv(childRole); role != "" {
		os.Exit(beChild())
	}
	goleak.VerifyTestMain(m)
}

// world is an outbox on a real storage, and a channel that the test
// answers for.
type world struct {
	t         testing.TB
	db        *store.DB
	outbox    *courier.Outbox
	templates *courier.Templates
	channel   *channel
}

var testSecrets = []string{"a secret of thirty-two characters"}

// inBubble runs a test with a clock that moves when everybody waits. Its storage
// is a file: in one in memory, readers sleep while a person writes.
func inBubble(t *testing.T, test func(*world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		test(newWorld(t, "sqlite://"+t.TempDir()+"/test.db?synchronous=normal"))
	})
}

func newWorld(t testing.TB, dsn string) *world {
	t.Helper()
	db, err := store.Open(t.Context(), store.Config{DSN: dsn, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	if _, err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	templates, err := courier.NewTemplates("Symbolon", courier.Own{})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, db: db, templates: templates, channel: &channel{}}
	w.outbox = w.newOutbox(db, testSecrets...)
	return w
}

func (w *world) newOutbox(s courier.Store, secrets ...string) *courier.Outbox {
	w.t.Helper()
	o, err := courier.NewOutbox(s, w.templates, secrets, time.Now)
	if err != nil {
		w.t.Fatal(err)
	}
	return o
}

// config is what tests start from.
func config() courier.DispatchConfig {
	return courier.DispatchConfig{
		Workers: 3, MaxTries: 4, MinBackoff: time.Second, MaxBackoff: 5 * time.Second, Lease: time.Minute,
	}
}

// run starts a dispatcher and returns what stops it and waits for its end.
func (w *world) run(c courier.DispatchConfig) (stop func()) {
	return w.runOn(w.outbox, w.channel, c)
}

func (w *world) runOn(o *courier.Outbox, c courier.Channel, config courier.DispatchConfig) (stop func()) {
	ctx, cancel := context.WithCancel(w.t.Context())
	ended := make(chan error)
	go func() {
		ended <- courier.NewDispatcher(o, c, config, slog.New(slog.DiscardHandler)).Run(ctx)
	}()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			w.t.Errorf("dispatcher ended with %v", err)
		}
	})
	w.t.Cleanup(stop)
	return stop
}

// queue queues a recovery link, good for an hour, and returns its id.
func (w *world) queue(to string) string {
	w.t.Helper()
	return w.queueMessage(courier.Message{
		Template: courier.RecoveryValid, To: to, URL: "https://example.org/recover?token=" + testToken,
		Expires: time.Now().Add(time.Hour),
	})
}

// testToken is as long as a real one.
const testToken = "Abcdefghijklmnopqrstuvwxyz012345"

func (w *world) queueMessage(m courier.Message) string {
	w.t.Helper()
	if err := w.outbox.Enqueue(w.t.Context(), m); err != nil {
		w.t.Fatal(err)
	}
	latest, err := w.outbox.List(w.t.Context(), courier.Filter{Limit: 1})
	if err != nil {
		w.t.Fatal(err)
	}
	return latest[0].ID
}

func (w *world) message(id string) *courier.Stored {
	w.t.Helper()
	m, err := w.db.Message(w.t.Context(), id)
	if err != nil {
		w.t.Fatal(err)
	}
	return m
}

// want checks where a message stands.
func (w *world) want(id string, status courier.Status, tries int) *courier.Stored {
	w.t.Helper()
	m := w.message(id)
	if m.Status != status || m.Tries != tries {
		w.t.Errorf("message is %s after %d tries (%s), want %s after %d", m.Status, m.Tries, m.LastError, status, tries)
	}
	return m
}

// channel is a courier.Channel that notes what it is given. Without an answer it
// takes everything.
type channel struct {
	answer func(context.Context, courier.Rendered) error

	mu    sync.Mutex
	given []delivery
}

type delivery struct {
	courier.Rendered
	at time.Time
}

func (*channel) Name() string { return "test" }

func (c *channel) Deliver(ctx context.Context, r courier.Rendered) error {
	c.mu.Lock()
	c.given = append(c.given, delivery{Rendered: r, at: time.Now()})
	c.mu.Unlock()
	if c.answer == nil {
		return nil
	}
	return c.answer(ctx, r)
}

// tries returns when a message was given to the channel.
func (c *channel) tries(id string) []time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	var at []time.Time
	for _, d := range c.given {
		if d.ID == id {
			at = append(at, d.at)
		}
	}
	return at
}

// recipients returns to whom messages were given, in that order.
func (c *channel) recipients() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var all []string
	for _, d := range c.given {
		all = append(all, d.To)
	}
	return all
}

func (c *channel) count(to string) int {
	n := 0
	for _, r := range c.recipients() {
		if r == to {
			n++
		}
	}
	return n
}

func wantEqual[T comparable](t testing.TB, what string, got, want []T) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// within waits, in a bubble, for that long and until everybody waits.
func within(d time.Duration) {
	synctest.Wait()
	pause(d)
	synctest.Wait()
}

// moment is longer than SQLite sleeps when two come at once, and shorter than
// anything the tests measure.
const moment = 100 * time.Millisecond

// settle waits, in a bubble, until everybody waits for something else than for
// SQLite, which sleeps when two come at once.
func settle() { within(moment) }

func pause(d time.Duration) { <-time.NewTimer(d).C }
