package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/symbolon/symbolon/internal/adminapi"
	"github.com/symbolon/symbolon/internal/adminclient"
)

const (
	pageSize     = 200 // messages that are followed, the latest
	initialLines = 10  // of them printed at first
	minInterval  = 100 * time.Millisecond
)

func newCourierWatchCommand(e *env) *cobra.Command {
	var f clientFlags
	var format outputFormat
	var interval time.Duration
	c := &cobra.Command{
		Use:   "watch",
		Short: "Follow messages on their way",
		Long: `Print the latest messages, then a line for each that is new or whose status or
number of tries changes, until it is interrupted. With --format json it is one
object a line. Only the latest 200 messages are followed.`,
		Example: `  symbolon courier watch
  symbolon courier watch --format json | jq 'select(.status == "dead")'`,
		Args: cobra.NoArgs,
		RunE: f.run(e, func(ctx context.Context, client *adminclient.Client, _ []string) error {
			if interval < minInterval {
				return usageError{fmt.Errorf("--interval must be at least %s", minInterval)}
			}
			w := &watch{env: e, client: client, format: format}
			return w.run(ctx, interval)
		}),
	}
	f.add(c)
	format.add(c)
	c.Flags().DurationVar(&interval, "interval", 2*time.Second, "how often to ask the server")
	return c
}

// watch keeps the last printed state of each message.
type watch struct {
	env         *env
	client      *adminclient.Client
	format      outputFormat
	known       map[string]string // nil before the first answer
	counts      string
	unreachable bool // the server did not answer the last time
}

// run asks until ctx ends. After a first answer it retries while the server is unreachable.
func (w *watch) run(ctx context.Context, interval time.Duration) error {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		err := w.look(ctx)
		_, unreachable := errors.AsType[*adminclient.UnreachableError](err)
		switch {
		case ctx.Err() != nil:
			return nil
		case unreachable && w.known != nil:
			if !w.unreachable {
				fmt.Fprintf(w.env.Stderr, "%v; trying again\n", err)
			}
			w.unreachable = true
		case err != nil:
			return err
		default:
			w.unreachable = false
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

func (w *watch) look(ctx context.Context) error {
	found, _, err := w.client.Messages(ctx, adminclient.MessageQuery{Size: pageSize})
	if err != nil {
		return err
	}
	health, err := w.client.Health(ctx)
	if err != nil {
		return err
	}
	slices.Reverse(found)
	past := 0
	if w.known == nil {
		past = max(len(found)-initialLines, 0)
		w.header()
	}
	known := make(map[string]string, len(found))
	for i := range found {
		m := &found[i]
		state := fmt.Sprint(m.Status, m.Tries)
		known[m.ID] = state
		if i >= past && w.known[m.ID] != state {
			if err := w.print(m); err != nil {
				return err
			}
		}
	}
	w.known = known
	w.summary(health.Courier)
	return nil
}

func (w *watch) header() {
	if w.format == formatTable {
		fmt.Fprintf(w.env.Stdout, "%-19s  %-7s  %5s  %-28s  %s\n", "QUEUED (UTC)", "STATUS", "TRIES", "RECIPIENT", "SUBJECT")
	}
}

func (w *watch) print(m *adminapi.Message) error {
	switch w.format {
	case formatJSON:
		return json.NewEncoder(w.env.Stdout).Encode(m)
	case formatYAML:
		return w.format.write(w.env.Stdout, []*adminapi.Message{m})
	case formatTable:
	}
	line := fmt.Sprintf("%-19s  %-7s  %5d  %-28s  %s", formatTime(m.CreatedAt), visible(m.Status), m.Tries, visible(m.Recipient), visible(m.Subject))
	if m.LastError != "" {
		line += ": " + visible(m.LastError)
	}
	_, err := fmt.Fprintln(w.env.Stdout, line)
	return err
}

// summary writes how many messages there are in each status, when that changes, to stderr, so
// that stdout stays readable by programs.
func (w *watch) summary(c *adminapi.CourierHealth) {
	if c == nil {
		return
	}
	if counts := mailCounts(c); counts != w.counts {
		w.counts = counts
		fmt.Fprintln(w.env.Stderr, counts)
	}
}
