package cli

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/symbolon/symbolon/internal/adminapi"
	"github.com/symbolon/symbolon/internal/adminclient"
)

func newIdentitiesCommand(e *env) *cobra.Command {
	c := &cobra.Command{
		Use:   "identities",
		Short: "List, read, import, export, change and delete identities",
		Long:  `Identities are the accounts: who people are and how they sign in.` + endpointHelp,
		Example: `  symbolon identities list
  symbolon identities import users.ndjson
  symbolon identities delete 019d7f3a-6f7e-7c3e-8d70-2f6f1f0a9b11`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(
		newIdentitiesListCommand(e), newIdentitiesGetCommand(e), newIdentitiesImportCommand(e), newIdentitiesExportCommand(e), newIdentitiesPutCommand(e),
		newIdentitiesPatchCommand(e), newIdentitiesDeleteCommand(e), newIdentitiesResetFactorCommand(e), newIdentitiesValidateCommand(e),
	)
	return c
}

// The bounds of a page, as the server has them.
const (
	defaultPerPage = 250
	maxPerPage     = 1000
)

func newIdentitiesListCommand(e *env) *cobra.Command {
	var f clientFlags
	var format outputFormat
	var quiet bool
	var query adminclient.ListQuery
	c := &cobra.Command{
		Use:     "list [PAGE PER-PAGE]",
		Aliases: []string{"ls"},
		Short:   "List identities, oldest first",
		Long: `List identities, oldest first. Pages are counted from 0 and have 250 identities
if nothing else is said, at most 1000.`,
		Example: `  symbolon identities list
  symbolon identities list 1 100
  symbolon identities list --identifier jane@example.org
  symbolon identities list --quiet | xargs symbolon identities delete`,
		Args: pageArguments,
		RunE: f.run(e, func(ctx context.Context, client *adminclient.Client, args []string) error {
			query.Page, query.PerPage = page(args)
			found, more, err := client.Identities(ctx, query)
			if err != nil {
				return err
			}
			if more {
				fmt.Fprintf(e.Stderr, "There are more: go on with page %d (identities list %d %d).\n", query.Page+1, query.Page+1, query.PerPage)
			}
			return writeIdentities(e, format, quiet, found)
		}),
	}
	f.add(c)
	format.add(c)
	c.Flags().BoolVarP(&quiet, "quiet", "q", false, "print ids alone, one a line")
	c.Flags().StringVar(&query.Identifier, "identifier", "", "only the identity that signs in with this `IDENTIFIER`")
	c.Flags().StringVar(&query.SchemaID, "schema", "", "only identities of the schema with this `ID`")
	return c
}

// pageArguments wants nothing, or the number and the size of a page.
func pageArguments(_ *cobra.Command, args []string) error {
	if len(args) != 0 && len(args) != 2 {
		return errors.New("give both PAGE and PER-PAGE, or neither")
	}
	for i, bounds := range [][2]int{{0, 1 << 30}, {1, maxPerPage}} {
		if len(args) == 0 {
			break
		}
		n, err := strconv.Atoi(args[i])
		if err != nil || n < bounds[0] || n > bounds[1] {
			return fmt.Errorf("%q is not a number from %d to %d", args[i], bounds[0], bounds[1])
		}
	}
	return nil
}

func page(args []string) (number, size int) {
	if len(args) != 2 {
		return 0, defaultPerPage
	}
	number, _ = strconv.Atoi(args[0]) // pageArguments has looked at them
	size, _ = strconv.Atoi(args[1])
	return number, size
}

func newIdentitiesGetCommand(e *env) *cobra.Command {
	var f clientFlags
	var format outputFormat
	var quiet bool
	c := &cobra.Command{
		Use:   "get ID...",
		Short: "Show identities",
		Long: `Show one identity with all its addresses, or several as a list. JSON and YAML
have everything but the credentials, which never leave the server; one identity
is an object there, several are an array.`,
		Example: `  symbolon identities get 019d7f3a-6f7e-7c3e-8d70-2f6f1f0a9b11
  symbolon identities get 019d7f3a-6f7e-7c3e-8d70-2f6f1f0a9b11 --format json`,
		Args: someIDs,
		RunE: f.run(e, func(ctx context.Context, client *adminclient.Client, args []string) error {
			var found []adminapi.Identity
			for _, id := range args {
				one, err := client.Identity(ctx, id)
				if err != nil {
					return about(id, err)
				}
				found = append(found, *one)
			}
			if len(found) == 1 {
				return writeIdentity(e, format, quiet, &found[0])
			}
			return writeIdentities(e, format, quiet, found)
		}),
	}
	f.add(c)
	format.add(c)
	c.Flags().BoolVarP(&quiet, "quiet", "q", false, "print the ids alone: those that exist")
	return c
}

func newIdentitiesDeleteCommand(e *env) *cobra.Command {
	var f clientFlags
	var ignored bool
	c := &cobra.Command{
		Use:   "delete ID...",
		Short: "Delete identities with all that belongs to them",
		Long: `Delete identities with their credentials, addresses and sessions. It does not ask
back. The ids of those that were deleted are printed, one a line; one that can't
be deleted does not stop the others, and the exit code is 1 then.`,
		Example: `  symbolon identities delete 019d7f3a-6f7e-7c3e-8d70-2f6f1f0a9b11
  symbolon identities list --identifier jane@example.org -q | xargs symbolon identities delete`,
		Args: someIDs,
		RunE: f.run(e, func(ctx context.Context, client *adminclient.Client, args []string) error {
			return eachID(e, args, func(id string) error {
				if err := client.DeleteIdentity(ctx, id); err != nil {
					return about(id, err)
				}
				return nil
			})
		}),
	}
	f.add(c)
	c.Flags().BoolVarP(&ignored, "yes", "y", false, "accepted and without effect: it never asks")
	c.Flags().BoolVarP(&ignored, "quiet", "q", false, "accepted and without effect: ids are all it prints")
	return c
}

// about says which identity an error is about.
func about(id string, err error) error {
	if adminclient.Is404(err) {
		return fmt.Errorf("there is no identity %s", id)
	}
	return fmt.Errorf("identity %s: %w", id, err)
}
