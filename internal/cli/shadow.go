package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/symbolon/symbolon/internal/shadow"
)

// shadowFlags are the flags of shadow.
type shadowFlags struct {
	old, new, listen string
	replay           bool
}

func newShadowCommand(e *env) *cobra.Command {
	var f shadowFlags
	c := &cobra.Command{
		Use:   "shadow",
		Short: "Compare the answers of an old server and of this one while the old one is in use",
		Long: `Stand in front of an old server, such as Ory Kratos, answer every request as it
does, ask a new server the same, and print how the answers differ: status, target
of redirects, cookies, members of JSON with their types, numbers and booleans.
Clients wait for the old server alone.

Without --replay the new server is asked what changes nothing: session checks, and
what lists and shows identities, sessions and schemas. With --replay it is asked
everything, with the ids, tokens and cookies of the old server translated to its
own: it must run on a copy then, since people sign in and change things there too.

Each difference is a line of JSON that names parts of the answer and nothing that
people typed. The counts come when the command is stopped; its exit code is 1 if
any answer differed. Start one for each listener, public and admin.`,
		Example: joined(
			"symbolon shadow --old http://127.0.0.1:4433 --new http://127.0.0.1:5433 --listen 127.0.0.1:8433",
			"symbolon shadow --replay --old http://kratos:4434 --new http://copy:4434 --listen 127.0.0.1:8434 > differences.ndjson"),
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return f.run(cmd.Context(), e) },
	}
	c.Flags().StringVar(&f.old, "old", "", "the `URL` of the server in use")
	c.Flags().StringVar(&f.new, "new", "", "the `URL` of the server to compare with")
	c.Flags().StringVar(&f.listen, "listen", "127.0.0.1:8433", "the `ADDRESS` to listen on")
	c.Flags().BoolVar(&f.replay, "replay", false, "send the new server what changes something too; it must run on a copy")
	return c
}

func (f *shadowFlags) run(ctx context.Context, e *env) error {
	from, err := webURL("--old", f.old)
	if err != nil {
		return err
	}
	to, err := webURL("--new", f.new)
	if err != nil {
		return err
	}
	if from.Host == to.Host {
		return usageError{errors.New("--old and --new are the same server")}
	}
	out := json.NewEncoder(e.Stdout)
	log := slog.New(slog.NewTextHandler(e.Stderr, nil))
	p := shadow.New(shadow.Config{
		Old: from, New: to, Replay: f.replay, Log: log, Transport: &http.Transport{MaxIdleConnsPerHost: 64, IdleConnTimeout: time.Minute},
		Report: func(d shadow.Difference) { _ = out.Encode(d) }, // the terminal that is gone stops the command
	})
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", f.listen)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	fmt.Fprintf(e.Stderr, "Listening on %s. Answers come from %s.\n", listener.Addr(), visible(f.old))
	if err := f.serve(ctx, listener, p); err != nil {
		return err
	}
	return printShadow(e, p.Summary())
}

// serve runs until the context ends, and compares what is left.
func (f *shadowFlags) serve(ctx context.Context, l net.Listener, p *shadow.Proxy) error {
	server := &http.Server{Handler: p, ReadHeaderTimeout: 10 * time.Second}
	var running sync.WaitGroup
	running.Go(func() { p.Run(ctx) })
	running.Go(func() {
		<-ctx.Done()
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		_ = server.Shutdown(grace) // what still runs then is cut off
	})
	err := server.Serve(l)
	if errors.Is(err, http.ErrServerClosed) {
		err = nil
	}
	running.Wait()
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	p.Drain(grace)
	return err
}

// printShadow writes the counts. It is an error that answers differed.
func printShadow(e *env, s shadow.Summary) error {
	fmt.Fprintf(e.Stderr, "%8s %9s %9s %8s\n", "equal", "different", "old alone", "skipped")
	for _, name := range slices.Sorted(maps.Keys(s.Paths)) {
		c := s.Paths[name]
		fmt.Fprintf(e.Stderr, "%8d %9d %9d %8d  %s\n", c.Equal, c.Different, c.Forwarded, c.Skipped, visible(name))
	}
	fmt.Fprintf(e.Stderr, "%8d %9d %9d %8d  all\n", s.Equal, s.Different, s.Forwarded, s.Skipped)
	if s.Different > 0 {
		return fmt.Errorf("%d of %d answers differ", s.Different, s.Different+s.Equal)
	}
	return nil
}
