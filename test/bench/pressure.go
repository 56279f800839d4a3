package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"
)

const (
	memoryLimit   = 256 << 20
	whoamiCeiling = 25 // ms, 99 of 100
	// answerCeiling is hashers.budget.wait, how long a login may wait for its
	// turn, and a second for everything else.
	answerCeiling = 6000 // ms
)

// pressure sends many logins at once to a server that may use 256 MB. It must
// stay inside, keep answering whoami, and turn away whom it cannot serve in time.
func (b *bench) pressure(ctx context.Context) error {
	limit := newMemoryLimit(memoryLimit)
	defer limit.close()
	s, err := b.startServer(ctx, limit.prefix, limit.settings...)
	if err != nil {
		return err
	}
	storm, err := b.storm(ctx, s)
	peak, peakErr := s.memory("VmHWM")
	if err := errors.Join(err, peakErr, s.stop(), limit.exceeded()); err != nil {
		return err
	}
	name := fmt.Sprintf("%d logins at once: ", b.plan.logins)
	b.report.note("%slimited to 256 MB by %s: %d signed in, %d answered 503 with Retry-After", name, limit.how, storm.signedIn, storm.turnedAway)
	b.report.none(name+"answers that are neither 200 nor 503", len(storm.wrong), storm.signedIn+storm.turnedAway+len(storm.wrong))
	for _, wrong := range storm.wrong[:min(3, len(storm.wrong))] {
		b.report.note("%s%s", name, wrong)
	}
	b.report.atMost(name+"slowest 503", milliseconds(storm.slowest503), answerCeiling, "ms")
	b.report.atMost(name+"most memory resident", peak, memoryLimit>>20, "MiB")
	b.report.note("%swhoami was asked %d times meanwhile", name, len(storm.whoami))
	// The short form asks about a hundred times, so its 99th percentile is the slowest
	// answer, and one hiccup of the machine decides: lenient three times.
	b.report.atMost(name+"whoami, 99th percentile", milliseconds(percentile(storm.whoami, 0.99)), whoamiCeiling*b.plan.leniency*b.plan.leniency*b.plan.leniency, "ms")
	return nil
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// outcome is what became of a storm of logins.
type outcome struct {
	signedIn, turnedAway int
	wrong                []string
	slowest503           time.Duration
	whoami               []time.Duration
}

// storm sends all logins at the same moment, each over its own connection, and
// asks whoami every few milliseconds until the last is answered.
func (b *bench) storm(ctx context.Context, s *server) (outcome, error) {
	accounts, err := newAccounts(s.public, min(connections, b.plan.logins))
	if err != nil {
		return outcome{}, err
	}
	conns := make([]*conn, b.plan.logins)
	requests := make([][]byte, b.plan.logins)
	for i := range conns {
		c, err := dial(s.public)
		if err != nil {
			return outcome{}, err
		}
		defer c.close()
		id, err := startFlow(c, "login")
		if err != nil {
			return outcome{}, err
		}
		conns[i], requests[i] = c, loginRequest(id, accounts[i%len(accounts)])
	}

	ctx, over := context.WithCancel(ctx)
	defer over()
	var o outcome
	var mu sync.Mutex
	var logins sync.WaitGroup
	release := make(chan struct{})
	for i, c := range conns {
		logins.Go(func() {
			<-release
			sent := time.Now()
			got, err := c.send(requests[i])
			mu.Lock()
			defer mu.Unlock()
			o.count(got, err, time.Since(sent))
		})
	}
	var probe sync.WaitGroup
	var probeErr error
	probe.Go(func() { o.whoami, probeErr = probeWhoami(ctx, s.public, accounts[0]) })
	close(release)
	logins.Wait()
	over()
	probe.Wait()
	return o, probeErr
}

func (o *outcome) count(got answer, err error, took time.Duration) {
	switch {
	case err != nil:
		o.wrong = append(o.wrong, err.Error())
	case got.status == http.StatusOK:
		o.signedIn++
	case got.status == http.StatusServiceUnavailable && got.header.Get("Retry-After") != "":
		o.turnedAway++
		o.slowest503 = max(o.slowest503, took)
	default:
		o.wrong = append(o.wrong, fmt.Sprintf("%d: %s", got.status, got.body))
	}
}

// probeWhoami asks who is signed in, over and over until ctx ends, and returns
// how long each answer took.
func probeWhoami(ctx context.Context, address string, a account) ([]time.Duration, error) {
	c, err := dial(address)
	if err != nil {
		return nil, err
	}
	defer c.close()
	var took []time.Duration
	request := get("/sessions/whoami", "X-Session-Token: "+a.token)
	for ctx.Err() == nil {
		sent := time.Now()
		if _, err := c.ask(request); err != nil {
			return nil, err
		}
		took = append(took, time.Since(sent))
		time.Sleep(2 * time.Millisecond)
	}
	return took, nil
}

func percentile(values []time.Duration, share float64) time.Duration {
	slices.Sort(values)
	return values[min(len(values)-1, int(share*float64(len(values))))]
}
