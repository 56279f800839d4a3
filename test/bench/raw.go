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
func rawServer(file string) error {
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
	if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// startRaw records the answer to a request and starts a bare handler that
// repeats it, in a process of its own.
func (b *bench) startRaw(ctx context.Context, server string, request []byte) (address string, stop func(), err error) {
	c, err := dial(server)
	if err != nil {
		return "", nil, err
	}
	defer c.close()
	got, err := c.ask(request)
	if err != nil {
		return "", nil, err
	}
	got.header.Del("Date")
	data, err := json.Marshal(recorded{got.status, got.header, got.body})
	if err != nil {
		return "", nil, err
	}
	dir, err := b.newDir()
	if err != nil {
		return "", nil, err
	}
	file := filepath.Join(dir, "answer.json")
	if err := os.WriteFile(file, data, 0o600); err != nil {
		return "", nil, err
	}
	return startItself(ctx, "-raw", file)
}

// startItself starts this program with other arguments, reads the address it
// prints, and ends it by closing its input.
func startItself(ctx context.Context, args ...string) (address string, stop func(), err error) {
	self, err := os.Executable()
	if err != nil {
		return "", nil, err
	}
	cmd := exec.CommandContext(ctx, self, args...)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return "", nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", nil, err
	}
	if err := cmd.Start(); err != nil {
		return "", nil, err
	}
	stop = func() {
		_ = in.Close()
		_ = cmd.Wait()
	}
	if _, err := fmt.Fscanln(out, &address); err != nil {
		stop()
		return "", nil, fmt.Errorf("start the bare handler: %w", err)
	}
	return address, stop, nil
}
