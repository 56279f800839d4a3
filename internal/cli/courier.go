package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/symbolon/symbolon/internal/adminapi"
	"github.com/symbolon/symbolon/internal/adminclient"
)

func newCourierCommand(e *env) *cobra.Command {
	c := &cobra.Command{
		Use:   "courier",
		Short: "Watch, list, read, retry and test outgoing mail",
		Long: `Mail waits in a queue until it is delivered. A message is queued, sending, sent or
dead: dead ones have used up their tries, or were refused for good.` + endpointHelp,
		Example: `  symbolon courier test jane@example.org
  symbolon courier list --status dead
  symbolon courier watch`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(
		newCourierWatchCommand(e), newCourierListCommand(e), newCourierGetCommand(e),
		newCourierRetryCommand(e), newCourierTestCommand(e),
	)
	return c
}

func newCourierListCommand(e *env) *cobra.Command {
	var f clientFlags
	var format outputFormat
	var quiet bool
	query := adminclient.MessageQuery{Size: defaultPerPage}
	c := &cobra.Command{
		Use:   "list",
		Short: "List messages, the latest first",
		Example: `  symbolon courier list
  symbolon courier list --recipient jane@example.org
  symbolon courier list --status dead --quiet | xargs symbolon courier retry`,
		Aliases: []string{"ls"},
		Args:    cobra.NoArgs,
		RunE: f.run(e, func(ctx context.Context, client *adminclient.Client, _ []string) error {
			if query.Size < 1 || query.Size > maxPerPage {
				return usageError{fmt.Errorf("--page-size must be from 1 to %d", maxPerPage)}
			}
			found, next, err := client.Messages(ctx, query)
			if err != nil {
				return err
			}
			if next != "" {
				fmt.Fprintf(e.Stderr, "There are more: go on with --page-token %s\n", visible(next))
			}
			return writeMessages(e, format, quiet, found)
		}),
	}
	f.add(c)
	format.add(c)
	c.Flags().BoolVarP(&quiet, "quiet", "q", false, "print ids alone, one a line")
	c.Flags().StringVar(&query.Status, "status", "", "only messages in this `STATUS`: queued, sending, sent or dead")
	c.Flags().StringVar(&query.Recipient, "recipient", "", "only messages to this `ADDRESS`")
	c.Flags().IntVar(&query.Size, "page-size", query.Size, "how many at most")
	c.Flags().StringVar(&query.Token, "page-token", "", "go on where the page before ended")
	return c
}

func writeMessages(e *env, format outputFormat, quiet bool, found []adminapi.Message) error {
	if quiet {
		for i := range found {
			fmt.Fprintln(e.Stdout, visible(found[i].ID))
		}
		return nil
	}
	if format != formatTable {
		if found == nil {
			found = []adminapi.Message{}
		}
		return format.write(e.Stdout, found)
	}
	rows := make([][]string, len(found))
	for i := range found {
		m := &found[i]
		rows[i] = []string{m.ID, formatTime(m.CreatedAt), m.Status, fmt.Sprint(m.Tries), m.Recipient, truncate(m.Subject, 40), truncate(m.LastError, 80)}
	}
	return writeTable(e.Stdout, []string{"ID", "QUEUED (UTC)", "STATUS", "TRIES", "RECIPIENT", "SUBJECT", "LAST ERROR"}, rows)
}

func newCourierGetCommand(e *env) *cobra.Command {
	var f clientFlags
	var format outputFormat
	c := &cobra.Command{
		Use:   "get ID",
		Short: "Show a message and what it says",
		Long: `Show a message and the text of its mail. The text holds live links; it is erased
once the mail has been delivered, and kept while no mail server is configured.`,
		Example: "  symbolon courier get 019d7f3a-6f7e-7c3e-8d70-2f6f1f0a9b11",
		Args:    oneID,
		RunE: f.run(e, func(ctx context.Context, client *adminclient.Client, args []string) error {
			m, err := client.Message(ctx, args[0])
			if err != nil {
				return aboutMessage(args[0], err)
			}
			if format != formatTable {
				return format.write(e.Stdout, m)
			}
			return writeMessage(e, m)
		}),
	}
	f.add(c)
	format.add(c)
	return c
}

func writeMessage(e *env, m *adminapi.Message) error {
	line := func(name, value string) {
		if value != "" {
			fmt.Fprintf(e.Stdout, "%-11s %s\n", name+":", visible(value))
		}
	}
	line("To", m.Recipient)
	line("Subject", m.Subject)
	line("Queued", formatTime(m.CreatedAt)+" UTC")
	line("Status", fmt.Sprintf("%s after %s", m.Status, plural(m.Tries, "try", "tries")))
	if m.NextTry != nil {
		line("Next try", formatTime(*m.NextTry)+" UTC")
	}
	line("Last error", m.LastError)
	if m.Text == "" {
		_, err := fmt.Fprintln(e.Stdout, "\nWhat it said has been erased.")
		return err
	}
	_, err := fmt.Fprintf(e.Stdout, "\n%s\n", paragraphs(m.Text))
	return err
}

func newCourierRetryCommand(e *env) *cobra.Command {
	var f clientFlags
	c := &cobra.Command{
		Use:   "retry ID...",
		Short: "Send dead messages again",
		Long: `Queue dead messages again, with all their tries. The ids of those that were queued
are printed. A message whose text was erased, because its link has expired, can't
be sent again: its recipient has to ask for another one.`,
		Example: `  symbolon courier retry 019d7f3a-6f7e-7c3e-8d70-2f6f1f0a9b11
  symbolon courier list --status dead --quiet | xargs symbolon courier retry`,
		Args: someIDs,
		RunE: f.run(e, func(ctx context.Context, client *adminclient.Client, args []string) error {
			return eachID(e, args, func(id string) error {
				_, err := client.RetryMessage(ctx, id)
				if err != nil {
					return aboutMessage(id, err)
				}
				return nil
			})
		}),
	}
	f.add(c)
	return c
}

func newCourierTestCommand(e *env) *cobra.Command {
	var f clientFlags
	var wait time.Duration
	c := &cobra.Command{
		Use:   "test ADDRESS",
		Short: "Send a test message and tell what became of it",
		Long: `Send a test message to an address and wait until the mail server has taken it, or
has said why not. Without a mail server the message lies in the mailbox, and its
address there is printed.

Exit codes: 0 delivered, 1 not delivered in time or at all, 2 wrong usage.`,
		Example: `  symbolon courier test jane@example.org
  symbolon courier test jane@example.org --wait 0s`,
		Args: cobra.ExactArgs(1),
		RunE: f.run(e, func(ctx context.Context, client *adminclient.Client, args []string) error {
			m, err := client.SendTest(ctx, args[0])
			if err != nil {
				return err
			}
			if wait <= 0 {
				fmt.Fprintln(e.Stdout, visible(m.ID))
				return nil
			}
			if m, err = settled(ctx, client, m.ID, wait); err != nil {
				return err
			}
			return e.tellOfTest(ctx, client, m, wait)
		}),
	}
	f.add(c)
	c.Flags().DurationVar(&wait, "wait", 30*time.Second, "how long to wait; with 0s the id is printed at once")
	return c
}

// lookAgain is how often a message is looked at that is on its way.
const lookAgain = 200 * time.Millisecond

// settled returns a message once a delivery has been tried, or as it is when the
// time is over.
func settled(ctx context.Context, client *adminclient.Client, id string, wait time.Duration) (*adminapi.Message, error) {
	ticker := time.NewTicker(lookAgain)
	defer ticker.Stop()
	over := time.NewTimer(wait)
	defer over.Stop()
	for {
		m, err := client.Message(ctx, id)
		if err != nil || m.Status == "sent" || m.Status == "dead" || m.LastError != "" {
			return m, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-over.C:
			return m, nil
		case <-ticker.C:
		}
	}
}

func (e *env) tellOfTest(ctx context.Context, client *adminclient.Client, m *adminapi.Message, wait time.Duration) error {
	switch {
	case m.Status == "dead":
		return fmt.Errorf("the message was refused: %s", visible(m.LastError))
	case m.LastError != "":
		return fmt.Errorf("the message was not delivered, and will be tried again: %s", visible(m.LastError))
	case m.Status != "sent":
		return fmt.Errorf("the message is still %s after %s; see 'symbolon courier get %s'", visible(m.Status), wait, visible(m.ID))
	}
	health, err := client.Health(ctx)
	if err != nil {
		return err
	}
	if health.Courier != nil && health.Courier.Channel == "mailbox" {
		fmt.Fprintf(e.Stdout, "No mail server is configured. The message is in the mailbox: %s\n", client.URL().JoinPath("mailbox", m.ID).Redacted())
		return nil
	}
	fmt.Fprintf(e.Stdout, "The mail server has taken the message to %s.\n", visible(m.Recipient))
	return nil
}

func oneID(_ *cobra.Command, args []string) error {
	if len(args) != 1 {
		return errors.New("name one id")
	}
	return onlyIDs(args)
}

func aboutMessage(id string, err error) error {
	if adminclient.Is404(err) {
		return fmt.Errorf("there is no message %s", id)
	}
	return fmt.Errorf("message %s: %w", id, err)
}
