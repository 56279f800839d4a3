package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/spf13/cobra"

	"github.com/symbolon/symbolon/internal/adminapi"
	"github.com/symbolon/symbolon/internal/adminclient"
)

func newRemoteCommand(e *env) *cobra.Command {
	c := &cobra.Command{
		Use:   "remote",
		Short: "Ask a running server how it is and what version it has",
		Long:  `Ask a running server how it is and what version it has.` + endpointHelp,
		Example: `  symbolon remote status
  symbolon remote version --endpoint https://admin.example.org`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(newRemoteStatusCommand(e), newRemoteVersionCommand(e))
	return c
}

// remoteStatus is what remote status says in JSON and YAML.
type remoteStatus struct {
	Alive  bool              `json:"alive"`
	Ready  bool              `json:"ready"`
	Errors map[string]string `json:"errors,omitempty"` // why it is not ready
	Detail *adminapi.Health  `json:"detail,omitempty"`
}

func newRemoteStatusCommand(e *env) *cobra.Command {
	f := clientFlags{any: true}
	var format outputFormat
	var quiet bool
	c := &cobra.Command{
		Use:   "status",
		Short: "Tell whether a server is alive and ready, and how its parts are",
		Long: `Tell whether a server is alive and ready to serve requests, and how its database,
its mail and its hashing of passwords are doing.

Exit codes: 0 ready, 1 not ready or not reachable, 2 wrong usage.`,
		Example: `  symbolon remote status
  until symbolon remote status --quiet; do sleep 1; done`,
		Args: cobra.NoArgs,
		RunE: f.run(e, func(ctx context.Context, client *adminclient.Client, _ []string) error {
			status, err := askStatus(ctx, client)
			if err != nil {
				return err
			}
			if err := writeStatus(e, format, quiet, status); err != nil {
				return err
			}
			if !status.Ready {
				return fmt.Errorf("%s is not ready", client.URL().Redacted())
			}
			return nil
		}),
	}
	f.add(c)
	format.add(c)
	c.Flags().BoolVarP(&quiet, "quiet", "q", false, "print nothing, the exit code tells")
	return c
}

func askStatus(ctx context.Context, client *adminclient.Client) (remoteStatus, error) {
	var status remoteStatus
	if err := client.Alive(ctx); err != nil {
		return status, err
	}
	why, err := client.Ready(ctx)
	if err != nil {
		return status, err
	}
	status.Alive, status.Ready, status.Errors = true, len(why) == 0, why
	detail, err := client.Health(ctx)
	if _, answered := errors.AsType[*adminclient.Error](err); answered || err == nil {
		if err == nil {
			status.Detail = detail
		}
		return status, nil // probes need no token, the detail does
	}
	return status, err
}

func writeStatus(e *env, format outputFormat, quiet bool, s remoteStatus) error {
	if quiet {
		return nil
	}
	if format != formatTable {
		return format.write(e.Stdout, s)
	}
	ready, why := "yes", ""
	if !s.Ready {
		ready = "no"
		for _, part := range slices.Sorted(maps.Keys(s.Errors)) {
			why += fmt.Sprintf("%s: %s ", part, s.Errors[part])
		}
	}
	rows := [][]string{{"alive", "yes", ""}, {"ready", ready, why}}
	if d := s.Detail; d != nil {
		rows = append(rows, []string{"database", d.Database.Status, d.Database.Error})
		if d.Courier != nil {
			rows = append(rows, []string{"mail", d.Courier.Channel, mailDetail(d.Courier)})
		}
		rows = append(rows, []string{"hashing", fmt.Sprintf("%d running", d.Hashing.Running), fmt.Sprintf(
			"%d waiting, %d of %d MiB in use", d.Hashing.Waiting, d.Hashing.Memory>>20, d.Hashing.Budget>>20)})
	}
	return writeTable(e.Stdout, []string{"PART", "STATUS", "DETAIL"}, rows)
}

func mailDetail(c *adminapi.CourierHealth) string {
	text := mailCounts(c)
	if c.Oldest != nil {
		text += fmt.Sprintf(", the oldest waits since %s", formatTime(*c.Oldest))
	}
	if c.LastError != "" {
		text += "; last error: " + truncate(c.LastError, 100)
	}
	return text
}

func mailCounts(c *adminapi.CourierHealth) string {
	return fmt.Sprintf("%d queued, %d sending, %d sent, %d dead", c.Queued, c.Sending, c.Sent, c.Dead)
}

func newRemoteVersionCommand(e *env) *cobra.Command {
	f := clientFlags{any: true}
	var format outputFormat
	c := &cobra.Command{
		Use:     "version",
		Short:   "Print the version of a running server",
		Example: "  symbolon remote version",
		Args:    cobra.NoArgs,
		RunE: f.run(e, func(ctx context.Context, client *adminclient.Client, _ []string) error {
			version, err := client.Version(ctx)
			if err != nil {
				return err
			}
			if format != formatTable {
				return format.write(e.Stdout, map[string]string{"version": version})
			}
			fmt.Fprintln(e.Stdout, cellOf(version))
			return nil
		}),
	}
	f.add(c)
	format.add(c)
	return c
}
