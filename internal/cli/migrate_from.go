package cli

import (
	"bufio"
	"cmp"
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
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"
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
	switch err = errors.Join(err, t.Close()); {
	case err != nil && f.dryRun:
		return fmt.Errorf("%w\nNothing was changed", err)
	case err != nil && report.Read == 0:
		return fmt.Errorf("%w\nNo account was taken", err)
	case err != nil:
		return fmt.Errorf("%w\nWhat was taken so far stays. Run the command again to go on", err)
	case report.Refused > 0:
		return fmt.Errorf("%d of %s refused", report.Refused, plural(report.Read, "account was", "accounts were"))
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
			fmt.Fprintf(e.Stdout, "%s  %s  %s  %s\n", what, visible(l.ID), visible(l.Name), visible(l.Text))
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
	for _, part := range []struct {
		counts map[string]int
		text   string
	}{
		{r.Claims, "Claims that no trait of the schema gets (--mapper can take them), with the number of accounts: %s.\n"},
		{r.Providers, "Providers of links that the configuration does not have (--provider gives them other ids), with the number of links: %s.\n"},
	} {
		if len(part.counts) > 0 {
			fmt.Fprintf(w, part.text, counted(part.counts))
		}
	}
}

// maxCounted is how many names are listed: in some systems people choose them.
const maxCounted = 50

// counted lists names with their numbers, the largest first.
func counted(counts map[string]int) string {
	var all []string
	names := slices.Sorted(maps.Keys(counts))
	slices.SortStableFunc(names, func(a, b string) int { return counts[b] - counts[a] })
	for _, name := range names[:min(len(names), maxCounted)] {
		all = append(all, fmt.Sprintf("%s (%d)", visible(name), counts[name]))
	}
	list := strings.Join(all, ", ")
	if more := len(names) - maxCounted; more > 0 {
		list += fmt.Sprintf(" and %d more", more)
	}
	return list
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
	encoding  string
}

func (f *userFlags) add(c *cobra.Command) {
	f.takeoverFlags.add(c)
	c.Flags().StringVar(&f.schema, "schema", "default", "the `ID` of the identity schema that the accounts get")
	c.Flags().StringVar(&f.mapper, "mapper", "", "a Jsonnet `FILE` that makes traits of claims, as providers have; default: the traits of the same name")
	c.Flags().StringToStringVar(&f.providers, "provider", nil, "the id here of a provider there, such as google-oauth2=google; may be repeated")
	c.Flags().StringVar(&f.encoding, "encoding", "", "the `NAME` of the encoding of the files, such as windows-1252; default: UTF-8, or UTF-16 with a byte order mark")
	c.Flags().StringVar(&f.issuer, "issuer", "Symbolon", "the `NAME` that authenticator apps show")
}

// take stores the users of files.
func (f *userFlags) take(cmd *cobra.Command, e *env, system string, files []string, from source) (err error) {
	if from.close != nil {
		defer func() { err = errors.Join(err, from.close()) }()
	}
	if _, err := htmlindex.Get(cmp.Or(f.encoding, "utf-8")); err != nil {
		return usageError{fmt.Errorf("--encoding %s: there is no encoding of that name", f.encoding)}
	}
	c, err := f.load(e)
	if err != nil {
		return err
	}
	if from.prepare != nil {
		if err := from.prepare(files); err != nil {
			return err
		}
	}
	return f.run(cmd, e, c, func(t *app.Takeover) (report takeover.Report, err error) {
		mapper, err := f.mapperFor(cmd.Context(), t)
		if err != nil {
			return report, err
		}
		shape := takeover.Shape{System: system, SchemaID: f.schema, Providers: f.providers, Issuer: f.issuer}
		for _, name := range files {
			err = withFile(e, name, f.encoding, func(r io.Reader) (err error) {
				report, err = t.FromUsers(cmd.Context(), from.read(r), shape, mapper)
				return err
			})
			if err != nil {
				return report, fmt.Errorf("%s: %w", name, err)
			}
		}
		if from.rest != nil {
			return t.FromUsers(cmd.Context(), from.rest(), shape, mapper)
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
func withFile(e *env, name, encoding string, use func(io.Reader) error) error {
	if name == "-" {
		return withText(e.Stdin, encoding, use)
	}
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(withText(file, encoding, use), file.Close())
}

func withText(r io.Reader, name string, use func(io.Reader) error) error {
	buffered := bufio.NewReader(r)
	if head, _ := buffered.Peek(2); string(head) == "\x1f\x8b" { // shorter files are not compressed
		unpacked, err := gzip.NewReader(buffered)
		if err != nil {
			return err
		}
		return withText(unpacked, name, use)
	}
	var decode transform.Transformer = transform.Nop
	if name != "" {
		from, err := htmlindex.Get(name)
		if err != nil {
			return err
		}
		decode = from.NewDecoder()
	}
	text := transform.NewReader(buffered, unicode.BOMOverride(decode))
	err := use(transform.NewReader(text, encoding.UTF8Validator))
	if errors.Is(err, encoding.ErrInvalidUTF8) {
		err = fmt.Errorf("%w: name the encoding of the file with --encoding, such as windows-1252", err)
	}
	return err
}

// joined are examples, one on a line.
func joined(lines ...string) string { return "  " + strings.Join(lines, "\n  ") }
