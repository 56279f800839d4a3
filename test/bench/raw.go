package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// recorded is an answer of the server that the bare handler repeats.
type recorded struct {
	Status int
	Header http.Header
	Body   []byte
}

// rawServer answers every request with the same bytes, over a listener with the
// settings of internal/app, until its standard input ends. It prints its address.
func rawServer(file, cert, key string) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var r recorded
	if err := json.Unmarshal(data, &r); err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	s := &http.Server{
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second, WriteTimeout: time.Minute,
		IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 32 << 10,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			maps.Copy(w.Header(), r.Header)
			w.WriteHeader(r.Status)
			_, _ = w.Write(r.Body)
		}),
	}
	fmt.Println(l.Addr())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		_ = s.Close()
	}()
	serve := s.Serve
	if cert != "" {
		serve = func(l net.Listener) error { return s.ServeTLS(l, cert, key) }
	}
	if err := serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// bare is a handler that repeats one answer, in a process of its own.
type bare struct {
	address string
	pid     int
	stop    func()
}

// startRaw records the answer to a request and starts a bare handler that repeats it.
func (b *bench) startRaw(ctx context.Context, of *server, request []byte) (bare, error) {
	c, err := dial(of.public)
	if err != nil {
		return bare{}, err
	}
	defer c.close()
	got, err := c.ask(request)
	if err != nil {
		return bare{}, err
	}
	got.header.Del("Date")
	data, err := json.Marshal(recorded{got.status, got.header, got.body})
	if err != nil {
		return bare{}, err
	}
	dir, err := b.newDir()
	if err != nil {
		return bare{}, err
	}
	file := filepath.Join(dir, "answer.json")
	if err := os.WriteFile(file, data, 0o600); err != nil {
		return bare{}, err
	}
	started, err := startItself(ctx, "-raw", file, "-cert", b.cert, "-key", b.key)
	if b.cert != "" {
		started.address = secured + started.address
	}
	return started, err
}

// startItself starts this program with other arguments, reads the address it
// prints, and ends it by closing its input.
func startItself(ctx context.Context, args ...string) (bare, error) {
	self, err := os.Executable()
	if err != nil {
		return bare{}, err
	}
	cmd := exec.CommandContext(ctx, self, args...)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return bare{}, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return bare{}, err
	}
	if err := cmd.Start(); err != nil {
		return bare{}, err
	}
	started := bare{pid: cmd.Process.Pid}
	started.stop = func() {
		_ = in.Close()
		_ = cmd.Wait()
	}
	if _, err := fmt.Fscanln(out, &started.address); err != nil {
		started.stop()
		return bare{}, fmt.Errorf("start the bare handler: %w", err)
	}
	return started, nil
}
