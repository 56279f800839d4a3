package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// server is a running Symbolon in a directory of its own.
type server struct {
	cmd    *exec.Cmd
	public string // host:port
	admin  string // host:port
	took   time.Duration
	log    string // file
	ended  chan error
	alone  bool // all its work is its own process's
}

func (s *server) pid() int { return s.cmd.Process.Pid }

// startServer starts the server in an empty directory and returns once it says
// that it is ready. prefix is a command that starts the server as its arguments,
// for instance inside a cgroup.
func (b *bench) startServer(ctx context.Context, prefix []string, settings ...string) (*server, error) {
	dir, err := b.newDir()
	if err != nil {
		return nil, err
	}
	public, admin, err := freePorts()
	if err != nil {
		return nil, err
	}
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		return nil, err
	}
	defer log.Close()
	command := append(prefix, b.binary, "serve", "--quiet", "--migrate")
	s := &server{
		cmd:    exec.CommandContext(ctx, command[0], command[1:]...),
		public: "127.0.0.1:" + public, admin: "127.0.0.1:" + admin, log: log.Name(), ended: make(chan error, 1),
		alone: !slices.ContainsFunc(settings, func(s string) bool { return strings.HasPrefix(s, "DSN=postgres") }),
	}
	s.cmd.Dir = dir
	s.cmd.Stdout, s.cmd.Stderr = log, log
	s.cmd.Env = append(
		[]string{
			"SERVE_PUBLIC_PORT=" + public, "SERVE_PUBLIC_BASE_URL=http://127.0.0.1:" + public + "/", "SERVE_ADMIN_PORT=" + admin,
			// One address sends everything here, and nothing leaves the machine.
			"SECURITY_LIMITS_ENABLED=false", "PASSWORD_BREACH_API_URL=http://127.0.0.1:1",
		}, settings...)
	started := time.Now()
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	go func() { s.ended <- s.cmd.Wait() }()
	if err := s.waitReady(); err != nil {
		s.stop()
		return nil, err
	}
	s.took = time.Since(started)
	return s, nil
}

// waitReady asks until the server is ready.
func (s *server) waitReady() error {
	client := &http.Client{Timeout: time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	for range 10_000 {
		select {
		case err := <-s.ended:
			s.ended <- err
			return fmt.Errorf("the server ended: %w\n%s", errors.Join(err), s.tail())
		case <-time.After(time.Millisecond):
		}
		answer, err := client.Get("http://" + s.admin + "/health/ready")
		if err != nil {
			continue
		}
		answer.Body.Close()
		if answer.StatusCode == http.StatusOK {
			return nil
		}
	}
	return fmt.Errorf("the server did not become ready\n%s", s.tail())
}

// rest waits until the server uses less than a hundredth of a processor: after a start the
// clean-up looks at all identities once.
func (s *server) rest() error {
	const window, longest = 3 * time.Second, 10 * time.Minute
	for range longest / window {
		before := processTime(s.pid())
		time.Sleep(window)
		if processTime(s.pid())-before <= window/100 {
			return nil
		}
	}
	return errors.New("the server was busy for ten minutes after its start")
}

// adminGet is a request for the admin listener, which wants to be called by its name.
func (s *server) adminGet(path string) []byte {
	return []byte("GET " + path + " HTTP/1.1\r\nHost: " + s.admin + "\r\n\r\n")
}

// stop ends the server as an operator does, and reports if it had ended before.
func (s *server) stop() error {
	select {
	case err := <-s.ended:
		return fmt.Errorf("the server ended by itself: %w\n%s", errors.Join(err), s.tail())
	default:
	}
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case err := <-s.ended:
		return err
	case <-time.After(15 * time.Second):
		return errors.Join(errors.New("the server did not stop within 15 s"), s.cmd.Process.Kill())
	}
}

func (s *server) tail() string {
	data, _ := os.ReadFile(s.log)
	lines := bytes.Split(bytes.TrimSpace(data), []byte("\n"))
	return string(bytes.Join(lines[max(0, len(lines)-10):], []byte("\n")))
}

// freePorts finds two ports that no process listens on.
func freePorts() (string, string, error) {
	var ports []string
	for range 2 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return "", "", err
		}
		defer l.Close()
		_, port, _ := net.SplitHostPort(l.Addr().String())
		ports = append(ports, port)
	}
	return ports[0], ports[1], nil
}
