// Command relay owns one thing: it stands before the server while the conformance program plays, and starts a flow again when the
// program submits one that has ended.
//
// The program was recorded from a server whose login and registration flows can be submitted again after success. Here they end
// (decision 2), which would stop its scenarios half way through for a difference that is on purpose. The recording says how to go
// on: start a fresh flow of the same kind first (README.md of test/wire/testdata/replay). The relay does that, under the flow's old
// id, and passes all else on as it is. It does the same for a browser whose flow is refused at its start for a return_to that is
// not allowed (decision 6): the program knows such a refusal only from the end of a flow.
//
// It does not judge answers and changes no other. Of the configuration it changes two things: listeners move, and providers may leave
// the nonce out. conformance.sh starts it, as
//
//	relay -server ./symbolon serve -c FILE --dev
//
// For serve it moves the server's listeners to free ports and takes theirs; other commands are passed to the server unchanged.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"syscall"
	"time"
)

func main() {
	server := flag.String("server", "", "the server's program")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, *server, flag.Args())
	stop()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		os.Exit(exit.ExitCode())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "relay:", err)
		os.Exit(1)
	}
}

// run passes a command to the server, with a relay before it if it is serve.
func run(ctx context.Context, server string, args []string) error {
	if len(args) == 0 || args[0] != "serve" {
		return command(ctx, server, args).Run()
	}
	at := slices.Index(args, "-c") + 1
	if at == 0 || at == len(args) {
		return errors.New("serve needs -c FILE")
	}
	moved, ports, err := move(args[at])
	if err != nil {
		return fmt.Errorf("move the listeners of %s: %w", args[at], err)
	}
	args = slices.Clone(args)
	args[at] = moved
	errs := make(chan error, len(ports)+1)
	flows := newFlows()
	for _, p := range ports {
		l, err := net.Listen("tcp", p.taken)
		if err != nil {
			return err
		}
		s := &http.Server{Handler: newRelay("http://"+p.moved, flows), ReadHeaderTimeout: time.Minute}
		defer s.Close()
		go func() { errs <- s.Serve(l) }()
	}
	go func() { errs <- command(ctx, server, args).Run() }()
	return <-errs
}

// command is the server's, ended by SIGTERM when ctx is done.
func command(ctx context.Context, server string, args []string) *exec.Cmd {
	c := exec.CommandContext(ctx, server, args...)
	c.Stdin, c.Stdout, c.Stderr = os.Stdin, os.Stdout, os.Stderr
	c.Cancel = func() error { return c.Process.Signal(syscall.SIGTERM) }
	c.WaitDelay = 15 * time.Second
	return c
}

// ports are the address a listener was configured for and the one it was moved to.
type ports struct{ taken, moved string }

// move writes a copy of a JSON configuration whose listeners have free ports. The base URLs stay.
func move(file string) (string, []ports, error) {
	raw, err := os.ReadFile(file)
	if err != nil {
		return "", nil, err
	}
	var config map[string]any
	if err := json.Unmarshal(raw, &config); err != nil {
		return "", nil, err
	}
	var list []ports
	for _, name := range []string{"public", "admin"} {
		serve, _ := config["serve"].(map[string]any)
		listener, ok := serve[name].(map[string]any)
		if !ok {
			return "", nil, fmt.Errorf("serve.%s is missing", name)
		}
		free, err := freePort()
		if err != nil {
			return "", nil, err
		}
		list = append(list, ports{
			taken: net.JoinHostPort("127.0.0.1", fmt.Sprint(listener["port"])), moved: net.JoinHostPort("127.0.0.1", fmt.Sprint(free)),
		})
		listener["host"], listener["port"] = "127.0.0.1", free
	}
	forgiveNonces(config)
	out, err := json.Marshal(config)
	if err != nil {
		return "", nil, err
	}
	moved := file + ".moved.json"
	return moved, list, os.WriteFile(moved, out, 0o600)
}

// forgiveNonces lets providers leave the nonce out (decision 12): the program's own was recorded from a server that sends none.
func forgiveNonces(config map[string]any) {
	at := config
	for _, step := range []string{"selfservice", "methods", "oidc", "config"} {
		at, _ = at[step].(map[string]any)
	}
	providers, _ := at["providers"].([]any)
	for _, p := range providers {
		if p, ok := p.(map[string]any); ok {
			p["allow_missing_nonce"] = true
		}
	}
}

// freePort finds a port where nothing listens.
func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// discard empties and closes a body, so that its connection can be used again.
func discard(body io.ReadCloser) {
	_, _ = io.Copy(io.Discard, body)
	_ = body.Close()
}
