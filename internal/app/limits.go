package app

import (
	"context"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"sync/atomic"
	"time"

	"symbolon/internal/config"
	"symbolon/internal/flow"
	"symbolon/internal/reqctx"
	"symbolon/internal/secret"
	"symbolon/internal/throttle"
)

// limits counts failed attempts as security.limits says. The counters outlive a
// change of configuration; only a new window starts with the next start.
type limits struct {
	limiter *throttle.Limiter
	window  time.Duration
	config  atomic.Pointer[config.Limits]
}

func newLimits(c *config.Config, shared bool, now func() time.Time) (*limits, error) {
	l := &limits{window: max(c.Security.Limits.Window, time.Second)}
	l.config.Store(&c.Security.Limits)
	if !shared {
		l.limiter = throttle.New(l.window, now)
		return l, nil
	}
	// Whoever reads the database must not learn who failed by trying addresses.
	key, err := hkdf.Key(sha256.New, []byte(c.Secrets.Signing()[0]), nil, "symbolon/failed attempts", sha256.Size)
	if err != nil {
		return nil, fmt.Errorf("derive key of failed attempts: %w", err)
	}
	l.limiter = throttle.NewShared(l.window, now, secret.NewID()[:8], key)
	return l, nil
}

// heard takes the notes out of what changed and returns the rest.
func (l *limits) heard(changed []string) (rest []string) {
	for _, about := range changed {
		if strings.HasPrefix(about, throttle.NotePrefix) {
			l.limiter.Heard(about)
		} else {
			rest = append(rest, about)
		}
	}
	return rest
}

const (
	// tellEvery is how often a node tells others of failed attempts, which it does
	// the second time after they were made. They hear of it hearEvery later.
	tellEvery = 250 * time.Millisecond
	// tellAtMost is how many keys it tells of at a time: a flood of failures must not
	// become one of rows, which all nodes read.
	tellAtMost = 40
)

// tellFailures carries this node's failed attempts to the others until ctx ends, after
// it has read what there were before it started.
func (a *App) tellFailures(ctx context.Context) error {
	if !a.db.Shared() {
		<-ctx.Done()
		return ctx.Err()
	}
	ticker := time.NewTicker(tellEvery)
	defer ticker.Stop()
	learned, failing := false, false
	for {
		var err error
		if !learned {
			err = a.learnFailures(ctx)
			learned = err == nil
		}
		err = errors.Join(err, a.limiter.limiter.Tell(tellAtMost, func(notes []string) error { return a.db.WriteNotes(ctx, notes) }))
		if err != nil && !failing && ctx.Err() == nil {
			a.log.WarnContext(ctx, "other nodes are not told of failed attempts", slog.Any("error", err))
		}
		failing = err != nil
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
	}
}

func (a *App) learnFailures(ctx context.Context) error {
	notes, err := a.db.Notes(ctx, throttle.NotePrefix, a.now().Add(-a.limiter.window))
	if err != nil {
		return err
	}
	a.limiter.heard(notes)
	return nil
}

// Charge implements flow.Limiter.
func (l *limits) Charge(ctx context.Context, attempt flow.Attempt) (refund func(), wait time.Duration, ok bool) {
	c := l.config.Load()
	if !c.Enabled {
		return func() {}, 0, true
	}
	var keys []throttle.Key
	add := func(scope, value string, limit int) {
		if value != "" {
			keys = append(keys, throttle.Key{Scope: scope, Value: value, Limit: limit})
		}
	}
	add("identity/"+string(attempt.Use), attempt.IdentityID, c.PerIdentity)
	for _, identifier := range attempt.Identifiers {
		add("identifier/"+string(attempt.Use), identifier, c.PerIdentity)
	}
	if attempt.Use != flow.News {
		add("address", network(reqctx.From(ctx).Address), c.PerAddress)
	}
	return l.limiter.Charge(keys...)
}

// network is what attempts of one address count as: the address itself, or the
// /64 network of an IPv6 address, which is what one customer gets.
func network(address string) string {
	ip, err := netip.ParseAddr(address)
	if err != nil || ip.Is4() || ip.Is4In6() {
		return address
	}
	prefix, err := ip.WithZone("").Prefix(64)
	if err != nil {
		return address
	}
	return prefix.String()
}
