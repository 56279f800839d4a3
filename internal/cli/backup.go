package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/symbolon/symbolon/internal/app"
)

func newBackupCommand(e *env) *cobra.Command {
	var f configFlags
	c := &cobra.Command{
		Use:   "backup FILE",
		Short: "Copy the SQLite database to a file, while the server runs",
		Long: `Copy the SQLite database to a file, as it is at one moment. The server may go on.
The copy is checked before it gets its name, and a file that is there already is
left alone. The database is that of the configuration that 'symbolon serve' would
read here.

The secrets that the server made for itself, where the configuration has none, are
copied to FILE.secrets: without them all sessions end. Keep both private.

Other databases are copied with the tools of their servers: docs/databases.md.`,
		Example: `  symbolon backup /var/backups/symbolon-$(date +%F).db
  symbolon backup -c /etc/symbolon.yml copy.db`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := f.load(e)
			if err != nil {
				return err
			}
			written, err := app.Backup(cmd.Context(), c, args[0])
			for _, name := range written {
				fmt.Fprintf(e.Stdout, "%s written.\n", name)
			}
			return err
		},
	}
	f.add(c)
	return c
}

func newRestoreCommand(e *env) *cobra.Command {
	var f configFlags
	var yes bool
	c := &cobra.Command{
		Use:   "restore FILE",
		Short: "Put a copy in the place of the SQLite database",
		Long: `Put a copy that 'symbolon backup' made in the place of the SQLite database, with
the secrets in FILE.secrets, if there are. The server must not run. What is there
now is kept beside it, under a name that is printed.

A copy of an earlier release is brought up to date at the next start. One that only
later releases can use, or that is damaged, is refused.`,
		Example: `  symbolon restore /var/backups/symbolon-2026-01-31.db
  symbolon restore -c /etc/symbolon.yml --yes copy.db`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := f.load(e)
			if err != nil {
				return err
			}
			if !yes && !confirm(e, fmt.Sprintf("Replace the database %s?", c.DSN)) {
				return errUnchanged
			}
			replaced, err := app.Restore(cmd.Context(), c, args[0])
			if replaced != "" {
				fmt.Fprintf(e.Stdout, "What was there is now %s.\n", replaced)
			}
			if err == nil {
				fmt.Fprintln(e.Stdout, "Restored.")
			}
			return err
		},
	}
	f.add(c)
	c.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	return c
}

func newCleanupCommand(e *env) *cobra.Command {
	var f configFlags
	c := &cobra.Command{
		Use:   "cleanup",
		Short: "Remove what has expired, as servers do by themselves",
		Long: `Remove expired flows and sessions, stored errors and delivered messages that are no
longer kept (cleanup.keep_*). Servers do so by themselves every cleanup.interval;
this is for those where that is switched off. It works in small steps, and servers
may run meanwhile.`,
		Example: "  symbolon cleanup -c /etc/symbolon.yml",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := f.load(e)
			if err != nil {
				return err
			}
			removed, err := app.CleanUp(cmd.Context(), c)
			if err != nil {
				return err
			}
			fmt.Fprintf(e.Stdout, "%s removed.\n", plural(int(removed), "row", "rows"))
			return nil
		},
	}
	f.add(c)
	return c
}
