package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
)

// The exit codes.
const (
	exitOK     = 0
	exitFailed = 1 // the command could not do what it was asked
	exitUsage  = 2 // the command line is wrong
)

// Streams are the standard streams of a command.
type Streams struct {
	In  io.Reader
	Out io.Writer
	Err io.Writer
}

// env is what a command knows of the world.
type env struct {
	Stdin   io.Reader
	Stdout  io.Writer
	Stderr  io.Writer
	Environ []string // NAME=value
}

// usageError marks a wrong command line.
type usageError struct{ err error }

func (e usageError) Error() string { return e.err.Error() }
func (e usageError) Unwrap() error { return e.err }

// toldError is an error that the command has printed.
type toldError struct{ error }

func (e toldError) Unwrap() error { return e.error }

// Run executes a command line without the program's name and returns the exit
// code: 0 done, 1 failed, 2 wrong usage.
func Run(ctx context.Context, args, environ []string, s Streams) int {
	e := &env{Stdin: s.In, Stdout: s.Out, Stderr: s.Err, Environ: environ}
	root := newRootCommand(e)
	root.SetArgs(args)
	root.SetIn(s.In)
	root.SetOut(s.Out)
	root.SetErr(s.Err)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	if _, told := errors.AsType[toldError](err); !told {
		fmt.Fprintf(s.Err, "symbolon: %v\n", err)
	}
	if _, ok := errors.AsType[usageError](err); ok {
		fmt.Fprintln(s.Err, "Run 'symbolon --help' or 'symbolon COMMAND --help' for what there is.")
		return exitUsage
	}
	return exitFailed
}

func newRootCommand(e *env) *cobra.Command {
	root := &cobra.Command{
		Use:   "symbolon",
		Short: "An identity server: accounts, logins and sessions for your applications",
		Long: `Symbolon gives any application its accounts: registration, login, settings,
recovery, verification, logout, sessions and an admin API.

Without any configuration it serves its own pages and keeps everything in one
SQLite file in the current directory:

  symbolon serve

Exit codes: 0 done, 1 failed, 2 wrong usage.`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.NoArgs,
		RunE:          func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.AddCommand(
		newServeCommand(e), newMigrateCommand(e), newBackupCommand(e), newRestoreCommand(e), newCleanupCommand(e), newAuditCommand(e), newConfigCommand(e),
		newIdentitiesCommand(e), newApplyCommand(e), newCourierCommand(e), newRemoteCommand(e), newDoctorCommand(e), newShadowCommand(e), newSupportBundleCommand(e), newHashersCommand(e), newJsonnetCommand(e), newVersionCommand(e),
	)
	root.InitDefaultCompletionCmd()
	wrapUsage(root)
	return root
}

// wrapUsage marks the errors of argument checks as wrong usage, in every
// command.
func wrapUsage(c *cobra.Command) {
	c.SuggestionsMinimumDistance = 2
	if check := c.Args; check != nil {
		c.Args = func(c *cobra.Command, args []string) error {
			err := check(c, args)
			if err == nil {
				return nil
			}
			if strings.Contains(err.Error(), " arg(s), ") { // cobra counts the arguments and does not name them
				err = fmt.Errorf("%w; write: %s", err, strings.TrimSuffix(c.UseLine(), " [flags]"))
			}
			if near := c.SuggestionsFor(strings.Join(args, " ")); len(near) > 0 {
				err = fmt.Errorf("%w; did you mean %s?", err, strings.Join(near, " or "))
			}
			return usageError{err}
		}
	}
	for _, sub := range c.Commands() {
		wrapUsage(sub)
	}
}
