package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/argon2"
)

// The floors: what the server does as a share of the least that could be done.
const (
	whoamiFloor = 0.6
	createFloor = 0.15
	fetchFloor  = 0.25
	loginFloor  = 0.85
)

func (b *bench) whoami(ctx context.Context) error {
	return b.withServer(ctx, func(s *server) error { return b.compareWhoami(ctx, s, "whoami", whoamiFloor) })
}

func (b *bench) compareWhoami(ctx context.Context, s *server, what string, floor float64) error {
	accounts, err := newAccounts(s.public, connections)
	if err != nil {
		return err
	}
	return b.compare(ctx, s, what, floor, func(client int) []byte {
		return get("/sessions/whoami", "X-Session-Token: "+accounts[client].token)
	})
}

func (b *bench) createFlow(ctx context.Context) error {
	return b.withServer(ctx, func(s *server) error {
		return b.compare(ctx, s, "create a login flow", createFloor, func(int) []byte { return get("/self-service/login/api") })
	})
}

func (b *bench) fetchFlow(ctx context.Context) error {
	return b.withServer(ctx, func(s *server) error {
		c, err := dial(s.public)
		if err != nil {
			return err
		}
		defer c.close()
		ids := make([]string, connections)
		for i := range ids {
			if ids[i], err = startFlow(c, "login"); err != nil {
				return err
			}
		}
		return b.compare(ctx, s, "fetch a login flow", fetchFloor, func(client int) []byte {
			return get("/self-service/login/flows?id=" + ids[client])
		})
	})
}

// compare measures requests against the bare handler that answers the same.
func (b *bench) compare(ctx context.Context, s *server, what string, floor float64, requestOf func(client int) []byte) error {
	raw, stop, err := b.startRaw(ctx, s.public, requestOf(0))
	if err != nil {
		return err
	}
	defer stop()
	requests := make([][]byte, connections)
	for i := range requests {
		requests[i] = requestOf(i)
	}
	once := func(client int, c *conn) error {
		_, err := c.ask(requests[client])
		return err
	}
	ours, theirs, err := b.takeTurns(
		func(d time.Duration) (float64, error) { return closedLoop(ctx, s.public, d, once) },
		func(d time.Duration) (float64, error) { return closedLoop(ctx, raw, d, once) },
	)
	if err != nil {
		return err
	}
	b.report.atLeast(what+" / bare net/http", ours, theirs, floor/b.plan.leniency)
	return nil
}

// takeTurns lets two subjects take turns and returns the median of each.
func (b *bench) takeTurns(first, second func(time.Duration) (float64, error)) (float64, float64, error) {
	subjects := []func(time.Duration) (float64, error){first, second}
	rates := make([][]float64, len(subjects))
	for _, subject := range subjects { // connections, caches and heaps reach their size
		if _, err := subject(b.plan.round / 10); err != nil {
			return 0, 0, err
		}
	}
	for range b.plan.rounds {
		for i, subject := range subjects {
			rate, err := subject(b.plan.round)
			if err != nil {
				return 0, 0, err
			}
			rates[i] = append(rates[i], rate)
		}
	}
	return median(rates[0]), median(rates[1]), nil
}

func median(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}

// login compares whole logins, each a flow started and completed, with nothing
// but the hash, at the server's default parameters.
func (b *bench) login(ctx context.Context) error {
	return b.withServer(ctx, func(s *server) error { return b.compareLogin(ctx, s, "login with a password") })
}

func (b *bench) compareLogin(ctx context.Context, s *server, what string) error {
	accounts, err := newAccounts(s.public, connections)
	if err != nil {
		return err
	}
	ours, bare, err := b.takeTurns(
		func(d time.Duration) (float64, error) {
			return closedLoop(ctx, s.public, d, func(client int, c *conn) error { return signIn(c, accounts[client]) })
		},
		func(d time.Duration) (float64, error) { return hashLoop(d), nil },
	)
	if err != nil {
		return err
	}
	b.report.atLeast(what+" / bare argon2id", ours, bare, loginFloor/b.plan.leniency)
	return nil
}

// hashLoop keeps every core busy with argon2id and returns hashes per second.
func hashLoop(d time.Duration) float64 {
	const memory, passes, lanes, length = 19456, 2, 1, 32 // the defaults of hashers.argon2
	salt := make([]byte, 16)
	started := time.Now()
	var done atomic.Int64
	var group sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		group.Go(func() {
			for time.Since(started) < d {
				argon2.IDKey([]byte(passphrase), salt, passes, memory, lanes, length)
				done.Add(1)
			}
		})
	}
	group.Wait()
	return float64(done.Load()) / time.Since(started).Seconds()
}

// withServer runs one measurement against a server of its own.
func (b *bench) withServer(ctx context.Context, measure func(*server) error, settings ...string) error {
	s, err := b.startServer(ctx, nil, settings...)
	if err != nil {
		return err
	}
	err = measure(s)
	if err != nil {
		err = fmt.Errorf("%w\n%s", err, s.tail())
	}
	return errors.Join(err, s.stop())
}
