package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// The floors: what the server does as a share of the least that could be done.
const (
	createFloor = 0.3
	fetchFloor  = 0.5
	// Flows of the API v1 are larger: with groups, labels and more nodes.
	createFloorV1 = 0.15
	fetchFloorV1  = 0.2
)

func (b *bench) createFlow(ctx context.Context) error {
	return b.withServer(ctx, func(s *server) error {
		start := func(int) []byte { return get("/self-service/login/api") }
		startV1 := func(int) []byte { return get("/v1/self-service/login/api") }
		if err := b.compare(ctx, s, "create a login flow", createFloor, start); err != nil {
			return err
		}
		return b.compare(ctx, s, "create a login flow of v1", createFloorV1, startV1)
	})
}

func (b *bench) fetchFlow(ctx context.Context) error {
	return b.withServer(ctx, func(s *server) error {
		if err := b.fetchFlowBelow(ctx, s, "", "fetch a login flow", fetchFloor); err != nil {
			return err
		}
		return b.fetchFlowBelow(ctx, s, "/v1", "fetch a login flow of v1", fetchFloorV1)
	})
}

func (b *bench) fetchFlowBelow(ctx context.Context, s *server, root, what string, floor float64) error {
	c, err := dial(s.public)
	if err != nil {
		return err
	}
	defer c.close()
	ids := make([]string, connections)
	for i := range ids {
		got, err := c.ask(get(root + "/self-service/login/api"))
		if err != nil {
			return err
		}
		if ids[i], err = flowID(got.body); err != nil {
			return err
		}
	}
	return b.compare(ctx, s, what, floor, func(client int) []byte {
		return get(root + "/self-service/login/flows?id=" + ids[client])
	})
}

// compare measures requests against the bare handler that answers the same.
func (b *bench) compare(ctx context.Context, s *server, what string, floor float64, requestOf func(client int) []byte) error {
	requests := make([][]byte, connections)
	for i := range requests {
		requests[i] = requestOf(i)
	}
	return b.compareTurns(ctx, s, what, floor, requests[0], func(client int) []byte { return requests[client] })
}

// compareTurns is compare for clients that send another request each time.
func (b *bench) compareTurns(ctx context.Context, s *server, what string, floor float64, first []byte, next func(client int) []byte) error {
	raw, err := b.startRaw(ctx, s, first)
	if err != nil {
		return err
	}
	defer raw.stop()
	once := func(client int, c *conn) error {
		_, err := c.ask(next(client))
		return err
	}
	ours, theirs, err := b.takeTurns(
		subject{s.pid(), func(d time.Duration) (float64, error) { return closedLoop(ctx, s.public, d, once) }},
		subject{raw.pid, func(d time.Duration) (float64, error) { return closedLoop(ctx, raw.address, d, once) }},
	)
	if err != nil {
		return err
	}
	b.report.faster(what+" / bare net/http", ours, theirs, floor/b.plan.leniency, b.plan.byProcessor && s.alone)
	return nil
}

// subject is a process that does something over and over, so many times a second.
type subject struct {
	pid int // 0 if its processor time is not known
	run func(time.Duration) (float64, error)
}

// speed is how often a subject did it.
type speed struct {
	rate    float64 // a second
	perWork float64 // a second of processor time of the subject and this program together
}

func (s subject) measure(d time.Duration) (speed, error) {
	began, worked := time.Now(), worked(s.pid)
	rate, err := s.run(d)
	if err != nil {
		return speed{}, err
	}
	return speed{rate, rate * time.Since(began).Seconds() / worked().Seconds()}, nil
}

// takeTurns lets two subjects take turns and returns the median of each.
func (b *bench) takeTurns(first, second subject) (speed, speed, error) {
	subjects := []subject{first, second}
	for _, s := range subjects { // connections, caches and heaps reach their size
		if _, err := s.run(b.plan.round / 10); err != nil {
			return speed{}, speed{}, err
		}
	}
	var rates, perWork [2][]float64
	for range b.plan.rounds {
		for i, s := range subjects {
			got, err := s.measure(b.plan.round)
			if err != nil {
				return speed{}, speed{}, err
			}
			rates[i], perWork[i] = append(rates[i], got.rate), append(perWork[i], got.perWork)
		}
	}
	return speed{median(rates[0]), median(perWork[0])}, speed{median(rates[1]), median(perWork[1])}, nil
}

func median(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
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
