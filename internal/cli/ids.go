package cli

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/spf13/cobra"

	"github.com/symbolon/symbolon/internal/adminclient"
	"github.com/symbolon/symbolon/internal/secret"
)

// someIDs wants ids, and looks at all of them before anything is done.
func someIDs(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return fmt.Errorf("name at least one id: %s ID", c.CommandPath())
	}
	return onlyIDs(args)
}

func onlyIDs(args []string) error {
	for _, id := range args {
		if !secret.IsID(id) {
			return fmt.Errorf("%q is not an id; ids look like 019d7f3a-6f7e-7c3e-8d70-2f6f1f0a9b11", id)
		}
	}
	return nil
}

// eachID does something to each id and prints those it was done to. One that is
// refused does not stop the others; a server that can't be asked does.
func eachID(e *env, ids []string, work func(id string) error) error {
	failed := 0
	for _, id := range ids {
		err := work(id)
		switch {
		case err == nil:
			fmt.Fprintln(e.Stdout, id)
		case len(ids) == 1 || hopeless(err):
			return err
		default:
			failed++
			fmt.Fprintf(e.Stderr, "symbolon: %v\n", err)
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d failed", failed, len(ids))
	}
	return nil
}

// hopeless reports whether the next request would fail in the same way.
func hopeless(err error) bool {
	if answered, ok := errors.AsType[*adminclient.Error](err); ok {
		return answered.Code == http.StatusUnauthorized
	}
	_, unreachable := errors.AsType[*adminclient.UnreachableError](err)
	_, foreign := errors.AsType[*adminclient.ForeignError](err)
	return unreachable || foreign || errors.Is(err, context.Canceled)
}
