package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/symbolon/symbolon/internal/secret"
)

// measured is one figure of the curves, kept beside the charts.
type measured struct {
	Chart  string  `json:"chart"`
	Line   string  `json:"line"`
	X      float64 `json:"x"`
	Y      float64 `json:"y"`
	Rate   float64 `json:"rate,omitempty"` // a second, where y is something else
	Failed string  `json:"failed,omitempty"`
}

// curves measures how cost grows with identities, connections and processors, and draws it
// into a directory. sizes are numbers of identities, separated by commas.
func (b *bench) curves(ctx context.Context, into, sizes string) error {
	parts := []part{}
	for text := range strings.SplitSeq(sizes, ",") {
		count, err := strconv.Atoi(text)
		if err != nil {
			return fmt.Errorf("read sizes: %w", err)
		}
		parts = append(parts, func(ctx context.Context) ([]measured, error) { return b.atSize(ctx, count) })
	}
	return drawParts(ctx, into, append(parts, b.byConnections, b.byProcessors))
}

// part is what is measured by itself. With an error it returns what it has measured before.
type part func(context.Context) ([]measured, error)

// drawParts measures one part after the other and keeps what each has found: ten million
// identities take a quarter of an hour, whatever fails afterwards.
func drawParts(ctx context.Context, into string, parts []part) error {
	all := []measured{}
	var failures []error
	for _, p := range parts {
		found, err := p(ctx)
		all = append(all, found...)
		failures = append(failures, err, writeCurves(filepath.Join(filepath.Dir(into), "curves.json"), all))
	}
	return errors.Join(append(failures, drawCurves(into, all))...)
}

func writeCurves(file string, all []measured) error {
	raw, err := json.MarshalIndent(all, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(raw, '\n'), 0o644)
}

// The charts, by the name of their file.
const (
	timeBySize       = "curve-identities-time"
	memoryBySize     = "curve-identities-memory"
	timeByConns      = "curve-connections-time"
	memoryByConns    = "curve-connections-memory"
	rateByProcessors = "curve-processors"
)

func drawCurves(into string, all []measured) error {
	charts := map[string]*chart{
		timeBySize:       {title: "Processor time of a request by number of identities", across: "identities (SQLite)", up: "µs"},
		memoryBySize:     {title: "Memory and start by number of identities", across: "identities (SQLite)", up: "MB, ms"},
		timeByConns:      {title: "Processor time of a session check by number of connections", across: "connections", up: "µs"},
		memoryByConns:    {title: "Memory by number of connections", across: "connections", up: "MB"},
		rateByProcessors: {title: "Requests a second, as a share of one processor", across: "processors", up: "times"},
	}
	for _, m := range all {
		if m.Failed == "" {
			charts[m.Chart].add(m.Line, point{m.X, m.Y})
		}
	}
	var failures []error
	for name, c := range charts {
		if len(c.lines) > 0 {
			failures = append(failures, os.WriteFile(filepath.Join(into, name+".svg"), []byte(c.svg()), 0o644))
		}
	}
	return errors.Join(failures...)
}

func (c *chart) add(name string, p point) {
	for i := range c.lines {
		if c.lines[i].name == name {
			c.lines[i].points = append(c.lines[i].points, p)
			return
		}
	}
	c.lines = append(c.lines, line{name, []point{p}})
}

// perRequest lets clients do something for a while and returns the microseconds of the
// server's processor time that each took, and how often a second it was done. What other
// programs do meanwhile changes the former little.
func (b *bench) perRequest(ctx context.Context, s *server, clients int, once user) (micros, rate float64, err error) {
	if _, err := closedLoopOf(ctx, s.public, clients, b.plan.round/5, once); err != nil {
		return 0, 0, err
	}
	before, began := processTime(s.pid()), time.Now()
	rate, err = closedLoopOf(ctx, s.public, clients, b.plan.round, once)
	count := rate * time.Since(began).Seconds()
	return (processTime(s.pid()) - before).Seconds() * 1e6 / count, rate, err
}

// atSize measures a server over so many identities, each with a session, none in memory.
func (b *bench) atSize(ctx context.Context, count int) (found []measured, err error) {
	dir, err := b.newDir()
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir) // a million of them take 1.7 GB
	file := filepath.Join(dir, "size.db")
	if err := seedFile(ctx, file, count); err != nil {
		return nil, err
	}
	x := float64(count)
	err = b.onDatabase(ctx, "sqlite://"+file, func(s *server) error {
		found = append(found, measured{Chart: memoryBySize, Line: "start, ms", X: x, Y: milliseconds(s.took)})
		if err := s.rest(); err != nil {
			return err
		}
		idle, err := s.memory("VmRSS")
		if err != nil {
			return err
		}
		found = append(found, measured{Chart: memoryBySize, Line: "resident, idle", X: x, Y: idle * 1.048576})
		for _, part := range []struct {
			name string
			once user
		}{
			{"session check, not in memory", func(_ int, c *conn) error {
				_, err := c.ask(get("/sessions/whoami", "X-Session-Token: "+seededToken(int(secret.Below(int64(count))))))
				return err
			}},
			{"flow created", func(_ int, c *conn) error {
				_, err := c.ask(get("/self-service/login/api"))
				return err
			}},
		} {
			micros, rate, err := b.perRequest(ctx, s, connections, part.once)
			if err != nil {
				return err
			}
			found = append(found, measured{Chart: timeBySize, Line: part.name, X: x, Y: micros, Rate: rate})
		}
		for name, path := range map[string]string{"found by identifier": "/identities?credentials_identifier=" + seededEmail(count/2), "page of 25": secondPage} {
			before := processTime(s.pid())
			if _, err := readTimes(ctx, s, path, path); err != nil {
				return err
			}
			found = append(found, measured{Chart: timeBySize, Line: name, X: x, Y: (processTime(s.pid()) - before).Seconds() * 1e6 / 600})
		}
		busy, err := s.memory("VmRSS")
		found = append(found, measured{Chart: memoryBySize, Line: "resident, after requests", X: x, Y: busy * 1.048576})
		return err
	}, "SESSION_CACHE_SIZE=1")
	return found, err
}

// byConnections checks sessions over 10 to 10,000 connections.
func (b *bench) byConnections(ctx context.Context) (found []measured, err error) {
	err = b.withServer(ctx, func(s *server) error {
		accounts, err := newAccounts(s.public, connections)
		if err != nil {
			return err
		}
		for _, clients := range []int{10, 100, 1_000, 10_000} {
			micros, rate, err := b.perRequest(ctx, s, clients, func(client int, c *conn) error {
				_, err := c.ask(get("/sessions/whoami", "X-Session-Token: "+accounts[client%connections].token))
				return err
			})
			if err != nil {
				return err
			}
			resident, err := s.memory("VmRSS")
			if err != nil {
				return err
			}
			x := float64(clients)
			found = append(found,
				measured{Chart: timeByConns, Line: "session check", X: x, Y: micros, Rate: rate},
				measured{Chart: memoryByConns, Line: "resident", X: x, Y: resident * 1.048576})
		}
		return nil
	})
	return found, err
}

// byProcessors bounds the server to 1, 2 and so on of the processors. The client
// shares them.
func (b *bench) byProcessors(ctx context.Context) (found []measured, err error) {
	if _, err := exec.LookPath("taskset"); err != nil {
		return []measured{{Chart: rateByProcessors, Failed: "there is no taskset"}}, nil
	}
	first := map[string]float64{}
	for n := 1; n <= runtime.NumCPU(); n *= 2 {
		s, err := b.startServer(ctx, []string{"taskset", "-c", fmt.Sprintf("0-%d", n-1)})
		if err != nil {
			return found, err
		}
		accounts, err := newAccounts(s.public, connections)
		for name, once := range map[string]user{
			"session check": func(client int, c *conn) error {
				_, err := c.ask(get("/sessions/whoami", "X-Session-Token: "+accounts[client].token))
				return err
			},
			"login": func(client int, c *conn) error { return signIn(c, accounts[client]) },
		} {
			if err != nil {
				break
			}
			var rate float64
			if _, rate, err = b.perRequest(ctx, s, connections, once); err != nil {
				break
			}
			if n == 1 {
				first[name] = rate
			}
			found = append(found, measured{Chart: rateByProcessors, Line: name, X: float64(n), Y: rate / first[name], Rate: rate})
		}
		if err := errors.Join(err, s.stop()); err != nil {
			return found, err
		}
	}
	return found, nil
}
