package main

import (
	"context"
	"database/sql"
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
	"github.com/symbolon/symbolon/internal/store"
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
	var all []measured
	for text := range strings.SplitSeq(sizes, ",") {
		count, err := strconv.Atoi(text)
		if err != nil {
			return fmt.Errorf("read sizes: %w", err)
		}
		found, err := b.atSize(ctx, count)
		if err != nil {
			return err
		}
		all = append(all, found...)
	}
	byConnections, err := b.byConnections(ctx)
	if err != nil {
		return err
	}
	byProcessors, err := b.byProcessors(ctx)
	if err != nil {
		return err
	}
	all = append(append(all, byConnections...), byProcessors...)
	return errors.Join(writeCurves(filepath.Join(filepath.Dir(into), "curves.json"), all), drawCurves(into, all))
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
	defer os.RemoveAll(dir) // a million of them take gigabytes
	file := filepath.Join(dir, "size.db")
	if err := seedFile(ctx, file, count); err != nil {
		return nil, err
	}
	x := float64(count)
	err = b.onDatabase(ctx, "sqlite://"+file, func(s *server) error {
		found = append(found, measured{Chart: memoryBySize, Line: "start, ms", X: x, Y: milliseconds(s.took)})
		time.Sleep(3 * time.Second)
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
			return nil, err
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
			return nil, err
		}
	}
	return found, nil
}

// seedFile makes a database of so many identities that have a password, two addresses and
// a session each.
func seedFile(ctx context.Context, file string, count int) error {
	made, err := store.Open(ctx, store.Config{DSN: "sqlite://" + file, Now: time.Now, Exclusive: true})
	if err != nil {
		return err
	}
	_, err = made.Migrate(ctx)
	if err := errors.Join(err, made.Close()); err != nil {
		return err
	}
	db, err := sql.Open("sqlite3", "file:"+file+"?_pragma=journal_mode(wal)&_pragma=synchronous(off)&_pragma=cache_size(-200000)")
	if err != nil {
		return err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() // after the commit there is nothing to undo
	if err := seedRows(ctx, tx, count); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, `ANALYZE; PRAGMA wal_checkpoint(TRUNCATE)`)
	return err
}

func seedRows(ctx context.Context, tx *sql.Tx, count int) error {
	id := func(sort, i int) string {
		return fmt.Sprintf("%08x-0000-4000-8000-%012x", uint32(i)*2654435761, sort<<40|i)
	}
	factors := `[{"method":"password","at":"2026-01-01T00:00:00Z"}]`
	password := `{"hashed_password":"` + hashed + `"}`
	rows := []struct {
		insert string
		values func(i int) []any
	}{
		{
			`INSERT INTO identities (id, schema_id, traits, version, created_at, updated_at) VALUES (?, 'default', ?, 1, 0, 0)`,
			func(i int) []any { return []any{id(0, i), `{"email":"` + seededEmail(i) + `"}`} },
		},
		{
			`INSERT INTO credentials (identity_id, type, config, version) VALUES (?, 'password', ?, 1)`,
			func(i int) []any { return []any{id(0, i), password} },
		},
		{
			`INSERT INTO credential_identifiers (identifier, type, identity_id, position) VALUES (?, 'password', ?, 0)`,
			func(i int) []any { return []any{seededEmail(i), id(0, i)} },
		},
		{
			`INSERT INTO addresses (id, identity_id, purpose, via, value, normalized, position, verified) VALUES (?, ?, 'verification', 'email', ?, ?, 0, 0)`,
			func(i int) []any { return []any{id(1, i), id(0, i), seededEmail(i), seededEmail(i)} },
		},
		{
			`INSERT INTO addresses (id, identity_id, purpose, via, value, normalized, position, verified) VALUES (?, ?, 'recovery', 'email', ?, ?, 0, 0)`,
			func(i int) []any { return []any{id(2, i), id(0, i), seededEmail(i), seededEmail(i)} },
		},
		{
			`INSERT INTO sessions (id, identity_id, token_hash, active, issued_at, authenticated_at, expires_at, factors) VALUES (?, ?, ?, 1, 0, 0, 4000000000000000, ?)`,
			func(i int) []any { return []any{id(3, i), id(0, i), secret.Hash(seededToken(i)), factors} },
		},
	}
	for _, r := range rows {
		insert, err := tx.PrepareContext(ctx, r.insert)
		if err != nil {
			return fmt.Errorf("seed: %w", err)
		}
		for i := range count {
			if _, err := insert.ExecContext(ctx, r.values(i)...); err != nil {
				return fmt.Errorf("seed: %w", err)
			}
		}
		if err := insert.Close(); err != nil {
			return err
		}
	}
	return nil
}
