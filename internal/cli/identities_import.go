package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"github.com/symbolon/symbolon/internal/adminapi"
	"github.com/symbolon/symbolon/internal/adminclient"
)

func newIdentitiesImportCommand(e *env) *cobra.Command {
	var f clientFlags
	var format outputFormat
	var quiet bool
	c := &cobra.Command{
		Use:   "import [FILE...]",
		Short: "Create identities from files",
		Long: `Create identities from files, or from the standard input. A file holds one JSON
object, an array of them, or one object a line (NDJSON), and may be of any size:

  {"schema_id": "default", "traits": {"email": "jane@example.org"},
   "credentials": {"password": {"config": {"hashed_password": "$argon2id$…"}}}}

schema_id is "default" if it is left out. credentials may hold a hashed_password
(Argon2, bcrypt, scrypt or PBKDF2, see 'symbolon hashers argon2 hash') or a plain
password, or be left out. The form that PATCH /identities takes works too, and
so does what 'symbolon identities export' wrote, which keeps its ids.

No mail is sent. Each identity is created for itself: one that is refused does
not stop the others. What became of each is printed in the order of the files,
where users.ndjson:7 is the seventh identity of users.ndjson.

Exit codes: 0 all were created, 1 some were not, 2 wrong usage.`,
		Example: `  symbolon identities import users.ndjson
  symbolon identities import users.json more.json --format json > result.json
  echo '{"traits": {"email": "jane@example.org"}}' | symbolon identities import
  symbolon identities validate users.json && symbolon identities import users.json`,
		RunE: f.run(e, func(ctx context.Context, client *adminclient.Client, args []string) error {
			in, err := newIdentityInput(ctx, e, args)
			if err != nil {
				return err
			}
			report := &importReport{env: e, format: format, quiet: quiet, started: time.Now()}
			return report.close(client.Import(ctx, marked(in.next), report.add))
		}),
	}
	f.add(c)
	format.add(c)
	c.Flags().BoolVarP(&quiet, "quiet", "q", false, "print the ids of created identities alone, and no progress")
	return c
}

// marked turns mistakes in the input into refusals, which keep their place among
// the results.
func marked(next func() (adminclient.Patch, error)) func() (adminclient.Patch, error) {
	return func() (adminclient.Patch, error) {
		patch, err := next()
		if mistake, ok := errors.AsType[*inputError](err); ok {
			return adminclient.Patch{From: mistake.from, Refused: &adminclient.Error{Fault: adminapi.Fault{
				Code: http.StatusBadRequest, Message: "The input can't be used", Reason: mistake.reason,
			}}}, nil
		}
		return patch, err
	}
}

// importReport prints what became of each identity, and how far it is.
type importReport struct {
	env     *env
	format  outputFormat
	quiet   bool
	started time.Time

	created  int
	failed   int
	told     time.Time // when progress was last shown
	progress bool      // a line of progress stands on the terminal
}

func (r *importReport) add(result adminclient.Result) error {
	if result.Action == "create" {
		r.created++
	} else {
		r.failed++
	}
	r.clear()
	if err := r.print(result); err != nil {
		return err
	}
	r.tell()
	return nil
}

func (r *importReport) print(result adminclient.Result) error {
	switch {
	case r.quiet && result.Error != nil:
		fmt.Fprintf(r.env.Stderr, "symbolon: %s: %v\n", visible(result.From), result.Error)
		return nil
	case r.quiet:
		_, err := fmt.Fprintln(r.env.Stdout, visible(result.Identity))
		return err
	case r.format == formatTable:
		return r.printRow(result)
	}
	var out bytes.Buffer
	if err := r.format.write(&out, []adminclient.Result{result}); err != nil {
		return err
	}
	text := out.Bytes()
	if r.format == formatJSON {
		// One array of all, made of the arrays of each.
		text = bytes.TrimSuffix(bytes.TrimPrefix(text, []byte("[\n")), []byte("\n]\n"))
		lead := ",\n"
		if r.created+r.failed == 1 {
			lead = "[\n"
		}
		text = append([]byte(lead), text...)
	}
	_, err := r.env.Stdout.Write(text)
	return err
}

// printRow prints as it goes, so the columns have the widths of what is in them.
func (r *importReport) printRow(result adminclient.Result) error {
	if r.created+r.failed == 1 {
		fmt.Fprintf(r.env.Stdout, "%-7s  %-36s  %s\n", "RESULT", "ID", "FROM")
	}
	if result.Error == nil {
		_, err := fmt.Fprintf(r.env.Stdout, "%-7s  %-36s  %s\n", "created", cellOf(result.Identity), visible(result.From))
		return err
	}
	_, err := fmt.Fprintf(r.env.Stdout, "%-7s  %-36s  %s: %s\n", "failed", cellOf(""), visible(result.From), visible(result.Error.Error()))
	return err
}

// tell shows how far the import is: on a terminal in one line that changes,
// elsewhere in a line now and then.
func (r *importReport) tell() {
	now := time.Now()
	onTerminal := isTerminal(r.env.Stderr)
	every := 10 * time.Second
	if onTerminal {
		every = 200 * time.Millisecond
	}
	if r.told.IsZero() {
		r.told = r.started
	}
	if r.quiet || now.Sub(r.told) < every {
		return
	}
	r.told = now
	line := fmt.Sprintf("%d created, %d failed, %.0f a second", r.created, r.failed, float64(r.created+r.failed)/now.Sub(r.started).Seconds())
	if onTerminal {
		fmt.Fprintf(r.env.Stderr, "%s", line)
		r.progress = true
		return
	}
	fmt.Fprintln(r.env.Stderr, line)
}

// clear takes the line of progress away.
func (r *importReport) clear() {
	if r.progress {
		fmt.Fprint(r.env.Stderr, "\r\x1b[K")
		r.progress = false
	}
}

// close ends the output and says how it went.
func (r *importReport) close(err error) error {
	r.clear()
	if r.format == formatJSON && !r.quiet {
		end := "\n]"
		if r.created+r.failed == 0 {
			end = "[]"
		}
		fmt.Fprintln(r.env.Stdout, end)
	}
	all := plural(r.created+r.failed, "identity", "identities")
	switch {
	case err != nil && r.created > 0:
		return fmt.Errorf("%w\n%d of %s had been created by then", err, r.created, all)
	case err != nil:
		return err
	case r.failed > 0:
		return fmt.Errorf("%d of %s could not be created", r.failed, all)
	}
	fmt.Fprintf(r.env.Stderr, "%s created.\n", all)
	return nil
}
