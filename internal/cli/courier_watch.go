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

// The bounds of watching: how many messages are looked at, and how many of the
// past are shown at first.
const (
	watched   = 200
	shownOnce = 10
	leastWait = 100 * time.Millisecond
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
object a line. The latest 200 messages are looked at.`,
		Example: `  symbolon courier watch
  symbolon courier watch --format json | jq 'select(.status == "dead")'`,
		Args: cobra.NoArgs,
		RunE: f.run(e, func(ctx context.Context, client *adminclient.Client, _ []string) error {
			if interval < leastWait {
				return usageError{fmt.Errorf("--interval must be at least %s", leastWait)}
			}
			w := &watch{env: e, client: client, format: format}
			return w.run(ctx, interval)
		}),
	}
	f.add(c)
	format.add(c)
	c.Flags().DurationVar(&interval, "interval", 2*time.Second, "how long to wait between two looks")
	return c
}

// watch remembers of each message what it has printed.
type watch struct {
	env    *env
	client *adminclient.Client
	format outputFormat
	known  map[string]string // nil before the first look
	counts string
	away   bool // the server did not answer the last time
}

// run looks until ctx ends. A server that answered once may go and come back.
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
			if !w.away {
				fmt.Fprintf(w.env.Stderr, "%v; trying again\n", err)
			}
			w.away = true
		case err != nil:
			return err
		default:
			w.away = false
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

func (w *watch) look(ctx context.Context) error {
	found, _, err := w.client.Messages(ctx, adminclient.MessageQuery{Size: watched})
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
		past = max(len(found)-shownOnce, 0)
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
	line := fmt.Sprintf("%-19s  %-7s  %5d  %-28s  %s", moment(m.CreatedAt), visible(m.Status), m.Tries, visible(m.Recipient), visible(m.Subject))
	if m.LastError != "" {
		line += ": " + visible(m.LastError)
	}
	_, err := fmt.Fprintln(w.env.Stdout, line)
	return err
}

// summary says how many messages there are in each status, when that changes. It
// is for people, so it stays out of what programs read.
func (w *watch) summary(c *adminapi.CourierHealth) {
	if c == nil {
		return
	}
	if counts := mailCounts(c); counts != w.counts {
		w.counts = counts
		fmt.Fprintln(w.env.Stderr, counts)
	}
}
