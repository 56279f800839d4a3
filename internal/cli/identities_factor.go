package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/symbolon/symbolon/internal/adminclient"
)

func newIdentitiesResetFactorCommand(e *env) *cobra.Command {
	var f clientFlags
	c := &cobra.Command{
		Use:   "reset-factor ID TYPE",
		Short: "Remove a second factor or the passkeys of an identity",
		Long: `Remove the credential of a type: totp, lookup_secret, webauthn, passkey or code.
All sessions of the identity end. The last way to sign in stays.

For people who have lost a factor. Make sure who asks, as carefully as when the
account was made: after the reset a password alone signs in.`,
		Example: `  symbolon identities reset-factor 019d7f3a-6f7e-7c3e-8d70-2f6f1f0a9b11 totp`,
		Args:    cobra.ExactArgs(2),
		RunE: f.run(e, func(ctx context.Context, client *adminclient.Client, args []string) error {
			if err := client.DeleteCredential(ctx, args[0], args[1]); err != nil {
				return fmt.Errorf("identity %s: %w", args[0], err)
			}
			_, err := fmt.Fprintf(e.Stdout, "%s has no %s any more; all sessions have ended.\n", args[0], args[1])
			return err
		}),
	}
	f.add(c)
	return c
}
