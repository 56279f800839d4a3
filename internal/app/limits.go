package app

import (
	"cmp"
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

	"github.com/symbolon/symbolon/internal/config"
	"github.com/symbolon/symbolon/internal/event"
	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/ratelimit"
	"github.com/symbolon/symbolon/internal/reqctx"
	"github.com/symbolon/symbolon/internal/secret"
)

// limits counts failed attempts as security.limits says. The counters outlive a
// change of configuration; only a new window starts with the next start.
type limits struct {
	limiter *ratelimit.Limiter
	window  time.Duration
	config  atomic.Pointer[config.Limits]
	record  func(context.Context, event.Event) error
	log     *slog.Logger
}

func newLimits(c *config.Config, shared bool, now func() time.Time) (*limits, error) {
	l := &limits{window: max(c.Security.Limits.Window, time.Second)}
	l.config.Store(&c.Security.Limits)
	if !shared {
		l.limiter = ratelimit.New(l.window, now)
		return l, nil
	}
	// A reader of the database must not learn whose attempts failed by trying addresses.
	key, err := hkdf.Key(sha256.New, []byte(c.Secrets.Signing()[0]), nil, "symbolon/failed attempts", sha256.Size)
	if err != nil {
		return nil, fmt.Errorf("derive key of failed attempts: %w", err)
	}
	l.limiter = ratelimit.NewShared(l.window, now, secret.NewID()[:8], key)
	return l, nil
}

// importNotes takes the notes out of what changed and returns the rest.
func (l *limits) importNotes(changed []string) (rest []string) {
	for _, about := range changed {
		if strings.HasPrefix(about, ratelimit.NotePrefix) {
			l.limiter.Import(about, 0)
		} else {
			rest = append(rest, about)
		}
	}
	return rest
}

const (
	// publishEvery is how often a node writes failed attempts for other nodes. It writes
	// an attempt the second time after it was made, and they read it within pollEvery.
	publishEvery = 250 * time.Millisecond
	// publishLimit is how many keys it writes at a time: a flood of failures must not
	// become a flood of rows, which all nodes read.
	publishLimit = 40
)

// publishFailures writes this node's failed attempts for the other nodes until ctx ends,
// after it has loaded those that were written before it started.
func (a *App) publishFailures(ctx context.Context) error {
	if !a.db.MultiNode() {
		<-ctx.Done()
		return ctx.Err()
	}
	ticker := time.NewTicker(publishEvery)
	defer ticker.Stop()
	loaded, failing := false, false
	for {
		var err error
		if !loaded {
			err = a.loadFailures(ctx)
			loaded = err == nil
		}
		err = errors.Join(err, a.limiter.limiter.Export(publishLimit, func(notes []string) error { return a.db.WriteNotes(ctx, notes) }))
		if err != nil && !failing && ctx.Err() == nil {
			a.log.WarnContext(ctx, "failed attempts are not shared with other nodes", slog.Any("error", err))
		}
		failing = err != nil
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
	}
}

func (a *App) loadFailures(ctx context.Context) error {
	now := a.now()
	notes, err := a.db.Notes(ctx, ratelimit.NotePrefix, now.Add(-a.limiter.window))
	if err != nil {
		return err
	}
	for _, n := range notes {
		a.limiter.limiter.Import(n.Text, now.Sub(n.WrittenAt))
	}
	return nil
}

// Count implements flow.Limiter.
func (l *limits) Count(ctx context.Context, attempt flow.Attempt) (refund func(), wait time.Duration, ok bool) {
	c := l.config.Load()
	if !c.Enabled {
		return func() {}, 0, true
	}
	var keys []ratelimit.Key
	add := func(scope, value string, limit int) {
		if value != "" {
			keys = append(keys, ratelimit.Key{Scope: scope, Value: value, Limit: limit})
		}
	}
	if attempt.KnownBrowser != "" {
		// A browser in which the owner has signed in before is counted separately, so that
		// strangers who guess can't lock the owner out (OWASP: device cookies).
		add("device/"+string(attempt.Kind), attempt.KnownBrowser, c.PerIdentity)
	} else {
		add("identity/"+string(attempt.Kind), attempt.IdentityID, c.PerIdentity)
		for _, identifier := range attempt.Identifiers {
			add("identifier/"+string(attempt.Kind), identifier, c.PerIdentity)
		}
	}
	if attempt.Kind != flow.LimitNotify {
		add("address", network(reqctx.From(ctx).Address), c.PerAddress)
	}
	refund, wait, ok = l.limiter.Count(keys...)
	origin := event.From(ctx)
	origin.IdentityID, origin.Attempted = attempt.IdentityID, ok
	if !ok {
		l.refused(ctx, attempt)
	}
	return refund, wait, ok
}

// refused records that attempts on an account, or from an address, are refused: once in
// a window, since a flood of attempts must not become one of events.
func (l *limits) refused(ctx context.Context, attempt flow.Attempt) {
	value := cmp.Or(attempt.IdentityID, network(reqctx.From(ctx).Address))
	if _, _, first := l.limiter.Count(ratelimit.Key{Scope: "event", Value: value, Limit: 1}); !first || l.record == nil {
		return
	}
	err := l.record(context.WithoutCancel(ctx), event.Event{Name: event.LoginLock, IdentityID: attempt.IdentityID})
	if err != nil {
		l.log.WarnContext(ctx, "refused attempt not recorded", slog.Any("error", err))
	}
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

// creations is how many flows and stored errors one address may make in a window of
// security.limits without being signed in: a school that signs in at nine fits, a
// program that fills the disk does not.
const creations = 1200

// ChargeCreation implements httpapi.Limits.
func (l *limits) ChargeCreation(address string) (wait time.Duration, ok bool) {
	if !l.config.Load().Enabled {
		return 0, true
	}
	_, wait, ok = l.limiter.Count(ratelimit.Key{Scope: "creation", Value: network(address), Limit: creations})
	return wait, ok
}

// OperatorWait implements httpapi.Limits.
func (l *limits) OperatorWait(address string) time.Duration {
	c := l.config.Load()
	if !c.Enabled {
		return 0
	}
	return l.limiter.Wait(ratelimit.Key{Scope: "operator", Value: network(address), Limit: c.PerIdentity})
}
