package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// peers is the file of -book: which servers to compare with, started from paths that the
// operator gives, and the cost of a hash, which each of them must be configured with.
type peers struct {
	Passes uint32 `json:"passes"`
	KiB    uint32 `json:"memory_kib"`
	Peers  []peer `json:"peers"`
}

// peer is a server that speaks one of the two wires.
type peer struct {
	Name    string   `json:"name"`
	Command []string `json:"command"`
	Env     []string `json:"env"`    // NAME=value, beside those of the bench
	Dir     string   `json:"dir"`    // where it is started; empty for a new directory
	Public  string   `json:"public"` // host:port
	Wire    string   `json:"wire"`   // v0.5 or v1

	log     string
	process *exec.Cmd
	ended   chan error
}

// turn is the raw result of one turn of one server.
type turn struct {
	Round   int     `json:"round"`
	Server  string  `json:"server"`
	What    string  `json:"what"`
	Rate    float64 `json:"rate"`              // a second
	Micros  float64 `json:"micros,omitempty"`  // of the server's processor time, each
	Failure string  `json:"failure,omitempty"` // why there is no figure
	Others  float64 `json:"others_processor"`  // share that other programs used meanwhile
	At      string  `json:"at"`                // RFC 3339
}

// bookWhat are what is compared, in the order of the table.
func bookWhat() []string {
	return []string{"session check", "login flow created", "login flow fetched", "login with a password"}
}

// book lets this server and its peers take turns and writes a table and the raw data,
// failures included.
func (b *bench) book(ctx context.Context, file, out string) error {
	raw, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var p peers
	if err := json.Unmarshal(raw, &p); err != nil {
		return fmt.Errorf("read %s: %w", file, err)
	}
	if err := p.check(); err != nil {
		return fmt.Errorf("read %s: %w", file, err)
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	ours, err := b.startServer(ctx, nil, fmt.Sprintf("HASHERS_ARGON2_MEMORY=%d", p.KiB), fmt.Sprintf("HASHERS_ARGON2_ITERATIONS=%d", p.Passes))
	if err != nil {
		return err
	}
	servers := []*peer{{Name: "Symbolon", Public: ours.public, Wire: "v0.5", process: ours.cmd}}
	for i := range p.Peers {
		servers = append(servers, &p.Peers[i])
		if err := b.startPeer(ctx, &p.Peers[i]); err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", p.Peers[i].Name, err)
		}
	}
	turns := b.takeBookTurns(ctx, servers)
	for _, s := range servers[1:] {
		s.stop()
	}
	return errors.Join(ours.stop(), writeTurns(filepath.Join(out, "turns.jsonl"), turns),
		os.WriteFile(filepath.Join(out, "book.md"), []byte(bookTable(p, servers, turns)), 0o644))
}

func (p *peers) check() error {
	if p.Passes == 0 || p.KiB == 0 {
		return errors.New("passes and memory_kib must say what one hash costs, the same for all")
	}
	for _, one := range p.Peers {
		if one.Name == "" || one.Public == "" || len(one.Command) == 0 || one.Wire != "v0.5" && one.Wire != "v1" {
			return fmt.Errorf("peer %q needs name, command, public (host:port) and wire (v0.5 or v1)", one.Name)
		}
	}
	return nil
}

// takeBookTurns measures all servers in each round, so that what the machine does
// otherwise hits all of them.
func (b *bench) takeBookTurns(ctx context.Context, servers []*peer) (turns []turn) {
	users := map[string]user{}
	broken := map[string]error{}
	for round := range b.plan.rounds {
		for _, what := range bookWhat() {
			for _, s := range servers {
				key := s.Name + "\n" + what
				if round == 0 {
					users[key], broken[key] = s.user(what)
				}
				t := turn{Round: round, Server: s.Name, What: what, At: time.Now().UTC().Format(time.RFC3339)}
				if err := broken[key]; err != nil {
					t.Failure = err.Error()
				} else {
					b.takeTurn(ctx, s, users[key], &t)
				}
				fmt.Printf("%-22s %-24s %8.0f/s %8.0f µs %s\n", s.Name, what, t.Rate, t.Micros, t.Failure)
				turns = append(turns, t)
			}
		}
	}
	return turns
}

func (b *bench) takeTurn(ctx context.Context, s *peer, once user, t *turn) {
	machine := newProcessors()
	before, began := processTime(s.process.Process.Pid), time.Now()
	rate, err := closedLoop(ctx, s.Public, b.plan.round, once)
	if err != nil {
		t.Failure = err.Error()
		return
	}
	used, took := processTime(s.process.Process.Pid)-before, time.Since(began)
	t.note(rate, used, took)
	t.Others = max(0, machine.others()-used.Seconds()/took.Seconds()/float64(len(processorsOnline())))
}

// note writes down how often a second something was done and how much processor time the
// server used meanwhile.
func (t *turn) note(rate float64, used, took time.Duration) {
	switch {
	case used < 0:
		t.Failure = "the server ended"
	case rate == 0:
		t.Failure = "it did nothing in its turn"
	default:
		t.Rate, t.Micros = rate, used.Seconds()*1e6/(rate*took.Seconds())
	}
}

// bookTable writes medians as a table. What failed says so.
func bookTable(p peers, servers []*peer, turns []turn) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Argon2id, %d KiB, %d passes; medians of rounds in turns; requests a second, and microseconds of the server's processor time.\n\n|", p.KiB, p.Passes)
	for _, s := range servers {
		fmt.Fprintf(&b, " | %s", s.Name)
	}
	fmt.Fprintf(&b, " |\n|---|%s\n", strings.Repeat("---|", len(servers)))
	for _, what := range bookWhat() {
		fmt.Fprintf(&b, "| %s |", what)
		for _, s := range servers {
			var rates, micros []float64
			failure, failed := "", 0
			for _, t := range turns {
				switch {
				case t.Server != s.Name || t.What != what:
				case t.Failure != "":
					failure, failed = t.Failure, failed+1
				default:
					rates, micros = append(rates, t.Rate), append(micros, t.Micros)
				}
			}
			if len(rates) == 0 {
				short := strings.ReplaceAll(strings.ReplaceAll(failure, "\n", " "), "|", "/")
				fmt.Fprintf(&b, " failed: %.80s |", short)
				continue
			}
			fmt.Fprintf(&b, " %.0f (%.0f µs)", median(rates), median(micros))
			if failed > 0 {
				fmt.Fprintf(&b, ", %d of %d failed", failed, failed+len(rates))
			}
			b.WriteString(" |")
		}
		b.WriteString("\n")
	}
	return b.String()
}

func writeTurns(file string, turns []turn) error {
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	for _, t := range turns {
		if err := encoder.Encode(t); err != nil {
			return err
		}
	}
	return os.WriteFile(file, []byte(b.String()), 0o644)
}

// startPeer starts a server and waits until it is ready, a minute at most.
func (b *bench) startPeer(ctx context.Context, s *peer) error {
	dir := s.Dir
	var err error
	if dir == "" {
		if dir, err = b.newDir(); err != nil {
			return err
		}
	}
	s.log = filepath.Join(b.dir, strings.ReplaceAll(s.Name, "/", "-")+".log")
	log, err := os.Create(s.log)
	if err != nil {
		return err
	}
	defer log.Close()
	s.process = exec.CommandContext(ctx, s.Command[0], s.Command[1:]...)
	s.process.Dir, s.process.Env, s.process.Stdout, s.process.Stderr = dir, append(os.Environ(), s.Env...), log, log
	if err := s.process.Start(); err != nil {
		s.process = nil
		return err
	}
	s.ended = make(chan error, 1)
	go func() { s.ended <- s.process.Wait() }()
	for range 600 {
		select {
		case err := <-s.ended:
			s.process = nil
			return fmt.Errorf("it ended: %w (its log: %s)", errors.Join(err), tailOf(s.log))
		case <-time.After(100 * time.Millisecond):
		}
		if c, err := dial(s.Public); err == nil {
			got, err := c.send(get("/health/ready"))
			c.close()
			if err == nil && got.status == http.StatusOK {
				return nil
			}
		}
	}
	return errors.New("it did not become ready within a minute")
}

func (s *peer) stop() {
	if s.process == nil {
		return
	}
	_ = s.process.Process.Signal(syscall.SIGTERM)
	select {
	case <-s.ended:
	case <-time.After(15 * time.Second):
		_ = s.process.Process.Kill()
	}
}

func tailOf(file string) string {
	raw, _ := os.ReadFile(file)
	lines := strings.Split(strings.TrimSpace(string(raw)), "\n")
	return strings.Join(lines[max(0, len(lines)-3):], " / ")
}

// user prepares what clients do to a server.
func (s *peer) user(what string) (user, error) {
	if s.process == nil {
		return nil, errors.New("it did not start")
	}
	c, err := dial(s.Public)
	if err != nil {
		return nil, err
	}
	defer c.close()
	switch what {
	case "login flow created":
		return func(_ int, c *conn) error {
			_, err := c.ask(get("/self-service/login/api"))
			return err
		}, nil
	case "login flow fetched":
		id, err := startFlow(c, "login")
		return func(_ int, c *conn) error {
			_, err := c.ask(get("/self-service/login/flows?id=" + id))
			return err
		}, err
	}
	known := account{email: newEmail()}
	if known.token, err = s.submit(c, "registration", known); err != nil {
		return nil, err
	}
	if what == "login with a password" {
		return func(_ int, c *conn) error {
			_, err := s.submit(c, "login", known)
			return err
		}, nil
	}
	return func(_ int, c *conn) error {
		_, err := c.ask(get("/sessions/whoami", "X-Session-Token: "+known.token))
		return err
	}, nil
}

// submit starts a flow and completes it, and returns the token of the session.
func (s *peer) submit(c *conn, kind string, a account) (string, error) {
	id, err := startFlow(c, kind)
	if err != nil {
		return "", err
	}
	path, email := "/self-service/"+kind, `"traits":{"email":%q}`
	if s.Wire == "v0.5" {
		path, email = path+"/methods/password", `"traits.email":%q` // as its forms name the field
	}
	got, err := c.ask(post(path+"?flow="+id, fmt.Sprintf(`{"method":"password","identifier":%q,`+email+`,"password":%q}`, a.email, a.email, passphrase)))
	if err != nil {
		return "", err
	}
	var answer struct {
		Token string `json:"session_token"`
	}
	err = json.Unmarshal(got.body, &answer)
	return answer.Token, err
}

// processorsOnline names the processors of this machine.
func processorsOnline() []string {
	found, _ := filepath.Glob("/sys/devices/system/cpu/cpu[0-9]*")
	if len(found) == 0 {
		return slices.Repeat([]string{""}, 1)
	}
	return found
}
