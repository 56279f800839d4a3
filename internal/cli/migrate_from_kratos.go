package cli

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/symbolon/symbolon/internal/app"
	"github.com/symbolon/symbolon/internal/config"
	"github.com/symbolon/symbolon/internal/takeover"
)

// kratosFlags say where the original's tables are.
type kratosFlags struct {
	takeoverFlags
	source, network  string
	inPlace, putBack bool
}

func newMigrateKratosCommand(e *env) *cobra.Command {
	var f kratosFlags
	c := &cobra.Command{
		Use:   "from-kratos",
		Short: "Take over the accounts of Ory Kratos, version 0.5 or later, with sessions and pending links",
		Long: `Take over the accounts of an Ory Kratos database: ids, traits, metadata,
addresses with their state, passwords, provider links, second factors, live
sessions, and links in mails that are not used yet. Cookies and tokens of sessions
go on working if the configuration has the original's secrets.

The database is another one (--source), which is only read; or the one of the
configuration itself (--in-place): then the tables of the original are renamed,
with kratos_ before their names, and stay as they are. --put-back gives them
their names again, and this server's tables the prefix replaced_1_.

Stop both servers first. The command may be stopped and run again: accounts that
are here already stay as they are.

Exit codes: 0 every account was taken or is here already, 1 some were refused or
the database can't be read, 2 wrong usage.`,
		Example: joined(
			"symbolon migrate from-kratos -c kratos.yml --in-place --dry-run",
			"symbolon migrate from-kratos -c kratos.yml --in-place",
			"symbolon migrate from-kratos -c symbolon.yml --source postgres://kratos@db/kratos --report report.ndjson"),
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			switch {
			case f.putBack && f.source == "" && !f.inPlace:
				return f.goBack(cmd, e)
			case !f.putBack && (f.source != "") != f.inPlace:
				return f.takeKratos(cmd, e)
			}
			return usageError{errors.New("name the database of the original with --source DSN, or say --in-place, or --put-back")}
		},
	}
	f.add(c)
	c.Flags().StringVar(&f.source, "source", "", "the `DSN` of the original's database")
	c.Flags().BoolVar(&f.inPlace, "in-place", false, "the original's tables are in the database of the configuration")
	c.Flags().BoolVar(&f.putBack, "put-back", false, "give the original's tables their names again, to go back to the original")
	c.Flags().StringVar(&f.network, "network", "", "the `ID` of the tenant, where the database has several")
	return c
}

func (f *kratosFlags) takeKratos(cmd *cobra.Command, e *env) error {
	c, err := f.load(e)
	if err != nil {
		return err
	}
	source := f.source
	if f.inPlace {
		source = c.DSN.Reveal()
		if f.dryRun {
			aside, err := app.KratosIsAside(cmd.Context(), source)
			if err != nil {
				return err
			}
			if !aside { // the tables have their names, so there is no room for others beside them
				c.DSN = config.SecretURL("memory")
			}
		} else if err := f.setAside(cmd, e, source); err != nil {
			return err
		}
	}
	from, err := app.OpenKratos(cmd.Context(), source, f.network)
	if err != nil {
		return err
	}
	total, err := from.Count(cmd.Context())
	queued, failed := from.Queued(cmd.Context())
	if err = errors.Join(err, failed); err == nil {
		fmt.Fprintf(e.Stdout, "The database is one of Ory Kratos %s with %d accounts.\n", from.Version(), total)
		if queued > 0 {
			fmt.Fprintf(e.Stdout, "Its mail queue has %s, not taken: the old server delivers them when it runs.\n", plural(queued, "message that waits", "messages that wait"))
		}
		err = f.run(cmd, e, c, func(t *app.Takeover) (takeover.Report, error) {
			return t.FromKratos(cmd.Context(), from)
		})
	}
	return errors.Join(err, from.Close())
}

// setAside renames the tables of the original, if they are known.
func (f *kratosFlags) setAside(cmd *cobra.Command, e *env, source string) error {
	from, err := app.OpenKratos(cmd.Context(), source, f.network)
	if err != nil {
		return err
	}
	if err := from.Close(); err != nil {
		return err
	}
	renamed, err := app.SetKratosAside(cmd.Context(), source)
	if err == nil && renamed > 0 {
		fmt.Fprintf(e.Stdout, "%d tables of the original have the prefix kratos_ now.\n", renamed)
	}
	return err
}

func (f *kratosFlags) goBack(cmd *cobra.Command, e *env) error {
	c, err := f.load(e)
	if err != nil {
		return err
	}
	renamed, err := app.PutKratosBack(cmd.Context(), c.DSN.Reveal())
	if err != nil {
		return err
	}
	if renamed == 0 {
		return errors.New("the database has no tables of the original that were set aside")
	}
	fmt.Fprintf(e.Stdout, "The tables of the original have their names again, and those of this server the prefix replaced_1_ (or the next number).\n")
	return nil
}
