package cli

import (
	"bufio"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"github.com/symbolon/symbolon/internal/app"
	"github.com/symbolon/symbolon/internal/config"
	"github.com/symbolon/symbolon/internal/takeover"
)

// takeoverFlags are the flags of every command that takes accounts over.
type takeoverFlags struct {
	configFlags
	dryRun bool
	report string
}

func (f *takeoverFlags) add(c *cobra.Command) {
	f.configFlags.add(c)
	c.Flags().BoolVar(&f.dryRun, "dry-run", false, "do everything and undo it again; only the report stays")
	c.Flags().StringVar(&f.report, "report", "", "write each account and part that is not taken to `FILE`, one JSON object on a line")
}

// run opens the database of the configuration, lets take store accounts in it, and prints
// what became of them.
func (f *takeoverFlags) run(cmd *cobra.Command, e *env, c *config.Config, take func(*app.Takeover) (takeover.Report, error)) (err error) {
	lines, done, err := f.openReport(e)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	progress := newProgress(e.Stderr)
	t, err := app.OpenTakeover(cmd.Context(), app.Options{
		Config: c, Logger: slog.New(slog.DiscardHandler), Now: time.Now, Version: buildVersion(),
	}, app.TakeoverOptions{DryRun: f.dryRun, Progress: progress.show, Tell: lines})
	if err != nil {
		return err
	}
	report, err := take(t)
	progress.end()
	printTakeover(e.Stdout, report, f.dryRun)
	if f.report != "" {
		fmt.Fprintf(e.Stdout, "What was not taken is in %s.\n", f.report)
	}
	if err = errors.Join(err, t.Close()); err != nil {
		return fmt.Errorf("%w\nWhat was taken so far stays. Run the command again to go on", err)
	}
	return nil
}

// openReport returns what writes a line of the report: to the file that was named, or to
// the terminal.
func (f *takeoverFlags) openReport(e *env) (tell func(takeover.Line), done func() error, err error) {
	if f.report == "" {
		return func(l takeover.Line) {
			what := "note   "
			if l.Refused {
				what = "refused"
			}
			fmt.Fprintf(e.Stdout, "%s  %s  %s  %s\n", what, l.ID, l.Name, l.Text)
		}, func() error { return nil }, nil
	}
	file, err := os.OpenFile(f.report, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, nil, fmt.Errorf("open report: %w", err)
	}
	var failed error
	out := json.NewEncoder(file)
	return func(l takeover.Line) { failed = errors.Join(failed, out.Encode(l)) },
		func() error { return errors.Join(failed, file.Close()) }, nil
}

func printTakeover(w io.Writer, r takeover.Report, dryRun bool) {
	verb := "taken"
	if dryRun {
		verb = "would be taken (dry run, nothing was changed)"
	}
	fmt.Fprintf(w, "%d accounts read: %d %s, %d were here already, %d refused.\n", r.Read, r.Taken, verb, r.Present, r.Refused)
	fmt.Fprintf(w, "%d sessions and %d pending links go on working.\n", r.Sessions, r.Challenges)
	for _, typ := range slices.Sorted(maps.Keys(r.Credentials)) {
		fmt.Fprintf(w, "  %-14s %d\n", typ, r.Credentials[typ])
	}
}

// progress shows a line that grows on a terminal once a second at most.
type progress struct {
	w     io.Writer
	last  time.Time
	shown bool
}

func newProgress(w io.Writer) *progress { return &progress{w: w} }

func (p *progress) show(r takeover.Report) {
	if now := time.Now(); now.Sub(p.last) >= time.Second {
		p.last, p.shown = now, true
		fmt.Fprintf(p.w, "\r%d accounts, %d taken, %d refused ", r.Read, r.Taken, r.Refused)
	}
}

func (p *progress) end() {
	if p.shown {
		fmt.Fprintln(p.w)
	}
}

// userFlags are the flags of commands that read users of another system from a file.
type userFlags struct {
	takeoverFlags
	schema    string
	mapper    string
	providers map[string]string
	issuer    string
}

func (f *userFlags) add(c *cobra.Command) {
	f.takeoverFlags.add(c)
	c.Flags().StringVar(&f.schema, "schema", "default", "the `ID` of the identity schema that the accounts get")
	c.Flags().StringVar(&f.mapper, "mapper", "", "a Jsonnet `FILE` that makes traits of claims, as providers have; default: the traits of the same name")
	c.Flags().StringToStringVar(&f.providers, "provider", nil, "the id here of a provider there, such as google-oauth2=google; may be repeated")
	c.Flags().StringVar(&f.issuer, "issuer", "Symbolon", "the `NAME` that authenticator apps show")
}

// take stores the users of files, which read turns into a sequence.
func (f *userFlags) take(cmd *cobra.Command, e *env, system string, files []string, read reader) error {
	c, err := f.load(e)
	if err != nil {
		return err
	}
	return f.run(cmd, e, c, func(t *app.Takeover) (report takeover.Report, err error) {
		mapper, err := f.mapperFor(cmd.Context(), t)
		if err != nil {
			return report, err
		}
		shape := takeover.Shape{System: system, SchemaID: f.schema, Providers: f.providers, Issuer: f.issuer}
		for _, name := range files {
			err = withFile(e, name, func(r io.Reader) error {
				users, err := read(r)
				if err == nil {
					report, err = t.FromUsers(cmd.Context(), users, shape, mapper)
				}
				return err
			})
			if err != nil {
				return report, fmt.Errorf("%s: %w", name, err)
			}
		}
		return report, nil
	})
}

func (f *userFlags) mapperFor(ctx context.Context, t *app.Takeover) (takeover.Mapper, error) {
	program := ""
	if f.mapper != "" {
		raw, err := os.ReadFile(f.mapper)
		if err != nil {
			return nil, fmt.Errorf("read mapper: %w", err)
		}
		program = string(raw)
	}
	return t.Mapper(ctx, f.schema, f.mapper, program)
}

// withFile reads a file, or the standard input for "-". What is compressed by gzip or in
// UTF-16 with a byte order mark is read all the same.
func withFile(e *env, name string, use func(io.Reader) error) error {
	if name == "-" {
		return withText(e.Stdin, use)
	}
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(withText(file, use), file.Close())
}

func withText(r io.Reader, use func(io.Reader) error) error {
	buffered := bufio.NewReader(r)
	switch head, _ := buffered.Peek(2); string(head) { // shorter files are neither
	case "\x1f\x8b":
		unpacked, err := gzip.NewReader(buffered)
		if err != nil {
			return err
		}
		return withText(unpacked, use)
	case "\xff\xfe", "\xfe\xff":
		return use(transform.NewReader(buffered, unicode.BOMOverride(unicode.UTF8.NewDecoder())))
	}
	return use(buffered)
}

// joined are examples, one on a line.
func joined(lines ...string) string { return "  " + strings.Join(lines, "\n  ") }
