package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/symbolon/symbolon/internal/app"
)

func newMigrateCommand(e *env) *cobra.Command {
	c := &cobra.Command{
		Use: "migrate", Short: "Bring the database's tables up to date, and take over accounts from other systems", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(newMigrateSQLCommand(e), newMigrateStatusCommand(e), newMigrateKratosCommand(e))
	c.AddCommand(newMigrateUsersCommands(e)...)
	return c
}

// databaseFlags say which database is meant: an argument, the environment and
// files, or both, the argument first.
type databaseFlags struct {
	configFlags
	fromEnv bool
}

func (f *databaseFlags) add(c *cobra.Command) {
	f.configFlags.add(c)
	c.Flags().BoolVarP(&f.fromEnv, "read-from-env", "e", false, "take the DSN from the environment or the configuration file")
}

func (f *databaseFlags) dsn(e *env, args []string) (string, error) {
	if len(args) == 1 {
		return args[0], nil
	}
	if !f.fromEnv && len(f.files) == 0 {
		return "", usageError{errors.New("name the database: give its DSN as argument, or -e to take it from the environment, or -c FILE")}
	}
	c, err := f.load(e)
	if err != nil {
		return "", err
	}
	return c.DSN.Reveal(), nil
}

// open runs fn on the database that is meant, which no server may be using.
func (f *databaseFlags) open(cmd *cobra.Command, e *env, args []string, fn func(m *app.Migrations, pending []string) error) error {
	dsn, err := f.dsn(e, args)
	if err != nil {
		return err
	}
	m, err := app.OpenMigrations(cmd.Context(), dsn)
	if err != nil {
		return err
	}
	pending, err := m.Pending(cmd.Context())
	if err == nil {
		err = fn(m, pending)
	}
	return errors.Join(err, m.Close())
}

func newMigrateSQLCommand(e *env) *cobra.Command {
	var f databaseFlags
	var yes bool
	c := &cobra.Command{
		Use:   "sql [DSN]",
		Short: "Apply the migrations that the database lacks",
		Example: `  symbolon migrate sql sqlite:///var/lib/symbolon/db.sqlite
  DSN=sqlite://./symbolon.db symbolon migrate sql -e --yes`,
		Args: maybeUp,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 && args[0] == "up" {
				args = args[1:]
			}
			return f.open(cmd, e, args, func(m *app.Migrations, pending []string) error {
				if len(pending) == 0 {
					fmt.Fprintln(e.Stdout, "The database is up to date.")
					return nil
				}
				fmt.Fprintf(e.Stdout, "These migrations will be applied:\n  %s\n", strings.Join(pending, "\n  "))
				if !yes && !confirm(e, "Apply them?") {
					return errUnchanged
				}
				if _, err := m.Apply(cmd.Context()); err != nil {
					return err
				}
				fmt.Fprintf(e.Stdout, "%d applied. The database is up to date.\n", len(pending))
				return nil
			})
		},
	}
	f.add(c)
	c.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	// Today's spelling of the same command. A DSN called up is none.
	up := *c
	up.Use, up.Short, up.Example, up.Hidden = "up [DSN]", "The same as migrate sql, as later versions spell it", "", true
	c.AddCommand(&up)
	return c
}

// maybeUp accepts a DSN, and before it the word that v26 wants.
func maybeUp(c *cobra.Command, args []string) error {
	if len(args) > 0 && args[0] == "up" {
		args = args[1:]
	}
	return cobra.MaximumNArgs(1)(c, args)
}

func newMigrateStatusCommand(e *env) *cobra.Command {
	var f databaseFlags
	c := &cobra.Command{
		Use:     "status [DSN]",
		Short:   "Tell which migrations are applied and which are not",
		Example: "  symbolon migrate status -c kratos.yml",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.open(cmd, e, args, func(m *app.Migrations, pending []string) error {
				all, err := m.Status(cmd.Context())
				if err != nil {
					return err
				}
				printMigrations(e.Stdout, all)
				if len(pending) == 0 {
					fmt.Fprintln(e.Stdout, "The database is up to date.")
					return nil
				}
				fmt.Fprintln(e.Stdout, "Apply what is missing with 'symbolon migrate sql'.")
				return nil
			})
		},
	}
	f.add(c)
	return c
}

func printMigrations(w io.Writer, all []app.Migration) {
	for _, m := range all {
		name, state := m.Name, "applied "+m.AppliedAt.Format(time.RFC3339)
		if name == "" {
			name, state = fmt.Sprintf("%04d", m.Version), state+" by a newer release, which this one can run beside"
		}
		if m.AppliedAt.IsZero() {
			state = "not applied yet"
		}
		fmt.Fprintf(w, "%-15s  %s\n", name, state)
	}
}

// errUnchanged answers an operator who did not confirm.
var errUnchanged = errors.New("nothing was changed")

// confirm asks a question on the terminal; anything but yes is no.
func confirm(e *env, question string) bool {
	fmt.Fprintf(e.Stdout, "%s [y/N] ", question)
	answer, err := bufio.NewReader(e.Stdin).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return false
	}
	answer = strings.ToLower(strings.TrimSpace(answer))
	return answer == "y" || answer == "yes"
}
