package cli

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/go-jsonnet"
	"github.com/google/go-jsonnet/formatter"
	"github.com/google/go-jsonnet/linter"
	"github.com/spf13/cobra"

	"github.com/symbolon/symbolon/internal/claims"
)

func newJsonnetCommand(e *env) *cobra.Command {
	c := &cobra.Command{
		Use: "jsonnet", Short: "Check and format the programs that map a provider's claims to traits", Args: cobra.NoArgs,
		Long: `The programs of selfservice.methods.oidc.config.providers[].mapper_url are
written in Jsonnet. These commands need no server and no configuration.`,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(newJsonnetLintCommand(e), newJsonnetFormatCommand(e))
	return c
}

func newJsonnetLintCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "lint FILE...", Short: "Report mistakes in programs", Args: cobra.MinimumNArgs(1),
		Long: `Reports what Jsonnet's linter finds and what the server refuses, such as
imports. A FILE may be a pattern such as 'mappers/*.jsonnet', or - for standard
input. The exit code is 1 if anything was found.`,
		Example: "  symbolon jsonnet lint google.jsonnet\n  symbolon jsonnet lint 'mappers/*.jsonnet'",
		RunE: func(_ *cobra.Command, args []string) error {
			return e.eachProgram(args, func(name, program string) error { return e.lint(name, program) })
		},
	}
}

func (e *env) lint(name, program string) error {
	if _, err := claims.Compile(name, program); err != nil {
		fmt.Fprintln(e.Stdout, err)
		return errFound
	}
	var found bytes.Buffer
	if linter.LintSnippet(jsonnet.MakeVM(), &found, []linter.Snippet{{FileName: name, Code: program}}) {
		_, _ = e.Stdout.Write(found.Bytes())
		return errFound
	}
	return nil
}

func newJsonnetFormatCommand(e *env) *cobra.Command {
	var write bool
	c := &cobra.Command{
		Use: "format FILE...", Aliases: []string{"fmt"}, Short: "Print programs in the usual form", Args: cobra.MinimumNArgs(1),
		Long: `Prints programs in the usual form, or rewrites the files with --write. A FILE may
be a pattern such as 'mappers/*.jsonnet', or - for standard input.`,
		Example: "  symbolon jsonnet format google.jsonnet\n  symbolon jsonnet format --write 'mappers/*.jsonnet'",
		RunE: func(_ *cobra.Command, args []string) error {
			return e.eachProgram(args, func(name, program string) error { return e.format(name, program, write) })
		},
	}
	c.Flags().BoolVarP(&write, "write", "w", false, "rewrite the files instead of printing them")
	return c
}

func (e *env) format(name, program string, write bool) error {
	formatted, err := formatter.Format(name, program, formatter.DefaultOptions())
	if err != nil {
		fmt.Fprintln(e.Stdout, err)
		return errFound
	}
	if !write || name == standardInput {
		_, err = io.WriteString(e.Stdout, formatted)
		return err
	}
	if formatted == program {
		return nil
	}
	info, err := os.Stat(name)
	if err != nil {
		return err
	}
	return os.WriteFile(name, []byte(formatted), info.Mode().Perm())
}

// errFound says that a program is not as it should be; what is wrong was printed.
var errFound = fmt.Errorf("some programs need a look, see above")

const standardInput = "-"

// eachProgram runs check on every file that is named, also after one was found wrong.
func (e *env) eachProgram(patterns []string, check func(name, program string) error) error {
	var wrong error
	for _, pattern := range patterns {
		names, err := programs(pattern)
		if err != nil {
			return err
		}
		for _, name := range names {
			program, err := e.readProgram(name)
			if err != nil {
				return err
			}
			if err := check(name, program); err != nil {
				wrong = err
			}
		}
	}
	return wrong
}

func programs(pattern string) ([]string, error) {
	if !strings.ContainsAny(pattern, "*?[") {
		return []string{pattern}, nil
	}
	names, err := filepath.Glob(pattern)
	if err != nil {
		return nil, usageError{fmt.Errorf("%s is not a pattern: %w", pattern, err)}
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("no file matches %s", pattern)
	}
	return names, nil
}

func (e *env) readProgram(name string) (string, error) {
	if name == standardInput {
		text, err := io.ReadAll(io.LimitReader(e.Stdin, 1<<20))
		return string(text), err
	}
	text, err := os.ReadFile(name)
	return string(text), err
}
