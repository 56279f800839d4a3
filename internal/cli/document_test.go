package cli

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// commands lists every command, parents first.
func commands(t *testing.T) []*cobra.Command {
	t.Helper()
	var all []*cobra.Command
	var add func(c *cobra.Command)
	add = func(c *cobra.Command) {
		c.InitDefaultHelpFlag()
		all = append(all, c)
		for _, sub := range c.Commands() {
			if !sub.Hidden {
				add(sub)
			}
		}
	}
	add(newRootCommand(&env{Stdin: strings.NewReader(""), Stdout: io.Discard, Stderr: io.Discard}))
	if len(all) < 30 {
		t.Fatalf("there are %d commands, so the tests of all of them see nothing", len(all))
	}
	return all
}

// document is docs/cli.md.
func document(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("<!-- Written by `go test ./internal/cli -run Document -update` from the commands themselves. -->\n\n# Commands\n")
	for _, c := range commands(t) {
		if c.Parent() != nil && c.Parent().Name() == "completion" {
			continue // one shell is like the other, and help says so
		}
		describe(&b, c)
	}
	return b.String()
}

func describe(b *strings.Builder, c *cobra.Command) {
	heading, depth := c.CommandPath(), strings.Count(c.CommandPath(), " ")
	fmt.Fprintf(b, "\n%s %s\n\n%s.\n", strings.Repeat("#", min(depth, 2)+2), heading, c.Short)
	if c.Name() == "completion" {
		b.WriteString("\n```sh\nsymbolon completion bash|fish|powershell|zsh\n```\n\n`symbolon completion bash --help` says where the script belongs.\n")
		return
	}
	if c.Long != "" {
		fmt.Fprintf(b, "\n```text\n%s\n```\n", strings.TrimSpace(c.Long))
	}
	if c.HasAvailableSubCommands() {
		b.WriteString("\n| command | |\n|---|---|\n")
		for _, sub := range c.Commands() {
			if !sub.Hidden {
				fmt.Fprintf(b, "| [`%s`](#%s) | %s |\n", sub.CommandPath(), strings.ReplaceAll(sub.CommandPath(), " ", "-"), sub.Short)
			}
		}
	} else {
		fmt.Fprintf(b, "\n```sh\n%s\n```\n", c.UseLine())
	}
	if c.Example != "" {
		fmt.Fprintf(b, "\n```sh\n%s\n```\n", unindented(c.Example))
	}
	if !c.HasAvailableSubCommands() {
		flags(b, c)
	}
}

func unindented(text string) string {
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = strings.TrimPrefix(lines[i], "  ")
	}
	return strings.Join(lines, "\n")
}

func flags(b *strings.Builder, c *cobra.Command) {
	var lines strings.Builder
	for line := range strings.Lines(c.LocalFlags().FlagUsages()) {
		if !strings.Contains(line, "--help ") {
			lines.WriteString(line)
		}
	}
	if lines.Len() > 0 {
		fmt.Fprintf(b, "\n```text\n%s\n```\n", strings.TrimRight(lines.String(), "\n"))
	}
}

func TestTheDocumentIsCurrent(t *testing.T) {
	t.Parallel()
	compareFile(t, "../../docs/cli.md", document(t))
}
