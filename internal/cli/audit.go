package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/symbolon/symbolon/internal/app"
)

func newAuditCommand(e *env) *cobra.Command {
	c := &cobra.Command{
		Use:   "audit",
		Short: "Read and verify the audit log",
		Long: `The audit log is the table events: sign-ins, failed attempts, changes of accounts
and what operators did, each written in the same transaction as what it tells of.
These commands read the database of the configuration that 'symbolon serve' would
read here, while servers run.`,
	}
	c.AddCommand(newAuditListCommand(e), newAuditVerifyCommand(e))
	return c
}

func newAuditListCommand(e *env) *cobra.Command {
	var f configFlags
	var q app.EventQuery
	var since time.Duration
	var name string
	c := &cobra.Command{
		Use:   "list",
		Short: "List events, the latest first, one JSON object a line",
		Example: `  symbolon audit list --since 24h
  symbolon audit list --name authn_login_fail --limit 50
  symbolon audit list --identity 0190a6a4-0000-7000-8000-000000000000`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			for _, known := range app.EventNames() {
				if string(known) == name {
					q.Name = known
				}
			}
			if name != "" && q.Name == "" {
				return usageError{fmt.Errorf("--name %s: events have one of these names: %s", name, eventNames())}
			}
			switch {
			case q.Limit < 1:
				return usageError{fmt.Errorf("--limit is %d and must be at least 1", q.Limit)}
			case since < 0:
				return usageError{fmt.Errorf("--since is %s and must not be negative: 24h are the last 24 hours", since)}
			case since > 0:
				q.Since = time.Now().Add(-since)
			}
			if q.IdentityID != "" {
				if err := onlyIDs([]string{q.IdentityID}); err != nil {
					return usageError{err}
				}
			}
			return withAudit(cmd, e, &f, func(a *app.Audit) error {
				found, err := a.List(cmd.Context(), q)
				if err != nil {
					return err
				}
				out := json.NewEncoder(e.Stdout)
				for _, event := range found {
					if err := out.Encode(event); err != nil {
						return err
					}
				}
				return nil
			})
		},
	}
	f.add(c)
	c.Flags().StringVar(&q.IdentityID, "identity", "", "only events of this identity")
	c.Flags().StringVar(&name, "name", "", "only events of this name: "+eventNames())
	c.Flags().DurationVar(&since, "since", 0, "only events of so long ago or less")
	c.Flags().IntVar(&q.Limit, "limit", 100, "at most so many events")
	return c
}

func eventNames() string {
	var names []string
	for _, n := range app.EventNames() {
		names = append(names, string(n))
	}
	return strings.Join(names, ", ")
}

// errAuditProblems says that verification found something.
var errAuditProblems = errors.New("the audit log was tampered with, or was sealed with other secrets")

func newAuditVerifyCommand(e *env) *cobra.Command {
	var f configFlags
	c := &cobra.Command{
		Use:   "verify",
		Short: "Find events that were changed, removed or reordered",
		Long: `Read all events and check their chains. Each event is sealed with the one before
it and with the secrets of the configuration (secrets.cookie or secrets.default),
so that a change, a removal or another order shows. Keep old secrets in the list
as long as the events that they sealed are kept.

Events that retention removed (cleanup.keep_events) are not missed: where a chain
begins is signed. Servers may run meanwhile.`,
		Example: `  symbolon audit verify
  symbolon audit verify -c /etc/symbolon.yml`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withAudit(cmd, e, &f, func(a *app.Audit) error {
				events, problems, err := a.Verify(cmd.Context())
				if err != nil {
					return err
				}
				for _, p := range problems {
					fmt.Fprintln(e.Stdout, p)
				}
				fmt.Fprintf(e.Stdout, "%s checked, %s found.\n", plural(int(events), "event", "events"), plural(len(problems), "problem", "problems"))
				if len(problems) > 0 {
					return errAuditProblems
				}
				return nil
			})
		},
	}
	f.add(c)
	return c
}

func withAudit(cmd *cobra.Command, e *env, f *configFlags, do func(*app.Audit) error) error {
	c, err := f.load(e)
	if err != nil {
		return err
	}
	a, err := app.OpenAudit(cmd.Context(), c)
	if err != nil {
		return err
	}
	return errors.Join(do(a), a.Close())
}
