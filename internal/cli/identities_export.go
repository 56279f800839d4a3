package cli

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/symbolon/symbolon/internal/adminclient"
)

func newIdentitiesExportCommand(e *env) *cobra.Command {
	var f clientFlags
	var after string
	var sessions bool
	c := &cobra.Command{
		Use:   "export [FILE]",
		Short: "Write all identities with their credentials, for another server",
		Long: `Write all identities with everything that belongs to them, one JSON object a
line: traits, metadata, state, addresses, and credentials of every kind with the
password hashes, seeds of authenticator apps and tokens of providers; with
--sessions the sessions too. 'symbolon identities import' takes the lines on
another server, with any database and secrets, and gives each identity its id.

The output is as worth protecting as the database. FILE, which must not exist, is
readable by you alone; without it the lines go to the standard output. Identities
that change meanwhile are written as they are when their turn comes.

With --sessions people stay signed in on the other server: apps by their tokens,
browsers if secrets.cookie (or secrets.default) and the session cookie are the same
there. The log and the messages in the queue are not part of it; 'symbolon backup'
copies everything.`,
		Example: `  symbolon identities export users.ndjson
  symbolon identities export --sessions | ssh other symbolon identities import
  symbolon identities export --after 019d7f3a-6f7e-7c3e-8d70-2f6f1f0a9b11 rest.ndjson`,
		Args: cobra.MaximumNArgs(1),
		RunE: f.run(e, func(ctx context.Context, client *adminclient.Client, args []string) error {
			if len(args) == 0 || args[0] == "-" {
				return exportTo(ctx, e, client, e.Stdout, after, sessions)
			}
			file, err := os.OpenFile(filepath.Clean(args[0]), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
			if err != nil {
				return err
			}
			return errors.Join(exportTo(ctx, e, client, file, after, sessions), file.Sync(), file.Close())
		}),
	}
	f.add(c)
	c.Flags().StringVar(&after, "after", "", "start behind the identity with this `ID`, to go on with an export that was stopped")
	c.Flags().BoolVar(&sessions, "sessions", false, "export the sessions that hold, too")
	return c
}

// exportTo writes the lines to w and says how many there are.
func exportTo(ctx context.Context, e *env, client *adminclient.Client, w io.Writer, after string, sessions bool) error {
	buffered := bufio.NewWriter(w)
	written, lossy := 0, 0
	err := client.Export(ctx, after, sessions, func(raw json.RawMessage) error {
		var line struct {
			ID   string   `json:"id"`
			Lost []string `json:"lost"`
		}
		if err := json.Unmarshal(raw, &line); err != nil {
			return fmt.Errorf("the server answered with something that is no identity: %w", err)
		}
		after = line.ID
		if len(line.Lost) > 0 {
			lossy++
		}
		for _, text := range line.Lost {
			fmt.Fprintf(e.Stderr, "identity %s: %s\n", visible(line.ID), visible(text))
		}
		if _, err := buffered.Write(append(bytes.TrimSpace(raw), '\n')); err != nil {
			return err
		}
		written++
		return nil
	})
	if err = errors.Join(err, buffered.Flush()); err != nil {
		if written > 0 {
			return fmt.Errorf("%w\n%s had been written; go on with --after %s", err, plural(written, "identity", "identities"), after)
		}
		return err
	}
	fmt.Fprintf(e.Stderr, "%s exported.\n", plural(written, "identity", "identities"))
	if lossy > 0 {
		return fmt.Errorf("%d of them without all of their credentials, see above; is a secret missing from secrets.default?", lossy)
	}
	return nil
}
